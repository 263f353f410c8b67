"""How fast events are taken in, by every way, and what write units they take.

The floor of a way is the transactions alone: the same items, made beforehand under other keys, put
by a client as boto3 makes it, one transaction after the other.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import boto3

from bench import payloads, writes
from bench.events import START, Maker
from bench.measures import Measure, Runs, interleaved
from bench.scale import TABLES
from bench.stage import SCOPE, Stage, stage
from bench.units import Shape, item_bytes, write_units
from bench.ways import DENSE, SINGLE
from polylog.batches import batches
from polylog.dynamo.head import Delta
from polylog.dynamo.schema import Draft
from polylog.event import Event
from polylog.times import SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECTION: Final = "Ingestion"

_BATCH: Final = 95
_SEED: Final = 11
_BYTES: Final = 1000
"""Of an event's JSON, about."""

_RATE: Final = 0.8
_BESIDE_BATCHED: Final = 1.05
_BESIDE_SINGLE: Final = 4.5

_FLOOR: Final = "floor of "

# An event is in the indexes by time and by type; in those of what else it names as well.
_FEWEST_INDEXES: Final = 2


@dataclass(frozen=True, slots=True)
class Way:
    """A way in: how many events it takes at once, and how often that is measured."""

    name: str
    events: int
    function: str
    offer: Callable[[Stage, list[Event]], Any]
    rounds: int


def _queued(_: Stage, events: list[Event]) -> Any:
    return payloads.messages(map(payloads.line, events))


WAYS: Final = (
    Way("queue, 95 a batch", _BATCH, "IngestFunction", _queued, 40),
    Way("HTTP, 95 a request", _BATCH, "EventsFunction", Stage.posted, 40),
    Way("HTTP, one a request", 1, "EventsFunction", Stage.posted, 40),
    Way("HTTP, 950 a request", 10 * _BATCH, "EventsFunction", Stage.posted, 8),
    Way("bucket, 1,900 an object", 20 * _BATCH, "ImportFunction", Stage.dropped, 8),
)


@dataclass(slots=True)
class _Case:
    """Something that is done again and again, each time with something prepared for it."""

    act: Callable[[Any], object]
    prepared: Iterator[Any]
    cpu_ms: list[float] = field(default_factory=list)

    def __call__(self) -> None:
        begun = time.process_time()
        self.act(next(self.prepared))
        self.cpu_ms.append((time.process_time() - begun) * 1000)


class _Races:
    """Ways against their floors, on one stage."""

    def __init__(self, running: Stage) -> None:
        self._stage = running
        self._client: DynamoDBClient = boto3.client("dynamodb")
        self._maker = Maker(_SEED, _BYTES)
        self._times = count(START, SECOND)
        self._seqs = count(1)

    def run(self, ways: Sequence[Way], rounds: int, discarded: int) -> Iterator[Measure]:
        """Yield how many events a second each way takes in."""
        cases: dict[str, _Case] = {}
        for way in ways:
            cases |= self._cases(way, rounds + discarded)
        with _without_garbage():
            runs = interleaved(cases, rounds, discarded)
        for way in ways:
            yield self._measure(way, cases, runs)

    def _cases(self, way: Way, number: int) -> dict[str, _Case]:
        offered = [way.offer(self._stage, self._events(way.events)) for _ in range(number)]
        raw = [list(self._transactions(way.events)) for _ in range(number)]
        return {
            way.name: _Case(self._stage.function(way.function), iter(offered)),
            _FLOOR + way.name: _Case(self._transact, iter(raw)),
        }

    def _events(self, number: int) -> list[Event]:
        return [self._maker.at(next(self._times)) for _ in range(number)]

    def _transactions(self, number: int) -> Iterator[list[Any]]:
        """Yield the actions of each transaction that so many events make."""
        for events in batches(self._events(number), lambda _: 0, most=_BATCH, most_weight=1):
            yield _actions({next(self._seqs): Draft.of(event) for event in events})

    def _transact(self, transactions: Iterable[list[Any]]) -> None:
        for actions in transactions:
            self._client.transact_write_items(TransactItems=actions)

    def _measure(self, way: Way, cases: Mapping[str, _Case], runs: Mapping[str, Runs]) -> Measure:
        ours, raw = runs[way.name], runs[_FLOOR + way.name]
        return Measure(
            SECTION,
            way.name,
            round(way.events / ours.median * 1000, 1),
            "events/s",
            round(ours.spread, 3),
            round(way.events / raw.median * 1000, 1),
            limit=_RATE,
            at_least=True,
            detail={
                "ms": round(ours.median, 2),
                "cpu_ms": _cpu_ms(cases[way.name], ours),
                "floor_ms": round(raw.median, 2),
                "floor_cpu_ms": _cpu_ms(cases[_FLOOR + way.name], raw),
                "floor_spread": round(raw.spread, 3),
            },
        )


