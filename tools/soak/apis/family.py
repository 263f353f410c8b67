"""What all APIs have in common: lists of events, and questions whose answers are numbers."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tools.soak.client import Answer
from tools.soak.events import SECOND, TYPES, number_of
from tools.soak.observed import Wanted

NEWEST: Final = (True,)
BOTH: Final = (True, False)
"""The orders to read a list in: True if the newest events come first."""

Counted = Sequence[tuple[Wanted, int]]
"""The numbers in an answer, each with the events that it counts."""

_NEXT: Final = re.compile(r'<([^>]*)>; rel="next"')


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: its events, its total if it has one, and the path of the next page.

    `offset` and `limit` are set for a list that is paged by number.
    """

    numbers: array[int]
    total: int | None
    next: str | None
    offset: int | None = None
    limit: int = 0
    units: float | None = None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The ways to narrow down a question; `always` is a type that it must always ask for."""

    by_type: bool = True
    by_actor: bool = False
    by_time: bool = True
    always: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of events, which you read page by page.

    `first` returns the path of a page, counted from 0. Its arguments are what is wanted, whether
    the newest events come first, and the number of the page. A list with a `size` is paged by
    number, and only such a list can start at a later page. Walks of the other lists are exact.
    """

    name: str
    first: Callable[[Wanted, bool, int], str]
    read: Callable[[str, Answer], Page]
    orders: tuple[bool, ...]
    size: int | None = None
    narrowing: Narrowing = Narrowing()


@dataclass(frozen=True, slots=True)
class Count:
    """A question whose answer is a total, or numbers that add up to one."""

    name: str
    path: Callable[[Wanted], str]
    read: Callable[[Answer], Counted]
    narrowing: Narrowing = Narrowing()
    units: Callable[[Answer], float | None] = lambda answer: None


@dataclass(frozen=True, slots=True)
class Family:
    """An API: the header with the credential, the lists to walk, and what can be counted."""

    name: str
    header: str
    credential: str
    listings: tuple[Listing, ...]
    counts: tuple[Count, ...] = ()


def numbers_of(ids: Iterable[str]) -> array[int]:
    """Return the numbers of the events with these ids."""
    return array("q", map(number_of, ids))


def summed(rows: Sequence[tuple[str, int]]) -> Counted:
    """Return the counts of rows, one row a type: for each type, and for all together."""
    total = sum(count for _, count in rows)
    return [*((Wanted(type_of(name)), count) for name, count in rows), (Wanted(), total)]


def type_of(name: str) -> int:
    """Return the number of a type; -1 for a name that no event has."""
    return TYPES.index(name) if name in TYPES else -1


def iso(time_us: int) -> str:
    """Return a time in ISO 8601, without fractions of a second."""
    return datetime.fromtimestamp(time_us // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def value_in(path: str, name: str, absent: int = 0) -> int:
    """Return the number that a path has for a parameter."""
    match = re.search(rf"[?&]{name}=(\d+)", path)
    return int(match[1]) if match else absent


def link_of(answer: Answer) -> str | None:
    """Return the path of the next page from the header `Link`, without the host."""
    match = _NEXT.search(answer.headers.get("link", ""))
    return None if match is None else re.sub(r"^https?://[^/]*", "", match[1])
