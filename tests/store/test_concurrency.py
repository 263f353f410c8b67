"""Writers, folders and readers at once, every call delayed a little, as a network does."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event as Flag
from threading import Lock
from typing import Any

import pytest
from conftest import dynamo_store
from mypy_boto3_dynamodb import DynamoDBClient

from polylog import times
from polylog.dynamo import fold
from polylog.dynamo.fold import Folder
from polylog.dynamo.head import read_head
from polylog.event import Event
from polylog.filter import EVERYTHING, And, Compare, Filter, Op
from polylog.query import EventQuery, Order, Window
from polylog.times import SECOND

pytestmark = pytest.mark.engine

NOON = 1_772_366_400_000_000
DAY = 86_400 * SECOND
BATCHES = 25
WRITERS = 3


class SlowClient:
    """A client whose every call takes up to 10 ms longer."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self._random = Random(0)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name in ("exceptions", "meta"):
            return found

        def call(*args: Any, **request: Any) -> Any:
            time.sleep(self._random.uniform(0, 0.01))
            return found(*args, **request)

        return call


class Tallies:
    """How many events were offered, and how many of them acknowledged, so far."""

    def __init__(self) -> None:
        self.offered = self.acknowledged = 0
        self._lock = Lock()

    def offer(self, number: int) -> None:
        with self._lock:
            self.offered += number

    def acknowledge(self, number: int) -> None:
        with self._lock:
            self.acknowledged += number


# Both types and all times: different ways to the same events.
FILTERS: tuple[Filter, ...] = (
    EVERYTHING,
    And((Compare("time", Op.GE, NOON + 1), Compare("time", Op.LT, NOON + 400 * DAY))),
)


class World:
    """One scope, and what happens to it at once."""

    def __init__(self, client: DynamoDBClient, scope: str) -> None:
        self.client: Any = SlowClient(client)
        self.scope = scope
        # One store for all readers: they share the rows that it remembers.
        self.store = dynamo_store(self.client)
        self.tallies = Tallies()
        self.ended = Flag()

    def write(self, writer: int) -> None:
        random, store = Random(writer), dynamo_store(self.client)
        for number in range(BATCHES):
            events = [
                Event(
                    id=f"{writer}-{number}-{n}",
                    time=NOON + 1 + random.randrange(400) * DAY // 4,
                    type=random.choice("ab"),
                )
                for n in range(random.choice((1, 5, 30)))
            ]
            self.tallies.offer(len(events))
            store.put(self.scope, events)
            self.tallies.acknowledge(len(events))

    def fold(self) -> None:
        folder = Folder(self.client, "TallyTable", times.now)
        while not self.ended.is_set():
            folder.fold(self.scope)

    def read(self, filter: Filter) -> list[tuple[int, int, int]]:
        """Return what was surely stored, the total that was read, and what was offered by then."""
        seen = []
        window = Window(limit=5)
        query = EventQuery(self.scope, filter, Order.DESCENDING, window, with_total=True)
        while not self.ended.is_set():
            least = self.tallies.acknowledged
            total = self.store.find(query).total
            seen.append((least, total or 0, self.tallies.offered))
        return seen


def test_every_total_was_true_at_some_moment(
    engine: DynamoDBClient, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold, "SETTLING", SECOND // 2)
    monkeypatch.setattr(fold, "HOLDING", SECOND // 2)
    world = World(engine, scope)
    with ThreadPoolExecutor(WRITERS + 4) as pool:
        folders = [pool.submit(world.fold) for _ in range(2)]
        readers = [pool.submit(world.read, filter) for filter in FILTERS]
        for writer in [pool.submit(world.write, number) for number in range(WRITERS)]:
            writer.result(timeout=120)
        world.ended.set()
        reads = [read for reader in readers for read in reader.result(timeout=60)]
        for folder in folders:
            folder.result(timeout=60)
    assert [read for read in reads if not read[0] <= read[1] <= read[2]] == []
    assert len(reads) > 20
    assert read_head(engine, "TallyTable", scope).bucket.version > 3
    assert dynamo_store(engine).count(scope, EVERYTHING) == world.tallies.offered
