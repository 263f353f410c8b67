"""Totals, groups, histograms and ranks: what a scope's tally says at one moment.

Everything is settled (bucket rows) plus young (the entries of deltas, by their exact times).
Buckets do not know the times within a minute. If a range cuts a minute, its settled events are read
from the index, after the head: the index shows every event that was settled by then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from polylog.dynamo.queries import TimeRange
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.delta import Entry, Newest, newest_of
from polylog.dynamo.tally.facets import partition_of
from polylog.dynamo.tally.head import Head, read_head
from polylog.dynamo.tally.kinds import OTHER, Counts
from polylog.dynamo.tally.levels import (
    ROOT,
    Level,
    child_of,
    first_minute,
    minute_at,
    minute_of,
    minute_start,
    minute_within,
    path_to,
)
from polylog.dynamo.tally.question import Question
from polylog.dynamo.tally.rows import read_buckets
from polylog.dynamo.tally.tree import StaleRowsError, Tree
from polylog.model.errors import Unavailable
from polylog.model.query import Order
from polylog.model.times import EARLIEST, LATEST, SECOND, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MINUTE: Final = 60 * SECOND

_ATTEMPTS: Final = 20

# A large head is read in parts, and a facet's head after the scope's. After two seconds, deltas may
# be gone that the head does not know to be folded.
_HELD_SECONDS: Final = 1.0

# An unpacked row takes about 10 KB, so this many take a few MB.
_MOST_ROWS: Final = 300

T = TypeVar("T")


class OfKind(NamedTuple):
    """The number of events of a kind, and the newest of them."""

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
    """A scope at one moment, for one question.

    `read` returns the entries of the wanted events that the index shows in a range of time.
    Every method raises `StaleRowsError` if the rows of the tree do not belong together.
    """

    head: Head
    question: Question
    tree: Tree
    read: Callable[[TimeRange], Sequence[Entry]]
    _minutes: dict[str, Sequence[Entry]] = field(default_factory=dict)

    @property
    def time(self) -> TimeRange:
        """The range of time that is asked for, without what is no longer kept."""
        return self.question.time.intersection(TimeRange(first=self.head.floor))

    def is_exact(self, facets: frozenset[str]) -> bool:
        """Return whether the buckets can tell the wanted events from others.

        `facets` names those that events are tallied by now. Older events may lack some of them.
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

    def histogram(self, level: Level) -> dict[str, int]:
        """Return how many events lie in each bucket of a level that has any."""
        bars: Counter[str] = Counter()
        for name, counts in self._pieces(self.time.first, self.time.last + 1, level):
            bars[level.bucket(name)] += self.question.count(counts)
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

    def _pieces(
        self, first: int, end: int, level: Level = Level.ALL
    ) -> Iterator[tuple[str, Counts]]:
        """Yield counts that add up to all events from `first` to before `end`.

        Each comes with the bucket that it belongs to, of this level or a finer one.
        """
        if first >= end:
            return
        start, stop = minute_of(first), minute_at(end)
        if minute_start(start) < first:
            start = minute_at(minute_start(start) + _MINUTE)
        if start < stop:
            yield from self._settled(start, stop, level)
        for entry in (*self._cut(first, end), *self.head.young()):
            if first <= entry.time < end:
                yield entry.minute, {entry.kind: 1}

    def _cut(self, *ends: int) -> Iterator[Entry]:
        """Yield the settled entries of the minutes that these times cut."""
        young = {entry.seq for entry in self.head.young()}
        cut = {minute_of(end) for end in ends if end <= LATEST and end % _MINUTE}
        for minute in sorted(cut):
            yield from (entry for entry in self._minute(minute) if entry.seq not in young)

    def _minute(self, minute: str) -> Sequence[Entry]:
        if minute not in self._minutes:
            start = minute_start(minute)
            self._minutes[minute] = self.read(TimeRange(start, start + _MINUTE - 1))
        return self._minutes[minute]

    def _settled(self, first: str, end: str, coarsest: Level) -> Iterator[tuple[str, Counts]]:
        """Yield the settled counts of the minutes from `first` to before `end`.

        They come in the coarsest buckets possible, but never coarser than `coarsest`.
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
                    if start >= first and child < end[:size] and size >= coarsest:
                        yield child, counts
                    else:
                        below.append(child)
            self.tree.fetch_all(below)
            level = below

    def _newest(self, kinds: Iterable[str], first: int, end: int) -> dict[str, Newest]:
        """Return the newest event of each of these kinds; the range has events of all of them."""
        counted_as = self._naming()
        exact = (
            (counted_as(entry.kind), entry.newest)
            for entry in (*self._cut(first, end), *self.head.young())
            if first <= entry.time < end and self.question.wants(entry.kind)
        )
        settled = self.head.bucket.kinds().intersection(kinds)
        return newest_of(chain(exact, self._settled_newest(settled, minute_at(end))))

    def _naming(self) -> Callable[[str], str]:
        """Return the function that tells which kind the buckets count a kind as."""
        known = self.head.bucket.kinds()
        return lambda kind: kind if kind in known or OTHER not in known else OTHER

    def _settled_newest(self, kinds: Iterable[str], end: str) -> Iterator[tuple[str, Newest]]:
        """Yield the newest settled event of each kind before a minute, going up level by level.

        At every level, it lies in the last child before the minute that has events of the kind.
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
            if Level.of(own) is Level.MINUTE:
                newest = {minute: self._newest_in(minute, bucket) for minute in set(last.values())}
            else:
                self.tree.fetch_all(sorted(set(last.values())))
                newest = {child: self.tree.bucket(child).latest() for child in set(last.values())}
            yield from ((kind, newest[child][kind]) for kind, child in last.items())
            left.difference_update(last)

    def _newest_in(self, minute: str, hour: Bucket) -> Mapping[str, Newest]:
        """Return the newest events of a minute; from the index if its hour does not know them."""
        if minute in hour.newest:
            return hour.newest[minute]
        counted_as = self._naming()
        return newest_of((counted_as(entry.kind), entry.newest) for entry in self._minute(minute))

    def _minute_of_rank(self, rank: int) -> tuple[str, int, int]:
        """Return the minute of the event at a rank, and the numbers of events before and in it.

        Along with a row, it fetches the rows below at the place where the event is likely to be.
        """
        young = Counter(e.minute for e in self.head.young() if self.question.wants(e.kind))
        latest = max((newest.time for newest in self.head.bucket.latest().values()), default=LATEST)
        name, passed, inside = ROOT, 0, 0
        while Level.of(name) is not Level.MINUTE:
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


