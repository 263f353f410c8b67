"""An event as this API writes it: the canonical members, with the time in RFC 3339."""

from __future__ import annotations

from typing import Final, Literal, NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from polylog.model.errors import InvalidParameter, validated
from polylog.model.event import Event, new_id
from polylog.model.times import format_rfc3339, read_time


class Entity(TypedDict, total=False):
    """Who acted, or what they acted on. Each member may be missing."""

    id: str
    type: str
    name: str


class WireEvent(TypedDict):
    """One thing that happened. Members that an event lacks are left out.

    * `id` is unique in the scope, and `seq` the number in the order of arrival.
    * `time` is RFC 3339 in UTC, such as `2026-03-01T12:00:00.25Z`.
    * `type` says what happened, such as `app.crash`, and `message` is a text for people.
    * `origin` is `custom` if the event says so, and `system` otherwise.
    * `source` is where it comes from, such as a service.
    * `severity`, `status` and `category` are any texts.
    * `actor` did it, and `target` is what it was done to.
    * `organization_id` and `project_id` say where it happened.
    * `links` are the addresses of objects that the event is attached to.
    * `data` is any JSON, exactly as it was sent. `attributes` are further texts by name.
    """

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
    """Return whether a value looks like an event: an object with a type and only known members."""
    return isinstance(wire, dict) and "type" in wire and wire.keys() <= _MEMBERS


_MEMBERS: Final = WireEvent.__annotations__.keys()


def read_event(wire: JsonValue, now: int | None = None) -> Event:
    """Read an event. Raises `InvalidParameter` with the name of the member that is wrong.

    If `now` (in microseconds) is given, an event without an id gets a new one, and an event without
    both id and time also gets the time `now`. Read again, it would be another event. A `seq` is
    ignored, because an event gets its number when it is stored.

    >>> read_event({"id": "7", "time": "2026-03-01T12:00:00Z", "type": "door.open"}).time
    1772366400000000
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
    """Render an event, without the members that it lacks."""
    members = vars(event) | {
        "time": format_rfc3339(event.time),
        "actor": event.actor.known() or None,
        "target": event.target.known() or None,
        "links": list(event.links) or None,
        "attributes": event.attributes or None,
    }
    return {name: value for name, value in members.items() if value is not None}
