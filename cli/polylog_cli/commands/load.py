"""`polylog load`: sends the events of files to a running service."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from polylog.dialects import format_named
from polylog.dialects.native.wire import render_event
from polylog.intake.documents import read_json
from polylog.model.errors import ApiError, InvalidParameter
from polylog.model.store import Status
from polylog_cli.client.files import FileError, begin, files_named
from polylog_cli.client.http import RefusedError, ServiceError
from polylog_cli.client.items import AUTO, Item, items
from polylog_cli.client.load import AGAIN, READABLE, LoadError, Summary
from polylog_cli.commands.access import Access, connected
from polylog_cli.commands.options import Data, Token, Url
from polylog_cli.local.home import DEFAULT_DATA
from polylog_cli.output.console import failure, notice
from polylog_cli.output.loading import load_visibly, print_summary
from polylog_cli.output.printer import write

_SHOWN: Final = 3
_STOPPED: Final = 130


def load_files(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Files, folders or patterns; - reads standard input."),
    ],
    format: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            help="The format of the events, like cloudtrail, okta or native; "
            "auto recognizes it by the first events of each file.",
        ),
    ] = AUTO,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
    ids: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the id, seq and status of each event to this file, as JSON."
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Send nothing. Show the first 3 events as the log would hold them."
        ),
    ] = False,
) -> None:
    """Send the events of files to the service.

    A file holds JSON events: one a line, one after the other, in an array,
    or in pages of an API's list. It may be compressed by gzip or zstd.

    Events that are in the log already stay as they are.
    So you can load the same file again.
    The exit status is 1 if any event is not in the log afterwards.
    """
    _require_known(format)
    if ids is not None and not ids.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {ids.parent}", param_hint="--ids")
    summary = Summary(keeps_ids=ids is not None)
    with _failures():
        named = files_named(files)
        reading = begin(named)
        found = items(named, format, reading, _Recognized())
        if dry_run:
            _show(found, summary)
        else:
            access = Access(data, url, token, needs="write")
            with connected(access) as client, _repeatable(), _stoppable(summary):
                load_visibly(client, found, reading, summary)
        if ids is not None:
            summary.write_ids(ids)
    if not summary.is_complete:
        raise typer.Exit(1)


def _require_known(format: str) -> None:
    if format == AUTO:
        return
    try:
        format_named(format)
    except InvalidParameter as error:
        reason = error.reason.replace("one of ", f"{AUTO} or one of ")
        raise typer.BadParameter(reason, param_hint="--format") from error


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (FileError, LoadError) as error:
        raise failure(str(error)) from error


@contextmanager
def _repeatable() -> Iterator[None]:
    """Add to a failure that you can run the command again, unless it would fail again."""
    try:
        yield
    except ServiceError as error:
        if not (isinstance(error, RefusedError) and error.is_lasting):
            error.add_note(AGAIN)
        raise


@contextmanager
def _stoppable(summary: Summary) -> Iterator[None]:
    """If you stop the load, say how far it came."""
    try:
        yield
    except KeyboardInterrupt:
        place = f"after {summary.last.place}" if summary.last else "before the first answer"
        notice(f"polylog: stopped {place}. Run the same command again: nothing is stored twice.")
        raise typer.Exit(_STOPPED) from None


class _Recognized:
    """Prints the formats that were recognized: each once, with its first file."""

    def __init__(self) -> None:
        self._seen = Counter[str]()

    def __call__(self, file: str, format: str) -> None:
        self._seen[format] += 1
        if self._seen[format] == 1:
            notice(f"{file}: the format is {format}")


def _show(found: Iterable[Item], summary: Summary) -> None:
    """Read all events, print the first ones as the log would hold them, and what is wrong."""
    shown = 0
    for item in found:
        result, document = _read(item)
        summary.add(item, result)
        if document is not None and shown < _SHOWN:
            shown += 1
            write(f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode())
    print_summary(summary)
    notice("Nothing was sent.")


def _read(item: Item) -> tuple[dict[str, object], dict[str, object] | None]:
    """Return what would happen to an event, and the event as the log would hold it."""
    try:
        if isinstance(item.text, ApiError):
            raise item.text
        event = format_named(item.format).read(read_json(item.text))
    except ApiError as error:
        return {"id": None, "status": Status.INVALID, "error": str(error)}, None
    document = render_event(event)
    del document["seq"]  # An event gets its number when it is stored.
    return {"id": event.id, "seq": None, "status": READABLE}, document
