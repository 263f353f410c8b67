"""What events are counted as: their kind, which is their origin and type together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

MAX_KINDS: Final = 2000
MAX_KIND_CHARACTERS: Final = 100_000
"""How many kinds, and characters of kinds, fit into a row of a tally, which holds 400 KB."""

OTHER: Final = "other"
"""The kind of events whose own kind had no room any more."""

Counts = Mapping[str, int]
"""Kind -> number of events; a kind is `<origin>:<type>`."""

Bars = Counter[tuple[str, str]]
"""Bucket and kind -> number of events."""


def kind_of(origin: str, type: str) -> str:
    """Return the kind of events with this origin and type."""
    return f"{origin}:{type}"


class Kinds:
    """The kinds that a tally counts apart: those it has, and new ones while there is room.

    Once the tally has an `OTHER`, it takes no new kinds: a kind is never counted both ways.
    """

    def __init__(self, kinds: Iterable[str]) -> None:
        self._kinds = set(kinds)
        self._characters = sum(map(len, self._kinds))

    def counted_as(self, kind: str) -> str:
        """Return the kind that the tally counts another one as: itself, or `OTHER`."""
        if kind not in self._kinds:
            self._characters += len(kind)
            is_full = len(self._kinds) >= MAX_KINDS or self._characters > MAX_KIND_CHARACTERS
            kind = OTHER if is_full or OTHER in self._kinds else kind
            self._kinds.add(kind)
        return kind
