"""A scope's tally at one moment: counts of any time range, and where the n-th event lies.

Everything is settled (bucket rows) plus young (the entries of deltas, by their exact times). What
a range has of the minutes that it cuts, which buckets do not know, is read from the index after
the head: what was settled by then is shown, and what is young in the head counts as that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, NamedTuple

from polylog.dynamo.queries import TimeRange
from polylog.dynamo.tally.bucket import OTHER, Bucket, Counts, Entry, Newest, newest_of
from polylog.dynamo.tally.head import Head
from polylog.dynamo.tally.levels import (
    MINUTE_LENGTH,
    ROOT,
    child_of,
    first_minute,
    minute_at,
    minute_of,
    minute_start,
    minute_within,
    path_to,
)
from polylog.dynamo.tally.question import Question
from polylog.dynamo.tally.tree import Tree
from polylog.model.query import Order
from polylog.model.times import EARLIEST, LATEST, SECOND

_MINUTE: Final = 60 * SECOND


class OfKind(NamedTuple):
    """How many events there are of a kind, and the newest of them."""

    number: int
    newest: Newest


def count_kinds(entries: Iterable[Entry]) -> dict[str, OfKind]:
    """Return entries by kind."""
    kinds: dict[str, OfKind] = {}
    for entry in entries:
        count, newest = kinds.get(entry.kind, (0, entry.newest))
        kinds[entry.kind] = OfKind(count + 1, max(newest, entry.newest))
    return kinds


@dataclass(frozen=True, slots=True)
class View:
    """A scope at one moment, as far as a question goes.

    `read` returns what the index shows, of what is asked for, in a range of time.
    Every method raises `StaleRowsError` when the rows of the tree do not belong together.
    """

    head: Head
    question: Question
    tree: Tree
    read: Callable[[TimeRange], Sequence[Entry]]
    _minutes: dict[str, Sequence[Entry]] = field(default_factory=dict)

    @property
    def time(self) -> TimeRange:
        """The times that are asked for, as far as events are kept."""
        return self.question.time.intersection(TimeRange(first=self.head.floor))

    def is_exact(self, facets: frozenset[str]) -> bool:
        """Return whether the buckets can tell the events that are asked for from others.

        `facets` names those that events are tallied by now: maybe since later than the first.
        """
        name = (self.question.facet or "").partition("=")[0]
        if name and name not in self.head.facets(facets):
            return False
        return self.question.is_counted_among(self.head.bucket.kinds())

    def total(self) -> int:
        """Return how many events are asked for."""
        return self._count(self.time.first, self.time.last + 1)

    def groups(self) -> dict[str, OfKind]:
        """Return the events that are asked for, by kind."""
        first, end = self.time.first, self.time.last + 1
        counted_as = self._naming()
        counted: Counter[str] = Counter()
        for _, counts in self._pieces(first, end):
            for kind, number in counts.items():
                if self.question.wants(kind):
                    counted[counted_as(kind)] += number
        kinds = {kind for kind, number in counted.items() if number}
        newest = self._newest(kinds, first, end)
        return {kind: OfKind(counted[kind], newest[kind]) for kind in kinds}

    def histogram(self, length: int) -> dict[str, int]:
        """Return how many events lie in each bucket whose name has this length, if any do."""
        bars: Counter[str] = Counter()
        for name, counts in self._pieces(self.time.first, self.time.last + 1, length):
            bars[name[:length]] += self.question.count(counts)
        return {name: count for name, count in sorted(bars.items()) if count}

    def locate(self, offset: int, total: int, order: Order) -> tuple[TimeRange, int]:
        """Return a range that starts near the event at an offset, and how many to skip in it.

        The offset must be less than the view's total.
        """
        time = self.time
        before = self._count(EARLIEST, time.first)
        is_ascending = order is Order.ASCENDING
        rank = before + offset if is_ascending else before + total - 1 - offset
        minute, passed, inside = self._minute_of_rank(rank)
        start = minute_start(minute)
        if is_ascending:
            return TimeRange(start, time.last), rank - passed
        return TimeRange(time.first, start + _MINUTE - 1), passed + inside - 1 - rank

    def _count(self, first: int, end: int) -> int:
        return sum(self.question.count(counts) for _, counts in self._pieces(first, end))

    def _pieces(self, first: int, end: int, length: int = 0) -> Iterator[tuple[str, Counts]]:
        """Yield counts that add up to those of the times from `first` to before `end`.

        Each comes with a bucket that they lie in, whose name has at least this length.
        """
        if first >= end:
            return
        start, stop = minute_of(first), minute_at(end)
        if minute_start(start) < first:
            start = minute_at(minute_start(start) + _MINUTE)
        if start < stop:
            yield from self._settled(start, stop, length)
        for entry in (*self._cut(first, end), *self.head.young()):
            if first <= entry.time < end:
                yield entry.minute, {entry.kind: 1}

    def _cut(self, *ends: int) -> Iterator[Entry]:
        """Yield the settled entries of the minutes that lie on both sides of one of these times."""
        young = {entry.seq for entry in self.head.young()}
        cut = {minute_of(end) for end in ends if end <= LATEST and end % _MINUTE}
        for minute in sorted(cut):
            yield from (entry for entry in self._minute(minute) if entry.seq not in young)

    def _minute(self, minute: str) -> Sequence[Entry]:
        if minute not in self._minutes:
            start = minute_start(minute)
            self._minutes[minute] = self.read(TimeRange(start, start + _MINUTE - 1))
        return self._minutes[minute]

    def _settled(self, first: str, end: str, length: int) -> Iterator[tuple[str, Counts]]:
        """Yield the settled counts of the minutes from `first` to before `end`.

        They come in buckets as large as possible, with names of at least this length.
        """
        cleared = minute_of(self.head.cleared)
        if first <= cleared:
            first = minute_of(EARLIEST)
        level = [ROOT] if end > cleared else []
        self.tree.prefetch(first, end)
        while level:
            below = []
            for name in level:
                bucket = self.tree.bucket(name)
                for child, counts in bucket.children.items():
                    start, size = first_minute(child), len(child)
                    if child < first[:size] or start >= end:
                        continue
                    if start >= first and child < end[:size] and size >= length:
                        yield child, counts
                    else:
                        below.append(child)
            self.tree.fetch_all(below)
            level = below

    def _newest(self, kinds: Iterable[str], first: int, end: int) -> dict[str, Newest]:
        """Return the newest event of each of these kinds, all of which the range has."""
        counted_as = self._naming()
        exact = (
            (counted_as(entry.kind), entry.newest)
            for entry in (*self._cut(first, end), *self.head.young())
            if first <= entry.time < end and self.question.wants(entry.kind)
        )
        settled = self.head.bucket.kinds().intersection(kinds)
        return newest_of(chain(exact, self._settled_newest(settled, minute_at(end))))

    def _naming(self) -> Callable[[str], str]:
        """Return the function from a kind to the one that the buckets count it as."""
        known = self.head.bucket.kinds()
        return lambda kind: kind if kind in known or OTHER not in known else OTHER

    def _settled_newest(self, kinds: Iterable[str], end: str) -> Iterator[tuple[str, Newest]]:
        """Yield the newest settled event of each kind before a minute, level by level from below.

        At every level it lies in the last child before the minute that has the kind.
        """
        left, latest = set(kinds), self.head.bucket.latest()
        for kind in tuple(left):
            if minute_of(latest[kind].time) < end:
                yield kind, latest[kind]
                left.remove(kind)
        for name in reversed(path_to(end)) if left else ():
            bucket, own = self.tree.bucket(name), child_of(name, end)
            last = {
                kind: child
                for child in sorted(bucket.children)
                if child < own
                for kind in left.intersection(bucket.children[child])
            }
            if len(own) == MINUTE_LENGTH:
                newest = {minute: self._newest_in(minute, bucket) for minute in set(last.values())}
            else:
                self.tree.fetch_all(sorted(set(last.values())))
                newest = {child: self.tree.bucket(child).latest() for child in set(last.values())}
            yield from ((kind, newest[child][kind]) for kind, child in last.items())
            left.difference_update(last)

    def _newest_in(self, minute: str, hour: Bucket) -> Mapping[str, Newest]:
        """Return the newest events of a minute; from the index if its hour has none of it."""
        if minute in hour.newest:
            return hour.newest[minute]
        counted_as = self._naming()
        return newest_of((counted_as(entry.kind), entry.newest) for entry in self._minute(minute))

    def _minute_of_rank(self, rank: int) -> tuple[str, int, int]:
        """Return the minute of the event at a rank, how many lie before it, and how many in it.

        Fetches along with a row what lies below it where the event is, if events come evenly.
        """
        young = Counter(e.minute for e in self.head.young() if self.question.wants(e.kind))
        latest = max((newest.time for newest in self.head.bucket.latest().values()), default=LATEST)
        name, passed, inside = ROOT, 0, 0
        while len(name) < MINUTE_LENGTH:
            if name != ROOT:
                self.tree.prefetch(minute_within(name, (rank - passed) / inside, latest))
            bucket = self.tree.bucket(name)
            counts = Counter({c: self.question.count(n) for c, n in bucket.children.items()})
            for minute, number in young.items():
                if minute.startswith(name):
                    counts[child_of(name, minute)] += number
            for child in sorted(counts):
                name, inside = child, counts[child]
                if passed + inside > rank:
                    break
                passed += inside
        return name, passed, inside
