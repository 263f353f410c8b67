"""A question to the log, with nothing of HTTP and nothing of DynamoDB in it."""

from __future__ import annotations

from dataclasses import dataclass
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
    """The place of one event in the order: microseconds, then order of arrival."""

    time: int
    seq: int


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` events: after a position if there is one, and after skipping `offset`."""

    limit: int
    offset: int = 0
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events of one scope, in which order, which of those, and whether to count them all.

    `is_partial` asks for an answer in part rather than for none: what can be read, and the total
    only if it can be told without reading events.
    """

    scope: str
    filter: Filter
    order: Order
    window: Window
    with_total: bool = False
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order, and the position to go on after; None when nothing can follow.

    That is the position of the last event; of a page that `is_cut`, which ended because no more may
    be read for one answer, that of the last event looked at, whether it passed or not. `skip` says
    how many of the window's offset are left to skip after it.

    `total` is how many events pass the filter, when the query asked for it.
    """

    events: tuple[Event, ...]
    next: Position | None
    total: int | None = None
    is_cut: bool = False
    skip: int = 0
