"""The naive way to each answer: it reads the index to count, to skip and to group.

It reads in slices of time, each about as much as DynamoDB returns at once. DynamoDB Local walks to
a continuation key from the start of an index; with such keys one answer would take minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from polylog.dynamo.events.reader import Reader
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.summary import OfKind, count_kinds
from polylog.model.event import Event
from polylog.model.filter import And, Compare, Filter, Op, conjunction
from polylog.model.query import EventQuery, Order, Window
from tools.events import DAY, DAYS, START

# The number is approximate. A reader asks for at most 1,000 events at once.
_SLICE: Final = 900

# One event in 17 has the type of the question, so such a slice has less than 1 MB of them.
_SLICE_OF_TYPE: Final = 25 * _SLICE

EVERYTHING: Final = TimeRange(START, START + DAYS * DAY)


@dataclass(frozen=True, slots=True)
class Naive:
    """Reads a scope as of a moment when all its events were there; `number` is how many."""

    reader: Reader
    moment: Moment
    scope: str
    number: int

    def count(self, time: TimeRange = EVERYTHING) -> int:
        """Return the number of events in a range of time."""
        return sum(map(self._count, map(within, self._slices(time))))

    def count_type(self, type: str) -> int:
        """Return the number of events of a type."""
        parts = map(within, self._slices(EVERYTHING, _SLICE_OF_TYPE))
        wanted = Compare("type", Op.EQ, type)
        return sum(self._count(conjunction([wanted, part])) for part in parts)

    def page(self, offset: int, limit: int) -> tuple[Event, ...]:
        """Return a page, after reading everything before it."""
        for part in self._slices(EVERYTHING):
            inside = sum(1 for _ in self.reader.indexed(self.scope, within(part)))
            if offset < inside:
                return self._find(TimeRange(first=part.first), Order.ASCENDING, offset, limit)
            offset -= inside
        return ()

    def last_page(self, limit: int) -> tuple[Event, ...]:
        """Return the last page, read from the end."""
        return self._find(TimeRange(), Order.DESCENDING, 0, limit)[::-1]

    def groups(self, time: TimeRange = EVERYTHING) -> dict[str, OfKind]:
        """Return the events of a range of time, by kind."""
        parts = (self._all(within(part)) for part in self._slices(time))
        return count_kinds(map(Entry.of, chain.from_iterable(parts)))

    def _count(self, filter: Filter) -> int:
        return self.reader.count(self.scope, self.reader.plan(filter), self.moment)

    def _all(self, filter: Filter) -> Iterator[Event]:
        return self.reader.all(self.scope, self.reader.plan(filter), self.moment)

    def _find(self, time: TimeRange, order: Order, offset: int, limit: int) -> tuple[Event, ...]:
        query = EventQuery(self.scope, within(time), order, Window(limit, offset))
        return self.reader.find(query, self.reader.plan(query.filter), self.moment).events

    def _slices(self, time: TimeRange, events: int = _SLICE) -> Iterator[TimeRange]:
        step = DAYS * DAY * events // self.number
        for first in range(time.first, time.last + 1, step):
            yield TimeRange(first, min(first + step - 1, time.last))


def within(time: TimeRange) -> Filter:
    """Return the filter for a range of time."""
    return And((Compare("time", Op.GE, time.first), Compare("time", Op.LE, time.last)))
