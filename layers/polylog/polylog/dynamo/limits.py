"""How much one answer may read."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Final

from polylog.model.errors import TooBroad


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may read: items of an index, by each way of reading, and seconds."""

    items: int
    seconds: float

    def deadline(self, part: float = 1) -> float:
        """Return when an answer that is begun now has to end, or a part of it; monotonic."""
        return monotonic() + part * self.seconds


UNLIMITED: Final = Limits(items=10**12, seconds=10**9)


def is_over(deadline: float) -> bool:
    """Return whether a deadline is reached."""
    return monotonic() >= deadline


class Budget:
    """What is left of so many items until a deadline, to be read from some streams.

    `share` is what each of them may begin with: at least an item, so that there is something to
    answer in part.
    """

    def __init__(self, items: int, deadline: float, streams: int) -> None:
        self._left = max(items, streams)
        self._deadline = deadline
        self.share = self._left // max(1, streams)

    def allowed(self, most: int) -> int:
        """Return how many of so many items may be read; raises `TooBroad` when none may be."""
        self.check_time()
        if self._left <= 0:
            raise TooBroad
        return min(most, self._left)

    def check_time(self) -> None:
        """Raise `TooBroad` when there is no time left."""
        if is_over(self._deadline):
            raise TooBroad

    def spend(self, items: int) -> None:
        """Note that items were read."""
        self._left -= items
