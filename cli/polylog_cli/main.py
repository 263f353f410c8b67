"""The `polylog` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
import typer

from polylog.dialects import format_named
from polylog.errors import InvalidParameter
from polylog_cli import home as homes
from polylog_cli import keys, tally
from polylog_cli.credentials import Credentials
from polylog_cli.load import LoadError, load, read_events
from polylog_cli.options import Data, console, failure
from polylog_cli.serving import run

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.command()(run)
app.add_typer(keys.app, name="keys")
app.command()(tally.verify)
app.command()(tally.compact)
app.command()(tally.restamp)


@app.callback()
def polylog() -> None:
    """One event log behind the list-events APIs that your clients already speak."""


@app.command("load")
def load_file(
    file: Annotated[Path, typer.Argument(help="JSON array, NDJSON, or a list response.")],
    format: Annotated[str, typer.Option(help="The API in whose form the events are.")],
    data: Data = homes.DEFAULT,
    url: Annotated[str | None, typer.Option(envvar="POLYLOG_URL", help="The service.")] = None,
    token: Annotated[str | None, typer.Option(envvar="POLYLOG_TOKEN", help="Its key.")] = None,
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
    url, token = _service(data, url, token)
    if not token.isascii():
        raise typer.BadParameter("a token has ASCII characters only", param_hint="--token")
    headers = {"Authorization": f"Bearer {token}"}
    try:
        lines = read_events(file, reader)
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            summary = load(client, lines, format, console)
        summary.print(console)
        if ids is not None:
            summary.write_ids(ids)
    except LoadError as error:
        raise failure(str(error)) from error
    if not summary.is_complete:
        raise typer.Exit(1)


def _service(data: Path, url: str | None, token: str | None) -> tuple[str, str]:
    """Return the service's address and token: as given, else from the data folder."""
    if url is not None and token is not None:
        return url, token
    if url is not None:
        raise typer.BadParameter("a key of that service, with --token", param_hint="--url")
    try:
        credentials = Credentials.read(homes.Home(data).credentials)
    except (OSError, ValueError) as error:
        hint = f"no credentials in {data}: start `polylog run`, or give --url and --token"
        raise typer.BadParameter(hint) from error
    return credentials.url, credentials.token if token is None else token
