"""Standard error: where progress, summaries and failures go. Results go to standard output."""

from __future__ import annotations

import typer
from rich.console import Console

console = Console(stderr=True)


def notice(message: str, style: str | None = None) -> None:
    """Print a line as it is."""
    console.print(message, style=style, markup=False, highlight=False, soft_wrap=True)


def failure(message: str) -> typer.Exit:
    """Print why the command cannot continue; return the exception that ends it with status 1."""
    notice(f"polylog: {message}", "red")
    return typer.Exit(1)
