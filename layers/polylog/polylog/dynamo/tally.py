"""Reads the tally of a scope until all that was read belongs together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from polylog.dynamo.buckets import Bucket, Entry, minute_of, minute_start
from polylog.dynamo.head import Head, partition_of, read_buckets, read_head
from polylog.dynamo.plan import TimeRange
from polylog.dynamo.question import Question
from polylog.dynamo.tree import StaleRowsError, Tree
from polylog.dynamo.view import Edges, View
from polylog.errors import Unavailable
from polylog.times import EARLIEST, LATEST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS: Final = 20

# A row unpacked takes some 10 KB, so these take a few MB.
_MOST_ROWS: Final = 300

T = TypeVar("T")


class Tally:
    """Makes views of the tally table's scopes.

    Remembers rows: one is good as long as its parent states its version.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._rows: dict[str, dict[str, Bucket]] = {}

    def head(self, scope: str, facet: str | None = None) -> Head:
        """Return the head of a scope, or of one of its facets."""
        return read_head(self._client, self._table, scope, facet)

    def ask(
        self,
        scope: str,
        question: Question,
        read_edge: Callable[[TimeRange], Sequence[Entry]],
        answer: Callable[[View], T],
    ) -> T:
        """Return the answer from a view whose rows belong together.

        `read_edge` returns what the index shows, of what is asked for, of a part of a minute.
        """
        edges = _edges(question.time, read_edge)
        partition = partition_of(scope, question.facet)

        def fetch(names: Sequence[str]) -> Mapping[str, Bucket]:
            return read_buckets(self._client, self._table, partition, names)

        for _ in range(_ATTEMPTS):
            head = read_head(self._client, self._table, scope, question.facet)
            tree = Tree(head.bucket, self._remembered(partition), fetch)
            try:
                return answer(View(head, question, edges, tree))
            except StaleRowsError:
                continue
        raise Unavailable("the tally went on changing")

    def _remembered(self, partition: str) -> dict[str, Bucket]:
        if sum(map(len, list(self._rows.values()))) > _MOST_ROWS:
            self._rows.clear()
        return self._rows.setdefault(partition, {})


def _edges(time: TimeRange, read_edge: Callable[[TimeRange], Sequence[Entry]]) -> Edges:
    edges: dict[int, Sequence[Entry]] = {}
    for end in (time.first, time.last + 1):
        if time.is_empty or not EARLIEST < end <= LATEST:
            continue
        part = TimeRange(minute_start(minute_of(end)), end - 1)
        if not part.is_empty:
            edges[end] = read_edge(part)
    return edges
