"""`polylog query` and `tail`: the events themselves."""

from __future__ import annotations

from typing import Annotated

import typer

from polylog_cli.client.http import Access, ServiceError
from polylog_cli.client.log import LATEST, Order, Question, reading
from polylog_cli.commands.options import (
    After,
    AsCsv,
    AsJson,
    AsTable,
    Data,
    Explain,
    FilterText,
    Since,
    Token,
    Until,
    Url,
    failure,
)
from polylog_cli.local import home as homes
from polylog_cli.output.layouts import EVENTS
from polylog_cli.output.printer import Form, Printer


def query(
    text: FilterText = "",
    since: Since = None,
    until: Until = None,
    order: Annotated[
        Order | None, typer.Option(help="By time; desc if left out, asc with --follow.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many events at most; 0: all.")] = 100,
    follow: Annotated[
        bool, typer.Option("--follow", help="Print what is there, then what arrives.")
    ] = False,
    as_json: AsJson = False,
    as_table: AsTable = False,
    as_csv: AsCsv = False,
    explain: Explain = False,
    data: Data = homes.DEFAULT,
    url: Url = None,
    token: Token = None,
) -> None:
    """Print the events that pass a filter, the newest first.

    With --follow the newest are printed in the order of time, and then, until Ctrl-C, each one
    that arrives, in the order of arrival.
    """
    printer = Printer(EVENTS, Form.of(as_json=as_json, as_table=as_table, as_csv=as_csv))
    if follow and order is Order.DESC:
        raise typer.BadParameter("--follow goes forward in time", param_hint="--order")
    question = Question(text, since, until, explain)
    with reading(Access(data, url, token), question) as log:
        batches = log.follow(limit) if follow else log.pages(order or Order.DESC, limit)
        for events in batches:
            printer.print(events)


def tail(
    text: FilterText = "",
    after: After = LATEST,
    as_json: AsJson = False,
    as_table: AsTable = False,
    as_csv: AsCsv = False,
    explain: Explain = False,
    data: Data = homes.DEFAULT,
    url: Url = None,
    token: Token = None,
) -> None:
    """Print events as they arrive, none lost and none twice, until Ctrl-C."""
    printer = Printer(EVENTS, Form.of(as_json=as_json, as_table=as_table, as_csv=as_csv))
    with reading(Access(data, url, token), Question(text, explain=explain)) as log:
        try:
            for arrived in log.arrivals(after):
                printer.print(arrived.events)
                after = str(arrived.complete)
        except ServiceError as error:
            raise failure(f"{error}\nGo on with --after {after}.") from error
