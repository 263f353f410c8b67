"""Which numbers are so old that no event can still be stored under them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from polylog.model.times import SECOND

# A writer drops its numbers ten seconds after taking them. A request that it sent before may still
# be under way for a while.
FINAL: Final = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Watermark:
    """Numbers, each with the time in microseconds by which it and all lower ones were taken."""

    marks: tuple[tuple[int, int], ...] = ()

    def final(self, now: int) -> int:
        """Return the highest number known to be final: no event can get it or a lower one."""
        return max((number for number, at in self.marks if at <= now - FINAL), default=0)

    def risen(self, number: int, now: int) -> Watermark:
        """Return the watermark that also knows that all numbers up to this one are taken by now.

        It keeps the earliest young mark: in a busy log, the latest one would never grow old.
        """
        young = [mark for mark in self.marks if mark[1] > now - FINAL]
        highest = max([number, *(number for number, _ in self.marks)])
        return Watermark(((self.final(now), 0), *young[:1], (highest, now)))
