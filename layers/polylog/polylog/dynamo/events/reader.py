"""Answers questions from the events table, what is young included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Final

from polylog.dynamo.events.items import entry_of
from polylog.dynamo.events.scan import MOST, Reading
from polylog.dynamo.explanation import note_minute, note_plan
from polylog.dynamo.limits import Budget, Limits
from polylog.dynamo.queries import plan
from polylog.dynamo.tally.bucket import Entry
from polylog.model.errors import TooBroad
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Filter
from polylog.model.query import EventQuery, Order, Page, Position, Window

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.events.items import Item
    from polylog.dynamo.events.scan import Found

# Streams are asked one after the other; more values than these are checked by us.
_MOST_STREAMS: Final = 50

# Young events are read by their keys, so many together.
_AT_ONCE: Final = 100


class Reader:
    """Reads the events table for one answer, however many readings that takes.

    Entries are those of young events, which an index may not show yet.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        shards: int,
        limits: Limits,
        deadline: float = inf,
    ) -> None:
        self._client = client
        self._table = table
        self._shards = shards
        self._limits = limits
        self._deadline = deadline

    def until(self, deadline: float) -> Reader:
        """Return a reader of the same table, for an answer that has to end by then."""
        return Reader(self._client, self._table, self._shards, self._limits, deadline)

    def find(self, query: EventQuery, young: Iterable[Entry]) -> Page:
        """Return the events of the query's window, or as far as they may be read."""
        reading, part = self._noted(query.scope, query.filter), _Part(query.window)
        stop = query.window.offset + query.window.limit
        is_cut = False
        try:
            part.take(reading.examined(query, young, stop))
        except TooBroad:
            if part.last is None or not query.is_partial:
                raise
            is_cut = True
        events = tuple(event for _, event in reading.resolved(part.shown))
        if is_cut:
            return Page(events, part.last, is_cut=True, skip=part.skip)
        return Page(events, part.last if part.is_full else None)

    def walk(
        self, query: EventQuery, young: Iterable[Entry]
    ) -> tuple[tuple[Position, ...], tuple[Event, ...]]:
        """Return the events of the query's window, and where they and the skipped ones lie."""
        reading, window = self._noted(query.scope, query.filter), query.window
        stop = window.offset + window.limit
        found = islice(reading.found(query, young, stop), stop)
        skipped = [place for place, _ in islice(found, window.offset)]
        shown = list(found)
        events = tuple(event for _, event in reading.resolved(shown))
        return (*skipped, *(place for place, _ in shown)), events

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events the indexes show; reads bodies only where it has to."""
        reading = self._noted(scope, filter)
        if reading.plan.residual == EVERYTHING:
            return reading.count()
        return len(_seqs(reading))

    def seqs(self, scope: str, filter: Filter) -> frozenset[int]:
        """Return the seqs of the events that the indexes show."""
        return _seqs(self._noted(scope, filter))

    def entries(self, scope: str, filter: Filter) -> tuple[Entry, ...]:
        """Return what the tally would keep of the events of a minute that the indexes show."""
        reading = self._reading(scope, filter)
        note_minute(reading.plan, self._shards)
        events = self._all(reading, scope, filter, young=())
        return tuple(map(entry_of, events))

    def all(self, scope: str, filter: Filter, young: Iterable[Entry]) -> Iterator[Event]:
        """Yield every event that passes, the earliest first."""
        return self._all(self._noted(scope, filter), scope, filter, young)

    def _all(
        self, reading: Reading, scope: str, filter: Filter, young: Iterable[Entry]
    ) -> Iterator[Event]:
        query = EventQuery(scope, filter, Order.ASCENDING, Window(limit=MOST))
        found = reading.found(query, young, MOST)
        while some := list(islice(found, _AT_ONCE)):
            yield from (event for _, event in reading.resolved(some))

    def young_seqs(self, scope: str, filter: Filter, young: Iterable[Entry]) -> frozenset[int]:
        """Return the seqs of those young events that pass."""
        query = EventQuery(scope, filter, Order.ASCENDING, Window(limit=MOST))
        reading = self._reading(scope, filter)
        return frozenset(position.seq for position, _ in reading.young(query, young))

    def _noted(self, scope: str, filter: Filter) -> Reading:
        reading = self._reading(scope, filter)
        note_plan(reading.plan, self._shards)
        return reading

    def _reading(self, scope: str, filter: Filter) -> Reading:
        chosen = plan(filter, most_values=max(1, _MOST_STREAMS // self._shards))
        keys = tuple(
            _key(scope, chosen.attribute, value, shard)
            for value in chosen.values
            for shard in range(self._shards)
        )
        budget = Budget(self._limits.items, self._deadline, len(keys))
        return Reading(self._client, self._table, scope, chosen, keys, budget)


class _Part:
    """What was read of a window so far; holds no event that was skipped.

    `last` is the place of the last event looked at, `skip` how many are left to skip.
    """

    def __init__(self, window: Window) -> None:
        self.shown: list[tuple[Position, Found]] = []
        self.last: Position | None = None
        self.skip = window.offset
        self._limit = window.limit

    @property
    def is_full(self) -> bool:
        """Whether there are as many events as the window has."""
        return 0 < len(self.shown) == self._limit

    def take(self, examined: Iterator[tuple[Position, Found | None]]) -> None:
        """Take what belongs to the window, and read no further than that takes."""
        while len(self.shown) < self._limit and (each := next(examined, None)):
            self.last, found = each
            if found is not None and self.skip:
                self.skip -= 1
            elif found is not None:
                self.shown.append((self.last, found))


def _seqs(reading: Reading) -> frozenset[int]:
    return frozenset(position.seq for position, _ in reading.shown())


def _key(scope: str, attribute: str | None, value: str, shard: int) -> Item:
    chosen: Item = {} if attribute is None else {attribute: {"S": value}}
    return {"scope": {"S": scope}, **chosen, "shard": {"N": str(shard)}}
