"""`polylog load`, as it is typed: its options, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polylog.dialects import format_named
from polylog.model.errors import InvalidParameter
from polylog_cli.client.http import Access, connected
from polylog_cli.client.load import LoadError, load, read_events
from polylog_cli.commands.options import Data, Token, Url, console, failure
from polylog_cli.local import home as homes


def load_file(
    file: Annotated[Path, typer.Argument(help="JSON array, NDJSON, or a list response.")],
    format: Annotated[
        str, typer.Option(help="The API in whose form the events are, or cloudevents.")
    ] = "native",
    data: Data = homes.DEFAULT,
    url: Url = None,
    token: Token = None,
    ids: Annotated[
        Path | None, typer.Option(help="Write each event's id, seq and status there, as JSON.")
    ] = None,
) -> None:
    """Hand the events of a file to a running service.

    Events that are there already are left alone, so the same file can be loaded again. Exits with
    1 when any event is neither stored now nor was before.
    """
    try:
        reader = format_named(format)
    except InvalidParameter as error:
        raise typer.BadParameter(error.reason, param_hint="--format") from error
    try:
        with connected(Access(data, url, token)) as client:
            summary = load(client, read_events(file, reader), format, console)
        summary.print(console)
        if ids is not None:
            summary.write_ids(ids)
    except LoadError as error:
        raise failure(str(error)) from error
    if not summary.is_complete:
        raise typer.Exit(1)
