"""`polylog keys`: creates, lists and revokes access keys, directly in the tables."""

from __future__ import annotations

from typing import Annotated

import typer

from polylog.api.auth import PERMISSIONS, AccessKey, Permission, Principal, Restriction
from polylog.model import times
from polylog.model.event import MAX_KEY_LENGTH
from polylog_cli.client.credentials import Credentials
from polylog_cli.commands.examples import examples
from polylog_cli.commands.moments import parse_length
from polylog_cli.commands.options import Data, Stack, parse_scope
from polylog_cli.commands.tables import opened
from polylog_cli.local.home import DEFAULT_DATA
from polylog_cli.output.console import MARKUP, failure, notice, printable
from polylog_cli.output.pager import print_whole


def parse_key(text: str) -> str:
    """Read the id of an organization or a project."""
    if not 0 < len(text) <= MAX_KEY_LENGTH:
        raise typer.BadParameter(f"an id has 1 to {MAX_KEY_LENGTH} characters")
    return text


def parse_permissions(text: str) -> frozenset[Permission]:
    """Read permissions, separated by commas."""
    names = {name.strip() for name in text.split(",")}
    if not names <= set(PERMISSIONS):
        raise typer.BadParameter(f"{text}: give any of {', '.join(PERMISSIONS)}, with commas")
    return frozenset(name for name in PERMISSIONS if name in names)


def parse_expiry(text: str) -> int:
    """Read a length of time, like `30d`, `12h`, `45m` or `90s`; return when it ends."""
    length = parse_length(text)
    end = None if length is None else times.now() + length
    if end is None or end > times.LATEST:
        raise typer.BadParameter(f"{text}: give it like 30d, 12h, 45m or 90s, up to the year 9999")
    return end


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=MARKUP,
    help="Create, list and revoke access keys.",
)

Scope = Annotated[
    str,
    typer.Option(
        parser=parse_scope, metavar="SCOPE", help="The scope that the key opens, like demo."
    ),
]
Organization = Annotated[
    str | None,
    typer.Option(
        parser=parse_key, metavar="ID", help="Limit the key to this organization's events."
    ),
]
Project = Annotated[
    str | None,
    typer.Option(parser=parse_key, metavar="ID", help="Limit the key to this project's events."),
]


@app.command(epilog=examples("keys create"))
def create(
    scope: Scope,
    permissions: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="What the key allows: read, write (to send events) or admin (to manage keys); "
            "give several with commas.",
        ),
    ] = "read",
    organization: Organization = None,
    project: Project = None,
    expires: Annotated[
        str | None,
        typer.Option(
            metavar="LENGTH",
            help="How long the key is valid, like 30d, 12h or 45m; default: it never expires.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print a credentials.json, not the token alone."),
    ] = False,
    stack: Stack = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Create a key and print it.

    It holds a secret that is stored nowhere, so you cannot see it again.
    """
    granted = parse_permissions(permissions)
    expires_at = None if expires is None else parse_expiry(expires)
    with opened(stack, data) as log:
        restriction = Restriction(organization, project)
        credential = log.keys.create(scope, granted, restriction, expires_at)
    credentials = Credentials.of(log.url, scope, credential)
    notice(_described(Principal(credential.key_id, scope, granted, restriction, expires_at)))
    print(credentials.json() if as_json else credentials.token)


@app.command("list", epilog=examples("keys list"))
def list_keys(scope: Scope, stack: Stack = None, data: Data = DEFAULT_DATA) -> None:
    """List the keys of a scope, including revoked ones."""
    with opened(stack, data) as log:
        found = log.keys.list(scope)
    names = ("key id", "permissions", "organization", "project", "created", "state")
    print_whole(names, map(_row, found))
    if not found:
        notice(f"there are no keys in scope {scope}")


@app.command(epilog=examples("keys revoke"))
def revoke(
    key_id: Annotated[
        str, typer.Argument(metavar="KEY_ID", help="The id, as `keys list` shows it.")
    ],
    stack: Stack = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Revoke a key for good.

    It stops writing at once. Clients that use it may go on reading for a minute.
    """
    with opened(stack, data) as log:
        key = log.keys.get(key_id, fresh=True) if key_id else None
        if key is None:
            raise failure(f"there is no key {key_id}")
        log.keys.revoke(key.principal.scope, key_id)
    print(f"{key_id} is revoked; clients that use it may go on reading for a minute")


def _described(made: Principal) -> str:
    """Return what a new key allows, and until when, in a sentence."""
    known = {"scope": made.scope, **made.restriction.known()}
    places = ", ".join(f"{name.removesuffix('_id')} {value}" for name, value in known.items())
    allowed = f"{made.key_id} allows {', '.join(sorted(made.permissions))} in {places}"
    expires = f"until {times.format_seconds(made.expires_at)}" if made.expires_at else ""
    return printable(f"{allowed}, {expires or 'and never expires'}")


def _row(key: AccessKey) -> tuple[str, ...]:
    principal = key.principal
    return (
        principal.key_id,
        ",".join(sorted(principal.permissions)),
        principal.restriction.organization_id or "",
        principal.restriction.project_id or "",
        times.format_seconds(key.created_at),
        _state(key),
    )


def _state(key: AccessKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {times.format_seconds(key.revoked_at)}"
    if key.principal.expires_at is None:
        return "valid"
    word = "valid until" if key.is_valid(times.now()) else "expired"
    return f"{word} {times.format_seconds(key.principal.expires_at)}"
