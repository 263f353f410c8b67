"""`/me` and `/keys`: what your key allows, and the keys of its scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NotRequired

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
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

    key_id: Annotated[str, Field(description="The id of the key to revoke.")]


def _read_expiry(value: object) -> int | None:
    return None if value is None else parse_time(value)


class NewKey(BaseModel):
    """What a new key allows. It belongs to the scope of your key, which makes it.

    `organization_id` and `project_id` confine it to events of that organization or project. It is
    confined at least like your key, and expires with your key or earlier. If you leave out the
    organization, the project or the time, the new key has those of your key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    permissions: Annotated[tuple[Permission, ...], Field(min_length=1)]
    organization_id: Key | None = None
    project_id: Key | None = None
    expires_at: Annotated[
        int | None,
        BeforeValidator(_read_expiry),
        Field(
            description="When the key expires, in RFC 3339. It cannot be later than for your key.",
        ),
        WithJsonSchema({"type": ["string", "null"], "format": "date-time"}),
    ] = None


class Own(TypedDict):
    """What a key allows, and where: in its whole scope, an organization or a project.

    Without `expires_at`, the key does not expire.
    """

    key_id: str
    scope: str
    permissions: list[Permission]
    organization_id: NotRequired[str]
    project_id: NotRequired[str]
    expires_at: NotRequired[str]


class KnownKey(TypedDict):
    """A key of the scope, without its secret."""

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
    """A new key, with everything that a client needs.

    `token` is for all APIs that take a token. `access_key` and `secret_key` are for APIs that take
    signed requests. An organization, a project and an end that you left out may be those of your
    key.
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
    """Return what the key of this request allows."""
    return Response.of({"scope": call.principal.scope, **_allowed(call.principal)})


def list_keys(call: Call, params: StrictParams) -> Response:
    """List the keys of the scope, including revoked ones, the oldest first.

    A confined key sees only keys that are confined in the same way.
    """
    now = call.services.clock.now()
    return Response.of({"keys": [_render(key, now) for key in call.visible_keys()]})


def create_key(call: Call, params: StrictParams) -> Response:
    """Make a key, and return its secret, which you cannot read again later.

    For example, `{"permissions": ["read"], "project_id": "space-1"}` makes a key that reads the
    events of one project.
    """
    body = call.request.body
    if len(body) > MAX_FORM_BYTES:
        raise RequestTooLarge(f"the description of a key may have at most {MAX_FORM_BYTES} bytes")
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
    """Revoke a key for good.

    A client that has just used it may go on reading for up to a minute.
    """
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
    """Return the times in RFC 3339, without those that are None."""
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
