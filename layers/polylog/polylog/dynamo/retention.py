"""How long a log keeps events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from polylog.model.times import EARLIEST, SECOND

DAY: Final = 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class Retention:
    """Events are kept to the end of their UTC day and for `days` more; 0 means forever.

    With 30 days, an event of 1 November is kept to the end of 1 December.
    """

    days: int = 0

    def floor(self, now: int) -> int:
        """Return the first time that is still kept: the start of a UTC day."""
        if not self.days:
            return EARLIEST
        return max(EARLIEST, now - now % DAY - self.days * DAY)

    def expires_at(self, time: int) -> int | None:
        """Return when DynamoDB may delete an event of this time, in seconds since the epoch."""
        if not self.days:
            return None
        return (time - time % DAY + (self.days + 1) * DAY) // SECOND


FOR_EVER: Final = Retention()
