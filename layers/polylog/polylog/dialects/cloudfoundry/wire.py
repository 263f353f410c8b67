"""A Cloud Foundry event resource: read into an `Event`, and rendered from one as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, JsonValue, SkipValidation

from polylog.dialects.cloudcontroller.members import Time
from polylog.model.errors import validated
from polylog.model.event import Entity, Event, Key, KeyOrEmpty
from polylog.model.times import format_seconds

_UNESCAPED = ":,/=?@!$'()*~-._"


def escape(text: str) -> str:
    """Escape a text for a URL as the server's library Addressable does.

    >>> escape("type IN a,b")
    'type%20IN%20a,b'
    """
    return quote(text, safe=_UNESCAPED)


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EventMetadata(_Wire):
    """The id and the times of the event; `url` is its path below the API's root."""

    guid: Key
    url: str | None = None
    created_at: Time | None = None
    updated_at: Time | None = None


class EventEntity(_Wire):
    """What happened, who did it (`actor`), and to what (`actee`).

    `timestamp` is when it happened. `metadata` is what else is known, as an object. A member that
    an event of another system lacks is an empty text, and its `actor_name` null.
    """

    type: Key
    actor: KeyOrEmpty
    actor_type: str
    actor_name: str | None
    actor_username: str | None = None
    actee: KeyOrEmpty
    actee_type: str
    actee_name: str
    timestamp: Time
    metadata: dict[str, SkipValidation[JsonValue]] = {}
    space_guid: KeyOrEmpty | None = None
    organization_guid: KeyOrEmpty | None = None


class EventResource(_Wire):
    """An event: its id in `metadata`, and what happened in `entity`."""

    metadata: EventMetadata
    entity: EventEntity


def read_event(wire: JsonValue) -> Event:
    """Read an event resource. Raises `InvalidParameter` with the path of the member that is wrong.

    The event keeps `created_at` only if it differs from the timestamp. It keeps `actor_username`,
    which servers have sent since 2017, only if it is there.
    """
    resource = validated(EventResource, wire)
    metadata, entity = resource.metadata, resource.entity
    return Event(
        id=metadata.guid,
        time=entity.timestamp,
        type=entity.type,
        actor=Entity(id=entity.actor or None, type=entity.actor_type, name=entity.actor_name),
        target=Entity(id=entity.actee or None, type=entity.actee_type, name=entity.actee_name),
        project_id=entity.space_guid or None,
        organization_id=entity.organization_guid or None,
        data=entity.metadata,
        attributes=_read_attributes(metadata, entity),
    )


def _read_attributes(metadata: EventMetadata, entity: EventEntity) -> Mapping[str, str | None]:
    attributes: dict[str, str | None] = {}
    if metadata.created_at not in (None, entity.timestamp):
        attributes["created_at"] = format_seconds(metadata.created_at)
    if metadata.updated_at is not None:
        attributes["updated_at"] = format_seconds(metadata.updated_at)
    if "actor_username" in entity.model_fields_set:
        attributes["actor_username"] = entity.actor_username
    return attributes


def render_event(event: Event) -> dict[str, object]:
    """Render an event resource, with its members in the document's order.

    A member that the event lacks is `""`, or null for the actor's name. Ours: `data` that is not an
    object becomes the member `data` of one.
    """
    timestamp = format_seconds(event.time)
    attributes = event.attributes
    named = "actor_username" in attributes
    return {
        "metadata": {
            "guid": event.id,
            "url": f"/v2/events/{escape(event.id)}",
            "created_at": attributes.get("created_at") or timestamp,
            "updated_at": attributes.get("updated_at"),
        },
        "entity": {
            "type": event.type,
            "actor": event.actor.id or "",
            "actor_type": event.actor.type or "",
            "actor_name": event.actor.name,
            **({"actor_username": attributes["actor_username"]} if named else {}),
            "actee": event.target.id or "",
            "actee_type": event.target.type or "",
            "actee_name": event.target.name or "",
            "timestamp": timestamp,
            "metadata": event.data_object,
            "space_guid": event.project_id or "",
            "organization_guid": event.organization_id or "",
        },
    }