class Views:
    """Takes views of the scopes in a tally table.

    It remembers rows: a row is good for as long as its parent states the row's version.
    """

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._rows: dict[str, dict[str, Bucket]] = {}

    def head(self, scope: str, facet: str | None = None) -> Head:
        """Return the head of a scope, or of one of its facets."""
        return read_head(self._client, self._table, scope, facet)

    def ask(
        self,
        scope: str,
        question: Question,
        read: Callable[[TimeRange], Sequence[Entry]],
        answer: Callable[[View], T],
    ) -> T:
        """Return the answer from a view whose rows belong together.

        `read` returns the entries of the wanted events that the index shows in a range of time.
        """
        partition = partition_of(scope, question.facet)

        def fetch(names: Sequence[str], consistent: bool) -> Mapping[str, Bucket]:
            return read_buckets(
                self._client, self._table, partition, names, self._clock, consistent=consistent
            )

        for attempt in range(_ATTEMPTS):
            began = self._clock.monotonic()
            head = read_head(self._client, self._table, scope, question.facet)
            if self._clock.monotonic() - began > _HELD_SECONDS:
                continue
            # A stale row does not have the stated version. The next attempt reads consistently.
            rows = partial(fetch, consistent=attempt > 0)
            tree = Tree(head.bucket, self._remembered(partition), rows)
            try:
                return answer(View(head, question, tree, read))
            except StaleRowsError:
                continue
        raise Unavailable("the tally went on changing")

    def _remembered(self, partition: str) -> dict[str, Bucket]:
        if sum(map(len, list(self._rows.values()))) > _MOST_ROWS:
            self._rows.clear()
        return self._rows.setdefault(partition, {})
