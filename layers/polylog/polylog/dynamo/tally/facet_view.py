"""A facet view answers totals, groups, histograms and ranks of a facet at one moment, by day.

It adds up three parts. The rows of the months count whole days, up to a number of arrival. Events
that came later are read from the arrival log. If a range begins or ends within a day, the events of
that day are read from an index or from segments.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final

from polylog.dynamo.queries import TimeRange
from polylog.dynamo.retention import DAY
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.kinds import OTHER, Bars, Counts
from polylog.dynamo.tally.levels import Level, end_of, minute_of, start_of
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.question import Question
from polylog.dynamo.tally.summary import OfKind, count_kinds, newest_of
from polylog.model.query import Order

_MOST_LATER: Final = 50_000
"""How many events may be not counted yet. For more, another way may cost less."""

Read = Callable[[TimeRange], Iterable[Entry]]
"""Reads the entries of the wanted events in a range of time."""


@dataclass(frozen=True)
class FacetView:
    """A facet at one moment, for one question.

    `months` count the events up to the number `counted`. A month may already count more, up to its
    own version. `read_later` reads the wanted events after `counted`, and `read` all wanted events
    of a range of time.
    """

    moment: Moment
    question: Question
    months: Mapping[str, Bucket]
    counted: int
    read_later: Callable[[], Iterable[Entry]]
    read: Read

    @property
    def time(self) -> TimeRange:
        """The range of time that the question asks for, without days that are no longer kept."""
        return self.question.time.intersection(TimeRange(first=self.moment.head.floor))

    @property
    def is_exact(self) -> bool:
        """Whether the months can tell the wanted events from others, and save reading."""
        is_known = all(self.question.is_counted_among(m.kinds()) for m in self.months.values())
        later = self.moment.head.decided.last - self.counted
        return is_known and not self._whole.is_empty and later <= _MOST_LATER

    def total(self) -> int:
        """Return how many events the question asks for."""
        return sum(self._by_day.values())

    def groups(self) -> dict[str, OfKind] | None:
        """Return the wanted events, by kind; None if the months cannot tell."""
        counted: Counter[str] = Counter()
        for _, counts in self._days():
            counted.update({kind: n for kind, n in counts.items() if self.question.wants(kind)})
        found = count_kinds(self._entries)
        if OTHER in counted or self._is_newest_unknown(found):
            return None
        stated = (each for month in self.months.values() for each in month.latest().items())
        within = ((kind, event) for kind, event in stated if self._whole.has(event.time))
        newest = newest_of([*within, *((kind, each.newest) for kind, each in found.items())])
        counted.update({kind: each.number for kind, each in found.items()})
        return {kind: OfKind(number, newest[kind]) for kind, number in counted.items()}

    def histogram(self, level: Level) -> Bars | None:
        """Return how many wanted events of each kind lie in each bucket of a level.

        Buckets without events are left out. It returns None for a level that is finer than days.
        """
        if level > Level.DAY:
            return None
        bars: Bars = Counter()
        for (day, kind), number in self._days_and_kinds.items():
            bars[level.bucket(day), kind] += number
        return bars

    def locate(self, offset: int, total: int, order: Order) -> tuple[TimeRange, int]:
        """Return a range that starts near the event at an offset, and how many to skip in it.

        In descending order, the range starts at its end. The offset must be less than `total`, the
        view's total.
        """
        time, is_ascending = self.time, order is Order.ASCENDING
        rank = offset if is_ascending else total - 1 - offset
        ends = list(accumulate(number for _, number in sorted(self._by_day.items())))
        place = bisect_right(ends, rank)
        day, end = sorted(self._by_day)[place], ends[place]
        if is_ascending:
            return TimeRange(max(start_of(day), time.first), time.last), rank - (
                end - self._by_day[day]
            )
        last = min(end_of(day) - 1, time.last)
        return TimeRange(time.first, last), end - 1 - rank

    @cached_property
    def later(self) -> tuple[Entry, ...]:
        """The wanted events that arrived after those that are counted, without their members."""
        return tuple(self.read_later())

    @cached_property
    def _whole(self) -> TimeRange:
        """The part of the range that consists of whole days."""
        time = self.time
        return TimeRange(-(-time.first // DAY) * DAY, (time.last + 1) // DAY * DAY - 1)

    def _days(self) -> Iterator[tuple[str, Counts]]:
        """Yield the counts of the whole days."""
        for month in self.months.values():
            for day, counts in month.children.items():
                if self._whole.has(start_of(day)):
                    yield day, counts

    @cached_property
    def _by_day(self) -> Counter[str]:
        """How many wanted events each day has. Days without any are left out."""
        days: Counter[str] = Counter()
        for (day, _), number in self._days_and_kinds.items():
            days[day] += number
        return days

    @cached_property
    def _days_and_kinds(self) -> Bars:
        """How many wanted events of each kind each day has. Days without any are left out."""
        bars: Bars = Counter(
            (Level.DAY.bucket(entry.minute), entry.kind) for entry in self._entries
        )
        for day, counts in self._days():
            for kind, number in counts.items():
                if self.question.wants(kind):
                    bars[day, kind] += number
        return +bars

    @cached_property
    def _entries(self) -> tuple[Entry, ...]:
        """The wanted events that the months do not count."""
        time, whole = self.time, self._whole
        cut = (TimeRange(time.first, whole.first - 1), TimeRange(whole.last + 1, time.last))
        at_the_ends = (entry for each in cut if not each.is_empty for entry in self.read(each))
        later = (entry for entry in self.later if whole.has(entry.time))
        return (*at_the_ends, *(entry for entry in later if not self._is_counted(entry)))

    def _is_counted(self, entry: Entry) -> bool:
        month = self.months.get(Level.MONTH.bucket(entry.minute))
        return month is not None and entry.seq <= month.version

    def _is_newest_unknown(self, found: Mapping[str, OfKind]) -> bool:
        """Return whether the months cannot tell the newest event of some kind.

        A month knows one newest event of each kind. If that comes after the whole days, it hides
        the newest one within them. That does no harm if `found` has a newer one: these are the
        wanted events that the months do not count.
        """
        last = self._whole.last
        month = self.months.get(Level.MONTH.bucket(minute_of(last)), Bucket())
        inside = {
            kind
            for day, counts in month.children.items()
            if self._whole.has(start_of(day))
            for kind in counts
            if self.question.wants(kind)
        }
        later = {kind for kind, event in month.latest().items() if event.time > last}
        known = {kind for kind, each in found.items() if each.newest.time > last}
        return bool(inside & later - known)
