"""What all APIs have: lists of events, and questions whose answers are numbers."""

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
"""In which orders a list is read: whether the newest come first."""

Counted = Sequence[tuple[Wanted, int]]
"""What an answer says of how many events there are."""

_NEXT: Final = re.compile(r'<([^>]*)>; rel="next"')


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: its events, the total if it is said, and the path of the next page.

    `offset` and `limit` are those of a list that is paged by number.
    """

    numbers: array[int]
    total: int | None
    next: str | None
    offset: int | None = None
    limit: int = 0
    units: float | None = None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """By what a question can be narrowed down; `always` is a type that it must be about."""

    by_type: bool = True
    by_actor: bool = False
    by_time: bool = True
    always: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of events that is read page by page.

    `first` returns the path of a page, counted from 0, for what is wanted and for whether the
    newest come first. Only lists with pages of a `size`, which are paged by number, can be begun at
    another page. Walks of the other lists are exact.
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
    """Return what rows, each of one type, say: of each type, and of all together."""
    total = sum(count for _, count in rows)
    return [*((Wanted(type_of(name)), count) for name, count in rows), (Wanted(), total)]


def type_of(name: str) -> int:
    """Return the number of a type; -1 for a name that no event has."""
    return TYPES.index(name) if name in TYPES else -1


def iso(time_us: int) -> str:
    """Return a time of whole seconds as ISO 8601 has it."""
    return datetime.fromtimestamp(time_us // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def value_in(path: str, name: str, absent: int = 0) -> int:
    """Return the number that a parameter of a path has."""
    match = re.search(rf"[?&]{name}=(\d+)", path)
    return int(match[1]) if match else absent


def link_of(answer: Answer) -> str | None:
    """Return the path of the next page from the header `Link`, without the host."""
    match = _NEXT.search(answer.headers.get("link", ""))
    return None if match is None else re.sub(r"^https?://[^/]*", "", match[1])
