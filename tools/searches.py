"""Searches among made-up events, each with the exact number of events that it must find."""

from __future__ import annotations

import json
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final
from urllib.parse import parse_qsl, urlencode

from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Request, Response
from polylog.dialects import native, waldur
from polylog.model.event import Event
from polylog.model.times import format_rfc3339
from tools.sought import (
    ABSENT_WORD,
    ACCESS_TOKEN,
    FREQUENT_WORD,
    NAME,
    RARE_WORD,
    REQUEST_ID,
    WORD,
)

FREQUENT: Final = "a word of one message in 50"
MIDDLING: Final = "a word of one message in 170"
RARE: Final = "a word of one message in 5,000"
ABSENT: Final = "a word of no message"
TYPE: Final = "a type"
USER: Final = "a user"
CUSTOMER: Final = "a customer"
PROJECT: Final = "a project"
TOKEN: Final = "an access token in the data"
APPLICATION: Final = "an application's name"
REQUEST: Final = "a request's id, deep in the data"
COMMAND: Final = f"`polylog query {NAME}`, the whole command"

PAGE: Final = 100

_WORDS: Final = {
    FREQUENT: FREQUENT_WORD,
    MIDDLING: WORD,
    RARE: RARE_WORD,
    ABSENT: ABSENT_WORD,
}


@dataclass(frozen=True, slots=True)
class Search:
    """A search for a list with its exact total.

    It asks Waldur's API, or Polylog's own where Waldur's has no such filter. `total` is the number
    of events that pass the filter.
    """

    name: str
    is_waldur: bool
    filter: tuple[str, str]
    total: int

    @property
    def pages(self) -> int:
        """The number of pages, at least one."""
        return max(1, -(-self.total // PAGE))

    def path(self, page: int, turn: int = 0) -> str:
        """Return the path and query of a page, newest events first; pages are counted from 1.

        Each `turn` asks for the same events in other words, so that nobody remembers the answer.
        """
        size = ("page_size", str(PAGE))
        if self.is_waldur:
            return _url("/api/events/", *self._asked(turn), size, ("page", str(page)))
        skip = ("skip", str((page - 1) * PAGE))
        return _url("/v1/events", *self._asked(turn), size, skip, ("total_size", "true"))

    def _asked(self, turn: int) -> Iterator[tuple[str, str]]:
        name, value = self.filter
        if self.is_remembered and value.isalpha():
            yield name, spelled(value, turn)  # Capitals make no difference.
        elif self.is_remembered and turn and self.is_waldur:
            yield from (self.filter, ("created_from", str(turn)))  # All events are later.
        elif self.is_remembered and turn:
            yield name, f'{value} AND time >= "{format_rfc3339(turn)}"'
        else:
            yield self.filter

    @property
    def is_remembered(self) -> bool:
        """Whether segments are searched. What was found in them is remembered."""
        return self.name not in (USER, CUSTOMER, PROJECT)

    def told(self, headers: Mapping[str, str], body: bytes) -> int | None:
        """Return the total that an answer gives; None if it gives none, as a refusal does."""
        if self.is_waldur:
            total = headers.get("X-Result-Count")
            return None if total is None else int(total)
        size: int | None = json.loads(body).get("total_size")
        return size


def answer(services: Services, token: str, target: str) -> Response:
    """Answer a GET of a path and query in this process, as the functions do."""
    path, _, query = target.partition("?")
    is_waldur = path.startswith("/api/")
    dialect, scheme = (waldur.DIALECT, "Token") if is_waldur else (native.DIALECT, "Bearer")
    headers = {"authorization": f"{scheme} {token}"}
    return serve(dialect, Request("GET", path, tuple(parse_qsl(query)), headers), services)


class Census:
    """Counts events while you iterate over them: their `number`, and the id of the last one.

    `load(client, tables, scope, events, shards=1)` iterates over them, for example.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = events
        self._said: Counter[str] = Counter()
        self._by: dict[str, Counter[str]] = {
            name: Counter() for name in (TYPE, USER, CUSTOMER, PROJECT)
        }
        self.number = 0
        self.last_id = ""

    def __iter__(self) -> Iterator[Event]:
        for event in self._events:
            self._count(event)
            yield event

    def _count(self, event: Event) -> None:
        self.number += 1
        self.last_id = event.id
        message, actor, target = event.message or "", event.actor, event.target
        assert actor is not None
        assert target is not None
        self._said.update(name for name, word in _WORDS.items() if word in message)
        self._said[APPLICATION] += target.name == NAME
        self._said[TOKEN] += isinstance(event.data, dict) and "pat_uuid" in event.data
        self._by[TYPE][event.type] += 1
        self._by[USER][actor.id or ""] += 1
        self._by[CUSTOMER][event.organization_id or ""] += 1
        self._by[PROJECT][event.project_id or ""] += 1

    def middle(self, name: str) -> str:
        """Return a type, user, customer or project that is neither frequent nor rare.

        If you add up the counts, the most frequent first, it is the one that reaches half of all.
        """
        counts = self._by[name]
        values, numbers = zip(*counts.most_common(), strict=True)
        value: str = values[bisect(list(accumulate(numbers)), counts.total() / 2)]
        return value

    def searches(self) -> list[Search]:
        """Return the searches among these events. You must have iterated over all of them."""
        words = (
            Search(name, True, ("message", word), self._said[name]) for name, word in _WORDS.items()
        )
        parameters = {USER: "user_uuid", CUSTOMER: "customer_uuid", PROJECT: "project_uuid"}
        who = (
            Search(name, True, (parameter, self.middle(name)), self._by[name][self.middle(name)])
            for name, parameter in parameters.items()
        )
        return [
            *words,
            *who,
            Search(TOKEN, True, ("pat_uuid", ACCESS_TOKEN), self._said[TOKEN]),
            Search(APPLICATION, False, ("filter", NAME), self._said[APPLICATION]),
            Search(REQUEST, False, ("filter", f'data.trace.request.id = "{REQUEST_ID}"'), 1),
        ]


def spelled(word: str, turn: int) -> str:
    """Return a word with capitals where the number `turn` has bits, the last letter first.

    Raises an error if the number has more bits than the word has letters.

    >>> spelled("word", 5)
    'wOrD'
    """
    bits = f"{turn:0{len(word)}b}"
    return "".join(a.upper() if bit == "1" else a for a, bit in zip(word, bits, strict=True))


def _url(path: str, *query: tuple[str, str]) -> str:
    return f"{path}?{urlencode(query)}"
