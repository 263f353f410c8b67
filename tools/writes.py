"""Measures what storing and folding events costs, in write units for each event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from random import Random
from typing import TYPE_CHECKING, Final

from polylog.aws.compact import PAUSE_SECONDS, RUN_SECONDS
from polylog.dynamo.events.items import Draft
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance.count import Counter
from polylog.dynamo.maintenance.fold import Folder, Work
from polylog.dynamo.maintenance.seal import LEFT_SECONDS, Sealer
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tables import Shards, Tables
from polylog.dynamo.tally.head import read_head
from polylog.model.event import Event
from polylog.model.times import SECOND
from tools.clocks import StoppedClock
from tools.events import DAY, DAYS, START, Maker
from tools.meter import READING, Meter
from tools.units import ROW_BYTES, Ledger, Shape, item_bytes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SIZES: Final = (300, 1000, 3000)
"""About how many bytes the JSON of an event has."""

_SEED: Final = 3
_numbers: Final = count(1)
_MOST: Final = 95
"""How many events one transaction of the writer takes."""

# The stream that wakes the folder collects new deltas for this long.
_WAKE: Final = 10 * SECOND

Offer = tuple[int, Sequence[Event]]
"""When events are handed in, in microseconds since the epoch, and these events."""


@dataclass(frozen=True, slots=True)
class Price:
    """Write units for each event: its item, its index entries, and its share of the tally.

    `size` is about how many bytes its JSON was meant to have, and `json_bytes` how many it has on
    average. `busiest` is what the busiest partition of the tally takes.
    """

    traffic: str
    size: int
    json_bytes: int
    events: int
    table: float
    indexes: float
    tally: float
    busiest: float = 0


def _singles(maker: Maker, number: int, pause: int) -> Iterator[Offer]:
    for time in range(START, START + number * pause, pause):
        yield time, [maker.at(time)]


def _batches(maker: Maker, number: int, pause: int) -> Iterator[Offer]:
    for time in range(START, START + number * pause, pause):
        yield time, [maker.at(time - pause + n * pause // _MOST) for n in range(_MOST)]


def _backfill(maker: Maker, number: int, pause: int) -> Iterator[Offer]:
    random, now = Random(_SEED), START + DAYS * DAY
    for time in range(now, now + number * pause, pause):
        times = (START + random.randrange(DAYS * DAY) for _ in range(_MOST))
        yield time, [maker.at(time) for time in times]


SINGLES: Final = "single events"
BATCHES: Final = "batches of 95"
ALONE: Final = "one a minute"
"""Traffic with pauses. The log is quiet after each part, so everything is folded at once."""

FOR_LONG: Final = "one a second for long"
"""Traffic with enough events for the rows of facets to get their usual size."""

SELDOM: Final = "one in ten seconds"
"""Traffic that wakes the folder again and again, mostly for one event."""

_TRAFFIC: Final[Mapping[str, Callable[[Maker], Iterator[Offer]]]] = {
    f"{SINGLES}, ten a second": lambda maker: _singles(maker, 600, SECOND // 10),
    f"{SINGLES}, one a second": lambda maker: _singles(maker, 600, SECOND),
    f"{SINGLES}, {SELDOM}": lambda maker: _singles(maker, 600, 10 * SECOND),
    f"{SINGLES}, {ALONE}": lambda maker: _singles(maker, 600, 60 * SECOND),
    f"{BATCHES}, ten a second": lambda maker: _batches(maker, 100, SECOND // 10),
    f"{BATCHES}, {FOR_LONG}": lambda maker: _batches(maker, 400, SECOND),
    f"{BATCHES}, one a second": lambda maker: _batches(maker, 60, SECOND),
    f"{BATCHES}, {ALONE}": lambda maker: _batches(maker, 60, 60 * SECOND),
    "scattered over 400 days, batches of 95, one a second": lambda maker: _backfill(
        maker, 40, SECOND
    ),
}


_USUAL: Final = tuple(traffic for traffic in _TRAFFIC if not traffic.endswith((FOR_LONG, SELDOM)))


@dataclass(frozen=True, slots=True)
class Folding:
    """What the folder takes for each event.

    `wakes` says how often it is woken, and `seconds` how long it then waits. `reads` are read
    units, including those of the writer. `stored_bytes` is what the tally table holds in the end.
    """

    traffic: str
    wakes: float
    seconds: float
    reads: float
    stored_bytes: float


class _Log:
    """A log that gets events at their times, also while the folder waits."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        scope: str,
        offers: Iterator[Offer],
        facets: Iterable[str] = (),
    ) -> None:
        self.tables = tables
        self.clock = StoppedClock(START)
        self.events = 0
        self.bytes = 0
        self.wakes = 0
        self.waited = 0
        self._client = client
        self._scope = scope
        self._offers = offers
        self._next = next(offers, None)
        self._unseen: int | None = None
        self._store = DynamoEventStore(
            client,
            tables,
            shards=Shards(1, 1),
            limits=Limits(items=1, seconds=1),
            clock=self.clock.clock,
        )
        folding = replace(self.clock.clock, sleep=self._sleep)
        self._folder = Folder(client, tables.tally, folding)
        self._sealer = Sealer(client, tables, folding)
        self._counter = Counter(client, tables, folding, facets)

    def run(self) -> None:
        """Take in all events, and wake the folder for them as the service does."""
        while self._next or self._unseen is not None:
            if self._unseen is not None:
                self._pass_until(self._unseen + _WAKE)
                self._unseen = None
                self._fold()
            elif self._next:
                self._pass_until(self._next[0])
        self._sealer.seal_all(self._scope)
        self._pass_until(self.clock.now + LEFT_SECONDS * SECOND)
        self._sealer.seal_all(self._scope)  # It deletes the rows that are in segments.
        head = read_head(self._client, self.tables.tally, self._scope)
        assert head.bucket.totals().total() == self.events

    def _fold(self) -> None:
        """Run once, as the compact function does; a wake-up calls it again."""
        begun = self.clock.now
        deadline = self.clock.clock.deadline(RUN_SECONDS)
        self._folder.wake(self._scope)
        work = Work.FOLDED
        while work in (Work.FOLDED, Work.SOON) and not deadline.is_over:
            work = self._folder.work(self._scope)
            self._sealer.seal(self._scope)
            self._count(is_quiet=work is Work.DONE)
            if work is Work.SOON:
                self._sleep(PAUSE_SECONDS)
        if work in (Work.FOLDED, Work.SOON):
            self._folder.leave(self._scope)
        if work is not Work.DONE:
            self._unseen = self.clock.now
        self.wakes += 1
        self.waited += self.clock.now - begun

    def _count(self, *, is_quiet: bool) -> None:
        sealed = self._sealer.sealed(self._scope)
        while self._counter.count_if_due(self._scope, sealed, is_quiet=is_quiet):
            pass

    def _sleep(self, seconds: float) -> None:
        self._pass_until(self.clock.now + int(seconds * SECOND))

    def _pass_until(self, end: int) -> None:
        while self._next and self._next[0] <= end:
            self.clock.now = max(self.clock.now, self._next[0])
            self._store.put(self._scope, self._next[1])
            self.events += len(self._next[1])
            self.bytes += sum(len(Draft.of(event).content) for event in self._next[1])
            self._unseen = self.clock.now if self._unseen is None else self._unseen
            self._next = next(self._offers, None)
        self.clock.now = max(self.clock.now, end)


