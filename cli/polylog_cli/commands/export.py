"""`polylog export`: every event, as lines that `polylog load` reads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import from_json
from rich.progress import Progress

from polylog_cli.client.http import Access, ServiceError
from polylog_cli.client.log import Question, Reader, reading
from polylog_cli.commands.options import (
    Data,
    Explain,
    FilterText,
    Since,
    Token,
    Until,
    Url,
    console,
    failure,
)
from polylog_cli.local import home as homes

Output = Annotated[
    Path | None,
    typer.Option(dir_okay=False, help="Where to; named FILE.part until all of it is there."),
]


def export(
    text: FilterText = "",
    since: Since = None,
    until: Until = None,
    output: Output = None,
    explain: Explain = False,
    data: Data = homes.DEFAULT,
    url: Url = None,
    token: Token = None,
) -> None:
    """Write all events that pass a filter as NDJSON, the earliest first."""
    written = Written(output)
    with reading(Access(data, url, token), Question(text, since, until, explain)) as log:
        try:
            with _opened(output) as write:
                for page in _watched(log, is_silent=output is None and sys.stdout.isatty()):
                    write(page)
                    written.add(page)
        except ServiceError as error:
            raise failure(f"{error}\n{written}") from error
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise failure(f"{error.strerror}: {written}") from error
    if output is not None:
        said = f"{written.events} events in {output}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)


@dataclass(slots=True)
class Written:
    """How far an export came: the whole pages, and so the whole lines, that are written."""

    output: Path | None
    events: int = 0
    last_page: bytes = b""

    def add(self, page: bytes) -> None:
        """Take in what was written now."""
        self.events += page.count(b"\n")
        self.last_page = page or self.last_page

    def __str__(self) -> str:
        where = f" to {_part(self.output)}" if self.output else ""
        if not self.events:
            return f"nothing was written{where}"
        said = f"{self.events} events were written{where}"
        try:
            return f"{said}, the last one of {from_json(self.last_page.splitlines()[-1])['time']}"
        except (KeyError, TypeError, ValueError):
            return said


def _part(output: Path) -> Path:
    return output.with_name(f"{output.name}.part")


@contextmanager
def _opened(output: Path | None) -> Iterator[Callable[[bytes], None]]:
    """Yield what writes a page; the file gets its name when all went well."""
    if output is None:
        yield partial(typer.echo, nl=False)
        return
    part = _part(output)
    with part.open("wb", buffering=0) as file:
        yield partial(_append, file)
    part.replace(output)


def _append(file: FileIO, page: bytes) -> None:
    """Write a page, or nothing of it."""
    start, left = file.tell(), memoryview(page)
    try:
        while left:
            left = left[file.write(left) :]
    except (OSError, KeyboardInterrupt):
        file.truncate(start)
        raise


def _watched(log: Reader, *, is_silent: bool) -> Iterator[bytes]:
    """Yield the pages of an export, and show how far it is."""
    is_shown = console.is_terminal and not is_silent
    with Progress(console=console, transient=True, disable=not is_shown) as progress:
        task = progress.add_task("Exporting events", total=log.total() if is_shown else None)
        for page in log.exported():
            yield page
            progress.advance(task, page.count(b"\n"))
