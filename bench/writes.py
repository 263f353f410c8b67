"""What it costs to store events and to fold them, in write units of each event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from bench.bulk import Clock, fold_all
from bench.events import DAY, DAYS, START, Maker
from bench.units import Ledger, Shape
from polylog.aws.compact import SCOPE_SECONDS
from polylog.dynamo.fold import Folder
from polylog.dynamo.head import read_head
from polylog.dynamo.reading import Limits
from polylog.dynamo.schema import Draft, Shards, Tables
from polylog.dynamo.store import DynamoEventStore
from polylog.event import Event
from polylog.times import SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SIZES: Final = (300, 1000, 3000)
"""Bytes of an event's JSON, about."""

_SEED: Final = 3
_MOST: Final = 95
"""As many events a transaction of the writer takes."""

# The stream that wakes the folder collects new deltas for as long.
_WAKE: Final = 10 * SECOND

Offer = tuple[int, Sequence[Event]]
"""When events are handed in, and which."""


@dataclass(frozen=True, slots=True)
class Price:
    """Write units of each event: of itself, of its index entries, and of the tally."""

    traffic: str
    json_bytes: int
    events: int
    table: float
    indexes: float
    tally: float


def _singles(maker: Maker) -> Iterator[Offer]:
    times = range(START, START + 100 * SECOND, SECOND // 10)
    return ((time, [maker.at(time)]) for time in times)


def _batches(maker: Maker) -> Iterator[Offer]:
    for time in range(START, START + 60 * SECOND, SECOND):
        yield time, [maker.at(time - SECOND + n * SECOND // _MOST) for n in range(_MOST)]


def _backfill(maker: Maker) -> Iterator[Offer]:
    random, now = Random(_SEED), START + DAYS * DAY
    for second in range(60):
        times = (START + random.randrange(DAYS * DAY) for _ in range(_MOST))
        yield now + second * SECOND, [maker.at(time) for time in times]


def _quiet(maker: Maker) -> Iterator[Offer]:
    times = range(START, START + DAY, 60 * SECOND)
    return ((time, [maker.at(time)]) for time in times)


SINGLES: Final = "single events, ten a second"
BATCHES: Final = "batches of 95, one a second"

_TRAFFIC: Final[Mapping[str, Callable[[Maker], Iterable[Offer]]]] = {
    SINGLES: _singles,
    BATCHES: _batches,
    "a quiet log: one event a minute": _quiet,
    "backfill: batches of 95, scattered over 400 days": _backfill,
}


def measure(client: DynamoDBClient, tables: Tables, shapes: Mapping[str, Shape]) -> list[Price]:
    """Return what each kind of traffic costs at each size of event."""
    ledger = Ledger(shapes)
    ledger.watch(client)
    return [_price(client, tables, ledger, traffic, size) for traffic in _TRAFFIC for size in SIZES]


def _price(
    client: DynamoDBClient, tables: Tables, ledger: Ledger, traffic: str, size: int
) -> Price:
    scope, clock = f"{traffic.split()[0]}-{size}", Clock(START)
    store = DynamoEventStore(
        client,
        tables,
        shards=Shards(1, 1),
        limits=Limits(items=1, seconds=1),
        clock=clock,
        sleep=clock.sleep,
    )
    folder = Folder(client, tables.tally, clock, clock.sleep)
    ledger.units.clear()
    events, weight, wake = 0, 0, START
    for time, some in _TRAFFIC[traffic](Maker(_SEED, size)):
        clock.now = max(clock.now, time)
        store.put(scope, some)
        events += len(some)
        weight += sum(len(Draft.of(event).content) for event in some)
        if clock.now >= wake:
            folder.compact(scope, SCOPE_SECONDS)
            wake = clock.now + _WAKE
    fold_all(client, tables, folder, clock, scope)
    head = read_head(client, tables.tally, scope)
    assert head.bucket.totals().total() == events
    event, tally = ledger.units[tables.events], ledger.units[tables.tally]
    return Price(
        traffic,
        round(weight / events),
        events,
        round(event.table / events, 3),
        round(event.indexes / events, 3),
        round(tally.total / events, 3),
    )
