"""A log in DynamoDB that a test folds and seals by hand, and the same log in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from polylog.batches import batched
from polylog.dynamo.maintenance import seal
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.seal import LEFT_SECONDS, Sealer
from polylog.dynamo.search import directory, segments
from polylog.dynamo.tables import OPTIONAL_INDEXES
from polylog.dynamo.tally import stretch
from polylog.model import times
from polylog.model.event import Event
from support.memory import MemoryEventStore
from support.stores import TABLES, dynamo_store
from tools.clocks import StoppedClock

_numbers = count(1)

SHORT = 4
"""How many numbers a segment has, and the most that a batch has."""

ZONES = 2
"""How many segments a block of the directory has."""


@contextmanager
def short() -> Iterator[None]:
    """Make segments and blocks short, so that a few events fill them."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (stretch, seal, segments):
            patch.setattr(module, "SPAN", SHORT)
        patch.setattr(directory, "MOST_ZONES", ZONES)
        yield


class World:
    """A log in DynamoDB and the same log in memory."""

    def __init__(
        self, engine: DynamoDBClient, shards: int = 1, indexes: Iterable[str] = OPTIONAL_INDEXES
    ) -> None:
        self.scope = f"search-{next(_numbers)}"
        self.engine = engine
        self.clock = StoppedClock(times.now())
        self.store = dynamo_store(engine, shards, clock=self.clock.clock, indexes=indexes)
        self.reference = MemoryEventStore()
        self.folder = Folder(engine, TABLES.tally, self.clock.clock)
        self.sealer = Sealer(engine, TABLES, self.clock.clock)

    def put(self, batch: list[Event]) -> None:
        for some in batched(batch, SHORT):
            self.store.put(self.scope, some)
            self.reference.put(self.scope, some)

    def fold(self) -> None:
        self.folder.fold(self.scope)

    def seal(self) -> None:
        self.sealer.seal_all(self.scope)

    def settle(self) -> None:
        assert self.folder.settle(self.scope, 3600)
        self.seal()

    def wait(self) -> None:
        self.clock.clock.sleep(LEFT_SECONDS + 1)

    def segments(self) -> int:
        known = segments.Segments(self.engine, TABLES.tally, self.clock.clock)
        blocks = known.blocks(self.scope, 0)
        return sum(len(block.zones) for block in blocks)
