"""A clock that stands still until you set it or sleep on it."""

from __future__ import annotations

from dataclasses import dataclass

from polylog.model.times import SECOND, Clock


@dataclass(slots=True)
class StoppedClock:
    """A time that stands still; `now` is in microseconds since the epoch.

    >>> time = StoppedClock(0)
    >>> time.sleep(2)
    >>> time.now
    2000000
    """

    now: int

    def __call__(self) -> int:
        """Return the time, in microseconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move the time forward by these seconds."""
        self.now += int(seconds * SECOND)

    @property
    def clock(self) -> Clock:
        """A clock that shows this time."""
        return Clock(self, lambda: self.now / SECOND, self.sleep)
