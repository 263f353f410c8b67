"""An occurrence of an event in Cloud Eye: read into an `Event`, and rendered as it was read.

Events are reported in this form. The details list them in `event_info`, where each also has an
`event_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import from_json, to_json

from polylog.dialects.ces.identity import identify
from polylog.dialects.huawei.members import MILLISECOND, Milliseconds, gaps, with_gaps
from polylog.model.errors import validated
from polylog.model.event import Entity, Event, Key, KeyOrEmpty

Origin = Literal["system", "custom"]

ORIGINS: Final[Mapping[str, Origin]] = {"EVENT.SYS": "system", "EVENT.CUSTOM": "custom"}
EVENT_TYPES: Final[Mapping[str, str]] = {
    origin: event_type for event_type, origin in ORIGINS.items()
}
"""This API's names for the origin of an event."""

SUB_EVENT_TYPES: Final[Mapping[Origin, str]] = {
    "system": "SUB_EVENT.OPS",
    "custom": "SUB_EVENT.CUSTOM",
}
"""The sub type of events that have none."""


class Dimension(BaseModel):
    """A part of the resource that the event happened to, as name and value."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str | None = None
    value: str | None = None


class Detail(BaseModel):
    """What happened, to what, and who did it; unknown members are kept.

    `content` describes it. `event_level` is its severity, `event_state` the state, `event_user` who
    did it. `group_id`, the `resource_…` members and `dimensions` say to what it happened.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    content: str | None = None
    group_id: str | None = None
    resource_id: KeyOrEmpty | None = None
    resource_name: str | None = None
    event_state: str | None = None
    event_level: str | None = None
    event_user: str | None = None
    event_type: Literal["EVENT.SYS", "EVENT.CUSTOM"] | None = None
    sub_event_type: str | None = None
    dimensions: Annotated[tuple[Dimension, ...], Field(fail_fast=True)] | None = None


class Occurrence(BaseModel):
    """One occurrence of an event; `time` is in milliseconds since 1970, UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: Key | None = None
    event_name: Key
    event_source: KeyOrEmpty | None = None
    time: Milliseconds
    detail: Detail


def read_event(wire: JsonValue, model: type[Occurrence] = Occurrence) -> Event:
    """Read an occurrence. Raises `InvalidParameter` with the path of the member that is wrong.

    `model` decides what is acceptable: `Occurrence` takes any time and type.
    """
    occurrence = validated(model, wire)
    detail = occurrence.detail
    event = Event(
        id=occurrence.event_id or "-",
        time=occurrence.time * MILLISECOND,
        type=occurrence.event_name,
        origin=ORIGINS[detail.event_type or "EVENT.CUSTOM"],
        source=occurrence.event_source or None,
        message=detail.content or None,
        severity=detail.event_level or None,
        status=detail.event_state or None,
        actor=Entity(name=detail.event_user or None),
        target=Entity(id=detail.resource_id or None, name=detail.resource_name or None),
        data=detail.model_extra or None,
        attributes=_read_attributes(occurrence),
    )
    if occurrence.event_id is not None:
        return event
    return event.model_copy(update={"id": identify(event, sub_event_type(event))})


def _read_attributes(occurrence: Occurrence) -> Mapping[str, str | None]:
    """Return what is not empty; for an object from an answer, also which members were missing."""
    detail = occurrence.detail
    attributes: dict[str, str | None] = {}
    if detail.group_id:
        attributes["group_id"] = detail.group_id
    if detail.sub_event_type not in (None, _usual_sub_type(detail)):
        attributes["sub_event_type"] = detail.sub_event_type
    if detail.dimensions:
        given = [dimension.model_dump(exclude_unset=True) for dimension in detail.dimensions]
        attributes["dimensions"] = to_json(given).decode()
    if occurrence.event_id is not None:
        attributes |= gaps((occurrence, detail))
    return attributes


def _usual_sub_type(detail: Detail) -> str:
    return SUB_EVENT_TYPES[ORIGINS[detail.event_type or "EVENT.CUSTOM"]]


def sub_event_type(event: Event) -> str:
    """Return the sub type of an event, or the usual one for its origin."""
    own = event.attributes.get("sub_event_type")
    return SUB_EVENT_TYPES[event.origin] if own is None else own


def render_event(event: Event) -> dict[str, object]:
    """Render an occurrence with its id, and its members in the reference's order.

    A member that the event lacks is `""` or `[]`. Ours: members of the event's data that this API
    does not have are added to `detail`.
    """
    attributes = event.attributes
    detail = {
        "content": event.message or "",
        "group_id": attributes.get("group_id") or "",
        "resource_id": event.target.id or "",
        "resource_name": event.target.name or "",
        "event_state": event.status or "",
        "event_level": event.severity or "",
        "event_user": event.actor.name or "",
        "event_type": EVENT_TYPES[event.origin],
        "sub_event_type": sub_event_type(event),
        "dimensions": _render_dimensions(attributes.get("dimensions") or ""),
    }
    data = event.data if isinstance(event.data, dict) else {}
    more = {name: value for name, value in data.items() if name not in detail}
    members = {
        "event_id": event.id,
        "event_name": event.type,
        "event_source": event.source or "",
        "time": event.time // MILLISECOND,
        "detail": with_gaps(detail, attributes) | more,
    }
    return with_gaps(members, attributes)


def _render_dimensions(text: str) -> list[JsonValue]:
    """Read the attribute `dimensions`; from other APIs, it may be any text."""
    try:
        dimensions = from_json(text)
    except ValueError:
        return []
    return dimensions if isinstance(dimensions, list) else []
