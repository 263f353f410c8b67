"""How much one answer may read."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from polylog.errors import TooBroad


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may read: items of an index, and seconds."""

    items: int
    seconds: float


UNLIMITED: Final = Limits(items=10**12, seconds=10**9)


class Budget:
    """What is left of the limits of one answer, which is read from some streams.

    `share` is what each of them may begin with: at least an item, so that there is something to
    answer in part.
    """

    def __init__(self, limits: Limits, streams: int) -> None:
        self._left = max(limits.items, streams)
        self._deadline = time.monotonic() + limits.seconds
        self.share = self._left // max(1, streams)

    def allowed(self, most: int) -> int:
        """Return how many of so many items may be read; raises `TooBroad` when none may be."""
        self.check_time()
        if self._left <= 0:
            raise TooBroad
        return min(most, self._left)

    def check_time(self) -> None:
        """Raise `TooBroad` when there is no time left."""
        if time.monotonic() >= self._deadline:
            raise TooBroad

    def spend(self, items: int) -> None:
        """Note that items were read."""
        self._left -= items
