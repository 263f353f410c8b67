"""Tables that are never shortened, since you copy ids from them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from polylog_cli.output.console import printable
from polylog_cli.output.printer import screen

_WIDEST_CHARACTERS: Final = 10_000


def print_whole(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table with whole cells; on a terminal that is too narrow, in a pager.

    Cells may hold any text: none is markup, and none moves the cursor of a terminal.
    """
    table = Table(*names, box=None)
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    lines = _lines(table)
    text = "".join(f"{line}\n" for line in lines)
    is_too_wide = max(map(cell_len, lines)) > screen().width
    pager = _pager() if is_too_wide and sys.stdout.isatty() else ()
    if not pager or not _paged(text, pager):
        typer.echo(text.encode(), nl=False)


def _lines(table: Table) -> Sequence[str]:
    console = Console(file=StringIO(), width=_WIDEST_CHARACTERS)
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


def _pager() -> Sequence[str]:
    """Return the command of the pager; empty if there is none."""
    chosen = os.environ.get("PAGER")
    if chosen is not None:
        return chosen.split()
    less = shutil.which("less")
    return (less, "-RSFX") if less else ()


def _paged(text: str, pager: Sequence[str]) -> bool:
    """Show a text in a pager until you leave it; return whether that pager exists."""
    try:
        process = subprocess.Popen(pager, stdin=subprocess.PIPE)
    except OSError:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # The pager hears Ctrl-C by itself.
    try:
        process.communicate(text.encode())
    finally:
        signal.signal(signal.SIGINT, before)
    return True
