"""Times as you type them: a time, a day like `yesterday`, or how long ago it was.

They are in UTC, or with `--local` in the zone of this machine. Where clocks change at midnight, a
day begins at its first moment. A time that occurs twice means the earlier one.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Final

import typer

from polylog.model import times
from polylog.model.times import SECOND

_EPOCH: Final = datetime(1970, 1, 1)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAYS_AGO: Final = {"today": 0, "yesterday": 1}
_WEEKDAYS: Final = [day.lower() for day in calendar.day_name]
_UNITS: Final = {
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86400 * SECOND,
    "w": 7 * 86400 * SECOND,
}

TIME_HELP: Final = "2026-11-01T00:00:00Z, yesterday, today, monday, or 90s, 45m, 12h, 30d, 2w ago"


def bounds(since: str | None, until: str | None, *, local: bool) -> tuple[str | None, str | None]:
    """Return the times of `--since` and `--until` in RFC 3339; raises `BadParameter`."""
    now = times.now()
    return _bound("--since", since, now, local), _bound("--until", until, now, local)


def _bound(option: str, text: str | None, now: int, local: bool) -> str | None:
    try:
        return None if text is None else parse_time(text, now, local=local)
    except typer.BadParameter as error:
        raise typer.BadParameter(error.message, param_hint=option) from error


def parse_time(text: str, now: int | None = None, *, local: bool = False) -> str:
    """Read a time, the name of a day, or how long ago it was; return it in RFC 3339."""
    try:
        time = _time(text, times.now() if now is None else now, local)
        if not times.EARLIEST <= time <= times.LATEST:
            raise ValueError(f"outside the years 1 to 9999: {text!r}")
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{error}; give it like {TIME_HELP}") from error
    return times.format_rfc3339(time)


def _time(text: str, now: int, local: bool) -> int:
    length = parse_length(text)
    if length is not None:
        return now - length
    day = _day(text.lower(), now, local)
    if day is not None:
        return _in_utc(datetime.combine(day, time_of_day()), local)
    time = times.parse_iso8601(text)
    return _in_utc(_EPOCH + time * _MICROSECOND, local and _is_without_zone(text))


def _day(name: str, now: int, local: bool) -> date | None:
    """Return the day of this name: for a weekday the latest one, which may be today."""
    present = (_EPOCH + now * _MICROSECOND).replace(tzinfo=UTC)
    today = present.astimezone(None if local else UTC).date()
    if name in _WEEKDAYS:
        return today - timedelta((today.weekday() - _WEEKDAYS.index(name)) % 7)
    return today - timedelta(_DAYS_AGO[name]) if name in _DAYS_AGO else None


def _in_utc(wall: datetime, local: bool) -> int:
    """Return when clocks show this, here or in UTC: in microseconds since the epoch."""
    if not local:
        return (wall - _EPOCH) // _MICROSECOND
    # Not `astimezone`: it is wrong by an hour for a time that clocks skip.
    return int(wall.replace(microsecond=0).timestamp()) * SECOND + wall.microsecond


def _is_without_zone(text: str) -> bool:
    """Return whether a time has no zone: it is still a time if you add one."""
    return any(map(_is_time, (f"{text}Z", f"{text}T00:00Z")))


def _is_time(text: str) -> bool:
    try:
        times.parse_iso8601(text)
    except ValueError:
        return False
    return True


def parse_length(text: str) -> int | None:
    """Return the microseconds in a length of time like `12h`; None if it is not one."""
    match = re.fullmatch(r"([1-9]\d{0,8})([smhdw])", text, re.ASCII)
    return int(match[1]) * _UNITS[match[2]] if match else None
