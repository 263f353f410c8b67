"""The port behind which events are kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from polylog.model.event import Event
from polylog.model.filter import Filter
from polylog.model.query import EventQuery, Page


class Status(StrEnum):
    """What became of an event that was offered."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    INVALID = "invalid"
    EXPIRED = "expired"

    @property
    def is_in_log(self) -> bool:
        """Whether the log holds the event now."""
        return self in (Status.STORED, Status.DUPLICATE)


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


class Interval(StrEnum):
    """How long the bars of a histogram are; in UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Bar:
    """How many events lie in the interval that starts at a time, in microseconds."""

    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    """Events of one origin and type: how many, and time (in microseconds) and source of the newest.

    Origin and type are None for all those together that a log with very many types keeps no
    counts of.
    """

    origin: str | None
    type: str | None
    count: int
    time: int
    source: str | None


@dataclass(frozen=True, slots=True)
class Tail:
    """Events in the order of arrival: all that pass, up to the number `complete`.

    Go on after that number. `is_held_back` says that there are later events already, but one
    between may still come.
    """

    events: tuple[Event, ...]
    complete: int
    is_held_back: bool


@dataclass(slots=True)
class Explanation:
    """How answers were found and what they took; filled in while they are being found.

    `index` is the index that was read, in so many `shards`; None when none was. `conditions` are
    those of the filter that it took care of (without an index: the counts or the order of arrival),
    `residual` what was left to check on every event; both in the language of filters. Where it was
    read for nothing but minutes that counts cannot divide, they are those of the first such minute.

    `items_read` counts events, of an index or by key; `items_returned` is for whoever answers to
    fill in. Of all `requests`, `tally_reads` went to the tally; `read_units` are as the database
    reports them. `reason` says in words why it was done like that.
    """

    index: str | None = None
    shards: int = 0
    conditions: list[str] = field(default_factory=list)
    residual: str = ""
    items_read: int = 0
    items_returned: int = 0
    requests: int = 0
    read_units: float = 0.0
    tally_reads: int = 0
    reason: str = ""


class EventStore(Protocol):
    """Events by scope: written once, never changed.

    Every method raises `Unavailable` when the database does not answer; all that takes a filter
    raises `TooBroad` when the answer would take more reading than is allowed.
    """

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        """Store events; one outcome each, in the given order.

        An event already there with the same content is a duplicate, with another a conflict;
        neither changes what is stored. Offering the same events again is therefore safe; it costs
        less where it is known that it `is_repeat`. An event older than the log keeps any is
        expired.
        """

    def get(self, scope: str, event_id: str) -> Event | None:
        """Return the event with this id."""

    def get_by_seq(self, scope: str, seq: int) -> Event | None:
        """Return the event with this number of arrival."""

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window, in the query's order.

        A query that takes a page in part is too broad only if nothing could be read for it. Raises
        `PositionExpired` for a window after a position that lies before all that is kept.
        """

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass the filter."""

    def groups(self, scope: str, filter: Filter) -> tuple[Group, ...]:
        """Return the events that pass, grouped by origin and type; in no particular order."""

    def histogram(self, scope: str, filter: Filter, interval: Interval) -> tuple[Bar, ...]:
        """Return how many events pass in each interval that has any, the earliest first."""

    def tail(self, scope: str, filter: Filter, after: int, limit: int) -> Tail:
        """Return the events that arrived after a number, at most so many; never one twice.

        There may be more although fewer were returned, up to the end of what may be read at once.
        """

    def latest(self, scope: str) -> int:
        """Return the number up to which the order of arrival is complete by now.

        Whoever tails after it misses nothing that is stored later, and sees little from before.
        """

    def explaining(self, explanation: Explanation) -> AbstractContextManager[None]:
        """Note in an explanation how answers are found and what they take, in a `with` block."""
