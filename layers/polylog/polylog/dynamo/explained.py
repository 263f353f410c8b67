"""A store whose answers are explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from polylog.model.event import Event
from polylog.model.filter import Filter
from polylog.model.query import EventQuery, Page
from polylog.model.store import Bar, EventStore, Explanation, Group, Interval, Outcome, Tail


class ExplainedEventStore:
    """An `EventStore` like another; every question to it is answered inside of a context."""

    def __init__(
        self, store: EventStore, explaining: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._store = store
        self._explaining = explaining

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        """Store events; that is no answer to explain."""
        return self._store.put(scope, events, is_repeat=is_repeat)

    def get(self, scope: str, event_id: str) -> Event | None:
        """Return the event with this id."""
        with self._explaining():
            return self._store.get(scope, event_id)

    def get_by_seq(self, scope: str, seq: int) -> Event | None:
        """Return the event with this number of arrival."""
        with self._explaining():
            return self._store.get_by_seq(scope, seq)

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window."""
        with self._explaining():
            return self._store.find(query)

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass the filter."""
        with self._explaining():
            return self._store.count(scope, filter)

    def groups(self, scope: str, filter: Filter) -> tuple[Group, ...]:
        """Return the events that pass, grouped by origin and type."""
        with self._explaining():
            return self._store.groups(scope, filter)

    def histogram(self, scope: str, filter: Filter, interval: Interval) -> tuple[Bar, ...]:
        """Return how many events pass in each interval."""
        with self._explaining():
            return self._store.histogram(scope, filter, interval)

    def tail(self, scope: str, filter: Filter, after: int, limit: int) -> Tail:
        """Return the events that arrived after a number."""
        with self._explaining():
            return self._store.tail(scope, filter, after, limit)

    def latest(self, scope: str) -> int:
        """Return the number up to which the order of arrival is complete."""
        with self._explaining():
            return self._store.latest(scope)

    def explained(self, explanation: Explanation) -> EventStore:
        """Return the store with another explanation."""
        return self._store.explained(explanation)
