"""Answers questions about a moment from the events table and what its indexes do not show yet."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from polylog.dynamo.events.items import read_item, read_seq
from polylog.dynamo.events.scan import MOST, Scan
from polylog.dynamo.explanation import note_minute, note_plan
from polylog.dynamo.limits import Allowance, Budget, Limits
from polylog.dynamo.queries import TimeRange, by_types, plan
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.moment import Moment
from polylog.model.errors import TimedOut, TooBroad
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Filter, conjunction
from polylog.model.query import EventQuery, Order, Page, Position, Window
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.events.scan import Found

# Streams are asked one after the other. With more values than this, each event is checked instead.
_MOST_STREAMS: Final = 50

# How many events are read by their keys at once.
_AT_ONCE: Final = 100


class Reader:
    """Reads the events of a moment for one answer, in one scan or several."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        shards: int,
        limits: Limits,
        clock: Clock,
        allowance: Allowance | None = None,
        *,
        gives_up: bool = False,
    ) -> None:
        self._client = client
        self._table = table
        self._shards = shards
        self._limits = limits
        self._clock = clock
        self._allowance = allowance or Allowance()
        self._gives_up = gives_up

    def within(self, allowance: Allowance) -> Reader:
        """Return a reader of the same table, for an answer that may take this time."""
        return Reader(
            self._client,
            self._table,
            self._shards,
            self._limits,
            self._clock,
            allowance,
            gives_up=self._gives_up,
        )

    def at_most(self, items: int, *, gives_up: bool = False) -> Reader:
        """Return a reader that is content with less than it may read.

        One that gives up returns no part of a page as long as there is time for another way.
        """
        limits = replace(self._limits, items=min(items, self._limits.items))
        return Reader(
            self._client,
            self._table,
            self._shards,
            limits,
            self._clock,
            self._allowance,
            gives_up=gives_up,
        )

    @property
    def _gives_up_in_time(self) -> bool:
        """Whether it gives up, and there is time for another way to answer."""
        return self._gives_up and not self._allowance.is_over

    def find(self, query: EventQuery, moment: Moment) -> Page:
        """Return the events of the query's window, or those that the budget allows."""
        scan, part = self._noted(query.scope, query.filter, moment), _Part(query.window)
        stop = query.window.offset + query.window.limit
        is_cut = False
        try:
            part.take(scan.examined(query, moment, stop))
        except (TooBroad, TimedOut):
            if part.last is None or not query.is_partial or self._gives_up_in_time:
                raise
            is_cut = True
        events = tuple(event for _, event in scan.resolved(part.shown))
        if is_cut:
            return Page(events, part.last, is_cut=True, skip=part.skip)
        return Page(events, part.last if part.is_full else None)

    def count(self, scope: str, filter: Filter, moment: Moment) -> int:
        """Return how many events pass; reads bodies only if it has to."""
        scan = self._noted(scope, filter, moment)
        query = EventQuery(scope, filter, Order.ASCENDING, Window(limit=MOST))
        if scan.plan.residual != EVERYTHING:
            return sum(1 for _ in scan.found(query, moment, MOST))
        seqs = {seq for seq in scan.seqs() if moment.knows(seq)}
        seqs |= {place.seq for place, found in scan.unindexed(query, moment) if found is not None}
        return len(seqs)

    def entries(self, scope: str, filter: Filter) -> tuple[Entry, ...]:
        """Return the entries of the events in the indexes, for a filter within one minute."""
        scan = self._scan(scope, filter)
        note_minute(scan.plan, self._shards)
        return tuple(map(Entry.of, map(read_item, scan.items(Order.ASCENDING, None, MOST))))

    def indexed(self, scope: str, filter: Filter) -> Iterator[Event]:
        """Yield the events that the indexes show, of any moment, the earliest first."""
        return map(read_item, self._noted(scope, filter).items(Order.ASCENDING, None, MOST))

    def between(self, scope: str, time: TimeRange, numbers: Container[int]) -> Iterator[Event]:
        """Yield the events of these numbers that the index by time shows in a range."""
        items = self._scan(scope, conjunction(time.bounds)).items(Order.ASCENDING, None, MOST)
        return (read_item(item) for item in items if read_seq(item) in numbers)

    def all(self, scope: str, filter: Filter, moment: Moment) -> Iterator[Event]:
        """Yield every event that passes, the earliest first."""
        scan = self._noted(scope, filter, moment)
        query = EventQuery(scope, filter, Order.ASCENDING, Window(limit=MOST))
        found = scan.found(query, moment, MOST)
        while some := list(islice(found, _AT_ONCE)):
            yield from (event for _, event in scan.resolved(some))

    def _noted(self, scope: str, filter: Filter, moment: Moment | None = None) -> Scan:
        scan = self._scan(scope, filter, moment)
        note_plan(scan.plan, self._shards)
        return scan

    def _scan(self, scope: str, filter: Filter, moment: Moment | None = None) -> Scan:
        most = max(1, _MOST_STREAMS // self._shards)
        chosen = plan(filter, most)
        if moment is not None:
            chosen = by_types(chosen, moment.types, most)
        partitions = chosen.partitions(scope, self._shards)
        budget = Budget(self._limits.items, self._allowance, len(partitions))
        return Scan(self._client, self._table, scope, chosen, partitions, budget, self._clock)


class _Part:
    """The part of a window that was read so far, without the skipped events.

    `last` is the position of the last event looked at, `skip` how many are left to skip.
    """

    def __init__(self, window: Window) -> None:
        self.shown: list[tuple[Position, Found]] = []
        self.last: Position | None = None
        self.skip = window.offset
        self._limit = window.limit

    @property
    def is_full(self) -> bool:
        """Whether the window is full."""
        return 0 < len(self.shown) == self._limit

    def take(self, examined: Iterator[tuple[Position, Found | None]]) -> None:
        """Take the events of the window, and read no further."""
        while len(self.shown) < self._limit and (each := next(examined, None)):
            self.last, found = each
            if found is not None and self.skip:
                self.skip -= 1
            elif found is not None:
                self.shown.append((self.last, found))
