"""Standard error: where progress, summaries and failures go. Results go to standard output."""

from __future__ import annotations

import typer
from rich.console import Console

console = Console(stderr=True)


def failure(message: str) -> typer.Exit:
    """Print why the command cannot continue; return the exception that ends it with status 1."""
    console.print(f"polylog: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)