def measure(
    client: DynamoDBClient,
    tables: Tables,
    shapes: Mapping[str, Shape],
    traffics: Iterable[str] = _USUAL,
    sizes: Sequence[int] = SIZES,
    most: int | None = None,
    facets: Iterable[str] = (),
) -> list[Price]:
    """Return what each kind of traffic costs at each size of event.

    `most` is how often events are handed in; None means as often as the traffic does. `facets`
    names what they are counted by, besides time and kind.
    """
    ledger = Ledger(shapes)
    ledger.watch(client)

    def log(traffic: str, size: int) -> _Log:
        offers = islice(_TRAFFIC[traffic](Maker(_SEED, size)), most)
        return _Log(client, tables, f"{traffic}, {size}, {next(_numbers)}", offers, facets)

    return [
        _price(log(traffic, size), ledger, traffic, size) for traffic in traffics for size in sizes
    ]


def folding(
    client: DynamoDBClient,
    tables: Tables,
    traffics: Iterable[str] = _USUAL,
    facets: Iterable[str] = (),
) -> list[Folding]:
    """Return how each kind of traffic keeps the folder busy, apart from what it computes."""
    meter = Meter(client, operations=READING)
    return [_folding(client, meter, tables, traffic, tuple(facets)) for traffic in traffics]


def _folding(
    client: DynamoDBClient, meter: Meter, tables: Tables, traffic: str, facets: tuple[str, ...]
) -> Folding:
    scope, offers = f"{traffic}, folding", _TRAFFIC[traffic](Maker(_SEED, SIZES[0]))
    log = _Log(client, tables, scope, offers, facets)
    _, cost = meter.measure(log.run)
    found = (log.wakes, log.waited / SECOND, cost.units, _stored_bytes(client, tables, scope))
    return Folding(traffic, *(round(each / log.events, 6) for each in found))


def _stored_bytes(client: DynamoDBClient, tables: Tables, scope: str) -> int:
    """Return how many bytes the tally table holds of a scope, with those that DynamoDB adds."""
    pages = client.get_paginator("scan").paginate(
        TableName=tables.tally,
        FilterExpression="begins_with(#scope, :scope)",
        ExpressionAttributeNames={"#scope": "scope"},
        ExpressionAttributeValues={":scope": {"S": scope}},
    )
    return sum(item_bytes(item) + ROW_BYTES for page in pages for item in page["Items"])


def _price(log: _Log, ledger: Ledger, traffic: str, size: int) -> Price:
    ledger.units.clear()
    ledger.partitions.clear()
    log.run()
    event, tally = ledger.units[log.tables.events], ledger.units[log.tables.tally]
    return Price(
        traffic,
        size,
        round(log.bytes / log.events),
        log.events,
        round(event.table / log.events, 3),
        round(event.indexes / log.events, 3),
        round(tally.total / log.events, 3),
        round(max(_of_tally(log, ledger)) / log.events, 3),
    )


def _of_tally(log: _Log, ledger: Ledger) -> Iterator[int]:
    """Yield the units of each partition of the tally."""
    return (n for (table, _), n in ledger.partitions.items() if table == log.tables.tally)
