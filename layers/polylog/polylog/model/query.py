"""A question to the log and its answer, a page of events."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from polylog.model.event import Event
from polylog.model.filter import Filter


class Order(StrEnum):
    """The direction of (time, seq); descending is the exact reverse of ascending."""

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
    """At most `limit` events, starting after a position if given, then skipping `offset` events."""

    limit: int
    offset: int = 0
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events of a scope to return, in which order, and whether to count all that pass.

    With `with_total`, all that pass are counted, with `with_known_total` only if that needs no
    reading of events. With `is_partial`, a query that needs too much reading gets the part that
    could be read instead of an error, without a total.

    An answer shows the events of one moment: that of the request, or the `moment` of a page that it
    continues. Then it also shares the time of that page's answer.
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

    A page `is_cut` when reading stopped at the budget of one answer. Then `next` is the position of
    the last event that was read, whether it passed the filter or not; otherwise it is that of the
    last event in the page. `skip` is the part of the window's offset that is still left to skip.

    `total` is the number of events that pass the filter, if the query asked for it. `moment` says,
    in a form that only the log understands, which events it had when the page was read.
    """

    events: tuple[Event, ...]
    next: Position | None
    total: int | None = None
    is_cut: bool = False
    skip: int = 0
    moment: object | None = field(default=None, repr=False, compare=False)
