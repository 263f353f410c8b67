"""The `polylog` command: the table of what you can type."""

from __future__ import annotations

import typer

from polylog_cli.commands import dlq, keys, tally
from polylog_cli.commands.export import export
from polylog_cli.commands.load import load_files
from polylog_cli.commands.read import count, groups, histogram, query, tail
from polylog_cli.commands.run import run

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.command()(run)
app.command("load")(load_files)
for read in (query, tail, export, count, groups, histogram):
    app.command()(read)
app.add_typer(keys.app, name="keys")
app.add_typer(dlq.app, name="dlq")
for work in (tally.verify, tally.compact, tally.reindex, tally.restamp):
    app.command()(work)


@app.callback()
def polylog() -> None:
    """One event log behind the list-events APIs that your clients already speak."""
