"""An event as this API writes it: the canonical members, with the time in RFC 3339."""

from __future__ import annotations

from typing import Final, Literal, NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from polylog.model.errors import InvalidParameter, validated
from polylog.model.event import Event, new_id
from polylog.model.times import format_rfc3339, read_time


class Entity(TypedDict, total=False):
    """Who acted, or what they acted on."""

    id: str
    type: str
    name: str


class WireEvent(TypedDict):
    """One thing that happened; members that an event lacks are left out."""

    id: str
    seq: int
    time: str
    type: str
    origin: Literal["system", "custom"]
    source: NotRequired[str]
    message: NotRequired[str]
    severity: NotRequired[str]
    status: NotRequired[str]
    category: NotRequired[str]
    actor: NotRequired[Entity]
    target: NotRequired[Entity]
    organization_id: NotRequired[str]
    project_id: NotRequired[str]
    links: NotRequired[list[str]]
    data: NotRequired[JsonValue]
    attributes: NotRequired[dict[str, str | None]]


def is_event(wire: JsonValue) -> bool:
    """Return whether a value is an object with a type and no members that an event cannot have."""
    return isinstance(wire, dict) and "type" in wire and wire.keys() <= _MEMBERS


_MEMBERS: Final = WireEvent.__annotations__.keys()


def read_event(wire: JsonValue, now: int | None = None) -> Event:
    """Read an event; raises `InvalidParameter` with the member's name.

    If `now` (in microseconds) is given, an event without an id gets a new one, and an event without
    both id and time also gets the time `now`. Read again, it would be another event. A `seq` is
    ignored, because an event gets it when it is stored.
    """
    if not isinstance(wire, dict):
        raise InvalidParameter("event", "must be an object")
    values: dict[str, object] = {name: wire[name] for name in wire if name != "seq"}
    values["time"] = time = _read_time(wire, now)
    if now is not None:
        values.setdefault("id", new_id(time))
    return validated(Event, values)


def _read_time(wire: dict[str, JsonValue], now: int | None) -> int:
    match wire.get("time"):
        case None if "id" in wire:
            reason = "is required with an id: sent again, the event would have another one"
            raise InvalidParameter("time", reason)
        case None if now is not None:
            return now
        case None:
            raise InvalidParameter("time", "is required")
        case str(text):
            return read_time(text, "time")
        case _:
            raise InvalidParameter("time", "must be a text like 2026-03-01T12:00:00.25Z")


def render_event(event: Event) -> dict[str, object]:
    """Render an event; members that it lacks are left out."""
    members = vars(event) | {
        "time": format_rfc3339(event.time),
        "actor": event.actor.known() or None,
        "target": event.target.known() or None,
        "links": list(event.links) or None,
        "attributes": event.attributes or None,
    }
    return {name: value for name, value in members.items() if value is not None}
