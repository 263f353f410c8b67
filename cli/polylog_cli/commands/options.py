"""What the commands share: common options, how their values are read, how a command fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from polylog.api.auth import PERMISSIONS, Permission, is_scope
from polylog.model import times
from polylog.model.errors import Unavailable
from polylog.model.event import MAX_KEY_LENGTH
from polylog.model.times import SECOND

if TYPE_CHECKING:
    from polylog_cli.local.log import Log

# Results go to standard output; progress, summaries and failures to standard error.
console = Console(stderr=True)

_UNITS = {
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86400 * SECOND,
    "w": 7 * 86400 * SECOND,
}


def failure(message: str) -> typer.Exit:
    """Print why the command cannot go on, and return the exception that ends it with 1."""
    console.print(f"polylog: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(1)


@contextmanager
def opened(stack: str | None, data: Path) -> Iterator[Log]:
    """Open the log of a command; what goes wrong with it ends the command with a message."""
    # These import boto3, which is slow and which few commands need.
    from polylog_cli.local.log import NotRunningError, open_local
    from polylog_cli.stack.log import open_stack
    from polylog_cli.stack.outputs import StackError

    try:
        yield open_local(data) if stack is None else open_stack(stack)
    except (NotRunningError, StackError) as error:
        raise failure(str(error)) from error
    except Unavailable as error:
        raise failure(f"the tables cannot be used: {error.__cause__ or error}") from error


def parse_scope(text: str) -> str:
    """Read the name of a scope."""
    if not is_scope(text):
        raise typer.BadParameter("1 to 64 of letters, digits, '.', '_' and '-'")
    return text


def parse_engine(text: str) -> str:
    """Read which DynamoDB is meant."""
    if text not in ("local", "moto") and not re.fullmatch(r"https?://[^/\s]+/?", text):
        raise typer.BadParameter("local, moto, or a URL like http://127.0.0.1:8000")
    return text


def parse_parameters(texts: list[str]) -> dict[str, str]:
    """Read parameters of the template, each `NAME=VALUE`."""
    if unclear := [text for text in texts if "=" not in text]:
        raise typer.BadParameter(f"{unclear[0]}: give it as NAME=VALUE", param_hint="--parameter")
    return dict(text.split("=", 1) for text in texts)


def parse_key(text: str) -> str:
    """Read the id of an organization or a project."""
    if not 0 < len(text) <= MAX_KEY_LENGTH:
        raise typer.BadParameter(f"1 to {MAX_KEY_LENGTH} characters")
    return text


def parse_expiry(text: str) -> int:
    """Read how long something holds, like `30d`, `12h`, `45m` or `90s`; return when it ends."""
    length = _length(text)
    end = None if length is None else times.now() + length
    if end is None or end > times.LATEST:
        raise typer.BadParameter(f"{text}: give it like 30d, 12h, 45m or 90s, within millennia")
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
    """Return the microseconds that a text like `12h` means; None where it means none."""
    match = re.fullmatch(r"([1-9]\d{0,8})([smhdw])", text, re.ASCII)
    return int(match[1]) * _UNITS[match[2]] if match else None


def parse_place(text: str) -> str:
    """Read a number of arrival, or `latest`."""
    if not re.fullmatch(r"\d{1,16}|latest", text, re.ASCII):
        raise typer.BadParameter(f"{text}: the seq of an event, or latest")
    return text


def parse_permissions(text: str) -> frozenset[Permission]:
    """Read permissions that are separated by commas."""
    names = {name.strip() for name in text.split(",")}
    if not names <= set(PERMISSIONS):
        raise typer.BadParameter(f"{text}: any of {', '.join(PERMISSIONS)}, separated by commas")
    return frozenset(name for name in PERMISSIONS if name in names)


# The options that more than one command has.

Data = Annotated[Path, typer.Option(help="The data folder of `polylog run`.")]
Stack = Annotated[str | None, typer.Option(help="A deployed stack, instead of the data folder.")]
Url = Annotated[str | None, typer.Option(envvar="POLYLOG_URL", help="The service.")]
Token = Annotated[str | None, typer.Option(envvar="POLYLOG_TOKEN", help="Its key.")]

FilterText = Annotated[
    str,
    typer.Argument(
        metavar="FILTER",
        show_default=False,
        help="""Like 'type = "app.crash"'; everything if left out. After -- if it begins with -.""",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        parser=parse_time, metavar="TIME", help="From then on: a time, or 90s, 45m, 12h, 30d, 2w."
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        parser=parse_time, metavar="TIME", help="Before then: a time, or 90s, 45m, 12h, 30d, 2w."
    ),
]
After = Annotated[
    str, typer.Option(parser=parse_place, metavar="SEQ|latest", help="After which event.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print NDJSON, as the API gives it.")]
AsTable = Annotated[bool, typer.Option("--table", help="Print a table; the default.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV with a head.")]
Explain = Annotated[
    bool, typer.Option("--explain", help="Tell how it was found, and what was read for it.")
]
