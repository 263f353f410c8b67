"""The levels of a tally are all time, years, months, days, hours and minutes.

A bucket's name is the beginning that all its times share in ISO 8601: ``""`` is all time,
``"2026"`` a year, ``"2026-11-20T13"`` an hour, ``"2026-11-20T13:05"`` a minute. Times are in UTC.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import pairwise
from typing import Final

from polylog.model.store import Interval
from polylog.model.times import LATEST, SECOND, format_seconds, parse_iso8601

ROOT: Final = ""
HEAD_ROW: Final = "head/all"


class Level(IntEnum):
    """How fine a bucket is. The value is the length of its name.

    >>> Level.of("2026-11-20T13")
    <Level.HOUR: 13>
    >>> Level.DAY.bucket("2026-11-20T13")
    '2026-11-20'
    """

    ALL = 0
    YEAR = 4
    MONTH = 7
    DAY = 10
    HOUR = 13
    MINUTE = 16

    @classmethod
    def of(cls, bucket: str) -> Level:
        """Return the level of the bucket with this name."""
        return _LEVELS[len(bucket)]

    @property
    def above(self) -> Level:
        """The next coarser level."""
        return _ABOVE[self]

    @property
    def below(self) -> Level:
        """The next finer level."""
        return _BELOW[self]

    def bucket(self, name: str) -> str:
        """Return the bucket of this level that contains a finer one."""
        return name[:self]


_ORDER: Final = tuple(Level)
_LEVELS: Final = {int(level): level for level in Level}
_BELOW: Final = dict(pairwise(_ORDER))
_ABOVE: Final = {below: level for level, below in _BELOW.items()}

LEVELS: Final = {interval: Level[interval.name] for interval in Interval}
"""The interval of a histogram -> the level whose buckets are its bars."""

_DAY: Final = 86_400 * SECOND
_LONGEST: Final = {
    Level.YEAR: 366 * _DAY,
    Level.MONTH: 31 * _DAY,
    Level.DAY: _DAY,
    Level.HOUR: _DAY // 24,
}


def minute_of(time_us: int) -> str:
    """Return the minute that a time lies in."""
    return Level.MINUTE.bucket(format_seconds(time_us))


def minute_at(time_us: int) -> str:
    """Return the minute of a time. One after the year 9999 gets a name that sorts last."""
    return minute_of(time_us) if time_us <= LATEST else "A"


def minute_start(minute: str) -> int:
    """Return the first time of a minute, in microseconds since the epoch."""
    return parse_iso8601(f"{minute}:00Z")


def start_of(bucket: str) -> int:
    """Return the first time of a bucket, in microseconds since the epoch."""
    return minute_start(first_minute(bucket))


def end_of(bucket: str) -> int:
    """Return the first time after a bucket, in microseconds since the epoch."""
    after = start_of(bucket) + _LONGEST[Level.of(bucket)]
    if after > LATEST:
        return LATEST + 1
    return start_of(Level.of(bucket).bucket(format_seconds(after)))


def minute_within(bucket: str, part: float, latest: int) -> str:
    """Return the minute at a fraction (0 to 1) of a bucket, which is cut off at `latest`."""
    start = start_of(bucket)
    return minute_of(start + int(part * (min(end_of(bucket), latest) - start)))


def first_minute(bucket: str) -> str:
    """Return the first minute of a bucket."""
    return bucket + "0001-01-01T00:00"[len(bucket) :]


def path_to(minute: str) -> tuple[str, ...]:
    """Return the buckets with rows that count a minute, from the root to its hour.

    >>> path_to("2026-11-20T13:05")
    ('', '2026', '2026-11', '2026-11-20', '2026-11-20T13')
    """
    return tuple(level.bucket(minute) for level in _ORDER[:-1])


def ancestors_of(bucket: str) -> tuple[str, ...]:
    """Return the buckets that contain this one, from the root down."""
    return tuple(level.bucket(bucket) for level in _ORDER if level < len(bucket))


def child_of(bucket: str, minute: str) -> str:
    """Return the child of a bucket that contains a minute."""
    return minute[: _BELOW[_LEVELS[len(bucket)]]]


def parent_of(bucket: str) -> str:
    """Return the bucket one level up, which counts this one."""
    return Level.of(bucket).above.bucket(bucket)


def row_of(bucket: str) -> str:
    """Return the sort key of a bucket's row."""
    return f"{Level.of(bucket).name.lower()}/{bucket}" if bucket else HEAD_ROW


def hours_of(day: str) -> tuple[str, ...]:
    """Return the hours of a day."""
    return tuple(f"{day}T{hour:02}" for hour in range(24))
