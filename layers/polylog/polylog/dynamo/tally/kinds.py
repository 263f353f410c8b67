"""A kind is the origin and the type of events together. A tally counts events by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

MAX_KINDS: Final = 2000
MAX_KIND_CHARACTERS: Final = 100_000
"""How many kinds a tally counts apart, and how long they may be together: a row holds 400 KB."""

OTHER: Final = "other"
"""The kind that events are counted as when there is no room for their own."""

Counts = Mapping[str, int]
"""Kind -> number of events; a kind is `<origin>:<type>`."""

Bars = Counter[tuple[str, str]]
"""Bucket and kind -> number of events."""


def kind_of(origin: str, type: str) -> str:
    """Return the kind of events with this origin and type, such as `system:app.start`."""
    return f"{origin}:{type}"


class Kinds:
    """The kinds that a tally counts apart: those it has, and new ones while there is room.

    Once the tally has an `OTHER`, it takes no new kinds. So a kind is never counted both ways.
    """

    def __init__(self, kinds: Iterable[str]) -> None:
        self._kinds = set(kinds)
        self._characters = sum(map(len, self._kinds))

    def counted_as(self, kind: str) -> str:
        """Return the kind that the tally counts this one as: itself, or `OTHER`."""
        if kind not in self._kinds:
            self._characters += len(kind)
            is_full = len(self._kinds) >= MAX_KINDS or self._characters > MAX_KIND_CHARACTERS
            kind = OTHER if is_full or OTHER in self._kinds else kind
            self._kinds.add(kind)
        return kind
