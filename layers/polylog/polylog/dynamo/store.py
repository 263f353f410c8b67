"""The `EventStore` in DynamoDB."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from polylog.dynamo.client import failures_as_unavailable
from polylog.dynamo.reader import Limits, Reader
from polylog.dynamo.schema import Shards, Tables, partition_key, read_item
from polylog.dynamo.writer import Writer
from polylog.event import MAX_KEY_LENGTH, Event
from polylog.filter import Filter
from polylog.query import EventQuery, Page
from polylog.store import Outcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoEventStore:
    """Events in DynamoDB."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        *,
        shards: Shards,
        limits: Limits,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._tables = tables
        self._reader = Reader(client, tables.events, shards.read, limits)
        self._writer = Writer(client, tables, shards.written, sleep)

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
        """Return the events of the query's window, in the query's order."""
        return self._reader.find(query)

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass the filter."""
        return self._reader.count(scope, filter)
