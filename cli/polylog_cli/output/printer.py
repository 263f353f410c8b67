"""Prints results to standard output: as a table for people, as NDJSON, or as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import StringIO, TextIOWrapper

import typer
from pydantic_core import to_json
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from polylog_cli.client.answers import JsonObject
from polylog_cli.output.layouts import Layout, verbatim

# Without a terminal: wide enough for any id, but no line grows without limit.
_CELL_CHARACTERS = 256
_LINE_CHARACTERS = 10_000


class Form(StrEnum):
    """The form in which results are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@dataclass(slots=True)
class Printer:
    """Prints batches of results under one header."""

    layout: Layout
    form: Form
    _is_begun: bool = False
    _widths: list[int] = field(default_factory=list)

    def print(self, results: Sequence[JsonObject]) -> None:
        """Print a batch immediately."""
        match self.form:
            case Form.JSON:
                _write(b"".join(to_json(result) + b"\n" for result in results))
            case Form.CSV:
                _write(self._csv(results))
            case Form.TABLE if results or not self._is_begun:
                self._print_table(results)
        self._is_begun = True

    def _csv(self, results: Sequence[JsonObject]) -> bytes:
        names = self.layout.csv
        head = [] if self._is_begun else [names]
        rows = [*head, *([verbatim(each, name) for name in names] for each in results)]
        return "".join(map(_csv_line, rows)).encode()

    def _print_table(self, results: Sequence[JsonObject]) -> None:
        rows = [[_line(column.show(each)) for column in self.layout.table] for each in results]
        self._widen(rows)
        console = screen()
        if not console.is_terminal:
            console = Console(width=_LINE_CHARACTERS)
        table = Table(box=None, show_header=not self._is_begun, expand=console.is_terminal)
        for column, width in zip(self.layout.table, self._widths, strict=True):
            has_share = console.is_terminal and column.share
            table.add_column(
                column.name,
                no_wrap=True,
                overflow="ellipsis",
                justify=column.justify,
                ratio=column.share if has_share else None,
                width=None if has_share else width,
            )
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)

    def _widen(self, rows: list[list[str]]) -> None:
        """Widen the columns to these rows; they never get narrower, so that batches line up."""
        widths = self._widths or [len(column.name) for column in self.layout.table]
        cells = [widths, *([cell_len(cell) for cell in row] for row in rows)]
        self._widths = [min(max(column), _CELL_CHARACTERS) for column in zip(*cells, strict=True)]


def extent(printed: int, total: int | None) -> str:
    """Say how many events were printed, and of how many; None means that nobody counted them."""
    if total is None:
        return f"{_events(printed)}; there may be more"
    return _events(total) if printed == total else f"{printed:,} of {_events(total)}"


def _events(number: int) -> str:
    return f"{number:,} event{'' if number == 1 else 's'}"


def _csv_line(values: Sequence[str]) -> str:
    """Return a line of CSV that ends with a newline.

    Python quotes a value that has a carriage return only if the lines end with one too.
    """
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return f"{text.getvalue()[:-2]}\n"


def screen() -> Console:
    """Return a console on standard output; it prints `?` for what the encoding lacks."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return Console()


def _write(content: bytes) -> None:
    """Write bytes to standard output and flush, regardless of its encoding."""
    typer.echo(content, nl=False)


def _line(text: str) -> str:
    """Return a text without characters that move the cursor of a terminal."""
    return "".join(each if each.isprintable() else " " for each in text)
