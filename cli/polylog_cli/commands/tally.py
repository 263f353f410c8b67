"""Upkeep of a scope, directly in the tables: `polylog verify`, `compact`, `reindex`, `restamp`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from polylog.model.times import SYSTEM_CLOCK
from polylog_cli.commands.options import Data, Stack, parse_scope
from polylog_cli.commands.tables import opened
from polylog_cli.local.home import DEFAULT_DATA
from polylog_cli.output.console import console, failure, printable

if TYPE_CHECKING:
    from polylog.dynamo.maintenance.count import Counter
    from polylog.dynamo.maintenance.recount import Drift
    from polylog_cli.local.log import Log

_SETTLE_SECONDS = 60
"""How long to go on folding, in seconds, if the scope is being written."""

# The modules for DynamoDB import boto3, which is slow: each command imports them when it runs.

Scope = Annotated[
    str, typer.Option(parser=parse_scope, metavar="SCOPE", help="The scope to work on, like demo.")
]
Repair = Annotated[
    bool,
    typer.Option(
        "--repair", help="Correct the counts that are wrong. Stop writing until it is done."
    ),
]


def verify(
    scope: Scope, stack: Stack = None, data: Data = DEFAULT_DATA, repair: Repair = False
) -> None:
    """Recount a scope, and compare the result with its tallies.

    It reads all events, and prints each count that is wrong.
    The exit status is 1 if a count is wrong, or still wrong after --repair.
    """
    from polylog.dynamo.maintenance.verify import Verifier

    with opened(stack, data) as log, console.status("Recounting"):
        _tidy(log, scope)
        verifier = Verifier(log.client, log.tables, log.shards, retention=log.retention)
        report = verifier.repair(scope) if repair else verifier.verify(scope)
    for drift in report.drifts:
        print(printable(_described(drift)))
    found = f"{report.settled} events in {report.rows} rows, {report.young} not folded yet"
    print(f"{found}, {len(report.drifts)} counts wrong")
    if report.drifts:
        raise typer.Exit(1)


def compact(scope: Scope, stack: Stack = None, data: Data = DEFAULT_DATA) -> None:
    """Fold the newest counts of a scope into its tallies now.

    It also makes segments and facet counts, as `reindex` does, and removes
    events that are too old to keep from the tallies.
    The service does all this by itself.
    """
    from polylog.dynamo.maintenance.fold import Folder
    from polylog.dynamo.maintenance.seal import Sealer
    from polylog.dynamo.tally.head import read_head

    with opened(stack, data) as log, console.status("Folding"):
        _tidy(log, scope)
        before = read_head(log.client, log.tables.tally, scope)
        folder = Folder(log.client, log.tables.tally, SYSTEM_CLOCK, log.retention)
        folder.settle(scope, _SETTLE_SECONDS)
        after = read_head(log.client, log.tables.tally, scope)
        sealer = Sealer(log.client, log.tables, SYSTEM_CLOCK, log.retention, log.shards)
        sealer.seal_all(scope)
        _counter(log).count_all(scope, sealer.sealed(scope))
    folded = after.bucket.totals().total() - before.bucket.totals().total()
    print(f"{folded} events folded, {after.young_events} not folded yet")


def reindex(scope: Scope, stack: Stack = None, data: Data = DEFAULT_DATA) -> None:
    """Make segments and facet counts of a whole scope now.

    Segments make searches fast. TalliedFacets names the facets to count.
    This includes events that an earlier version of Polylog stored, and
    facets that were named later.

    The service does this by itself, little by little.
    You can stop the command and start it again, and use the log meanwhile.
    """
    from polylog.dynamo.maintenance.seal import Sealer

    with opened(stack, data) as log, console.status("Making segments") as status:
        _tidy(log, scope)
        sealer = Sealer(log.client, log.tables, SYSTEM_CLOCK, log.retention, log.shards)
        while sealer.seal(scope):
            status.update(f"Making segments: up to event {sealer.sealed(scope)}")
        status.update("Counting facets")
        _counter(log).count_all(scope, sealer.sealed(scope))
    print(f"all events up to number {sealer.sealed(scope)} are in segments")
    if log.facets:
        print(f"they are counted by {', '.join(sorted(log.facets))}")


def restamp(scope: Scope, stack: Stack = None, data: Data = DEFAULT_DATA) -> None:
    """Apply a changed RetentionDays to the events of a scope.

    It sets when each stored event expires.
    After you raise RetentionDays, run it once, within a day.
    After you lower it, events that are too old are hidden; this deletes them.
    """
    from polylog.dynamo.maintenance.restamp import Restamper

    with opened(stack, data) as log, console.status("Stamping"):
        _tidy(log, scope)
        restamper = Restamper(log.client, log.tables, log.shards, log.retention)
        kept, gone = restamper.restamp(scope)
    print(f"{kept} events kept, {gone} deleted")


def _counter(log: Log) -> Counter:
    from polylog.dynamo.maintenance.count import Counter

    return Counter(log.client, log.tables, SYSTEM_CLOCK, log.facets, log.retention)


def _tidy(log: Log, scope: str) -> None:
    """Remove what is too old from the tallies of a scope; the scope must exist."""
    from polylog.dynamo.events.numbers import Numbers
    from polylog.dynamo.maintenance.expire import Expirer

    table = log.tables.tally
    if not Numbers(log.client, table).are_taken(scope):
        raise failure(f"nothing was ever stored in a scope {scope!r}")
    Expirer(log.client, table, SYSTEM_CLOCK, log.retention).expire(scope)


def _described(drift: Drift) -> str:
    tally = f"{drift.facet} " if drift.facet else ""
    return (
        f"{tally}{drift.bucket} {drift.what}: the events give {drift.events}, the tally {drift.row}"
    )