def _cpu_ms(case: _Case, runs: Runs) -> float:
    return round(median(case.cpu_ms[-runs.number :]), 2)


@contextmanager
def _without_garbage() -> Iterator[None]:
    """Keep what is prepared from being looked through again and again by the collector."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _actions(numbered: Mapping[int, Draft]) -> list[Any]:
    """Return the actions of a transaction that stores these, as the writer makes them."""
    entries = tuple(draft.entry(seq) for seq, draft in numbered.items())
    delta = Delta(min(numbered), max(numbered), START, entries)
    scope = f"{SCOPE}-floor"
    actions: list[Any] = [
        {
            "Put": {
                "TableName": TABLES.events,
                "Item": draft.item(scope, seq, 1),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        for seq, draft in numbered.items()
    ]
    return [*actions, {"Put": {"TableName": TABLES.tally, "Item": delta.item(scope)}}]


def measure() -> list[Measure]:
    """Return rates and units of every way."""
    with stage() as running:
        races = _Races(running)
        rates = [
            each
            for rounds in dict.fromkeys(way.rounds for way in WAYS)
            for each in races.run([way for way in WAYS if way.rounds == rounds], rounds, 3)
        ]
        shapes = {name: Shape.of(arguments) for name, arguments in running.template.tables.items()}
        prices = writes.measure(running.client, TABLES, shapes, (DENSE, SINGLE), (_BYTES,))
    return [*rates, *_beside(*prices), *map(_entry, writes.SIZES)]


def _beside(batched: writes.Price, single: writes.Price) -> Iterator[Measure]:
    """Yield what the log's bookkeeping takes beside an event's item and its index entries."""
    detail = {"table": batched.table, "indexes": batched.indexes, "tally": batched.tally}
    of_one = batched.table / 2
    for indexes in (batched.indexes / of_one, _FEWEST_INDEXES):
        own = batched.table + indexes * of_one
        yield Measure(
            SECTION,
            f"write units of all, {batched.traffic}, {indexes:.0f} indexes",
            round(own + batched.tally, 3),
            "units/event",
            floor=own,
            limit=_BESIDE_BATCHED,
            detail=detail,
        )
    yield Measure(
        SECTION,
        f"write units beside the event's own, {single.traffic}",
        single.tally,
        "units/event",
        limit=_BESIDE_SINGLE,
        detail={"table": single.table, "indexes": single.indexes},
    )


def _entry(size: int) -> Measure:
    """Return what an index entry takes, at most, of events of a size."""
    maker = Maker(_SEED, size)
    drafts = [Draft.of(maker.at(START + n * SECOND)) for n in range(500)]
    largest = max(item_bytes(draft.item(SCOPE, 10**6, 1)) for draft in drafts)
    return Measure(
        SECTION,
        f"write units of an index entry, {size:,} bytes of JSON",
        write_units(largest),
        "units/event",
        limit=1,
        detail={"largest_item_bytes": largest},
    )
