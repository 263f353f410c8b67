"""A progress bar on standard error, while a command works through many events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import Progress

from polylog_cli.output.console import console

Advance = Callable[[int], None]
"""Moves a bar on by a number of events."""


@contextmanager
def progress(title: str, total: int | None, *, is_shown: bool = True) -> Iterator[Advance]:
    """Show a bar until the block ends, if there is a terminal; yield what moves it on.

    Without a total, the bar shows only that something happens.
    """
    is_disabled = not (is_shown and console.is_terminal)
    with Progress(console=console, transient=True, disable=is_disabled) as bars:
        task = bars.add_task(title, total=total)
        yield lambda events: bars.advance(task, events)
