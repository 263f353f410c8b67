"""`polylog count`, `groups` and `histogram`: how many events there are."""

from __future__ import annotations

from typing import Annotated

import typer

from polylog.model.store import Interval
from polylog_cli.client.http import Access
from polylog_cli.client.log import Question, reading
from polylog_cli.commands.options import (
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
)
from polylog_cli.local import home as homes
from polylog_cli.output.bars import draw
from polylog_cli.output.layouts import BARS, GROUPS
from polylog_cli.output.printer import Form, Printer


def count(
    text: FilterText = "",
    since: Since = None,
    until: Until = None,
    explain: Explain = False,
    data: Data = homes.DEFAULT,
    url: Url = None,
    token: Token = None,
) -> None:
    """Print how many events pass a filter."""
    with reading(Access(data, url, token), Question(text, since, until, explain)) as log:
        print(log.count())


def groups(
    text: FilterText = "",
    by: Annotated[str, typer.Option(help="Any text field, like actor.id.")] = "type",
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    as_table: AsTable = False,
    as_csv: AsCsv = False,
    explain: Explain = False,
    data: Data = homes.DEFAULT,
    url: Url = None,
    token: Token = None,
) -> None:
    """Print how many events pass a filter by the value of a field, the largest group first."""
    printer = Printer(GROUPS, Form.of(as_json=as_json, as_table=as_table, as_csv=as_csv))
    with reading(Access(data, url, token), Question(text, since, until, explain)) as log:
        printer.print(log.groups(by))


def histogram(
    text: FilterText = "",
    interval: Annotated[Interval, typer.Option(help="How long the bars are.")] = Interval.DAY,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    explain: Explain = False,
    data: Data = homes.DEFAULT,
    url: Url = None,
    token: Token = None,
) -> None:
    """Draw how many events pass a filter in each interval of time, in UTC."""
    form = Form.of(as_json=as_json, as_csv=as_csv, as_table=False)
    with reading(Access(data, url, token), Question(text, since, until, explain)) as log:
        bars = log.histogram(interval)
        if form is Form.TABLE:
            draw(bars, interval)
        else:
            Printer(BARS, form).print([bar.model_dump(mode="json") for bar in bars])
