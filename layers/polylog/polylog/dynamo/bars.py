"""Bars of a histogram: how many events lie in each interval, from the tally if it can tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from polylog.dynamo.answers import Asked
from polylog.dynamo.explanation import note_no_counts, tentatively
from polylog.dynamo.search.values import KIND, count_minutes
from polylog.dynamo.tally.kinds import OTHER, Bars
from polylog.dynamo.tally.levels import Level, minute_of, start_of
from polylog.model.errors import TooBroad
from polylog.model.store import Bar
from polylog.model.times import SECOND

Parts = Counter[tuple[str, str]]
"""Bucket and value -> number of events."""


def bars_of(asked: Asked, level: Level, by: str | None) -> tuple[Bar, ...]:
    """Return a bar for each bucket of a level that has events, the earliest first.

    `by` names the field whose values are the parts of a bar.
    """
    if by not in _OF_KIND:
        note_no_counts(f"nothing is counted by {by}")
        return _bars(_without_tally(asked, level, by), by)
    bars = None
    with suppress(TooBroad), tentatively():  # This many bars may need too many rows.
        bars = asked.by_tally(lambda view: view.histogram(level))
    if bars is None or (by and any(kind == OTHER for _, kind in bars)):
        return _bars(_without_tally(asked, level, by), by)
    return _bars(_renamed(bars, _OF_KIND[by]), by)


_OF_KIND: Final[Mapping[str | None, Callable[[str], str]]] = {
    None: lambda kind: "",
    "origin": lambda kind: kind.partition(":")[0],
    "type": lambda kind: kind.partition(":")[2],
}


def _without_tally(asked: Asked, level: Level, by: str | None) -> Parts:
    """Return how many events with each value lie in each bucket of a level, without a tally."""
    field = by or KIND
    minutes = asked.values((field,), lambda parts: count_minutes(parts, field))
    bars = Parts()
    for (minute, value), number in minutes.items():
        bars[level.bucket(minute_of(minute * 60 * SECOND)), value if by else ""] += number
    return bars


def _renamed(bars: Bars, named: Callable[[str], str]) -> Parts:
    """Return bars by kind as bars by what `named` calls each kind."""
    renamed = Parts()
    for (bucket, kind), number in bars.items():
        renamed[bucket, named(kind)] += number
    return renamed


def _bars(parts: Parts, by: str | None) -> tuple[Bar, ...]:
    """Return a bar for each bucket, the earliest first, with its parts, the largest first."""
    buckets = defaultdict[str, dict[str, int]](dict)
    for (bucket, value), number in parts.most_common():
        buckets[bucket][value] = number
    return tuple(
        Bar(start_of(bucket), sum(values.values()), values if by else {})
        for bucket, values in sorted(buckets.items())
    )
