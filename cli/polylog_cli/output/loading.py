"""Loading events while you watch: a progress bar, then what happened to them."""

from __future__ import annotations

import httpx

from polylog_cli.client.load import Summary, load
from polylog_cli.output.console import console
from polylog_cli.output.progress import progress


def load_visibly(client: httpx.Client, lines: list[bytes], format: str) -> Summary:
    """Send events, show the progress, and print the summary; raises `LoadError`."""
    with progress("Loading events", len(lines)) as advance:
        summary = load(client, lines, format, advance)
    counts = ", ".join(f"{count} {status}" for status, count in sorted(summary.counts.items()))
    console.print(counts or "no events", highlight=False)
    for problem in summary.problems:
        console.print(f"  {problem}", style="red", markup=False, highlight=False)
    return summary
