"""Prints results to standard output: as a table for people, as NDJSON, or as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import StringIO, TextIOWrapper
from operator import gt

import typer
from pydantic_core import to_json
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from polylog_cli.client.answers import JsonObject
from polylog_cli.output.console import open_console, printable
from polylog_cli.output.layouts import Column, Layout, verbatim
from polylog_cli.output.widths import fitted

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
    """Prints batches of results under one header.

    A table leaves out columns without any value. If a later batch has a value in one of them, a new
    header follows, with that column.
    """

    layout: Layout
    form: Form
    _is_begun: bool = False
    _columns: list[Column] = field(default_factory=list)
    _needed: dict[str, int] = field(default_factory=dict)
    _widths: list[int] = field(default_factory=list)

    def print(self, results: Sequence[JsonObject]) -> None:
        """Print a batch immediately."""
        match self.form:
            case Form.JSON:
                write(b"".join(to_json(result) + b"\n" for result in results))
            case Form.CSV:
                write(csv_lines(self.layout, results, has_head=not self._is_begun))
            case Form.TABLE if results or not self._is_begun:
                self._print_table(results)
        self._is_begun = True

    def _print_table(self, results: Sequence[JsonObject]) -> None:
        columns = self.layout.table
        rows = [{each.name: printable(each.show(result)) for each in columns} for result in results]
        shown = [each for each in columns if self._is_shown(each, rows)]
        is_new, self._columns = shown != self._columns, shown
        console = screen()
        self._fit(rows, console.width if sys.stdout.isatty() else None, is_new=is_new)
        if not sys.stdout.isatty():
            console = open_console(width=_LINE_CHARACTERS)
        table = Table(box=None, pad_edge=False, show_header=is_new)
        for column, width in zip(shown, self._widths, strict=True):
            justify = column.justify
            table.add_column(
                column.name, no_wrap=True, overflow="ellipsis", justify=justify, width=width
            )
        for row in rows:
            table.add_row(*(Text(row[column.name]) for column in shown))
        console.print(table)

    def _is_shown(self, column: Column, rows: Sequence[Mapping[str, str]]) -> bool:
        """Return whether the table shows a column, once it has these rows too."""
        has_no_row = not rows and not self._is_begun
        return column in self._columns or has_no_row or any(row[column.name] for row in rows)

    def _fit(self, rows: Sequence[Mapping[str, str]], room: int | None, *, is_new: bool) -> None:
        """Set the widths of the columns, so that they fill a room; without one, as the cells need.

        They stay as they are while all cells fit, so that batches line up.
        """
        for column in self._columns:
            cells = [column.name, *(row[column.name] for row in rows)]
            longest = min(max(map(cell_len, cells)), _CELL_CHARACTERS)
            self._needed[column.name] = max(longest, self._needed.get(column.name, 0))
        needed = [self._needed[column.name] for column in self._columns]
        if is_new or any(map(gt, needed, self._widths)):
            self._widths = needed if room is None else fitted(self._columns, needed, room)


def csv_lines(layout: Layout, results: Sequence[JsonObject], *, has_head: bool) -> bytes:
    """Return results as lines of CSV, in UTF-8."""
    head = [layout.csv] if has_head else []
    rows = ([verbatim(each, name) for name in layout.csv] for each in results)
    return "".join(map(_csv_line, [*head, *rows])).encode()


def extent(printed: int, total: int | None) -> str:
    """Say how many events were printed, and of how many; None means that these are not counted."""
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
    """Return a console on standard output; it prints `?` for a character the encoding lacks."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return open_console()


def write(content: bytes) -> None:
    """Write lines to standard output and flush, regardless of its encoding.

    On a terminal, characters that would move its cursor become blanks.
    """
    if sys.stdout.isatty():
        content = b"\n".join(printable(line).encode() for line in content.decode().split("\n"))
    typer.echo(content, nl=False)
