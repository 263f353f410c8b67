"""The options that several commands share, and how their values are read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from polylog_cli.commands.moments import TIME_HELP
from polylog_cli.output.printer import Form


def parse_scope(text: str) -> str:
    """Read the name of a scope."""
    from polylog.api.auth import is_scope  # It takes long to import, and few commands need it.

    if not is_scope(text):
        raise typer.BadParameter("a scope has 1 to 64 letters, digits, '.', '_' or '-'")
    return text


def parse_url(text: str) -> str:
    """Read the address of a service."""
    if "://" not in text:
        raise typer.BadParameter(f"{text}: write http:// or https:// before the address")
    return text


def parse_parameters(texts: list[str], hint: str) -> dict[str, str]:
    """Read template parameters, each `NAME=VALUE`; `hint` names the option or argument."""
    if unclear := [text for text in texts if "=" not in text]:
        raise typer.BadParameter(f"{unclear[0]}: give it as NAME=VALUE", param_hint=hint)
    names = Counter(text.partition("=")[0] for text in texts)
    if repeated := [name for name, times in names.items() if times > 1]:
        raise typer.BadParameter(f"{repeated[0]} is given twice", param_hint=hint)
    return dict(text.split("=", 1) for text in texts)


def chosen_form(*, as_json: bool, as_csv: bool = False, as_table: bool = False) -> Form:
    """Return the form that the flags ask for; by default, a table."""
    flags = {Form.JSON: as_json, Form.CSV: as_csv, Form.TABLE: as_table}
    forms = [form for form, is_given in flags.items() if is_given]
    if len(forms) > 1:
        raise typer.BadParameter(f"--{forms[0]} and --{forms[1]} exclude each other")
    return forms[0] if forms else Form.TABLE


Data = Annotated[
    Path, typer.Option(metavar="DIR", help="The data folder of the `polylog run` to use.")
]
Stack = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Use this deployed stack, with your AWS credentials."),
]
Url = Annotated[
    str | None,
    typer.Option(
        parser=parse_url,
        metavar="URL",
        envvar="POLYLOG_URL",
        help="The address of the service; default: the one in the data folder.",
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        metavar="TOKEN",
        envvar="POLYLOG_TOKEN",
        help="Your key; default: the one in the data folder.",
    ),
]

FilterText = Annotated[
    str,
    typer.Argument(
        metavar="FILTER",
        show_default=False,
        help="""Which events: for example 'type = "app.crash"', or a word of a message or a """
        """name; default: all events. Put a filter that begins with - last, after --. """
        """`polylog help filters` shows more.""",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help=f"Only events from this time on: {TIME_HELP}; default: from the first event. "
        "`polylog help times` shows more.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Only events before this time, given like --since; default: to the last event.",
    ),
]
Local = Annotated[
    bool,
    typer.Option(
        "--local",
        help="Read and show times in the zone of this machine; default: UTC. "
        "JSON and CSV stay in UTC.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON as the API returns it, one object a line.")
]
AsTable = Annotated[bool, typer.Option("--table", help="Print a table. This is the default.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV, with a header.")]
Explain = Annotated[
    bool,
    typer.Option(
        "--explain",
        help="Also print on standard error how the answer was found, and what it read.",
    ),
]
