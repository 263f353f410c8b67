"""Loading events while you watch: a progress bar, then what happened to them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

import httpx
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from polylog_cli.client.files import Reading
from polylog_cli.client.items import Item
from polylog_cli.client.load import Summary, load
from polylog_cli.output.console import console, notice, printable

_SHOWN: Final = 20


def load_visibly(
    client: httpx.Client, items: Iterable[Item], reading: Reading, summary: Summary
) -> None:
    """Send events, show the progress, and print a summary, even if the load is stopped.

    Raises `ServiceError`, and what `items` raises.
    """
    columns = (
        TextColumn("{task.fields[events]:,} events"),
        BarColumn(),
        TextColumn("{task.fields[rate]:,.0f} events/s"),
        TimeRemainingColumn(),
    )
    bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    try:
        with bars:
            task = bars.add_task("", total=reading.total, events=0, rate=0)

            def advance(_: int) -> None:
                events, seconds = summary.counts.total(), bars.tasks[0].elapsed or 1
                rate = events / seconds
                bars.update(task, completed=reading.done, events=events, rate=rate)

            load(client, items, summary, advance)
    finally:
        print_summary(summary)


def print_summary(summary: Summary) -> None:
    """Print how many events have each status, and the first reasons why some are not stored."""
    counts = ", ".join(f"{count} {status}" for status, count in sorted(summary.counts.items()))
    notice(counts or "no events")
    for problem in islice(summary.problems, _SHOWN):
        notice(printable(f"  {problem}"), "red")
    if (left := len(summary.problems) - _SHOWN) > 0:
        console.print(f"  and {left:,} more kinds of problems", style="red", highlight=False)
