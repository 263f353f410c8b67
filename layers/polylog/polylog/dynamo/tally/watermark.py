"""Which numbers are too old for an event that is still being stored to have one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from polylog.model.times import SECOND

# A writer drops its numbers ten seconds after taking them; what it sent before may be under way
# for some more.
FINAL: Final = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Watermark:
    """Numbers, each with a time in microseconds by which it and all lower ones had been taken."""

    marks: tuple[tuple[int, int], ...] = ()

    def final(self, now: int) -> int:
        """Return the highest number known to be old: no event will yet get it, or a lower one."""
        return max((number for number, at in self.marks if at <= now - FINAL), default=0)

    def risen(self, number: int, now: int) -> Watermark:
        """Return the mark for all numbers up to this one having been taken by now.

        Keeps the earliest of the young marks: the latest alone would never grow old in a busy log.
        """
        young = [mark for mark in self.marks if mark[1] > now - FINAL]
        highest = max([number, *(number for number, _ in self.marks)])
        return Watermark(((self.final(now), 0), *young[:1], (highest, now)))
