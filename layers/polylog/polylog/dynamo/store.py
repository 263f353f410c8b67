"""The `EventStore` that keeps events in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar

from polylog.dynamo.answers import Asked
from polylog.dynamo.arrivals.log import ArrivalLog
from polylog.dynamo.arrivals.reader import Tails
from polylog.dynamo.bars import bars_of
from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.events.indexes import Indexes, MissingIndex
from polylog.dynamo.events.items import expires_at, partition_key, read_item
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.events.writer import Writer
from polylog.dynamo.explanation import (
    explaining,
    listen,
    note,
    note_key,
    note_missing,
)
from polylog.dynamo.limits import Limits
from polylog.dynamo.pages import Begun, Pages
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.search.finder import Searcher
from polylog.dynamo.search.memory import Memory
from polylog.dynamo.search.segments import Segments
from polylog.dynamo.search.values import KIND, SOURCE, Counted, count_values
from polylog.dynamo.tables import OPTIONAL_INDEXES, Shards, Tables
from polylog.dynamo.tally.kinds import OTHER
from polylog.dynamo.tally.levels import LEVELS
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.summary import Newest, OfKind
from polylog.dynamo.tally.totals import Views
from polylog.model.event import MAX_KEY_LENGTH, Event
from polylog.model.filter import NOTHING, Compare, Filter, Op, conjunction, conjuncts
from polylog.model.query import EventQuery, Page
from polylog.model.store import Bar, Explanation, Group, Interval, OfValue, Outcome, Tail
from polylog.model.times import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")


class DynamoEventStore:
    """The events of all scopes, in DynamoDB.

    `facets` names the facets that the log counts, such as `project`. `indexes` names its optional
    indexes, as in `OPTIONAL_INDEXES`; every log also has indexes by time and by type. For example::

        limits = Limits(items=200_000, seconds=8)
        tables = Tables("events", "tally")
        store = DynamoEventStore(connect(), tables, shards=Shards(1, 1), limits=limits)
        store.count("demo", Compare("type", Op.EQ, "app.crash"))
    """

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        *,
        shards: Shards,
        limits: Limits,
        clock: Clock = SYSTEM_CLOCK,
        facets: Iterable[str] = (),
        indexes: Iterable[str] = OPTIONAL_INDEXES,
        retention: Retention = FOR_EVER,
    ) -> None:
        listen(client)
        self._client = client
        self._tables = tables
        self._limits = limits
        self._clock = clock
        self._facets = frozenset(facets)
        self._retention = retention
        self._views = Views(client, tables.tally, clock)
        self._indexes = Indexes.of(indexes, clock)
        self._reader = Reader(client, tables.events, shards.read, limits, clock, self._indexes)
        segments = Segments(client, tables.tally, clock)
        self._searcher = Searcher(client, tables.events, segments, Memory(), clock)
        self._pages = Pages(clock, limits)
        self._writer = Writer(client, tables, shards.written, clock, retention)
        self._arrivals = ArrivalLog(client, tables.tally)
        self._tails = Tails(client, tables.events, self._arrivals, clock, limits)

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        """Store events; see `EventStore.put`."""
        return self._writer.put(scope, events, is_repeat=is_repeat)

    def get(self, scope: str, event_id: str) -> Event | None:
        """Return the event with this id; strongly consistent."""
        note_key()
        return self._get(scope, event_id)

    def _get(self, scope: str, event_id: str) -> Event | None:
        if len(event_id) > MAX_KEY_LENGTH:
            return None
        with failures_as_unavailable():
            answer = self._client.get_item(
                TableName=self._tables.events,
                Key={"pk": {"S": partition_key(scope, event_id)}},
                ConsistentRead=True,
            )
        now = self._clock.now()
        if "Item" not in answer or expires_at(answer["Item"]) <= now:
            return None
        event = read_item(answer["Item"])
        return event if event.time >= self._retention.floor(now) else None

    def get_by_seq(self, scope: str, seq: int) -> Event | None:
        """Return the event with this number of arrival; strongly consistent."""
        note("a number is looked up in the order of arrival")
        entry = self._arrivals.find(scope, seq)
        return self.get(scope, entry.id) if entry else None

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window; see `EventStore.find`."""
        return self._answer(query.scope, query.filter, lambda asked: self._pages.find(query, asked))

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass the filter; see `EventStore.count`."""

        def count(asked: Asked) -> int:
            total = asked.by_tally(lambda view: view.total())
            return asked.count(asked.moment()) if total is None else total

        return self._begin(scope, filter, count)

    def groups(self, scope: str, filter: Filter) -> tuple[Group, ...]:
        """Return the events that pass, by origin and type; see `EventStore.groups`."""

        def groups(asked: Asked) -> dict[str, OfKind]:
            kinds = asked.by_tally(lambda view: view.groups())
            return _counted(asked, (KIND,))[KIND] if kinds is None else kinds

        kinds = self._begin(scope, filter, groups)
        return tuple(_group(kind, *counted) for kind, counted in kinds.items())

    def values(
        self, scope: str, filter: Filter, fields: Sequence[str], moment: object | None = None
    ) -> dict[str, tuple[OfValue, ...]]:
        """Return the events that pass, by the values of each field; see `EventStore.values`."""
        as_of = moment.moment if isinstance(moment, Begun) else None
        counted = self._begin(scope, filter, lambda asked: _counted(asked, fields, as_of))
        return {
            field: tuple(_of_value(value, *each) for value, each in values.items())
            for field, values in counted.items()
        }

    def histogram(
        self, scope: str, filter: Filter, interval: Interval, by: str | None = None
    ) -> tuple[Bar, ...]:
        """Return how many events pass in each interval; see `EventStore.histogram`."""
        level = LEVELS[interval]
        return self._begin(scope, filter, lambda asked: bars_of(asked, level, by))

    def tail(self, scope: str, filter: Filter, after: int, limit: int) -> Tail:
        """Return the events that arrived after a number; see `EventStore.tail`."""
        return self._tails.read(scope, self._asked(scope, filter).filter, after, limit)

    def latest(self, scope: str) -> int:
        """Return the number up to which arrivals are complete; see `EventStore.latest`."""
        note("the end of the order of arrival is looked for")
        return self._arrivals.latest(scope)

    def explaining(self, explanation: Explanation) -> AbstractContextManager[None]:
        """Note how answers are found while the block runs; see `EventStore.explaining`."""
        return explaining(explanation, self._tables)

    def _asked(self, scope: str, filter: Filter) -> Asked:
        floor = self._retention.floor(self._clock.now())
        return Asked.of(
            scope, filter, floor, self._facets, self._views, self._reader, self._searcher
        )

    def _placed(self, scope: str, filter: Filter) -> Filter:
        """Return the filter, with the time of an event added if it asks for that event's id.

        The event is looked up by its key. So an index has to read only that time.
        """
        for term in conjuncts(filter):
            match term:
                case Compare("id", Op.EQ, str(event_id)):
                    note("the time is taken from the event with this id")
                    event = self._get(scope, event_id)
                    if event is None:
                        return NOTHING
                    return conjunction([filter, Compare("time", Op.EQ, event.time)])
        return filter

    def _begin(self, scope: str, filter: Filter, answer: Callable[[Asked], T]) -> T:
        """Return the answer to a question, in the time of an answer that begins now."""
        allowance = self._limits.allow(self._clock)
        return self._answer(scope, filter, lambda asked: answer(asked.within(allowance)))

    def _answer(self, scope: str, filter: Filter, answer: Callable[[Asked], T]) -> T:
        """Return the answer to a question, again without an index that turns out to be missing."""
        while True:
            try:
                return answer(self._asked(scope, self._placed(scope, filter)))
            except MissingIndex as missing:
                note_missing(missing.index)
                self._indexes.miss(missing.index)


def _counted(asked: Asked, fields: Sequence[str], as_of: Moment | None = None) -> Counted:
    return asked.values((*fields, SOURCE), lambda parts: count_values(parts, fields), as_of)


def _of_value(value: str, count: int, newest: Newest) -> OfValue:
    return OfValue(value, count, newest.time, newest.source)


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
