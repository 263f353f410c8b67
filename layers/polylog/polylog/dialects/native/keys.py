"""`GET /me` and `/keys`: what your key allows, and the keys of a scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NotRequired

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import TypedDict

from polylog.api.auth import AccessKey, Permission, Principal, Restriction
from polylog.api.call import Call
from polylog.api.http import JSON, MAX_FORM_BYTES, Response
from polylog.dialects.native.strict import StrictParams
from polylog.intake.documents import read_json
from polylog.model.errors import InvalidParameter, RequestTooLarge, validated
from polylog.model.event import Key
from polylog.model.times import format_rfc3339, parse_time


class KeyParams(StrictParams):
    """The key in the path."""

    key_id: Annotated[str, Field(description="The key's id.")]


def _read_expiry(value: object) -> int | None:
    return None if value is None else parse_time(value)


class NewKey(BaseModel):
    """What a new key allows; it belongs to the scope of the key that makes it.

    It is confined like that key, or more, and expires with that key, or earlier. An organization,
    a project and a time that you leave out are those of that key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    permissions: Annotated[tuple[Permission, ...], Field(min_length=1)]
    organization_id: Key | None = None
    project_id: Key | None = None
    expires_at: Annotated[
        int | None,
        BeforeValidator(_read_expiry),
        Field(
            description="When the key expires, in RFC 3339: not after the key that makes it.",
            json_schema_extra={"type": "string", "format": "date-time"},
        ),
    ] = None


class Own(TypedDict):
    """What a key allows, in all of its scope or in a part of it."""

    key_id: str
    scope: str
    permissions: list[Permission]
    organization_id: NotRequired[str]
    project_id: NotRequired[str]
    expires_at: NotRequired[str]


class KnownKey(TypedDict):
    """A key of the scope."""

    key_id: str
    permissions: list[Permission]
    organization_id: NotRequired[str]
    project_id: NotRequired[str]
    created_at: str
    expires_at: NotRequired[str]
    revoked_at: NotRequired[str]
    state: Literal["valid", "expired", "revoked"]


class Keys(TypedDict):
    """The keys of the scope, the oldest first."""

    keys: list[KnownKey]


class CreatedKey(TypedDict):
    """Everything a client needs; the access key and its secret are for signed requests.

    What you left out may come from the key that made it: where it is confined to, and its end.
    """

    url: str
    scope: str
    key_id: str
    token: str
    access_key: str
    secret_key: str
    permissions: list[Permission]
    organization_id: NotRequired[str]
    project_id: NotRequired[str]
    expires_at: NotRequired[str]


def me(call: Call, params: StrictParams) -> Response:
    """Show what the key of this request allows."""
    return Response.of({"scope": call.principal.scope, **_allowed(call.principal)})


def list_keys(call: Call, params: StrictParams) -> Response:
    """List the keys of the scope, including revoked ones, the oldest first."""
    now = call.services.clock.now()
    return Response.of({"keys": [_render(key, now) for key in call.visible_keys()]})


def create_key(call: Call, params: StrictParams) -> Response:
    """Make a key and show its secret, which you cannot read again later."""
    body = call.request.body
    if len(body) > MAX_FORM_BYTES:
        raise RequestTooLarge(f"a key is described in at most {MAX_FORM_BYTES} bytes")
    new = validated(NewKey, read_json(body), "key")
    if new.expires_at is not None and new.expires_at <= call.services.clock.now():
        raise InvalidParameter("expires_at", "must lie in the future")
    own = call.principal.restriction
    restriction = Restriction(
        new.organization_id or own.organization_id, new.project_id or own.project_id
    )
    permissions = frozenset(new.permissions)
    credential, end = call.create_key(permissions, restriction, new.expires_at)
    made = Principal(credential.key_id, call.principal.scope, permissions, restriction, end)
    document = {
        "url": call.request.root,
        "scope": made.scope,
        "token": credential.token,
        "access_key": credential.key_id,
        "secret_key": credential.secret,
        **_allowed(made),
    }
    return Response.of(document, status=201, headers=(JSON, ("Cache-Control", "no-store")))


def revoke_key(call: Call, params: KeyParams) -> Response:
    """Revoke a key for good; a reader that has just used it may go on for a minute."""
    call.revoke_key(params.key_id)
    return Response(204, b"")


def _allowed(principal: Principal) -> dict[str, object]:
    return {
        "key_id": principal.key_id,
        "permissions": sorted(principal.permissions),
        **principal.restriction.known(),
        **_rendered({"expires_at": principal.expires_at}),
    }


def _rendered(times: Mapping[str, int | None]) -> dict[str, str]:
    """Return the times that there are, in RFC 3339."""
    return {name: format_rfc3339(time) for name, time in times.items() if time is not None}


def _render(key: AccessKey, now: int) -> dict[str, object]:
    return {
        **_allowed(key.principal),
        **_rendered({"created_at": key.created_at, "revoked_at": key.revoked_at}),
        "state": _state(key, now),
    }


def _state(key: AccessKey, now: int) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "valid" if key.is_valid(now) else "expired"
