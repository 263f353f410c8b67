"""`polylog load`: sends the events of a file to a running service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polylog.dialects import format_named
from polylog.model.errors import InvalidParameter
from polylog_cli.client.load import LoadError, read_events
from polylog_cli.commands.access import Access, connected
from polylog_cli.commands.options import Data, Token, Url
from polylog_cli.local.home import DEFAULT_DATA
from polylog_cli.output.console import failure
from polylog_cli.output.loading import load_visibly


def load_file(
    file: Annotated[Path, typer.Argument(help="A JSON array, NDJSON, or a list response.")],
    format: Annotated[
        str, typer.Option(help="The format of the events: an API, or cloudevents, eventbridge.")
    ] = "native",
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
    ids: Annotated[
        Path | None, typer.Option(help="Write the id, seq and status of each event here, as JSON.")
    ] = None,
) -> None:
    """Send the events of a file to a running service.

    Events that are in the log already stay as they are, so you can load the same file again. The
    exit status is 1 if any event is not in the log afterwards.
    """
    try:
        reader = format_named(format)
    except InvalidParameter as error:
        raise typer.BadParameter(error.reason, param_hint="--format") from error
    try:
        with connected(Access(data, url, token)) as client:
            summary = load_visibly(client, read_events(file, reader), format)
        if ids is not None:
            summary.write_ids(ids)
    except LoadError as error:
        raise failure(str(error)) from error
    if not summary.is_complete:
        raise typer.Exit(1)
