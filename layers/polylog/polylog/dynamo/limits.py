"""How much one answer may read."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

from polylog.model.errors import TimedOut, TooBroad
from polylog.model.times import NEVER, Clock, Deadline

UNITS_PER_ITEM: Final = 0.1
"""What reading an event from an index takes, in read units, if it has about 800 bytes there."""

UNITS_BY_KEY: Final = 0.5
"""What reading an event by its key takes, in read units, if it has at most 4 KB."""

_MUCH: Final = 2
"""An answer that read half of what it may, and was not done in time, is too broad."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may read: items of an index, by each way of reading, and seconds."""

    items: int
    seconds: float

    @classmethod
    def of_units(cls, units: float, seconds: float) -> Limits:
        """Return the limits of an answer that may take so many read units."""
        return cls(int(units / UNITS_PER_ITEM), seconds)

    @property
    def units(self) -> float:
        """How much may be read of the arrival log, in read units."""
        return self.items * UNITS_PER_ITEM

    def allow(self, clock: Clock, part: float = 1) -> Allowance:
        """Return the time of an answer that begins now, or of a part of it."""
        much = int(part * self.items) // _MUCH
        return Allowance(clock.deadline(part * self.seconds), much, self.units)


UNLIMITED: Final = Limits(items=10**12, seconds=10**9)


class Allowance:
    """The time in which one answer may read, whatever number of readings it takes.

    `much` is how many items are so many that the question is to blame, not a slow database.
    """

    def __init__(self, deadline: Deadline = NEVER, much: int = 0, units: float = inf) -> None:
        self._deadline = deadline
        self._much = much
        self._units = units
        self._items = 0

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self._deadline.is_over

    def check(self) -> None:
        """Raise `TooBroad` or `TimedOut` when the time is up: the question or the database."""
        if self.is_over:
            raise TooBroad if self._items >= self._much else TimedOut

    def pay(self, units: float) -> None:
        """Take read units off what the answer may read; raises `TooBroad` if they are too many."""
        self.check()
        self._units -= units
        if self._units < 0:
            raise TooBroad

    def at_most(self, units: float) -> Allowance:
        """Return an allowance of the same time, with less to read."""
        return Allowance(self._deadline, self._much, min(units, self._units))

    def half(self) -> Allowance:
        """Return an allowance of half of the time that is left: another way has the rest."""
        return Allowance(self._deadline.halved(), self._much, self._units)

    def note(self, items: int) -> None:
        """Take note of items that were read."""
        self._items += items


class Budget:
    """How many items may still be read from some streams, in the time of an answer.

    `share` is what each stream may begin with: at least one item, so that there is something to
    answer in part.
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
        """Take note of items that are read by their keys; raises what `Allowance.check` raises."""
        self._allowance.check()
        self._allowance.note(number)

    def spend(self, items: int) -> None:
        """Take what was read off the budget."""
        self._left -= items
        self._allowance.note(items)
