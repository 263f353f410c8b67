"""An event of Waldur: read into an `Event`, and rendered from one as it was read."""

from __future__ import annotations

from typing import Annotated
from uuid import NAMESPACE_OID, uuid5

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    SkipValidation,
)
from typing_extensions import TypedDict

from polylog.dialects.waldur.scopes import normal_url, urls_in
from polylog.dialects.waldur.uuids import hex_of
from polylog.model.errors import validated
from polylog.model.event import Entity, Event, Key, is_key
from polylog.model.times import format_rfc3339, parse_time

FIELDS = ("uuid", "created", "event_type", "message", "context")
"""The members of an event, in order."""


class WaldurEvent(TypedDict, total=False):
    """An event, or those of its members that you asked for with `field`.

    `uuid` has 32 hex digits. `created` is the time in RFC 3339, UTC. `context` is what else is
    known, as an object.
    """

    uuid: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    created: Annotated[str, Field(json_schema_extra={"type": "string", "format": "date-time"})]
    event_type: str
    message: str
    context: dict[str, JsonValue]


def _parse_uuid(text: str) -> str:
    digits = hex_of(text)
    if digits is None:
        raise ValueError(f"must be a UUID but was '{text}'")
    return digits


_Time = Annotated[
    int, BeforeValidator(lambda value: parse_time(value, "a time like 2026-10-31T23:58:42Z"))
]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    uuid: Annotated[str, AfterValidator(_parse_uuid)]
    created: _Time
    event_type: Key
    message: str
    context: dict[str, SkipValidation[JsonValue]]
    scopes: (
        Annotated[tuple[Annotated[str, AfterValidator(normal_url)], ...], Field(fail_fast=True)]
        | None
    ) = None


def read_event(wire: JsonValue) -> Event:
    """Read an event. Raises `InvalidParameter` with the name of the member that is wrong.

    `scopes` may name the objects that the event is attached to. The API itself does not show this
    member. Without it, the objects are those that the context names.
    """
    event = validated(_Event, wire)
    context = event.context
    name = context.get("user_username")
    return Event(
        id=event.uuid,
        time=event.created,
        type=event.event_type,
        message=event.message,
        actor=Entity(
            id=_key(context.get("user_uuid")), name=name if isinstance(name, str) else None
        ),
        organization_id=_key(context.get("customer_uuid")),
        project_id=_key(context.get("project_uuid")),
        links=tuple(dict.fromkeys(urls_in(context) if event.scopes is None else event.scopes)),
        data=context,
    )


def _key(value: JsonValue) -> str | None:
    """Return a member of the context as an id, or None if an index cannot hold it.

    A UUID becomes 32 hex digits. The context itself stays unchanged.
    """
    return (hex_of(value) or value) if is_key(value) else None


def render_event(event: Event) -> dict[str, object]:
    """Render an event, with its members in order.

    A member that the event lacks is empty. Ours: `data` that is not an object becomes the member
    `data` of one.
    """
    return {
        "uuid": uuid_of(event.id),
        "created": format_rfc3339(event.time),
        "event_type": event.type,
        "message": event.message or "",
        "context": event.data_object,
    }


def uuid_of(event_id: str) -> str:
    """Return the 32 hex digits of an id. Ours: of an id that is not a UUID, they are a hash."""
    return hex_of(event_id) or uuid5(NAMESPACE_OID, event_id).hex
