"""The goals for pages of searches: milliseconds and units, by the size of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from bench.cases.searching import Taken
from tools.searches import (
    ABSENT,
    APPLICATION,
    COMMAND,
    CUSTOMER,
    FREQUENT,
    MIDDLING,
    PROJECT,
    RARE,
    USER,
)

WHILE_WRITTEN: Final = 1.1
"""While the log is written, an answer may take this many times as long."""


@dataclass(frozen=True, slots=True)
class Aim:
    """The most that a page of a search may take: milliseconds over HTTP, and read units.

    None means that there is no limit.
    """

    ms: float
    units: float | None = None


_WORD: Final = {100_000: Aim(150, 900), 1_000_000: Aim(1500, 9000)}
_RARE: Final = {100_000: Aim(60), 1_000_000: Aim(300, 900)}
_WHO: Final = {100_000: Aim(30), 1_000_000: Aim(300)}

_AIMS: Final[Mapping[str, Mapping[int, Aim]]] = {
    FREQUENT: _WORD,
    MIDDLING: _WORD,
    RARE: _RARE,
    ABSENT: _RARE,
    APPLICATION: _RARE,
    USER: _WHO,
    CUSTOMER: _WHO,
    PROJECT: _WHO,
    COMMAND: {1_000_000: Aim(2000)},
}


AIMED: Final = frozenset(_WORD)
"""The sizes of logs that have aims."""


def aim_of(search: str, events: int) -> Aim | None:
    """Return the aim of a search in a log with this number of events."""
    return _AIMS.get(search, {}).get(events)


@dataclass(frozen=True, slots=True)
class Pages:
    """The results of the pages of one search in one log; the worst page counts."""

    taken: Sequence[Taken]

    @property
    def aim(self) -> Aim | None:
        """The aim of the search."""
        return aim_of(self.taken[0].search, self.taken[0].events)

    @property
    def ms(self) -> float:
        """The milliseconds while the log is at rest."""
        return max(taken.ms for taken in self.taken)

    @property
    def written_ms(self) -> float:
        """The milliseconds while the log is written."""
        return max(taken.written_ms for taken in self.taken)

    @property
    def units(self) -> float:
        """The read units of a store that remembers nothing."""
        return max(taken.cold.units for taken in self.taken)

    @property
    def goal(self) -> str:
        """The aim, in words."""
        if self.aim is None:
            return ""
        units = "" if self.aim.units is None else f", {self.aim.units:,g} units"
        return f"{self.aim.ms:,g} ms{units}"

    @property
    def verdict(self) -> str:
        """Whether the aim is met, only at rest or always, or that the search was refused."""
        if not all(taken.is_answered for taken in self.taken):
            return "**refused**"
        if self.aim is None:
            return ""
        if self.ms > self.aim.ms or (self.aim.units or inf) < self.units:
            return "**not met**"
        return "met" if self.written_ms <= self.aim.ms * WHILE_WRITTEN else "**at rest**"
