"""`polylog verify` and `polylog compact`: the tally of a scope, straight in the tables."""

from __future__ import annotations

from typing import Annotated

import typer

from polylog import times
from polylog.dynamo.fold import Folder
from polylog.dynamo.verify import Verifier
from polylog_cli import home as homes
from polylog_cli.log import opened
from polylog_cli.options import Data, Stack, console, parse_scope

Scope = Annotated[str, typer.Option(parser=parse_scope, help="Whose tally.")]


def verify(scope: Scope, stack: Stack = None, data: Data = homes.DEFAULT) -> None:
    """Recount a scope from its events and compare every row of its tally; reads all of it.

    Exits with 1 when a count is wrong.
    """
    with opened(stack, data) as log, console.status("Recounting"):
        report = Verifier(log.client, log.tables, log.shards).verify(scope)
    for drift in report.drifts:
        print(f"{drift.child} {drift.kind}: {drift.events} events, counted {drift.row}")
    found = f"{report.settled} events in {report.rows} rows, {report.young} not folded yet"
    print(f"{found}, {len(report.drifts)} counts wrong")
    if report.drifts:
        raise typer.Exit(1)


def compact(scope: Scope, stack: Stack = None, data: Data = homes.DEFAULT) -> None:
    """Fold all that can be folded by now into the rows of a scope's tally."""
    with opened(stack, data) as log, console.status("Folding"):
        folder = Folder(log.client, log.tables.tally, times.now)
        while folder.fold(scope):
            pass
