"""The spans of time that are counted, by name, and how they lie in each other.

A span is named by how the times in it begin in ISO 8601: ``""`` is all, ``"2026"`` a year,
``"2026-11-20T13"`` an hour, ``"2026-11-20T13:05"`` a minute.
"""

from __future__ import annotations

from typing import Final

from polylog.model.times import LATEST, SECOND, format_seconds, parse_iso8601

_LENGTHS: Final = (0, 4, 7, 10, 13, 16)
_LEVELS: Final = {4: "year", 7: "month", 10: "day", 13: "hour"}

_DAY: Final = 86_400 * SECOND
_LONGEST: Final = {4: 366 * _DAY, 7: 31 * _DAY, 10: _DAY, 13: _DAY // 24}

LENGTHS: Final = {"month": 7, "day": 10, "hour": 13, "minute": 16}
"""How long the names of such buckets are."""

HOUR_LENGTH: Final = _LENGTHS[-2]
MINUTE_LENGTH: Final = _LENGTHS[-1]
ROOT: Final = ""
HEAD_ROW: Final = "head/all"


def minute_of(time_us: int) -> str:
    """Return the name of the minute that a time lies in."""
    return format_seconds(time_us)[:MINUTE_LENGTH]


def minute_at(time_us: int) -> str:
    """Return the minute of a time; of one after all times, a name that sorts after all minutes."""
    return minute_of(time_us) if time_us <= LATEST else "A"


def minute_start(minute: str) -> int:
    """Return the first time of a minute."""
    return parse_iso8601(f"{minute}:00Z")


def minute_within(name: str, part: float, latest: int) -> str:
    """Return the minute at a part of a bucket's length, if all in it lies before a time."""
    start = minute_start(first_minute(name))
    return minute_of(start + int(part * (min(end_of(name), latest) - start)))


def end_of(name: str) -> int:
    """Return the first time after a bucket."""
    after = minute_start(first_minute(name)) + _LONGEST[len(name)]
    if after > LATEST:
        return LATEST + 1
    return minute_start(first_minute(format_seconds(after)[: len(name)]))


def first_minute(name: str) -> str:
    """Return the first minute of a bucket."""
    return name + "0001-01-01T00:00"[len(name) :]


def path_to(minute: str) -> tuple[str, ...]:
    """Return the names of the rows that a minute is counted in, from the root to its hour."""
    return tuple(minute[:length] for length in _LENGTHS[:-1])


def child_of(name: str, minute: str) -> str:
    """Return the name of the row's child that a minute lies in."""
    return minute[: _LENGTHS[_LENGTHS.index(len(name)) + 1]]


def parent_of(name: str) -> str:
    """Return the name of the bucket that counts this one."""
    return name[: _LENGTHS[_LENGTHS.index(len(name)) - 1]]


def row_of(name: str) -> str:
    """Return the sort key of a bucket's row."""
    return f"{_LEVELS[len(name)]}/{name}" if name else HEAD_ROW
