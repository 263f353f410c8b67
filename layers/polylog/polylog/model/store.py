"""The port of the event store: what any place that keeps events must be able to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from polylog.model.event import Event
from polylog.model.filter import Filter
from polylog.model.query import EventQuery, Page


class Status(StrEnum):
    """What happened to an event that was offered."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    INVALID = "invalid"
    EXPIRED = "expired"

    @property
    def is_in_log(self) -> bool:
        """Whether the log now holds the event."""
        return self in (Status.STORED, Status.DUPLICATE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one offered event.

    `seq` is the number of the event that the log holds under `id`. After a conflict that is the
    other event. It is None if the log was not asked. `reason` says why the event was not stored.
    """

    status: Status
    id: str | None
    seq: int | None = None
    reason: str | None = None


class Interval(StrEnum):
    """The length of a histogram's bars, in UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Bar:
    """The number of events in an interval; `start` is in microseconds.

    `parts` divides the number by the values of a field. Events without the field count under the
    empty text.
    """

    start: int
    count: int
    parts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """The events of one origin and type: their number, and the newest one's time and source.

    The time is in microseconds. A log with very many types counts the rarer ones together: that
    group has neither origin nor type.
    """

    origin: str | None
    type: str | None
    count: int
    time: int
    source: str | None


@dataclass(frozen=True, slots=True)
class OfValue:
    """The events with one value of a field: their number, and the newest one's time and source.

    The time is in microseconds. Events without the field have the empty text as its value.
    """

    value: str
    count: int
    time: int
    source: str | None


@dataclass(frozen=True, slots=True)
class Tail:
    """All events that pass, in the order of arrival, up to the number `complete`.

    Continue after that number. `is_held_back` means that the log has later events, but that events
    with lower numbers may still arrive.
    """

    events: tuple[Event, ...]
    complete: int
    is_held_back: bool


@dataclass(frozen=True, slots=True)
class Alternative:
    """A way to find an answer, which was used or only considered.

    `name` is the name of an index, or one of `counts` (those of the tally), `segments` (the columns
    of the arrival log), `arrivals` (the order of arrival) and `key` (an event by its key).

    `units` is about how many read units the whole answer takes this way, or null if that is
    unknown. It is estimated from what was read anyway, so a page that fills early takes less.
    `is_chosen` says whether the answer comes from there. Several ways can be chosen: the total can
    come from counts, and the page from an index. `reason` says why this way was chosen, or why not.
    """

    name: str
    units: float | None
    is_chosen: bool
    reason: str


@dataclass(slots=True)
class Explanation:
    """How an answer was found, and what it cost.

    `index` is the index that was read, and `shards` the number of its parts. It is `segments` for
    the columns of the arrival log. Without an index, the answer came from the counts or from the
    order of arrival. `conditions` are the parts of the filter that reading there took care of;
    `residual` is what was checked on each event. Both are written as filters. If only the partial
    minutes at the edges of a range were read, they describe the first of these minutes.

    `items_read` counts the events read from an index or by key, `items_returned` those in the
    answer. `requests` counts all requests to the database, and `tally_reads` those to the tally.
    `read_units` is what the database reports. `reason` says why the answer was found this way.
    `alternatives` are the ways that were considered, the chosen ones first.
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
    alternatives: list[Alternative] = field(default_factory=list)


class EventStore(Protocol):
    """Events by scope, written once and never changed.

    Store an event, then read the newest events and their total::

        outcomes = store.put("demo", [event])
        query = EventQuery("demo", EVERYTHING, Order.DESCENDING, Window(limit=100), with_total=True)
        page = store.find(query)

    Every method raises `Unavailable` when the database does not answer. Methods that take a filter
    raise `TooBroad` when the answer needs more reading than the budget allows.
    """

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        """Store events and return one outcome for each, in the given order.

        If the log already holds an event with the id, the new one is a duplicate when the content
        is the same and a conflict when it differs. Neither changes what is stored, so sending the
        same events again is safe; with `is_repeat` it is also cheaper. An event is expired if it is
        older than the log's retention.
        """

    def get(self, scope: str, event_id: str) -> Event | None:
        """Return the event with this id."""

    def get_by_seq(self, scope: str, seq: int) -> Event | None:
        """Return the event with this `seq`."""

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window, in the query's order.

        With `is_partial`, raises `TooBroad` only if nothing could be read. Raises
        `PositionExpired` if the window's position is older than everything the log keeps.
        """

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass the filter."""

    def groups(self, scope: str, filter: Filter) -> tuple[Group, ...]:
        """Return the events that pass by origin and type, in no particular order."""

    def values(
        self, scope: str, filter: Filter, fields: Sequence[str], moment: object | None = None
    ) -> Mapping[str, tuple[OfValue, ...]]:
        """Return the events that pass by the values of each field, in no particular order.

        `fields` are names of `FIELDS` that hold text. With the `moment` of a page, the values are
        as of that moment, but have a time limit of their own.
        """

    def histogram(
        self, scope: str, filter: Filter, interval: Interval, by: str | None = None
    ) -> tuple[Bar, ...]:
        """Return the number of events in each interval that has any, the earliest first.

        `by` names one of `FIELDS` that holds text: each bar has its values as parts.
        """

    def tail(self, scope: str, filter: Filter, after: int, limit: int) -> Tail:
        """Return at most `limit` events that arrived after a number, none of them twice.

        There may be more even if fewer than `limit` are returned: one answer reads only so far.
        """

    def latest(self, scope: str) -> int:
        """Return the number up to which the order of arrival is complete.

        If you call `tail` after this number, you miss nothing that is stored from now on.
        """

    def explaining(self, explanation: Explanation) -> AbstractContextManager[None]:
        """Note how each answer in the `with` block is found and what it costs."""
