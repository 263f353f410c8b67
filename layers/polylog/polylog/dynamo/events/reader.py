"""Answers questions about a moment by reading events, also those that indexes do not show yet."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from polylog.dynamo.events.indexes import Indexes
from polylog.dynamo.events.scan import Scan
from polylog.dynamo.explanation import note_minute, note_plan
from polylog.dynamo.limits import Allowance, Budget, Limits
from polylog.dynamo.queries import QueryPlan, TimeRange, by_types, plans
from polylog.dynamo.tables import FIELD_INDEXES
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.moment import Moment
from polylog.model.errors import TimedOut, TooBroad
from polylog.model.event import Event
from polylog.model.filter import Filter, conjunction
from polylog.model.query import EventQuery, Order, Page, Position, Window
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.events.scan import Found

# Streams are asked one after the other. With more values than this, each event is checked instead.
_MOST_STREAMS: Final = 50

# How many events are read by their keys at once.
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the events of a moment for one answer, in one scan or several.

    `later` has the latest events that pass, with all that the indexes may not show yet. It is None
    if those must be looked for.
    """

    client: DynamoDBClient
    table: str
    shards: int
    limits: Limits
    clock: Clock
    indexes: Indexes = field(default_factory=Indexes.of)
    allowance: Allowance = field(default_factory=Allowance)
    gives_up: bool = False
    later: tuple[Entry, ...] | None = None

    def within(self, allowance: Allowance) -> Reader:
        """Return a reader of the same table, for an answer within this allowance."""
        return replace(self, allowance=allowance)

    def at_most(self, items: int, *, gives_up: bool = False) -> Reader:
        """Return a reader that may read at most this many items.

        If it gives up, it does not return a part of a page: it raises an error as long as there is
        time for another way.
        """
        limits = replace(self.limits, items=min(items, self.limits.items))
        return replace(self, limits=limits, gives_up=gives_up)

    def knowing(self, later: tuple[Entry, ...]) -> Reader:
        """Return a reader that knows the latest events that pass."""
        return replace(self, later=later)

    @property
    def _gives_up_in_time(self) -> bool:
        """Whether it gives up, and there is time for another way to answer."""
        return self.gives_up and not self.allowance.is_over

    def plan(self, filter: Filter) -> QueryPlan:
        """Return how this reader would answer a simplified filter."""
        return next(self.plans(filter))

    def plans(self, filter: Filter, *, of_all: bool = False) -> Iterator[QueryPlan]:
        """Yield how this reader could answer a simplified filter, the best way first.

        With `of_all`, this includes indexes that the log does not have.
        """
        return plans(filter, FIELD_INDEXES if of_all else self.indexes.fields, self.most_values)

    def find(self, query: EventQuery, plan: QueryPlan, moment: Moment) -> Page:
        """Return the events of the query's window, or those that the budget allows."""
        scan, part = self._noted(query.scope, plan, moment), _Part(query.window)
        stop = query.window.offset + query.window.limit
        is_cut = False
        try:
            part.take(scan.examined(query.order, query.window.after, moment, stop))
        except (TooBroad, TimedOut):
            if part.last is None or not query.is_partial or self._gives_up_in_time:
                raise
            is_cut = True
        events = tuple(event for _, event in scan.resolved(part.shown))
        if is_cut:
            return Page(events, part.last, is_cut=True, skip=part.skip)
        return Page(events, part.last if part.is_full else None)

    def count(self, scope: str, plan: QueryPlan, moment: Moment) -> int:
        """Return how many events pass; reads bodies only if it has to."""
        scan = self._noted(scope, plan, moment)
        if not scan.plan.is_settled:
            return sum(1 for _ in scan.found(moment))
        seqs = {seq for seq in scan.seqs() if moment.knows(seq)}
        young = scan.unindexed(moment, Order.ASCENDING)
        return len(seqs | {place.seq for place, found in young if found is not None})

    def entries(self, scope: str, plan: QueryPlan) -> tuple[Entry, ...]:
        """Return the entries of the events in the indexes, for a plan within one minute."""
        note_minute(plan, self.shards)
        return tuple(map(Entry.of, self._scan(scope, plan).events()))

    def indexed(self, scope: str, filter: Filter) -> Iterator[Event]:
        """Yield the events that the indexes show, of any moment, the earliest first."""
        return self._noted(scope, self.plan(filter)).events()

    def between(self, scope: str, time: TimeRange, numbers: Container[int]) -> Iterator[Event]:
        """Yield the events of these numbers that the index by time shows in a range."""
        plan = next(plans(conjunction(time.bounds), ()))
        return (event for event in self._scan(scope, plan).events() if event.seq in numbers)

    def all(self, scope: str, plan: QueryPlan, moment: Moment) -> Iterator[Event]:
        """Yield every event that passes, the earliest first."""
        scan = self._noted(scope, plan, moment)
        found = scan.found(moment)
        while some := list(islice(found, _AT_ONCE)):
            yield from (event for _, event in scan.resolved(some))

    @property
    def most_values(self) -> int:
        """How many values of a field may be asked for, if its index is to be read."""
        return max(1, _MOST_STREAMS // self.shards)

    def _noted(self, scope: str, plan: QueryPlan, moment: Moment | None = None) -> Scan:
        if moment is not None:
            plan = by_types(plan, moment.types, self.most_values)
        note_plan(plan, self.shards)
        return self._scan(scope, plan)

    def _scan(self, scope: str, plan: QueryPlan) -> Scan:
        partitions = plan.partitions(scope, self.shards)
        budget = Budget(self.limits.items, self.allowance, len(partitions))
        return Scan(
            self.client, self.table, scope, plan, partitions, budget, self.clock, self.later
        )


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
