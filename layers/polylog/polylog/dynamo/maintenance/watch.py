"""A watch decides when a scope is worth a fold, by what a folder has seen of it and for how long.

Reading a few deltas again and again costs less than folding them. So they are folded when there are
many, or when no others come.

A thing must be at least as old as a watch says. Its age is the time on the folder's own clock since
the folder itself first saw it. For a folder that has just begun, everything is new. The age of
unindexed events and of missing numbers is never taken from a row, because another machine wrote the
row, and its clock may be wrong.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final, NamedTuple

from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.head import Head, Recent
from polylog.dynamo.tally.ranges import Range
from polylog.dynamo.tally.wake import Wake
from polylog.model.times import Clock

SETTLING_SECONDS: Final = 5
"""How long an index may lag."""

FENCING_SECONDS: Final = 15
"""How long a number may be missing before it is fenced. Writers give it up some seconds earlier."""

# Reading 64 small deltas, or the summaries of a thousand events, costs little. Folding twice as
# often would take 0.2 write units more for each event stored alone, and 0.1 for one in a batch.
_DUE_DELTAS: Final = 64
_DUE_EVENTS: Final = 1000

_SOON_SECONDS: Final = 8
"""If a fold will be due within this time, a folder waits for it and is not woken again."""

_QUIET_TIMES: Final = 3
"""How many wake-ups in a row must find nothing new, before a few deltas are worth a fold."""


class _Young(NamedTuple):
    """How much is young in a scope."""

    deltas: float
    events: float

    @classmethod
    def of(cls, head: Head) -> _Young:
        return cls(len(head.young), head.young_events)

    @property
    def is_much(self) -> bool:
        """Whether folding costs less than reading it again and again."""
        return self.deltas >= _DUE_DELTAS or self.events >= _DUE_EVENTS

    def soon(self, before: _Young, seconds: float) -> _Young:
        """Return how much it will be soon if it keeps growing; it was `before` some seconds ago."""
        return _Young(
            self.deltas + (self.deltas - before.deltas) / seconds * _SOON_SECONDS,
            self.events + (self.events - before.events) / seconds * _SOON_SECONDS,
        )


class Watch:
    """A folder's watch over one scope, from look to look.

    `wake` is the wake-up that the folder came for. A hasty folder (`is_hasty`) folds all that is
    left.
    """

    def __init__(self, clock: Clock) -> None:
        self.wake = Wake()
        self.is_hasty = False
        self._clock = clock
        self._since: dict[Hashable, float] = {}
        self._before: tuple[float, _Young] | None = None

    def see(self, head: Head) -> None:
        """Note what the head has now, and forget what it no longer has."""
        now = self._clock.monotonic()
        deltas, recent = (each.row for each in head.deltas), (each.first for each in head.recent)
        things: tuple[Hashable, ...] = (*deltas, *recent, *holes(head))
        self._since = {thing: self._since.get(thing, now) for thing in things}

    def is_ripe(self, delta: Delta) -> bool:
        """Return whether the indexes show a delta's events."""
        return self._age(delta.row) >= SETTLING_SECONDS

    def unripe(self, head: Head) -> list[Recent]:
        """Return what the head calls recent and the indexes may still not show."""
        return [each for each in head.recent if self._age(each.first) < SETTLING_SECONDS]

    def old_holes(self, head: Head) -> list[Range]:
        """Return the numbers that have been missing for too long."""
        return [hole for hole in holes(head) if self._age(hole) >= FENCING_SECONDS]

    def is_due(self, head: Head) -> bool:
        """Return whether a fold is worth it now."""
        if _Young.of(head).is_much:
            return True
        things = (*(delta.row for delta in head.young), *(each.first for each in head.recent))
        oldest = max(map(self._age, things), default=0.0)
        return self._is_quiet(head) and oldest >= SETTLING_SECONDS

    def is_soon(self, head: Head) -> bool:
        """Return whether there will be something to do within seconds.

        That depends on how fast the scope fills, which takes a second or more to measure. So this
        also notes how full it is.
        """
        if self._is_quiet(head) or any(holes(head)):
            return True
        now, young = self._clock.monotonic(), _Young.of(head)
        self._before = self._before or (now, young)
        at, before = self._before
        seconds = now - at
        if seconds < 1:
            return True
        self._before = now, young
        return young.soon(before, seconds).is_much

    def begin_anew(self) -> None:
        """Forget how full the scope was, because a fold makes it emptier."""
        self._before = None

    def _is_quiet(self, head: Head) -> bool:
        """Return whether even a little is worth a fold, because nothing else comes."""
        is_last = head.decided.last <= self.wake.last
        return self.is_hasty or (self.wake.times >= _QUIET_TIMES and is_last)

    def _age(self, thing: Hashable) -> float:
        """Return for how many seconds a thing has been seen."""
        now = self._clock.monotonic()
        return now - self._since.get(thing, now)


def holes(head: Head) -> Iterator[Range]:
    """Yield the ranges of numbers that are missing before later ones that are known."""
    decided = head.decided
    return decided.missing(1, decided.last)
