"""The options that several commands share, and how their values are read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from polylog.api.auth import PERMISSIONS, Permission, is_scope
from polylog.model import times
from polylog.model.event import MAX_KEY_LENGTH
from polylog.model.times import SECOND
from polylog_cli.output.printer import Form

_UNITS = {
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86400 * SECOND,
    "w": 7 * 86400 * SECOND,
}


def parse_scope(text: str) -> str:
    """Read the name of a scope."""
    if not is_scope(text):
        raise typer.BadParameter("a scope has 1 to 64 letters, digits, '.', '_' or '-'")
    return text


def parse_engine(text: str) -> str:
    """Read which DynamoDB to use."""
    if text not in ("local", "moto") and not re.fullmatch(r"https?://[^/\s]+/?", text):
        raise typer.BadParameter("give local, moto, or a URL like http://127.0.0.1:8000")
    return text


def parse_parameters(texts: list[str]) -> dict[str, str]:
    """Read parameters of the template, each `NAME=VALUE`."""
    if unclear := [text for text in texts if "=" not in text]:
        raise typer.BadParameter(f"{unclear[0]}: give it as NAME=VALUE", param_hint="--parameter")
    return dict(text.split("=", 1) for text in texts)


def parse_key(text: str) -> str:
    """Read the id of an organization or a project."""
    if not 0 < len(text) <= MAX_KEY_LENGTH:
        raise typer.BadParameter(f"an id has 1 to {MAX_KEY_LENGTH} characters")
    return text


def parse_expiry(text: str) -> int:
    """Read a length of time, like `30d`, `12h`, `45m` or `90s`; return when it ends."""
    length = _length(text)
    end = None if length is None else times.now() + length
    if end is None or end > times.LATEST:
        raise typer.BadParameter(f"{text}: give it like 30d, 12h, 45m or 90s, up to the year 9999")
    return end


def parse_time(text: str, now: int | None = None) -> str:
    """Read a time, or how long ago it was, like `30d`; return it in RFC 3339."""
    length = _length(text)
    present = times.now() if now is None else now
    try:
        time = times.parse_iso8601(text) if length is None else present - length
        if time < times.EARLIEST:
            raise ValueError(f"before the year 1: {text!r}")
    except ValueError as error:
        hint = "give it like 90s, 45m, 12h, 30d or 2w ago, or like 2026-11-01T00:00:00Z"
        raise typer.BadParameter(f"{error}; {hint}") from error
    return times.format_rfc3339(time)


def _length(text: str) -> int | None:
    """Return the microseconds in a length of time like `12h`; None if it is not one."""
    match = re.fullmatch(r"([1-9]\d{0,8})([smhdw])", text, re.ASCII)
    return int(match[1]) * _UNITS[match[2]] if match else None


def parse_place(text: str) -> str:
    """Read the seq of an event, or `latest`."""
    if not re.fullmatch(r"\d{1,16}|latest", text, re.ASCII):
        raise typer.BadParameter(f"{text}: give the seq of an event, or latest")
    return text


def parse_permissions(text: str) -> frozenset[Permission]:
    """Read permissions, separated by commas."""
    names = {name.strip() for name in text.split(",")}
    if not names <= set(PERMISSIONS):
        raise typer.BadParameter(f"{text}: give any of {', '.join(PERMISSIONS)}, with commas")
    return frozenset(name for name in PERMISSIONS if name in names)


def chosen_form(*, as_json: bool, as_csv: bool, as_table: bool = False) -> Form:
    """Return the form that the flags ask for, by default a table."""
    flags = {Form.JSON: as_json, Form.CSV: as_csv, Form.TABLE: as_table}
    forms = [form for form, is_given in flags.items() if is_given]
    if len(forms) > 1:
        raise typer.BadParameter(f"--{forms[0]} and --{forms[1]} exclude each other")
    return forms[0] if forms else Form.TABLE


Data = Annotated[Path, typer.Option(help="The data folder of `polylog run`.")]
Stack = Annotated[str | None, typer.Option(help="Use this deployed stack, not the data folder.")]
Url = Annotated[
    str | None, typer.Option(envvar="POLYLOG_URL", help="The service; default: as --data says.")
]
Token = Annotated[
    str | None, typer.Option(envvar="POLYLOG_TOKEN", help="Your key; default: as --data says.")
]

FilterText = Annotated[
    str,
    typer.Argument(
        metavar="FILTER",
        show_default=False,
        help="""For example 'type = "app.crash"', or a word of a message or a name; """
        """without it, all events. """
        """If it starts with -, put -- before it.""",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        parser=parse_time,
        metavar="TIME",
        help="Only events from this time on: 2026-11-01T00:00:00Z, or 90s, 45m, 12h, 30d, 2w ago.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        parser=parse_time,
        metavar="TIME",
        help="Only events before this time: 2026-11-01T00:00:00Z, or 90s, 45m, 12h, 30d, 2w ago.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print NDJSON, as the API returns it.")]
AsTable = Annotated[bool, typer.Option("--table", help="Print a table. This is the default.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")]
Explain = Annotated[
    bool, typer.Option("--explain", help="Show how the answer was found, and what it read.")
]
