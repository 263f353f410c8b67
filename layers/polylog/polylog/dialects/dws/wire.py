"""DWS's EventResponse: read into an `Event`, and rendered from one as it was read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from polylog.dialects.huawei.members import MILLISECOND, Milliseconds, gaps, with_gaps
from polylog.model.errors import validated
from polylog.model.event import Entity, Event, Key, KeyOrEmpty

_SAVED: Final = 1
"""The status of an event that is not processed yet."""

_STATUS = re.compile(r"-?\d{1,18}", re.ASCII)
_ATTRIBUTES: Final = ("description", "display_name", "subject")


class EventResponse(BaseModel):
    """An event; in an answer, a member that it lacks is an empty text.

    `occur_time` is in milliseconds since 1970, UTC. `name_space` is the service that the event
    belongs to, and the `source_…` members are the object it happened to. `status` is 1 for an event
    that is saved and not processed yet. Ours: an event must have an id, a name and a time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: str | None = None
    description: str | None = None
    event_id: Key
    name: Key
    display_name: str | None = None
    name_space: KeyOrEmpty | None = None
    severity: str | None = None
    source_type: str | None = None
    occur_time: Milliseconds
    project_id: str | None = None
    source_id: KeyOrEmpty | None = None
    source_name: str | None = None
    status: Annotated[int, Field(strict=True, gt=-(10**18), lt=10**18)] | None = None
    subject: str | None = None
    context: str | None = None


def read_event(wire: JsonValue) -> Event:
    """Read an event. Raises `InvalidParameter` with the name of the member that is wrong."""
    response = validated(EventResponse, wire)
    return Event(
        id=response.event_id,
        time=response.occur_time * MILLISECOND,
        type=response.name,
        source=response.name_space or None,
        message=response.context or None,
        severity=response.severity or None,
        status=None if response.status is None else str(response.status),
        category=response.category or None,
        target=Entity(
            id=response.source_id or None,
            type=response.source_type or None,
            name=response.source_name or None,
        ),
        attributes=_read_attributes(response),
    )


def _read_attributes(response: EventResponse) -> Mapping[str, str | None]:
    known = {name: getattr(response, name) for name in _ATTRIBUTES}
    given = {name: value for name, value in known.items() if value}
    return given | gaps([response], but=("project_id",))


def render_event(event: Event, scope: str) -> dict[str, object]:
    """Render an event, with its members in the document's order.

    A member that the event lacks is `""`. A status that is not a number becomes 1, "saved".
    """
    attributes = event.attributes
    members = {
        "category": event.category or "",
        "description": attributes.get("description") or "",
        "event_id": event.id,
        "name": event.type,
        "display_name": attributes.get("display_name") or "",
        "name_space": event.source or "",
        "severity": event.severity or "",
        "source_type": event.target.type or "",
        "occur_time": event.time // MILLISECOND,
        "project_id": scope,
        "source_id": event.target.id or "",
        "source_name": event.target.name or "",
        "status": _render_status(event.status or ""),
        "subject": attributes.get("subject") or "",
        "context": event.message or "",
    }
    return with_gaps(members, attributes)


def _render_status(status: str) -> int:
    return int(status) if _STATUS.fullmatch(status) else _SAVED
