"""Standard error: where progress, summaries and failures go. Results go to standard output.

If `NO_COLOR` is set (https://no-color.org), nothing prints an escape sequence: there are no bars.
"""

from __future__ import annotations

import os

import typer
from rich.console import Console


def has_escapes() -> bool:
    """Whether escape sequences may be printed on a terminal."""
    return not os.environ.get("NO_COLOR")


def open_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Return a console on standard output or error."""
    return Console(stderr=stderr, width=width, force_terminal=None if has_escapes() else False)


console = open_console(stderr=True)


def notice(message: str, style: str | None = None) -> None:
    """Print a line as it is."""
    console.print(message, style=style, markup=False, highlight=False, soft_wrap=True)


def failure(message: str) -> typer.Exit:
    """Print why the command cannot continue; return the exception that ends it with status 1."""
    notice(f"polylog: {message}", "red")
    return typer.Exit(1)
