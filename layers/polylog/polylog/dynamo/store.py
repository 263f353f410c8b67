"""The `EventStore` in DynamoDB."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from polylog import times
from polylog.dynamo.client import failures_as_unavailable
from polylog.dynamo.plan import TimeRange
from polylog.dynamo.question import Question
from polylog.dynamo.reader import Reader
from polylog.dynamo.reading import Limits
from polylog.dynamo.schema import Shards, Tables, partition_key, read_item
from polylog.dynamo.tally import Tally, View
from polylog.dynamo.writer import Writer
from polylog.event import MAX_KEY_LENGTH, Event
from polylog.filter import Filter
from polylog.query import EventQuery, Page
from polylog.store import Outcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


T = TypeVar("T")

# So many events are skipped by reading them, which takes fewer requests than looking them up.
_NEAR: Final = 300


class DynamoEventStore:
    """Events in DynamoDB."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        *,
        shards: Shards,
        limits: Limits,
        clock: Callable[[], int] = times.now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._tables = tables
        self._reader = Reader(client, tables.events, shards.read, limits)
        self._writer = Writer(client, tables, shards.written, clock, sleep)
        self._tally = Tally(client, tables.tally)

    def put(self, scope: str, events: Sequence[Event]) -> tuple[Outcome, ...]:
        """Store events; see `EventStore.put`."""
        return self._writer.put(scope, events)

    def get(self, scope: str, event_id: str) -> Event | None:
        """Return the event with this id; strongly consistent."""
        if len(event_id) > MAX_KEY_LENGTH:
            return None
        with failures_as_unavailable():
            answer = self._client.get_item(
                TableName=self._tables.events,
                Key={"pk": {"S": partition_key(scope, event_id)}},
                ConsistentRead=True,
            )
        return read_item(answer["Item"]) if "Item" in answer else None

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window; see `EventStore.find`."""
        question = Question.of(query.filter)
        if question and (query.with_total or query.window.offset > _NEAR):
            page = self._ask(query.scope, question, partial(self._page, query))
            if page is not None:
                return page
        total = self.count(query.scope, query.filter) if query.with_total else None
        if total is not None and query.window.offset >= total:
            return Page((), None, total)
        young = self._tally.head(query.scope).young()
        return replace(self._reader.find(query, young), total=total)

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass the filter."""
        question = Question.of(filter)
        if question:
            total = self._ask(scope, question, lambda view: view.total())
            if total is not None:
                return total
        if not any(self._tally.head(scope).young()):
            return self._reader.count(scope, filter)
        shown = self._reader.seqs(scope, filter)
        young = tuple(self._tally.head(scope).young())
        settled = shown - {entry.seq for entry in young}
        return len(settled) + len(self._reader.young_seqs(scope, filter, young))

    def _ask(self, scope: str, question: Question, answer: Callable[[View], T]) -> T | None:
        """Return an answer from the tally, None where the tally cannot give an exact one."""

        def read_edge(time: TimeRange) -> frozenset[int]:
            return self._reader.seqs(scope, question.within(time))

        def exact(view: View) -> T | None:
            return answer(view) if view.is_exact() else None

        return self._tally.ask(scope, question, read_edge, exact)

    def _page(self, query: EventQuery, view: View) -> Page:
        total, window = view.total(), query.window
        if window.offset >= total:
            return Page((), None, total)
        if window.offset > _NEAR:
            time, offset = view.locate(window.offset, total, query.order)
            window = replace(window, offset=offset)
            query = replace(query, filter=view.question.within(time), window=window)
        return replace(self._reader.find(query, view.head.young()), total=total)
