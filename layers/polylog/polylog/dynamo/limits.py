"""How much one answer may read."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

from polylog.model.errors import TimedOut, TooBroad
from polylog.model.times import NEVER, Clock, Deadline

UNITS_PER_ITEM: Final = 0.1
"""How many read units it takes to read an event from an index, if it has about 800 bytes there."""

UNITS_BY_KEY: Final = 0.5
"""How many read units it takes to read an event by its key, if it has at most 4 KB."""

_MUCH: Final = 2
"""An answer that runs out of time is too broad if it has read half (1/2) of what it may."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may read: items of an index, for each way of reading, and seconds.

    >>> Limits.of_units(500, seconds=8)
    Limits(items=5000, seconds=8)
    """

    items: int
    seconds: float

    @classmethod
    def of_units(cls, units: float, seconds: float) -> Limits:
        """Return the limits of an answer that may take this many read units."""
        return cls(int(units / UNITS_PER_ITEM), seconds)

    @property
    def units(self) -> float:
        """How much of the arrival log an answer may read, in read units."""
        return self.items * UNITS_PER_ITEM

    def allow(self, clock: Clock, part: float = 1) -> Allowance:
        """Return the allowance of an answer that begins now, or of a part of its time."""
        much = int(part * self.items) // _MUCH
        return Allowance(clock.deadline(part * self.seconds), much, self.units)


UNLIMITED: Final = Limits(items=10**12, seconds=10**9)


class Allowance:
    """The time in which one answer may read, however many readings it takes.

    If an answer runs out of time after `much` items, its question is to blame, not a slow database.
    Segments count as the items that as many read units would have read.
    `units` is how many read units it may take from the arrival log.
    """

    def __init__(self, deadline: Deadline = NEVER, much: int = 0, units: float = inf) -> None:
        self._deadline = deadline
        self._much = much
        self._units = units
        self._items = 0.0

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self._deadline.is_over

    def check(self) -> None:
        """Raise an error if the time is up: `TooBroad` blames the question, `TimedOut` DynamoDB."""
        if self.is_over:
            raise TooBroad if self._items >= self._much else TimedOut

    def pay(self, units: float) -> None:
        """Subtract read units from what the answer may take.

        Raises `TooBroad` if they are too many, and what `check` raises.
        """
        self.check()
        self._units -= units
        if self._units < 0:
            raise TooBroad

    def at_most(self, units: float) -> Allowance:
        """Return an allowance of the same time, with at most this many read units."""
        return Allowance(self._deadline, self._much, min(units, self._units))

    def half(self) -> Allowance:
        """Return an allowance of half of the time that is left; another way gets the rest."""
        return Allowance(self._deadline.halved(), self._much, self._units)

    def note(self, items: float) -> None:
        """Count items that were read."""
        self._items += items


class Budget:
    """How many items an answer may still read from some streams, in its time.

    A stream is one partition of an index, in order. `share` is how many items each stream may begin
    with. It is at least one, so that a partial answer has something to show.
    """

    def __init__(self, items: int, allowance: Allowance, streams: int) -> None:
        self._left = max(items, streams)
        self._allowance = allowance
        self.share = self._left // max(1, streams)

    def allowed(self, most: int) -> int:
        """Return how many of `most` items the next request may read.

        Raises `TooBroad` when it may read none, and what `Allowance.check` raises.
        """
        self._allowance.check()
        if self._left <= 0:
            raise TooBroad
        return min(most, self._left)

    def allow_keys(self, number: int) -> None:
        """Count items that are read by their keys; raises what `Allowance.check` raises."""
        self._allowance.check()
        self._allowance.note(number)

    def spend(self, items: int) -> None:
        """Subtract the items that were read."""
        self._left -= items
        self._allowance.note(items)
