"""Reads the tally of a scope until all that was read belongs together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from polylog.dynamo.queries import TimeRange
from polylog.dynamo.tally.bucket import Bucket, Entry
from polylog.dynamo.tally.head import Head, partition_of, read_buckets, read_head
from polylog.dynamo.tally.question import Question
from polylog.dynamo.tally.tree import StaleRowsError, Tree
from polylog.dynamo.tally.view import View
from polylog.model.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS: Final = 20

# A head is read in parts when it is large, and that of a facet after the scope's. Two seconds
# later deltas may be gone that it does not know to be folded.
_HELD_SECONDS: Final = 1.0

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
        read: Callable[[TimeRange], Sequence[Entry]],
        answer: Callable[[View], T],
    ) -> T:
        """Return the answer from a view whose rows belong together.

        `read` returns what the index shows, of what is asked for, in a range of time.
        """
        partition = partition_of(scope, question.facet)

        def fetch(names: Sequence[str], consistent: bool) -> Mapping[str, Bucket]:
            return read_buckets(self._client, self._table, partition, names, consistent=consistent)

        for attempt in range(_ATTEMPTS):
            began = time.monotonic()
            head = read_head(self._client, self._table, scope, question.facet)
            if time.monotonic() - began > _HELD_SECONDS:
                continue
            # A row of an earlier version is found out, and read in full when tried again.
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
