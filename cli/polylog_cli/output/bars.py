"""Draws histograms in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise

from rich.bar import Bar as Blocks
from rich.table import Table

from polylog_cli.client.answers import Bar
from polylog_cli.client.intervals import Interval
from polylog_cli.output.printer import screen

Row = tuple[datetime, int | None]
"""The start of an interval and its count; None stands for several empty intervals from there on."""

_LENGTHS = {
    Interval.MINUTE: timedelta(minutes=1),
    Interval.HOUR: timedelta(hours=1),
    Interval.DAY: timedelta(days=1),
    Interval.WEEK: timedelta(weeks=1),
}
_LABEL_LENGTHS = {
    Interval.MINUTE: len("2026-03-01 12:00"),
    Interval.HOUR: len("2026-03-01 12:00"),
    Interval.DAY: len("2026-03-01"),
    Interval.WEEK: len("2026-03-01"),
    Interval.MONTH: len("2026-03"),
}
_GAP = "⋮"


def draw(bars: list[Bar], interval: Interval) -> None:
    """Draw bars, also of empty intervals; if all need more than a screen, without long gaps."""
    console = screen()
    table = Table(box=None, show_header=False, expand=True)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(ratio=1)
    most = max((bar.count for bar in bars), default=0)
    for start, count in rows(bars, interval, console.height):
        if count is None:
            table.add_row(_GAP)
        else:
            label = start.isoformat(" ")[: _LABEL_LENGTHS[interval]]
            table.add_row(label, str(count), Blocks(most, 0, count))
    console.print(table)


def rows(bars: list[Bar], interval: Interval, most: int) -> Iterable[Row]:
    """Return what to draw: every interval, or long gaps as one row if `most` rows are too few."""
    counts = {bar.start: bar.count for bar in bars}
    starts = list(islice(_starts(bars, interval), most + 1))
    if len(starts) > most:
        return _with_gaps(bars, interval)
    return [(start, counts.get(start, 0)) for start in starts]


def _starts(bars: list[Bar], interval: Interval) -> Iterator[datetime]:
    """Yield the start of each interval, from the first bar to the last."""
    if bars:
        start, last = bars[0].start, bars[-1].start
        while start < last:
            yield start
            start = _following(start, interval)
        yield last


def _with_gaps(bars: list[Bar], interval: Interval) -> Iterator[Row]:
    for bar, after in pairwise(bars):
        yield bar.start, bar.count
        if (following := _following(bar.start, interval)) < after.start:
            is_one = _following(following, interval) == after.start
            yield following, 0 if is_one else None
    yield bars[-1].start, bars[-1].count


def _following(start: datetime, interval: Interval) -> datetime:
    if interval is Interval.MONTH:
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return start + _LENGTHS[interval]
