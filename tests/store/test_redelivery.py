"""The same events again: in other orders, in other batches, and from several senders at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, repeat
from random import Random
from threading import Event as Flag

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import long
from support.stores import TABLES, dynamo_store

from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.verify import Verifier
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Op
from polylog.model.store import Bar, Group, Interval, Outcome, Status
from polylog.model.times import SECOND
from tools.clocks import StoppedClock

pytestmark = pytest.mark.engine

HOUR = 3600 * SECOND
NOON = 1_772_366_400_000_000
SHARDS = 2
SENDERS = 3
EVENTS = [
    Event(id=f"e{n}", time=NOON + n * 7 * HOUR, type="abc"[n % 3], source=f"s{n}")
    for n in range(130)
]
IDS = [event.id for event in EVENTS]
FILTERS: tuple[Filter, ...] = (
    EVERYTHING,
    Compare("type", Op.EQ, "a"),
    And((Compare("time", Op.GT, NOON + HOUR), Compare("time", Op.LT, NOON + 1000 * HOUR))),
)
Answers = list[tuple[int, set[Group], list[tuple[Bar, ...]]]]


class World:
    """A log, its folder, and a clock that the test moves."""

    def __init__(self, client: DynamoDBClient, scope: str) -> None:
        self.client = client
        self.scope = scope
        self.time = StoppedClock(10**15)
        self.log = dynamo_store(client, SHARDS, clock=self.time)
        self.folder = Folder(client, "TallyTable", self.time.clock)

    def send(self, seed: int, most: int) -> list[Outcome]:
        """Offer all events, in an order that depends on the seed, in batches of up to `most`.

        Batches overlap, and a batch may hold an event twice.
        """
        random = Random(seed)
        events = random.sample(EVENTS, len(EVENTS))
        return [*chain(*(self.log.put(self.scope, cut) for cut in _cuts(random, events, most)))]

    def fold(self, seconds: float) -> None:
        self.time.sleep(seconds)
        self.folder.fold(self.scope)

    def fold_all(self) -> None:
        assert self.folder.settle(self.scope, 60)

    def answers(self) -> Answers:
        return [
            (
                self.log.count(self.scope, filter),
                set(self.log.groups(self.scope, filter)),
                [self.log.histogram(self.scope, filter, interval) for interval in Interval],
            )
            for filter in FILTERS
        ]

    def check(self) -> None:
        report = Verifier(self.client, TABLES, SHARDS).verify(self.scope)
        assert (report.settled + report.young, report.drifts) == (len(EVENTS), ())


def _cuts(random: Random, events: list[Event], most: int) -> Iterator[list[Event]]:
    start = 0
    while start < len(events):
        end = start + random.randint(1, most)
        again = random.choices(events[:end], k=random.randrange(4)) if start else []
        yield events[start:end] + again
        start = end


@pytest.fixture
def world(engine: DynamoDBClient, scope: str) -> World:
    return World(engine, scope)


def first_seqs(outcomes: list[Outcome]) -> dict[str | None, int | None]:
    """Return the seq of each event. It must be stored once, and be a duplicate from then on."""
    seqs = {each.id: each.seq for each in outcomes if each.status is Status.STORED}
    assert sorted(seqs) == sorted(IDS)
    assert len(set(seqs.values())) == len(IDS)
    statuses = [each.status for each in outcomes]
    assert statuses.count(Status.STORED) == len(IDS)
    assert statuses.count(Status.DUPLICATE) == len(outcomes) - len(IDS)
    assert [each for each in outcomes if each.seq != seqs[each.id]] == []
    return seqs


@pytest.mark.parametrize("most", [30, *long(4, 120)])
def test_events_that_are_sent_again_change_nothing(world: World, most: int) -> None:
    seqs = first_seqs(world.send(0, 130))
    expected = world.answers()
    for round, seconds in enumerate((6, 1, 2), start=1):
        world.fold(seconds)
        outcomes = world.send(round, most)
        assert {each.status for each in outcomes} == {Status.DUPLICATE}
        assert [each for each in outcomes if each.seq != seqs[each.id]] == []
        assert world.answers() == expected
    world.fold_all()
    assert world.answers() == expected
    world.check()


@contextmanager
def folding(world: World) -> Iterator[None]:
    """Fold in another thread until the block ends, a second later each time."""
    ended = Flag()

    def fold() -> None:
        while not ended.is_set():
            world.fold(1)

    with ThreadPoolExecutor(1) as pool:
        folds = pool.submit(fold)
        try:
            yield
        finally:
            ended.set()
        folds.result(60)


@pytest.mark.parametrize("most", [40, *long(5, 120)])
def test_events_that_several_send_at_once_are_stored_once(world: World, most: int) -> None:
    with folding(world), ThreadPoolExecutor(SENDERS) as pool:
        seqs = first_seqs([*chain(*pool.map(world.send, range(SENDERS), repeat(most)))])
        expected = world.answers()
        again = [*chain(*pool.map(world.send, range(SENDERS, 2 * SENDERS), repeat(most)))]
        assert {each.status for each in again} == {Status.DUPLICATE}
        assert [each for each in again if each.seq != seqs[each.id]] == []
        assert world.answers() == expected
    world.fold_all()
    assert world.answers() == expected
    world.check()


def test_events_that_are_known_to_come_again_are_looked_up_first(
    engine: DynamoDBClient, scope: str, calls: list[str]
) -> None:
    """A condition that fails costs as much as a write."""
    log = dynamo_store(engine)
    log.put(scope, EVENTS[:90])
    calls.clear()
    repeated = log.put(scope, EVENTS[:95], is_repeat=True)
    assert calls == ["BatchGetItem", "UpdateItem", "TransactWriteItems"]
    assert [each.status for each in repeated] == [Status.DUPLICATE] * 90 + [Status.STORED] * 5
    calls.clear()
    changed = EVENTS[0].model_copy(update={"type": "other"})
    repeated = log.put(scope, [changed, *EVENTS[1:95]], is_repeat=True)
    assert calls == ["BatchGetItem"]
    assert [each.status for each in repeated] == [Status.CONFLICT] + [Status.DUPLICATE] * 94
