"""A view answers totals, groups, histograms and ranks of a scope at one moment.

Every answer adds up the settled events (bucket rows) and the young ones (the summaries of deltas).
Buckets do not know the times within a minute. If a range begins or ends within a minute, the
settled events of that minute are read from the index and from the arrival log, after the head.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from polylog.dynamo.limits import Allowance
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.kinds import OTHER, Bars, Counts
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
from polylog.dynamo.tally.moment import Moment, read_moment
from polylog.dynamo.tally.months import read_months
from polylog.dynamo.tally.question import Question
from polylog.dynamo.tally.rows import read_buckets
from polylog.dynamo.tally.summary import Newest, OfKind, OfMinute, count_kinds, newest_of
from polylog.dynamo.tally.tree import StaleRowsError, Tree
from polylog.dynamo.tally.wake import Wake, leave_wake
from polylog.model.errors import Unavailable
from polylog.model.query import Order
from polylog.model.times import EARLIEST, LATEST, SECOND, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MINUTE: Final = 60 * SECOND

_ATTEMPTS: Final = 20

_MANY_DELTAS: Final = 256
_MANY_EVENTS: Final = 4000
"""Four times what a folder leaves young."""

_WAKE_SECONDS: Final = 10

# An unpacked row takes about 10 KB, so these take a megabyte in each function.
_MOST_ROWS: Final = 100

T = TypeVar("T")


class _Parts(NamedTuple):
    """A range of time in parts: the whole minutes from `start` to `stop` (excluded), and others.

    The minutes in `cut` lie in the range only in part.
    """

    start: str
    stop: str
    cut: frozenset[str]


def times_of(minute: str) -> TimeRange:
    """Return the range of a minute."""
    start = minute_start(minute)
    return TimeRange(start, start + _MINUTE - 1)


def _counts(part: OfMinute) -> Counts:
    return {kind: each.number for kind, each in part.kinds.items()}


@dataclass(frozen=True, slots=True)
class View:
    """A scope at one moment, for one question.

    `read` returns the entries of the wanted events that the index shows in a range of time.
    Every method raises `StaleRowsError` if the rows of the tree do not belong together.
    """

    moment: Moment
    question: Question
    tree: Tree
    read: Callable[[TimeRange], Sequence[Entry]]
    _minutes: dict[str, Sequence[Entry]] = field(default_factory=dict)

    @property
    def time(self) -> TimeRange:
        """The range of time that the question asks for, without days that are no longer kept."""
        return self.question.time.intersection(TimeRange(first=self.moment.head.floor))

    @property
    def is_exact(self) -> bool:
        """Whether the buckets can tell the wanted events from others."""
        return self.question.is_counted_among(self.moment.head.bucket.kinds())

    def total(self) -> int:
        """Return how many events the question asks for."""
        return self._count(self.time.first, self.time.last + 1)

    def groups(self) -> dict[str, OfKind]:
        """Return how many events the question asks for, and the newest of them, by kind."""
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

    def histogram(self, level: Level) -> Bars:
        """Return how many wanted events of each kind lie in each bucket of a level.

        Buckets without events are left out.
        """
        bars: Bars = Counter()
        for name, counts in self._pieces(self.time.first, self.time.last + 1, level):
            bucket = level.bucket(name)
            for kind, number in counts.items():
                if self.question.wants(kind):
                    bars[bucket, kind] += number
        return +bars

    def locate(self, offset: int, total: int, order: Order) -> tuple[TimeRange, int]:
        """Return a range that starts near the event at an offset, and how many to skip in it.

        In descending order, the range starts at its end. The offset must be less than `total`, the
        view's total.
        """
        time = self.time
        before = self._count(EARLIEST, time.first)
        is_ascending = order is Order.ASCENDING
        rank = before + offset if is_ascending else before + total - 1 - offset
        minute, passed, inside = self._minute_of_rank(rank)
        around = times_of(minute)
        if is_ascending:
            return TimeRange(around.first, time.last), rank - passed
        return TimeRange(time.first, around.last), passed + inside - 1 - rank

    def _count(self, first: int, end: int) -> int:
        return sum(self.question.count(counts) for _, counts in self._pieces(first, end))

    def _pieces(
        self, first: int, end: int, level: Level = Level.ALL
    ) -> Iterator[tuple[str, Counts]]:
        """Yield counts that add up to all events from `first` to `end` (excluded).

        Each comes with the bucket that it belongs to, of this level or a finer one.
        """
        if first >= end:
            return
        parts = self._parts(first, end)
        if parts.start < parts.stop:
            yield from self._settled(parts.start, parts.stop, level)
        for entry in self._cut(parts, first, end):
            yield entry.minute, {entry.kind: 1}
        for minute, part in self.moment.young_within(first, end):
            yield minute, _counts(part)

    def _parts(self, first: int, end: int) -> _Parts:
        """Return the parts of the range from `first` to `end` (excluded), for settled events.

        A minute without wanted settled events is never cut. The last minute counts as whole if all
        of its settled events lie before `end`.
        """
        start, stop = minute_of(first), minute_at(end)
        is_aligned = minute_start(start) == first
        ends_within = end <= LATEST and bool(end % _MINUTE)
        if not is_aligned or ends_within:
            self.tree.prefetch(start, stop)
        cut = set[str]()
        if not is_aligned and self._has_settled(start):
            cut.add(start)
        if ends_within and self._has_settled(stop):
            if self._ends_before(stop, end) and (is_aligned or start != stop):
                stop = minute_at(minute_start(stop) + _MINUTE)
            else:
                cut.add(stop)
        if not is_aligned:
            start = minute_at(minute_start(start) + _MINUTE)
        return _Parts(start, stop, frozenset(cut))

    def _has_settled(self, minute: str) -> bool:
        """Return whether the buckets count any wanted event in a minute."""
        hour = self.tree.bucket(Level.HOUR.bucket(minute))
        return self.question.count(hour.children.get(minute, {})) > 0

    def _ends_before(self, minute: str, end: int) -> bool:
        """Return whether all settled events of a minute are known to lie before a time."""
        newest = self.tree.bucket(Level.HOUR.bucket(minute)).newest.get(minute)
        return newest is not None and all(each.time < end for each in newest.values())

    def _cut(self, parts: _Parts, first: int, end: int) -> Iterator[Entry]:
        """Yield the wanted settled events of the minutes that a range cuts."""
        for minute in sorted(parts.cut):
            yield from (entry for entry in self._minute(minute) if first <= entry.time < end)

    def _minute(self, minute: str) -> Sequence[Entry]:
        """Return the wanted settled events of a minute."""
        if minute not in self._minutes:
            times = times_of(minute)
            shown = self.read(times)
            settled = {entry.seq: entry for entry in shown if self.moment.counts(entry.seq)}
            for entry in self.moment.recent_within(times):
                if self.question.wants(entry.kind):
                    settled[entry.seq] = entry
            self._minutes[minute] = tuple(settled.values())
        return self._minutes[minute]

    def _settled(self, first: str, end: str, coarsest: Level) -> Iterator[tuple[str, Counts]]:
        """Yield the settled counts of the minutes from `first` to `end` (excluded).

        They come in the coarsest buckets possible, but never coarser than `coarsest`.
        """
        # Buckets hold nothing before `cleared`. A range that begins earlier fits coarser buckets.
        cleared = minute_of(self.moment.head.cleared)
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
        parts = self._parts(first, end)
        young = (part.kinds.items() for _, part in self.moment.young_within(first, end))
        exact = chain(count_kinds(self._cut(parts, first, end)).items(), *young)
        wanted = (
            (counted_as(kind), each.newest) for kind, each in exact if self.question.wants(kind)
        )
        settled = self.moment.head.bucket.kinds().intersection(kinds)
        return newest_of(chain(wanted, self._settled_newest(settled, parts.stop)))

    def _naming(self) -> Callable[[str], str]:
        """Return a function that says which kind the buckets count a kind as."""
        known = self.moment.head.bucket.kinds()
        return lambda kind: kind if kind in known or OTHER not in known else OTHER

    def _settled_newest(self, kinds: Iterable[str], end: str) -> Iterator[tuple[str, Newest]]:
        """Yield the newest settled event of each kind before a minute, going up level by level.

        At each level, it lies in the last child before the minute that has events of the kind.
        """
        left, latest = set(kinds), self.moment.head.bucket.latest()
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
        """Return the newest events of a minute. They come from the index if the hour lacks them."""
        if minute in hour.newest:
            return hour.newest[minute]
        counted_as = self._naming()
        found = count_kinds(self._minute(minute)).items()
        return newest_of((counted_as(kind), each.newest) for kind, each in found)

    def _minute_of_rank(self, rank: int) -> tuple[str, int, int]:
        """Return the minute of the event at a rank, and how many events lie before and in it.

        Along with a row, it fetches the rows below in which the event probably lies.
        """
        young: Counter[str] = Counter()
        for minute, part in self.moment.young_within(EARLIEST, LATEST + 1):
            young[minute] += self.question.count(_counts(part))
        newest = self.moment.head.bucket.latest().values()
        latest = max((each.time for each in newest), default=LATEST)
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
    """Answers questions from views of the scopes in a tally table.

    It keeps rows in memory. A row stays valid as long as its parent states the row's version.
    """

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._rows: dict[str, dict[str, Bucket]] = {}
        self._woken: dict[str, float] = {}

    def ask(
        self,
        scope: str,
        question: Question,
        read: Callable[[TimeRange], Sequence[Entry]],
        answer: Callable[[View], T],
        allowance: Allowance,
    ) -> T:
        """Return the answer from a view whose rows belong together.

        `read` returns the entries of the wanted events that the index shows in a range of time.
        Raises `Unavailable` if folds keep replacing rows until the time is up.
        """

        def fetch(names: Sequence[str], consistent: bool) -> Mapping[str, Bucket]:
            return read_buckets(
                self._client, self._table, scope, names, self._clock, consistent=consistent
            )

        known = self._rows.setdefault(scope, {})
        try:
            for attempt in range(_ATTEMPTS):
                # A stale row does not have the stated version. The next attempt reads consistently.
                rows = partial(fetch, consistent=attempt > 0)
                with suppress(StaleRowsError):
                    moment = self.moment(scope)
                    tree = Tree(moment.head.bucket, known, rows)
                    return answer(View(moment, question, tree, read))
                if allowance.is_over:
                    break
        finally:
            self._forget()
        raise Unavailable("the tally kept changing")

    def moment(self, scope: str) -> Moment:
        """Return a scope as it is now.

        If too much is young, folding has fallen behind or has stopped. Then it gets a wake-up.
        """
        moment = read_moment(self._client, self._table, scope, self._clock)
        head = moment.head
        if len(head.young) > _MANY_DELTAS or head.young_events > _MANY_EVENTS:
            self._wake(scope)
        return moment

    def facet(
        self, scope: str, facet: str, time: TimeRange, allowance: Allowance
    ) -> tuple[Moment, dict[str, Bucket]]:
        """Return a scope as it is now, and the months of a facet, which count nothing later.

        The months are read after the head. If they count events that the head does not know, both
        are read again. Raises `Unavailable` if that happens until the time is up.
        """
        for _ in range(_ATTEMPTS):
            moment = self.moment(scope)
            months = read_months(self._client, self._table, scope, facet, time)
            if all(moment.counts(month.version) for month in months.values()):
                return moment, months
            if allowance.is_over:
                break
        raise Unavailable("the tally kept changing")

    def _wake(self, scope: str) -> None:
        """Wake the folder, but not too often. The answer does not fail if this does."""
        now = self._clock.monotonic()
        if now - self._woken.get(scope, -inf) >= _WAKE_SECONDS:
            self._woken[scope] = now
            with suppress(Unavailable):
                leave_wake(self._client, self._table, scope, Wake(), self._clock)

    def _forget(self) -> None:
        """Forget all rows if there are many. Answers that are using rows keep theirs."""
        if sum(map(len, list(self._rows.values()))) > _MOST_ROWS:
            self._rows.clear()
