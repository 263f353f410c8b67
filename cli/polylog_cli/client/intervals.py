"""The lengths of a histogram's bars: those of the API, and weeks, which are added up from days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from polylog_cli.client.answers import Bar


class Interval(StrEnum):
    """The length of a histogram's bars, in UTC. A week begins on Monday."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def weeks(days: Iterable[Bar]) -> list[Bar]:
    """Return the bars of the weeks that have any of these days."""
    counts = Counter[datetime]()
    for day in days:
        counts[day.start - timedelta(day.start.weekday())] += day.count
    return [Bar(start=start, count=count) for start, count in counts.items()]
