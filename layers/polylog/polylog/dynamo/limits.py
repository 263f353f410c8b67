"""How much one answer may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from polylog.model.errors import TooBroad
from polylog.model.times import Clock, Deadline


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may read: items of an index, by each way of reading, and seconds."""

    items: int
    seconds: float

    def deadline(self, clock: Clock, part: float = 1) -> Deadline:
        """Return when an answer that begins now has to end, or a part of it."""
        return clock.deadline(part * self.seconds)


UNLIMITED: Final = Limits(items=10**12, seconds=10**9)


class Budget:
    """How many items may still be read from some streams, until a deadline.

    `share` is what each stream may begin with: at least one item, so that there is something to
    answer in part.
    """

    def __init__(self, items: int, deadline: Deadline, streams: int) -> None:
        self._left = max(items, streams)
        self._deadline = deadline
        self.share = self._left // max(1, streams)

    def allowed(self, most: int) -> int:
        """Return how many of `most` items may be read; raises `TooBroad` when none may."""
        self.check_time()
        if self._left <= 0:
            raise TooBroad
        return min(most, self._left)

    def check_time(self) -> None:
        """Raise `TooBroad` when the time is up."""
        if self._deadline.is_over:
            raise TooBroad

    def spend(self, items: int) -> None:
        """Take what was read off the budget."""
        self._left -= items
