"""How fast events are taken in, by each way, and how many write units that takes.

The floor of a way is the transactions alone. They put the same items, made beforehand under other
keys, one transaction after the other, with a client as boto3 makes it. A request with a single
event makes three requests to the database: it looks up the key, takes a number, and stores the
event. It is also compared with the time of these three.
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

from bench.cases.charges import charges
from bench.stage import payloads
from bench.stage.measures import Measure, Runs, interleaved
from bench.stage.stage import SCOPE, Stage, stage
from polylog.batches import batched
from polylog.dynamo.events.items import Draft
from polylog.dynamo.events.numbers import number_key
from polylog.dynamo.retention import FOR_EVER
from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.rows import new_row
from polylog.model.event import Event
from polylog.model.times import SECOND
from polylog_cli.local.tables import TABLES
from tools.events import START, Maker

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECTION: Final = "Ingestion"

_BATCH: Final = 95
_SEED: Final = 11
_BYTES: Final = 1000
"""About the size of an event as JSON."""

FLOORS: Final = f"{SCOPE}-floor"
"""The scope that floors write to."""

_RATE: Final = 0.8

_FLOOR: Final = "floor of "
_ASKED: Final = "what is asked for "


@dataclass(frozen=True, slots=True)
class Way:
    """A way in: how many events it takes at once, and how often to measure it."""

    name: str
    events: int
    function: str
    offer: Callable[[Stage, list[Event]], Any]
    rounds: int


def _queued(_: Stage, events: list[Event]) -> Any:
    return payloads.messages(map(payloads.line, events))


WAYS: Final = (
    Way("queue, batches of 95", _BATCH, "IngestFunction", _queued, 40),
    Way("HTTP, 95 events in each request", _BATCH, "EventsFunction", Stage.posted, 40),
    Way("HTTP, one event in each request", 1, "EventsFunction", Stage.posted, 120),
    Way("HTTP, 950 events in each request", 10 * _BATCH, "EventsFunction", Stage.posted, 5),
    Way("bucket, 3,800 events in each object", 40 * _BATCH, "ImportFunction", Stage.dropped, 5),
)


@dataclass(slots=True)
class _Case:
    """Something to do again and again, each time with the next of the prepared arguments."""

    act: Callable[[Any], object]
    prepared: Iterator[Any]
    cpu_ms: list[float] = field(default_factory=list)

    def __call__(self) -> None:
        begun = time.process_time()
        self.act(next(self.prepared))
        self.cpu_ms.append((time.process_time() - begun) * 1000)


class _Races:
    """Measures ways against their floors, on one stage."""

    def __init__(self, running: Stage) -> None:
        self._stage = running
        self._client: DynamoDBClient = boto3.client("dynamodb")
        self._maker = Maker(_SEED, _BYTES)
        self._times = count(START, SECOND)
        self._seqs = count(1)

    def run(self, ways: Sequence[Way], rounds: int, discarded: int) -> Iterator[Measure]:
        """Yield the number of events a second that each way takes in."""
        cases: dict[str, _Case] = {}
        for way in ways:
            cases |= self._cases(way, rounds + discarded)
        with _without_garbage():
            runs = interleaved(cases, rounds, discarded)
        for way in ways:
            yield self._measure(way, way.name, _FLOOR + way.name, cases, runs)
            if way.events == 1:
                name = f"{way.name}, compared with its three requests"
                yield self._measure(way, name, _ASKED + way.name, cases, runs)

    def _cases(self, way: Way, number: int) -> dict[str, _Case]:
        offered = [way.offer(self._stage, self._events(way.events)) for _ in range(number)]
        raw = [list(self._transactions(way.events)) for _ in range(number)]
        cases = {
            way.name: _Case(self._stage.function(way.function), iter(offered)),
            _FLOOR + way.name: _Case(self._transact, iter(raw)),
        }
        if way.events == 1:
            asked = [list(self._transactions(1)) for _ in range(number)]
            cases[_ASKED + way.name] = _Case(self._ask, iter(asked))
        return cases

    def _events(self, number: int) -> list[Event]:
        return [self._maker.at(next(self._times)) for _ in range(number)]

    def _transactions(self, number: int) -> Iterator[list[Any]]:
        """Yield the actions of each transaction that stores a number of events."""
        for events in batched(self._events(number), _BATCH):
            yield actions_of({next(self._seqs): Draft.of(event) for event in events})

    def _transact(self, transactions: Iterable[list[Any]]) -> None:
        for actions in transactions:
            self._client.transact_write_items(TransactItems=actions)

    def _ask(self, transactions: Iterable[list[Any]]) -> None:
        key = {"key_id": {"S": self._stage.token.partition(".")[0]}}
        self._client.get_item(TableName="KeysTable", Key=key, ConsistentRead=True)
        self._client.update_item(
            TableName=TABLES.tally,
            Key=number_key(FLOORS),
            UpdateExpression="ADD #last :count",
            ExpressionAttributeNames={"#last": "last"},
            ExpressionAttributeValues={":count": {"N": "1"}},
            ReturnValues="ALL_NEW",
        )
        self._transact(transactions)

    def _measure(
        self,
        way: Way,
        name: str,
        floor: str,
        cases: Mapping[str, _Case],
        runs: Mapping[str, Runs],
    ) -> Measure:
        """Return the rate of a way and its floor. There is a goal for transactions alone."""
        ours, raw = runs[way.name], runs[floor]
        return Measure(
            SECTION,
            name,
            round(way.events / ours.median * 1000, 1),
            "events/s",
            round(ours.spread, 3),
            round(way.events / raw.median * 1000, 1),
            limit=_RATE if floor.startswith(_FLOOR) else None,
            at_least=True,
            detail={
                "ms": round(ours.median, 2),
                "cpu_ms": _cpu_ms(cases[way.name], ours),
                "floor_ms": round(raw.median, 2),
                "floor_cpu_ms": _cpu_ms(cases[floor], raw),
                "floor_spread": round(raw.spread, 3),
            },
        )


def _cpu_ms(case: _Case, runs: Runs) -> float:
    return round(median(case.cpu_ms[-runs.number :]), 2)


@contextmanager
def _without_garbage() -> Iterator[None]:
    """Keep the garbage collector from looking through the prepared objects again and again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def actions_of(numbered: Mapping[int, Draft]) -> list[Any]:
    """Return the actions of the transaction that stores these drafts, as the writer makes them."""
    entries = (draft.entry(seq) for seq, draft in numbered.items())
    delta = Delta.of(min(numbered), max(numbered), entries)
    actions: list[Any] = [
        {
            "Put": {
                "TableName": TABLES.events,
                "Item": draft.item(FLOORS, seq, 1),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        for seq, draft in numbered.items()
    ]
    rows = delta.items(FLOORS, FOR_EVER)
    return [*actions, *({"Put": new_row(TABLES.tally, row)} for row in rows)]


def measure() -> list[Measure]:
    """Return the rate of every way, and the write units of events."""
    with stage() as running:
        races = _Races(running)
        rates = [
            each
            for rounds in dict.fromkeys(way.rounds for way in WAYS)
            for each in races.run(_measured(rounds), rounds, rounds // 4 + 1)
        ]
        return [*rates, *charges(SECTION, running)]


def _measured(rounds: int) -> list[Way]:
    return [way for way in WAYS if way.rounds == rounds]
