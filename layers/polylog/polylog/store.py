"""The port behind which events are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from polylog.event import Event
from polylog.filter import Filter
from polylog.query import EventQuery, Page


class Status(StrEnum):
    """What became of an event that was offered."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one offered event.

    `seq` is that of the event that the log holds under `id` (after a conflict: another one), None
    when the event was not looked up at all. `reason` says in words why it was not stored.
    """

    status: Status
    id: str | None
    seq: int | None = None
    reason: str | None = None


class EventStore(Protocol):
    """Events by scope: written once, never changed.

    Every method raises `Unavailable` when the database does not answer; `find` and `count` raise
    `TooBroad` when the answer would take more reading than is allowed.
    """

    def put(self, scope: str, events: Sequence[Event]) -> tuple[Outcome, ...]:
        """Store events; one outcome each, in the given order.

        An event already there with the same content is a duplicate, with another a conflict;
        neither changes what is stored. Offering the same events again is therefore safe.
        """

    def get(self, scope: str, event_id: str) -> Event | None:
        """Return the event with this id."""

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window, in the query's order."""

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass the filter."""
