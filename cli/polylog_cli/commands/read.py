"""`polylog query`, `tail`, `count`, `groups` and `histogram`: questions to a log."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from pydantic_core import to_json

from polylog_cli.client.http import ServiceError
from polylog_cli.client.intervals import Interval
from polylog_cli.client.log import LATEST, Order, Question, Reader
from polylog_cli.commands.access import Access, reading, tell_nothing
from polylog_cli.commands.moments import bounds
from polylog_cli.commands.options import (
    AsCsv,
    AsJson,
    AsTable,
    Data,
    Explain,
    FilterText,
    Local,
    Since,
    Token,
    Until,
    Url,
    chosen_form,
)
from polylog_cli.local.home import DEFAULT_DATA
from polylog_cli.output.bars import draw
from polylog_cli.output.console import notice
from polylog_cli.output.layouts import BARS, EVENTS, GROUPS, in_zone
from polylog_cli.output.printer import Form, Printer, extent


def parse_place(text: str) -> str:
    """Read the seq of an event, or `latest`."""
    if not re.fullmatch(r"\d{1,16}|latest", text, re.ASCII):
        raise typer.BadParameter(f"{text}: give the seq of an event, or latest")
    return text


InOrder = Annotated[
    Order | None,
    typer.Option(
        help="asc: the earliest first, desc: the newest first; default: desc, with --follow asc."
    ),
]
Limit = Annotated[
    int, typer.Option(min=0, metavar="N", help="Print up to this many events; 0 prints all.")
]
Total = Annotated[
    bool,
    typer.Option(
        "--total/--no-total", help="Say how many events match, even if only some are printed."
    ),
]
Follow = Annotated[bool, typer.Option("--follow", help="Go on, and print events as they arrive.")]
After = Annotated[
    str,
    typer.Option(
        parser=parse_place,
        metavar="SEQ|latest",
        help="Start after the event with this seq; latest: with the next event that arrives.",
    ),
]


def query(
    text: FilterText = "",
    since: Since = None,
    until: Until = None,
    local: Local = False,
    order: InOrder = None,
    limit: Limit = 100,
    with_total: Total = True,
    follow: Follow = False,
    as_json: AsJson = False,
    as_table: AsTable = False,
    as_csv: AsCsv = False,
    explain: Explain = False,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
) -> None:
    """List the events that match a filter, the newest first.

    At the end it says on standard error how many events match.

    With --follow, it prints the newest events in the order of time.
    Then it prints each event as it arrives, until you press Ctrl-C.
    """
    form = chosen_form(as_json=as_json, as_table=as_table, as_csv=as_csv)
    printer = Printer(in_zone(EVENTS, local=local), form)
    if follow and order is Order.DESC:
        raise typer.BadParameter("--follow goes forward in time", param_hint="--order")
    question = Question(text, *bounds(since, until, local=local), explain)
    with reading(Access(data, url, token), question) as log:
        if follow:
            _follow(log, printer, limit)
        else:
            _list(log, printer, order or Order.DESC, limit, with_total=with_total)


def _follow(log: Reader, printer: Printer, limit: int) -> None:
    for events in log.follow(limit):
        printer.print(events)


def _list(log: Reader, printer: Printer, order: Order, limit: int, *, with_total: bool) -> None:
    """Print a list, then on standard error how many events match.

    As JSON, for programs, it says that only if it has not printed all of them.
    """
    printed, total, is_all = 0, None, False
    for page in log.pages(order, limit, with_total=with_total and limit > 0):
        printer.print(page.events)
        printed, total = printed + len(page.events), total or page.total_size
        is_all = page.next_page_token is None
    if printer.form is Form.JSON and (is_all or printed == total):
        return
    if is_all and not printed:
        tell_nothing(log)
    else:
        notice(extent(printed, printed if is_all else total))


def tail(
    text: FilterText = "",
    after: After = LATEST,
    local: Local = False,
    as_json: AsJson = False,
    as_table: AsTable = False,
    as_csv: AsCsv = False,
    explain: Explain = False,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
) -> None:
    """Print events as they arrive, until you press Ctrl-C.

    Each event is printed exactly once.
    """
    form = chosen_form(as_json=as_json, as_table=as_table, as_csv=as_csv)
    printer = Printer(in_zone(EVENTS, local=local), form)
    with reading(Access(data, url, token), Question(text, explain=explain)) as log:
        try:
            for arrived in log.arrivals(after):
                printer.print(arrived.events)
                after = str(arrived.complete)
        except ServiceError as error:
            error.add_note(f"go on with --after {after}")
            raise


def count(
    text: FilterText = "",
    since: Since = None,
    until: Until = None,
    local: Local = False,
    as_json: AsJson = False,
    explain: Explain = False,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
) -> None:
    """Count the events that match a filter.

    It prints the number alone, or with --json an object like {"count": 694}.
    """
    question = Question(text, *bounds(since, until, local=local), explain)
    with reading(Access(data, url, token), question) as log:
        found = log.count()
        print(to_json({"count": found}).decode() if as_json else found)
        if not found and not as_json:
            tell_nothing(log)


def groups(
    text: FilterText = "",
    by: Annotated[
        str, typer.Option(metavar="FIELD", help="Group by this text field, like actor.id.")
    ] = "type",
    since: Since = None,
    until: Until = None,
    local: Local = False,
    limit: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Print this many of the largest groups; 0 prints all."
        ),
    ] = 0,
    as_json: AsJson = False,
    as_table: AsTable = False,
    as_csv: AsCsv = False,
    explain: Explain = False,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
) -> None:
    """Count events by the value of a field, the largest group first.

    For each value, it prints the number of events and the time of the newest.
    """
    form = chosen_form(as_json=as_json, as_table=as_table, as_csv=as_csv)
    printer = Printer(in_zone(GROUPS, local=local), form)
    question = Question(text, *bounds(since, until, local=local), explain)
    with reading(Access(data, url, token), question) as log:
        found = log.groups(by)
        shown = found[:limit] if limit else found
        printer.print(shown)
        if len(shown) < len(found):
            notice(f"{len(shown):,} of {len(found):,} groups")
        if not found and form is not Form.JSON:
            tell_nothing(log)


def histogram(
    text: FilterText = "",
    interval: Annotated[
        Interval, typer.Option(help="The interval of time that a bar stands for.")
    ] = Interval.DAY,
    since: Since = None,
    until: Until = None,
    local: Local = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    explain: Explain = False,
    data: Data = DEFAULT_DATA,
    url: Url = None,
    token: Token = None,
) -> None:
    """Draw a bar for each day, hour or other interval of time.

    A bar is as long as the number of events that match the filter.
    A week begins on Monday.
    Bars are in UTC, even with --local, which is for --since and --until.
    """
    form = chosen_form(as_json=as_json, as_csv=as_csv)
    question = Question(text, *bounds(since, until, local=local), explain)
    with reading(Access(data, url, token), question) as log:
        bars = log.histogram(interval)
        if form is Form.TABLE:
            draw(bars, interval)
        else:
            Printer(BARS, form).print([bar.model_dump(mode="json") for bar in bars])
        if not bars and form is not Form.JSON:
            tell_nothing(log)
