"""The `EventStore` in DynamoDB."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from polylog import times
from polylog.dynamo.arrivals import ArrivalLog
from polylog.dynamo.buckets import OTHER, Entry, Newest
from polylog.dynamo.client import failures_as_unavailable
from polylog.dynamo.plan import TimeRange
from polylog.dynamo.question import Question
from polylog.dynamo.reader import Reader
from polylog.dynamo.reading import Limits, read_entries
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.schema import Shards, Tables, entry_of, expires_at, partition_key, read_item
from polylog.dynamo.spans import LENGTHS, first_minute, minute_of, minute_start
from polylog.dynamo.tally import Tally
from polylog.dynamo.view import View, count_kinds
from polylog.dynamo.writer import Writer
from polylog.event import MAX_KEY_LENGTH, Event
from polylog.filter import Compare, Filter, Op, conjunction, predicate
from polylog.query import EventQuery, Page, Window
from polylog.store import Bar, Group, Interval, Outcome, Tail
from polylog.times import EARLIEST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


T = TypeVar("T")

# So many events are skipped by reading them, which takes fewer requests than looking them up.
_NEAR: Final = 300

# So many arrivals are looked at together, where few of them may pass.
_LEAST: Final = 100


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
        self._client = client
        self._tables = tables
        self._limits = limits
        self._clock = clock
        self._facets = frozenset(facets)
        self._retention = retention
        self._reader = Reader(client, tables.events, shards.read, limits)
        self._writer = Writer(client, tables, shards.written, clock, sleep, self._facets, retention)
        self._tally = Tally(client, tables.tally)
        self._arrivals = ArrivalLog(client, tables.tally)

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
        if "Item" not in answer or expires_at(answer["Item"]) <= self._clock():
            return None
        event = read_item(answer["Item"])
        return event if event.time >= self._retention.floor(self._clock()) else None

    def get_by_seq(self, scope: str, seq: int) -> Event | None:
        """Return the event with this number of arrival; strongly consistent."""
        entry = self._arrivals.find(scope, seq)
        return self.get(scope, entry.id) if entry else None

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window; see `EventStore.find`."""
        query = replace(query, filter=self._kept(query.filter))
        if query.with_total or query.window.offset > _NEAR:
            page = self._ask(query.scope, query.filter, partial(self._page, query))
            if page is not None:
                return page
        total = self.count(query.scope, query.filter) if query.with_total else None
        if total is not None and query.window.offset >= total:
            return Page((), None, total)
        young, filter = self._young(query.scope, query.filter)
        window = query.window if total is None else _within(query.window, total)
        query = replace(query, filter=filter, window=window)
        return replace(self._reader.find(query, young), total=total)

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass the filter."""
        total = self._ask(scope, filter, lambda view: view.total())
        if total is not None:
            return total
        young, kept = self._young(scope, filter)
        if not young:
            return self._reader.count(scope, kept)
        settled = self._reader.seqs(scope, kept) - {entry.seq for entry in young}
        return len(settled) + len(self._reader.young_seqs(scope, kept, young))

    def groups(self, scope: str, filter: Filter) -> tuple[Group, ...]:
        """Return the events that pass, by origin and type; see `EventStore.groups`."""
        kinds = self._ask(scope, filter, lambda view: view.groups())
        if kinds is None:
            kinds = count_kinds(map(entry_of, self._all(scope, filter)))
        return tuple(_group(kind, *counted) for kind, counted in kinds.items())

    def histogram(self, scope: str, filter: Filter, interval: Interval) -> tuple[Bar, ...]:
        """Return how many events pass in each interval; see `EventStore.histogram`."""
        length = LENGTHS[interval]
        bars = self._ask(scope, filter, lambda view: view.histogram(length))
        if bars is None:
            bars = Counter(minute_of(event.time)[:length] for event in self._all(scope, filter))
        return tuple(
            Bar(minute_start(first_minute(name)), count) for name, count in sorted(bars.items())
        )

    def tail(self, scope: str, filter: Filter, after: int, limit: int) -> Tail:
        """Return the events that arrived after a number; see `EventStore.tail`."""
        filter = self._kept(filter)
        passes, question = predicate(filter), Question.of(filter)
        events: list[Event] = []
        examined = 0
        while True:
            most = max(limit - len(events), _LEAST)
            some = self._arrivals.after(scope, after, most, self._clock())
            wanted = [entry for entry in some.entries if question is None or question.asks(entry)]
            read = read_entries(self._client, self._tables.events, scope, wanted)
            passing = [event for _, event in sorted(read.items()) if passes(event)]
            room = limit - len(events)
            events += passing[:room]
            examined += len(some.entries)
            if len(passing) >= room:
                complete = some.complete if len(passing) == room else events[-1].seq
                return Tail(tuple(events), complete, some.is_held_back)
            if some.is_held_back or some.complete == after or examined >= self._limits.items:
                return Tail(tuple(events), some.complete, some.is_held_back)
            after = some.complete

    def _ask(self, scope: str, filter: Filter, answer: Callable[[View], T]) -> T | None:
        """Return an answer from a tally, None where none can give an exact one."""
        question = Question.of(self._kept(filter), self._facets)
        if question is None:
            return None

        def read(time: TimeRange) -> Sequence[Entry]:
            return self._reader.entries(scope, question.within(time))

        def exact(view: View) -> T | None:
            return answer(view) if view.is_exact(self._facets) else None

        return self._tally.ask(scope, question, read, exact)

    def _page(self, query: EventQuery, view: View) -> Page:
        total, window = view.total(), query.window
        if window.offset >= total:
            return Page((), None, total)
        window = _within(window, total)
        query = replace(query, filter=view.question.within(view.time), window=window)
        if window.offset > _NEAR:
            page = None
            if total - window.offset - window.limit <= _NEAR:
                page = self._from_the_end(query, view, total)
            return replace(page or self._looked_up(query, view, total), total=total)
        return replace(self._reader.find(query, view.head.young()), total=total)

    def _looked_up(self, query: EventQuery, view: View, total: int) -> Page:
        """Return a page that is read from the minute that it begins in."""
        time, offset = view.locate(query.window.offset, total, query.order)
        window = replace(query.window, offset=offset)
        within = replace(query, filter=view.question.within(time), window=window)
        return self._reader.find(within, view.head.young())

    def _from_the_end(self, query: EventQuery, view: View, total: int) -> Page | None:
        """Return a page near the end, read from there.

        None when events were stored meanwhile, which may have shifted it.
        """
        left = total - query.window.offset
        window = Window(query.window.limit, left - query.window.limit)
        backwards = replace(query, order=query.order.reverse, window=window)
        places, events = self._reader.walk(backwards, view.head.young())
        known = {entry.seq for delta in view.head.deltas for entry in delta.entries}
        final = view.head.watermark.final(self._clock())
        if any(place.seq > final and place.seq not in known for place in places):
            head = self._tally.head(query.scope, view.question.facet)
            if any(view.question.asks(entry) and entry.seq not in known for entry in head.young()):
                return None
        if len(events) < window.limit:
            return None
        return Page(events[::-1], places[window.offset] if window.offset else None)

    def _kept(self, filter: Filter) -> Filter:
        """Return the filter for nothing but what is kept."""
        return _since(filter, self._retention.floor(self._clock()))

    def _young(self, scope: str, filter: Filter) -> tuple[tuple[Entry, ...], Filter]:
        """Return what is young, and the filter for nothing but what the tally holds kept."""
        head = self._tally.head(scope)
        return tuple(head.young()), _since(self._kept(filter), head.floor)

    def _all(self, scope: str, filter: Filter) -> Iterator[Event]:
        young, kept = self._young(scope, filter)
        return self._reader.all(scope, kept, young)


def _within(window: Window, total: int) -> Window:
    """Return the window without what lies beyond the total: nothing of it was counted."""
    return replace(window, limit=min(window.limit, total - window.offset))


def _since(filter: Filter, floor: int) -> Filter:
    if floor == EARLIEST:
        return filter
    return conjunction([filter, Compare("time", Op.GE, floor)])


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
