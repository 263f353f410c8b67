"""`polylog export`: writes events as lines that `polylog load` reads, or in another schema."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import from_json, to_json

from polylog.model.errors import InvalidParameter
from polylog_cli.client.answers import JsonObject
from polylog_cli.client.http import ServiceError
from polylog_cli.client.log import Question, Reader
from polylog_cli.commands.access import Access, reading, tell_nothing
from polylog_cli.commands.moments import bounds
from polylog_cli.commands.options import (
    AsCsv,
    Data,
    Explain,
    FilterText,
    Local,
    Since,
    Token,
    Until,
    Url,
)
from polylog_cli.local.home import DEFAULT_DATA
from polylog_cli.output.console import console, failure, notice
from polylog_cli.output.layouts import EVENTS
from polylog_cli.output.printer import csv_lines, write
from polylog_cli.output.progress import progress

Output = Annotated[
    Path | None,
    typer.Option(
        *("--output", "-o"),
        dir_okay=False,
        metavar="FILE",
        help="Write to this file, which is called FILE.part until it is complete; "
        "default: standard output.",
    ),
]


class Schema(StrEnum):
    """The form of an exported event: that of Polylog's own API, or that of OCSF."""

    NATIVE = "native"
    OCSF = "ocsf"


AsSchema = Annotated[
    Schema,
    typer.Option(
        "--as",
        help="native: as the API returns events. "
        "ocsf: as API Activity of OCSF 1.8.0, the Open Cybersecurity Schema Framework.",
    ),
]


def export(
    text: FilterText = "",
    since: Since = None,
    until: Until = None,
    local: Local = False,
    output: Output = None,
    schema: AsSchema = Schema.NATIVE,
    as_csv: AsCsv = False,
    explain: Explain = False,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
) -> None:
    """Write all events that match a filter, the earliest first.

    It writes one JSON object a line (NDJSON), which `polylog load` reads.
    With --csv, it writes the columns of `polylog query --csv`.
    """
    render = _rendering(schema, as_csv=as_csv)
    question = Question(text, *bounds(since, until, local=local), explain)
    written = Written(output)
    with reading(Access(data, url, token), question) as log:
        try:
            with _opened(output) as write:
                for page in _watched(log, is_shown=_has_room_for_a_bar(output)):
                    write(render(page))
                    written.add(page)
        except ServiceError as error:
            error.add_note(str(written))
            raise
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise failure(f"{error.strerror}: {written}") from error
        if not written.events:
            tell_nothing(log)
    if output is not None:
        notice(f"{written.events} events in {output}")


Render = Callable[[bytes], bytes]
"""Turns a page of events, as the API returns it, into what the export writes."""


def _rendering(schema: Schema, *, as_csv: bool) -> Render:
    if as_csv and schema is not Schema.NATIVE:
        raise typer.BadParameter("--csv and --as exclude each other")
    if as_csv:
        return _AsCsv()
    return _as_ocsf if schema is Schema.OCSF else lambda page: page


class _AsCsv:
    """Renders pages as CSV, with a header before the first one."""

    def __init__(self) -> None:
        self._has_head = True

    def __call__(self, page: bytes) -> bytes:
        has_head, self._has_head = self._has_head, False
        return csv_lines(EVENTS, list(map(_event, page.splitlines())), has_head=has_head)


def _event(line: bytes) -> JsonObject:
    """Return the event on a line; raises `ServiceError`."""
    try:
        event = from_json(line)
    except ValueError as error:
        raise ServiceError(f"the service sent a line that is not an event: {error}") from error
    if not isinstance(event, dict):
        raise ServiceError("the service sent a line that is not an event: it is not an object")
    return event


def _as_ocsf(page: bytes) -> bytes:
    """Return the events of a page in OCSF; raises `ServiceError` for a line without an event."""
    # The native API takes long to import, and only this needs it.
    from polylog.dialects.native.wire import read_event
    from polylog_cli.output.ocsf import render_event

    lines = []
    for line in page.splitlines():
        try:
            wire = from_json(line)
            event = read_event(wire).model_copy(update={"seq": wire.get("seq", 0)})
        except (ValueError, InvalidParameter) as error:
            raise ServiceError(f"the service sent a line that is not an event: {error}") from error
        lines.append(to_json(render_event(event)) + b"\n")
    return b"".join(lines)


@dataclass(slots=True)
class Written:
    """How far an export got. It writes whole pages, so it never cuts a line."""

    output: Path | None
    events: int = 0
    last_page: bytes = b""

    def add(self, page: bytes) -> None:
        """Add a page that was written."""
        self.events += page.count(b"\n")
        self.last_page = page or self.last_page

    def __str__(self) -> str:
        where = f" to {_part(self.output)}" if self.output else ""
        if not self.events:
            return f"nothing was written{where}"
        how_far = f"{self.events} events were written{where}"
        try:
            return (
                f"{how_far}, the last one of {from_json(self.last_page.splitlines()[-1])['time']}"
            )
        except (KeyError, TypeError, ValueError):
            return how_far


def _part(output: Path) -> Path:
    return output.with_name(f"{output.name}.part")


def _has_room_for_a_bar(output: Path | None) -> bool:
    """Whether the terminal is free for a bar: events that are printed there would break it."""
    return console.is_terminal and (output is not None or not sys.stdout.isatty())


@contextmanager
def _opened(output: Path | None) -> Iterator[Callable[[bytes], None]]:
    """Yield what writes a page; the file gets its name once it is complete."""
    if output is None:
        yield write
        return
    part = _part(output)
    with part.open("wb", buffering=0) as file:
        yield partial(_append, file)
    part.replace(output)


def _append(file: FileIO, page: bytes) -> None:
    """Write all of a page, or nothing."""
    start, left = file.tell(), memoryview(page)
    try:
        while left:
            left = left[file.write(left) :]
    except (OSError, KeyboardInterrupt):
        file.truncate(start)
        raise


def _watched(log: Reader, *, is_shown: bool) -> Iterator[bytes]:
    """Yield the pages of an export, and show the progress."""
    total = log.total() if is_shown else None
    with progress("Exporting events", total, is_shown=is_shown) as advance:
        for page in log.exported():
            yield page
            advance(page.count(b"\n"))
