"""The `EventStore` in DynamoDB."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from polylog.dynamo.answers import Sources
from polylog.dynamo.arrivals.log import ArrivalLog
from polylog.dynamo.arrivals.tail import Tails
from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.events.items import (
    Shards,
    Tables,
    entry_of,
    expires_at,
    partition_key,
    read_item,
)
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.events.writer import Writer
from polylog.dynamo.explained import ExplainedEventStore
from polylog.dynamo.explanation import explaining, listen, note
from polylog.dynamo.limits import Limits
from polylog.dynamo.pages import Pages
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.tally.bucket import OTHER, Newest
from polylog.dynamo.tally.levels import LENGTHS, first_minute, minute_of, minute_start
from polylog.dynamo.tally.view import count_kinds
from polylog.dynamo.tally.views import Tally
from polylog.model import times
from polylog.model.event import MAX_KEY_LENGTH, Event
from polylog.model.filter import Filter
from polylog.model.query import EventQuery, Page
from polylog.model.store import Bar, EventStore, Explanation, Group, Interval, Outcome, Tail

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoEventStore:
    """Events in DynamoDB; `facets` names those that events are tallied by beside their scope."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        *,
        shards: Shards,
        limits: Limits,
        clock: Callable[[], int] = times.now,
        sleep: Callable[[float], None] = time.sleep,
        facets: Iterable[str] = (),
        retention: Retention = FOR_EVER,
    ) -> None:
        listen(client)
        self._client = client
        self._tables = tables
        self._limits = limits
        self._clock = clock
        facets = frozenset(facets)
        tally = Tally(client, tables.tally)
        reader = Reader(client, tables.events, shards.read, limits)
        self._sources = Sources(tally, reader, facets, lambda: retention.floor(clock()))
        self._pages = Pages(self._sources, clock, limits)
        self._writer = Writer(client, tables, shards.written, clock, sleep, facets, retention)
        self._arrivals = ArrivalLog(client, tables.tally)
        self._tails = Tails(client, tables.events, self._arrivals, clock, limits)

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        """Store events; see `EventStore.put`."""
        return self._writer.put(scope, events, is_repeat=is_repeat)

    def get(self, scope: str, event_id: str) -> Event | None:
        """Return the event with this id; strongly consistent."""
        note("an event is read by its key")
        if len(event_id) > MAX_KEY_LENGTH:
            return None
        with failures_as_unavailable():
            answer = self._client.get_item(
                TableName=self._tables.events,
                Key={"pk": {"S": partition_key(scope, event_id)}},
                ConsistentRead=True,
            )
        if "Item" not in answer or expires_at(answer["Item"]) <= self._clock():
            return None
        event = read_item(answer["Item"])
        return event if event.time >= self._sources.floor() else None

    def get_by_seq(self, scope: str, seq: int) -> Event | None:
        """Return the event with this number of arrival; strongly consistent."""
        note("a number is looked up in the order of arrival")
        entry = self._arrivals.find(scope, seq)
        return self.get(scope, entry.id) if entry else None

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window; see `EventStore.find`."""
        return self._pages.find(query)

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass the filter."""
        sources = self._begun()
        total = sources.ask(scope, filter, lambda view: view.total())
        return sources.count(scope, filter) if total is None else total

    def groups(self, scope: str, filter: Filter) -> tuple[Group, ...]:
        """Return the events that pass, by origin and type; see `EventStore.groups`."""
        sources = self._begun()
        kinds = sources.ask(scope, filter, lambda view: view.groups())
        if kinds is None:
            kinds = count_kinds(map(entry_of, sources.all(scope, filter)))
        return tuple(_group(kind, *counted) for kind, counted in kinds.items())

    def histogram(self, scope: str, filter: Filter, interval: Interval) -> tuple[Bar, ...]:
        """Return how many events pass in each interval; see `EventStore.histogram`."""
        length, sources = LENGTHS[interval], self._begun()
        bars = sources.ask(scope, filter, lambda view: view.histogram(length))
        if bars is None:
            bars = Counter(minute_of(event.time)[:length] for event in sources.all(scope, filter))
        return tuple(
            Bar(minute_start(first_minute(name)), count) for name, count in sorted(bars.items())
        )

    def tail(self, scope: str, filter: Filter, after: int, limit: int) -> Tail:
        """Return the events that arrived after a number; see `EventStore.tail`."""
        return self._tails.read(scope, self._sources.kept(filter), after, limit)

    def latest(self, scope: str) -> int:
        """Return the number up to which arrivals are complete; see `EventStore.latest`."""
        note("the end of the order of arrival is looked for")
        return self._arrivals.latest(scope, self._clock())

    def explained(self, explanation: Explanation) -> EventStore:
        """Return the same store, which notes how it answers; see `EventStore.explained`."""
        return ExplainedEventStore(self, partial(explaining, explanation, self._tables))

    def _begun(self) -> Sources:
        """Return the sources for one answer, all of which has one deadline."""
        return self._sources.until(self._limits.deadline())


def _group(kind: str, count: int, newest: Newest) -> Group:
    origin, _, type = kind.partition(":")
    is_other = kind == OTHER
    return Group(
        None if is_other else origin,
        None if is_other else type,
        count,
        newest.time,
        newest.source,
    )
