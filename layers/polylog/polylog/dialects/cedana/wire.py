"""A Cedana event: read into an `Event`, and rendered from one as it was read."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SkipValidation,
)

from polylog.model.errors import validated
from polylog.model.event import Entity, Event, Key, KeyOrEmpty
from polylog.model.times import LATEST, SECOND

_INT64: Final = range(-(2**63), 2**63)
_INTEGER = re.compile(r"0|-?[1-9]\d{0,18}", re.ASCII)


class CedanaEvent(BaseModel):
    """An event.

    `timestamp` is in seconds since 1970, UTC. `metadata` is any JSON. A member that an event of
    another system lacks is an empty text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[int, Field(ge=_INT64[0], le=_INT64[-1])]
    status: str
    operation: Key
    resource_type: str
    message: str
    metadata: SkipValidation[JsonValue]
    source: KeyOrEmpty
    timestamp: Annotated[int, Field(ge=0, le=LATEST // SECOND)]


def read_event(wire: JsonValue) -> Event:
    """Read an event. Raises `InvalidParameter` with the name of the member that is wrong."""
    event = validated(CedanaEvent, wire)
    return Event(
        id=str(event.id),
        time=event.timestamp * SECOND,
        type=event.operation,
        source=event.source,
        message=event.message,
        status=event.status,
        target=Entity(type=event.resource_type),
        data=event.metadata,
    )


def render_event(event: Event) -> dict[str, object]:
    """Render an event, with its members in the document's order.

    A member that the event lacks is `""`. A time before 1970, which this API cannot write, is 0.
    """
    return {
        "id": _number(event),
        "status": event.status or "",
        "operation": event.type,
        "resource_type": event.target.type or "",
        "message": event.message or "",
        "metadata": event.data,
        "source": event.source or "",
        "timestamp": max(0, event.time // SECOND),
    }


def _number(event: Event) -> int:
    """Return the id if it is a 64-bit integer, and the event's `seq` if not."""
    if _INTEGER.fullmatch(event.id) and int(event.id) in _INT64:
        return int(event.id)
    return event.seq
