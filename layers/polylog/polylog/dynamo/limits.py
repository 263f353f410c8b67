"""How much one answer may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from polylog.model.errors import TimedOut, TooBroad
from polylog.model.times import NEVER, Clock, Deadline

_SLOW_PER_SECOND: Final = 3
"""With fewer requests a second, the database is slow; the question may not be too broad."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may read: items of an index, by each way of reading, and seconds."""

    items: int
    seconds: float

    def allow(self, clock: Clock, part: float = 1) -> Allowance:
        """Return the time of an answer that begins now, or of a part of it."""
        seconds = part * self.seconds
        return Allowance(clock.deadline(seconds), int(seconds * _SLOW_PER_SECOND))


UNLIMITED: Final = Limits(items=10**12, seconds=10**9)


class Allowance:
    """The time in which one answer may read, whatever number of readings it takes.

    `many` is how many requests DynamoDB answers in that time even on a bad day.
    """

    def __init__(self, deadline: Deadline = NEVER, many: int = 0) -> None:
        self._deadline = deadline
        self._many = many
        self._requests = 0

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self._deadline.is_over

    def begin_request(self) -> None:
        """Take note of a request; when the time is up, raises `TooBroad` or `TimedOut` instead.

        If many requests were not enough, the answer is too broad. Otherwise the database is slow.
        """
        if self.is_over:
            raise TooBroad if self._requests >= self._many else TimedOut
        self._requests += 1


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

        Raises `TooBroad` when it may read none, and what `begin_request` raises.
        """
        self.begin_request()
        if self._left <= 0:
            raise TooBroad
        return min(most, self._left)

    def begin_request(self) -> None:
        """Take note of a request for other items; see `Allowance.begin_request`."""
        self._allowance.begin_request()

    def spend(self, items: int) -> None:
        """Take what was read off the budget."""
        self._left -= items
