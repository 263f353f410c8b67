"""An event as LookupEvents lists it: the attributes to look it up by, and the record as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NotRequired

from pydantic import JsonValue
from pydantic_core import to_json
from typing_extensions import TypedDict

from polylog.intake.formats.cloudtrail import is_record
from polylog.intake.formats.cloudtrail.actors import SERVICE
from polylog.intake.formats.cloudtrail.targets import resources_of
from polylog.intake.records import event_id, text
from polylog.model.event import Event
from polylog.model.times import SECOND, format_rfc3339

_VERSION: Final = "1.11"
_KIND: Final = "ActivityLog"
_CATEGORY: Final = "ActivityAuditLog"


class Resource(TypedDict):
    """Something that the call acted on, such as a bucket."""

    ResourceType: NotRequired[str]
    ResourceName: NotRequired[str]


class LookedUpEvent(TypedDict):
    """An event; `EventTime` is in seconds since 1970, UTC.

    `CloudTrailEvent` is the whole record as JSON in a text. `ReadOnly` is `true` or `false` as a
    text. A member without a value is missing.
    """

    EventId: str
    EventName: str
    ReadOnly: NotRequired[str]
    AccessKeyId: NotRequired[str]
    EventTime: float
    EventSource: NotRequired[str]
    Username: NotRequired[str]
    Resources: list[Resource]
    CloudTrailEvent: str


def render_event(event: Event) -> dict[str, object]:
    """Render an event, without the members that have no value. An empty `Resources` stays.

    `CloudTrailEvent` is the record as it was sent. Ours: an event of another system is shown as a
    record of CloudTrail.
    """
    shown = {
        "EventId": event.id,
        "EventName": event.type,
        "ReadOnly": _read_only(event.data_object.get("readOnly")),
        "AccessKeyId": text(event.data, "userIdentity", "accessKeyId"),
        "EventTime": event.time / SECOND if event.time % SECOND else event.time // SECOND,
        "EventSource": event.source or None,
        "Username": None if event.actor.type == SERVICE else event.actor.name or None,
        "Resources": [
            _known(ResourceType=type, ResourceName=name) for type, name in _acted_on(event)
        ],
        "CloudTrailEvent": to_json(record_of(event)).decode(),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _read_only(value: JsonValue) -> str | None:
    """Return a truth value as a text; in old records it is a text already."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) and value else None


def _is_own(event: Event) -> bool:
    name = text(event.data, "eventID")
    return name is not None and event_id(name) == event.id and is_record(event.data)


def _acted_on(event: Event) -> tuple[tuple[str | None, str | None], ...]:
    """Return type and name of the resources by which a lookup finds the event.

    Ours: for an event of another system, these are its target and its links.
    """
    if _is_own(event):
        found = [(each.type, each.arn) for each in resources_of(event.data)]
    else:
        target = event.target
        found = [(target.type, target.id or target.name), *((None, link) for link in event.links)]
    return tuple(dict.fromkeys((type, name) for type, name in found if type or name))


def _known(**members: str | None) -> dict[str, str]:
    return {name: value for name, value in members.items() if value}


def record_of(event: Event) -> Mapping[str, JsonValue]:
    """Return the record of an event, as it was sent or made from an event of another system.

    What has no place in a record becomes `additionalEventData`.
    """
    if _is_own(event):
        return event.data_object
    actor = event.actor
    record: dict[str, JsonValue] = {
        "eventVersion": _VERSION,
        "userIdentity": {
            "type": actor.type or "Unknown",
            **_known(principalId=actor.id, userName=actor.name),
        },
        "eventTime": format_rfc3339(event.time),
        "eventSource": event.source,
        "eventName": event.type,
        "awsRegion": event.project_id,
        "additionalEventData": _rest(event),
        "eventID": event.id,
        "resources": [{**_known(ARN=name, type=type)} for type, name in _acted_on(event)],
        "eventType": _KIND,
        "recipientAccountId": event.organization_id,
        "eventCategory": event.category or _CATEGORY,
    }
    return {name: value for name, value in record.items() if value not in (None, "", {}, [])}


def _rest(event: Event) -> dict[str, JsonValue]:
    """Return the members of an event that have no place in a record."""
    rest: dict[str, JsonValue] = {
        "message": event.message,
        "severity": event.severity,
        "status": event.status,
        "target": {**event.target.known()},
        "attributes": {**event.attributes},
        "data": event.data,
    }
    return {name: value for name, value in rest.items() if value not in (None, "", {}, [])}
