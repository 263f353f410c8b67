"""A question to the log and its answer, a page of events."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from polylog.model.event import Event
from polylog.model.filter import Filter


class Order(StrEnum):
    """The order of a list, by time and then `seq`; descending is the exact reverse of ascending."""

    ASCENDING = "asc"
    DESCENDING = "desc"

    @property
    def reverse(self) -> Order:
        """The other direction."""
        return Order.DESCENDING if self is Order.ASCENDING else Order.ASCENDING


class Position(NamedTuple):
    """The place of an event in the order: its time in microseconds, then its `seq`."""

    time: int
    seq: int


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list to return: skip `offset` events, then take at most `limit`.

    With `after`, count from that position instead of the beginning. For example,
    `Window(limit=20, offset=40)` is the third page of 20.
    """

    limit: int
    offset: int = 0
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events of a scope to return, in which order, and whether to count all that pass.

    The 100 newest logins::

        logins = Compare("type", Op.EQ, "login")
        EventQuery("demo", logins, Order.DESCENDING, Window(limit=100))

    `with_total` counts all events that pass. `with_known_total` counts them only if no event must
    be read for that. With `is_partial`, a query that needs too much reading is no error: it returns
    the part that could be read, without a total.

    A page shows the log as it was at one moment. Usually that is when the query is asked. To
    continue a page as of the same moment, pass its `moment`: both pages then share one time limit.
    """

    scope: str
    filter: Filter
    order: Order
    window: Window
    with_total: bool = False
    is_partial: bool = False
    moment: object | None = None
    with_known_total: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order, and the position to continue after; None when nothing can follow.

    `next` is the position of the last event in the page. A page `is_cut` if reading stopped at the
    budget of one answer. Then `next` is the position of the last event that was read, whether or
    not it passed the filter. `skip` is the part of the window's offset that is still left to skip.

    `total` is the number of events that pass the filter, if the query asked for it. `moment` stands
    for the state of the log when the page was read; only the log understands it.
    """

    events: tuple[Event, ...]
    next: Position | None
    total: int | None = None
    is_cut: bool = False
    skip: int = 0
    moment: object | None = field(default=None, repr=False, compare=False)
