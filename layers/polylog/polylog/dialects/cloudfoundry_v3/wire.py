"""An audit event of v3: read into an `Event`, and rendered from one as it was read.

=========================  ======================================================================
member                     becomes
=========================  ======================================================================
`guid`                     `id`
`created_at`               `time`; v2 calls it `entity.timestamp`
`updated_at`               the attribute `updated_at`, unless it equals `created_at`
`type`                     `type`
`actor`                    `actor`: `guid` is its `id`
`target`                   `target`, likewise; v2 calls it the actee
`data`                     `data`; v2 calls it `entity.metadata`
`space.guid`               `project_id`
`organization.guid`        `organization_id`
`links`                    nothing: new ones are made, with the address of the API here
=========================  ======================================================================

Null and missing members are the same. Servers have ids of at most 255 characters. Ours: a longer id
of an actor, target, space or organization, if an index cannot hold it, becomes an attribute instead
(`actor_guid`, `target_guid`, `space_guid`, `organization_guid`), and is shown here as it came. An
event with a `guid` or `type` that is too long for an index is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, JsonValue, SkipValidation

from polylog.dialects.cloudcontroller.members import Time
from polylog.model.errors import validated
from polylog.model.event import Entity, Event, Key, is_key
from polylog.model.times import format_seconds


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(_Wire):
    """Who acted, or what they acted on: an id, a type such as `app`, and a name."""

    guid: str | None = None
    type: str | None = None
    name: str | None = None


class Place(_Wire):
    """The space or the organization in which the event happened."""

    guid: str | None = None


class AuditEvent(_Wire):
    """An audit event; `created_at` is when it happened.

    `actor` did it, and `target` is what it was done to. `data` is what else is known, as an object.
    `actor`, `target`, `space` and `organization` are null if the event has none.
    """

    guid: Key
    created_at: Time
    updated_at: Time | None = None
    type: Key
    actor: Party | None = None
    target: Party | None = None
    data: dict[str, SkipValidation[JsonValue]] = {}
    space: Place | None = None
    organization: Place | None = None
    links: dict[str, SkipValidation[JsonValue]] = {}


def read_event(wire: JsonValue) -> Event:
    """Read an audit event. Raises `InvalidParameter` with the path of the member that is wrong."""
    audit = validated(AuditEvent, _without_nulls(wire))
    guids = _guids(audit)
    return Event(
        id=audit.guid,
        time=audit.created_at,
        type=audit.type,
        actor=_read_party(audit.actor),
        target=_read_party(audit.target),
        project_id=_id(guids["space"]),
        organization_id=_id(guids["organization"]),
        data=audit.data,
        attributes=_read_attributes(audit, guids),
    )


def _without_nulls(wire: JsonValue) -> JsonValue:
    if not isinstance(wire, dict):
        return wire
    return {name: member for name, member in wire.items() if member is not None}


def _guids(audit: AuditEvent) -> dict[str, str | None]:
    named = {
        "actor": audit.actor,
        "target": audit.target,
        "space": audit.space,
        "organization": audit.organization,
    }
    return {name: member.guid if member else None for name, member in named.items()}


def _read_party(party: Party | None) -> Entity:
    return Entity(id=_id(party.guid), type=party.type, name=party.name) if party else Entity()


def _id(guid: str | None) -> str | None:
    return guid if is_key(guid) else None


def _read_attributes(audit: AuditEvent, guids: Mapping[str, str | None]) -> dict[str, str]:
    attributes = {f"{name}_guid": guid for name, guid in guids.items() if guid and not is_key(guid)}
    if audit.updated_at not in (None, audit.created_at):
        attributes["updated_at"] = format_seconds(audit.updated_at)
    return attributes


def render_event(event: Event, base_url: str) -> dict[str, object]:
    """Render an audit event, with its members in the document's order.

    An actor, target, space or organization that the event lacks is null. In an actor or target, a
    missing `guid` or `type` is `""`, a missing `name` null. Ours: `data` that is not an object
    becomes the member `data` of one.
    """
    created_at = format_seconds(event.time)
    attributes = event.attributes
    return {
        "guid": event.id,
        "created_at": created_at,
        "updated_at": attributes.get("updated_at") or created_at,
        "type": event.type,
        "actor": _render_party(event.actor, attributes.get("actor_guid")),
        "target": _render_party(event.target, attributes.get("target_guid")),
        "data": event.data_object,
        "space": _render_place(event.project_id or attributes.get("space_guid")),
        "organization": _render_place(event.organization_id or attributes.get("organization_guid")),
        "links": {"self": {"href": f"{base_url}/audit_events/{quote(event.id)}"}},
    }


def _render_party(entity: Entity, long_guid: str | None) -> dict[str, str | None] | None:
    guid = entity.id or long_guid
    if not guid and not entity.known():
        return None
    return {"guid": guid or "", "type": entity.type or "", "name": entity.name}


def _render_place(guid: str | None) -> dict[str, str] | None:
    return {"guid": guid} if guid else None
