"""`polylog verify`, `compact` and `restamp`: the tally of a scope, straight in the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from polylog.model import times
from polylog_cli.commands.access import opened
from polylog_cli.commands.options import Data, Stack, parse_scope
from polylog_cli.local.home import DEFAULT_DATA
from polylog_cli.output.console import console

if TYPE_CHECKING:
    from polylog.dynamo.maintenance.recount import Drift
    from polylog_cli.local.log import Log

# What knows DynamoDB comes with boto3, and is imported only where it is needed.

Scope = Annotated[str, typer.Option(parser=parse_scope, help="Whose tally.")]
Repair = Annotated[bool, typer.Option("--repair", help="Correct what is wrong.")]


def verify(
    scope: Scope, stack: Stack = None, data: Data = DEFAULT_DATA, repair: Repair = False
) -> None:
    """Recount a scope from its events and compare every row of its tallies; reads all of it.

    Exits with 1 when a count is wrong, and with --repair when one is wrong still.
    """
    from polylog.dynamo.maintenance.verify import Verifier

    with opened(stack, data) as log, console.status("Recounting"):
        _tidy(log, scope)
        verifier = Verifier(log.client, log.tables, log.shards, log.facets)
        report = verifier.repair(scope) if repair else verifier.verify(scope)
    for drift in report.drifts:
        print(_said(drift))
    found = f"{report.settled} events in {report.rows} rows, {report.young} not folded yet"
    print(f"{found}, {len(report.drifts)} counts wrong")
    for name in sorted(log.facets - report.facets):
        print(f"not all events are tallied by {name} yet: --repair does that")
    if report.drifts:
        raise typer.Exit(1)


def compact(scope: Scope, stack: Stack = None, data: Data = DEFAULT_DATA) -> None:
    """Fold all that can be folded by now into the rows of a scope's tallies.

    What is older than the log keeps events leaves them.
    """
    with opened(stack, data) as log, console.status("Folding"):
        _tidy(log, scope)


def restamp(scope: Scope, stack: Stack = None, data: Data = DEFAULT_DATA) -> None:
    """Let every event of a scope expire when it would if it were stored now.

    Needed once after RetentionDays was made larger, within a day; after it was made smaller, it
    deletes what only is hidden else.
    """
    from polylog.dynamo.maintenance.restamp import Restamper

    with opened(stack, data) as log, console.status("Stamping"):
        _tidy(log, scope)
        restamper = Restamper(log.client, log.tables, log.shards, log.retention)
        kept, gone = restamper.restamp(scope)
    print(f"{kept} events kept, {gone} deleted")


def _tidy(log: Log, scope: str) -> None:
    from polylog.dynamo.maintenance.expire import Expirer
    from polylog.dynamo.maintenance.fold import Folder

    table, retention = log.tables.tally, log.retention
    folder = Folder(log.client, table, times.now, facets=log.facets, retention=retention)
    while folder.fold(scope):
        pass
    Expirer(log.client, table, times.now, retention).expire(scope)


def _said(drift: Drift) -> str:
    tally = f"{drift.facet} " if drift.facet else ""
    return f"{tally}{drift.bucket} {drift.what}: {drift.events} by the events, {drift.row} counted"
