"""Reads the tally: counts of any time range, and where the n-th event lies, without counting.

Everything is answered as settled (bucket rows) plus young (the entries of deltas, by their exact
times). The minutes at the edges of a range, which buckets do not cut, are read from the index
before the head is: what the index shows by then is young in that head, or settled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from polylog.dynamo.buckets import (
    MINUTE_LENGTH,
    ROOT,
    Bucket,
    child_of,
    minute_of,
    minute_start,
    parent_of,
    path_to,
)
from polylog.dynamo.head import Head, read_buckets, read_head
from polylog.dynamo.plan import TimeRange
from polylog.dynamo.question import Question
from polylog.errors import Unavailable
from polylog.query import Order
from polylog.times import EARLIEST, LATEST, SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MINUTE: Final = 60 * SECOND
_ATTEMPTS: Final = 20

# A row unpacked takes some 10 KB, so these take a few MB.
_MOST_ROWS: Final = 300


class StaleRowsError(Exception):
    """Rows were changed between being read: all of them have to be read again."""


Edges = tuple[frozenset[int], frozenset[int]]
"""The seqs that the index showed in the minute cut by the start of a range, and by its end."""


@dataclass(frozen=True, slots=True)
class View:
    """A scope at one moment, as far as a question goes.

    `rows` holds buckets that were read before, by name, in whatever version; `fetch` reads them.
    Every method raises `StaleRowsError` when the rows do not belong together.
    """

    head: Head
    question: Question
    edges: Edges
    rows: dict[str, Bucket]
    fetch: Callable[[Sequence[str]], Mapping[str, Bucket]]

    def is_exact(self) -> bool:
        """Return whether the buckets can tell the events that are asked for from others."""
        return self.question.is_counted_among(self.head.bucket.latest.keys())

    def total(self) -> int:
        """Return how many events are asked for."""
        time = self.question.time
        if time.is_empty:
            return 0
        self._prefetch(minute_of(time.first), minute_of(time.last))
        return self._before(time.last + 1, self.edges[1]) - self._before(time.first, self.edges[0])

    def locate(self, offset: int, total: int, order: Order) -> tuple[TimeRange, int]:
        """Return a range that starts near the event at an offset, and how many to skip in it.

        The offset must be less than the view's total.
        """
        time = self.question.time
        before = self._before(time.first, self.edges[0])
        is_ascending = order is Order.ASCENDING
        rank = before + offset if is_ascending else before + total - 1 - offset
        minute, passed, inside = self._minute_of_rank(rank)
        start = minute_start(minute)
        if is_ascending:
            return TimeRange(start, time.last), rank - passed
        return TimeRange(time.first, start + MINUTE - 1), passed + inside - 1 - rank

    def _before(self, time: int, edge: frozenset[int]) -> int:
        young = [entry for entry in self.head.young() if self.question.wants(entry.kind)]
        settled_edge = edge - {entry.seq for entry in young}
        early = sum(entry.time < time for entry in young)
        return self._settled_before(time) + len(settled_edge) + early

    def _settled_before(self, time: int) -> int:
        """Return how many settled events lie before the minute of this time."""
        if time > LATEST:
            return self.question.count(self.head.bucket.totals())
        minute, passed = minute_of(time), 0
        for name in path_to(minute):
            bucket = self._bucket(name)
            if bucket is None:
                break
            own = child_of(name, minute)
            earlier = (counts for child, counts in bucket.children.items() if child < own)
            passed += sum(map(self.question.count, earlier))
        return passed

    def _minute_of_rank(self, rank: int) -> tuple[str, int, int]:
        """Return the minute of the event at a rank, how many lie before it, and how many in it."""
        young = Counter(e.minute for e in self.head.young() if self.question.wants(e.kind))
        name, passed, inside = ROOT, 0, 0
        while len(name) < MINUTE_LENGTH:
            bucket = self._bucket(name) or Bucket()
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

    def _bucket(self, name: str) -> Bucket | None:
        """Return a bucket in the version that its parent states, None when it states none."""
        if name == ROOT:
            return self.head.bucket
        parent = self._bucket(parent_of(name))
        if parent is None or name not in parent.versions:
            return None
        known = self._known(name, parent)
        if known is None:
            self.rows.update(self.fetch([name]))
            known = self._known(name, parent)
        if known is None:
            raise StaleRowsError(name)
        return known

    def _known(self, name: str, parent: Bucket) -> Bucket | None:
        """Return the row that is known in the version its parent states.

        Looked up once: other threads may put another version in its place at any moment.
        """
        row = self.rows.get(name)
        return row if row is not None and row.version == parent.versions.get(name) else None

    def _prefetch(self, *minutes: str) -> None:
        """Fetch at once what lies below the last rows that are known on the way to each minute."""
        unknown = {name for minute in minutes for name in self._unknown(path_to(minute))}
        if unknown:
            self.rows.update(self.fetch(sorted(unknown)))

    def _unknown(self, path: Sequence[str]) -> Sequence[str]:
        parent = self.head.bucket
        for depth, name in enumerate(path[1:], start=1):
            if name not in parent.versions:
                return ()
            known = self._known(name, parent)
            if known is None:
                return path[depth:]
            parent = known
        return ()


T = TypeVar("T")


class Tally:
    """Makes views of the tally table's scopes.

    Remembers rows: one is good as long as its parent states its version.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._rows: dict[str, dict[str, Bucket]] = {}

    def head(self, scope: str) -> Head:
        """Return the head of a scope."""
        return read_head(self._client, self._table, scope)

    def ask(
        self,
        scope: str,
        question: Question,
        read_edge: Callable[[TimeRange], frozenset[int]],
        answer: Callable[[View], T],
    ) -> T:
        """Return the answer from a view whose rows belong together.

        `read_edge` returns the seqs of the events that are asked for in a part of a minute.
        """
        edges = _edges(question.time, read_edge)

        def fetch(names: Sequence[str]) -> Mapping[str, Bucket]:
            return read_buckets(self._client, self._table, scope, names)

        for _ in range(_ATTEMPTS):
            try:
                return answer(
                    View(self.head(scope), question, edges, self._remembered(scope), fetch)
                )
            except StaleRowsError:
                continue
        raise Unavailable("the tally went on changing")

    def _remembered(self, scope: str) -> dict[str, Bucket]:
        if sum(map(len, list(self._rows.values()))) > _MOST_ROWS:
            self._rows.clear()
        return self._rows.setdefault(scope, {})


def _edges(time: TimeRange, read_edge: Callable[[TimeRange], frozenset[int]]) -> Edges:
    def read(end: int) -> frozenset[int]:
        if time.is_empty or not EARLIEST < end <= LATEST:
            return frozenset()
        part = TimeRange(minute_start(minute_of(end)), end - 1)
        return frozenset() if part.is_empty else read_edge(part)

    return read(time.first), read(time.last + 1)
