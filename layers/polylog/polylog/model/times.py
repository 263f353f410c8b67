"""Times: text on the wire, and whole microseconds since the epoch (UTC) everywhere else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import inf

from polylog.model.errors import InvalidParameter

SECOND = 1_000_000
"""Microseconds in a second."""

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)

EARLIEST = (datetime.min - _EPOCH) // _MICROSECOND
LATEST = (datetime.max - _EPOCH) // _MICROSECOND

_ISO_8601 = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d|\d{8})"
    r"(?:[Tt ](?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r"(?: ?(?P<zone>[Zz]|UTC|GMT|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?))?)?",
    re.ASCII,
)


A_TIME = "a time like 2026-03-01T12:00:00.25Z"
_MAX_SHOWN = 200


def now() -> int:
    """Return the current time in microseconds since the epoch."""
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class Clock:
    """How the program reads the time and waits. Tests pass clocks that they move themselves.

    `now` returns microseconds since the epoch; `monotonic` and `sleep` count in seconds.
    """

    now: Callable[[], int] = now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def deadline(self, seconds: float) -> Deadline:
        """Return the deadline that ends this many seconds from now."""
        return Deadline(self.monotonic() + seconds, self.monotonic)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When some work has to end, on a monotonic clock, in seconds."""

    end: float
    monotonic: Callable[[], float] = time.monotonic

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.left <= 0

    @property
    def left(self) -> float:
        """How many seconds are left; negative if the time is up."""
        return self.end - self.monotonic()

    def halved(self) -> Deadline:
        """Return the deadline that ends after half of the time that is left."""
        return Deadline(self.monotonic() + self.left / 2, self.monotonic)


NEVER = Deadline(inf)
"""A deadline that is never over."""

SYSTEM_CLOCK = Clock()
"""The clock of the machine."""


def parse_iso8601(text: str) -> int:
    """Return the microseconds that an ISO 8601 text means.

    >>> parse_iso8601("2026-03-01T12:00+01:00") == parse_iso8601("2026-03-01 11:00:00Z")
    True

    Takes the basic and the extended form, with `T` or a blank before the time of day. `T` and `Z`
    may be in lower case (RFC 3339, section 5.6). Missing parts count as midnight, `:00` and UTC.
    `24:00:00` and second 60 roll over, and digits beyond microseconds are cut off. Raises
    `ValueError` for everything else.
    """
    match = _ISO_8601.fullmatch(text)
    if not match:
        raise ValueError(f"not an ISO 8601 time: {text!r}")
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    fraction = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second or fraction)):
        raise ValueError(f"no such time of day: {text!r}")
    days = date.fromisoformat(match["date"]).toordinal() - _EPOCH.toordinal()
    seconds = hour * 3600 + minute * 60 + second - _offset_seconds(match["zone"])
    value = (days * 86_400 + seconds) * SECOND + fraction
    if not EARLIEST <= value <= LATEST:
        raise ValueError(f"outside the years 1 to 9999: {text!r}")
    return value


def parse_time(value: object, wanted: str = A_TIME) -> int:
    """Return the microseconds that an ISO 8601 time from outside means.

    Raises `ValueError` with a sentence for the sender: "must be <wanted> but was 'soon'".
    """
    try:
        if isinstance(value, str):
            return parse_iso8601(value)
        raise ValueError("not a text")
    except ValueError as error:
        raise ValueError(f"must be {wanted} but was '{str(value)[:_MAX_SHOWN]}'") from error


def read_time(value: object, name: str, wanted: str = A_TIME) -> int:
    """Return the microseconds of a named parameter or member; raises `InvalidParameter`."""
    try:
        return parse_time(value, wanted)
    except ValueError as error:
        raise InvalidParameter(name, str(error)) from error


def _offset_seconds(zone: str | None) -> int:
    if zone is None or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def format_seconds(time_us: int) -> str:
    """Return `YYYY-MM-DDTHH:MM:SSZ`; fractions of a second are cut off, not rounded."""
    return _naive(time_us - time_us % SECOND) + "Z"


def format_rfc3339(time_us: int) -> str:
    """Return RFC 3339 in UTC, with a fraction of six digits if there is one.

    >>> format_rfc3339(250_000)
    '1970-01-01T00:00:00.250000Z'
    """
    return _naive(time_us) + "Z"


def _naive(time_us: int) -> str:
    return (_EPOCH + timedelta(microseconds=time_us)).isoformat()
