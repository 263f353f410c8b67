"""Events of Amazon EventBridge, as a rule sends them to its target."""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue

from polylog.intake.documents import Format
from polylog.intake.formats import cloudevents, cloudtrail
from polylog.model.errors import InvalidParameter, validated
from polylog.model.event import Event, is_key
from polylog.model.times import read_time

_REQUIRED: Final = ("id", "time", "source", "detail-type", "detail")
_KEPT: Final = ("account", "region")
"""Kept as attributes. `replay-name` is left out: it would make a replayed event a different one."""


def is_event(wire: JsonValue) -> bool:
    """Return whether a document is an event of EventBridge."""
    return isinstance(wire, dict) and "detail-type" in wire


def read_event(wire: JsonValue) -> Event:
    """Read an event; a CloudEvent or a record of CloudTrail in its `detail` is the event itself.

    Ours: a single resource becomes the target, and all resources become links.
    Raises `InvalidParameter` with the member's name.
    """
    if not isinstance(wire, dict):
        raise InvalidParameter("event", "must be an object")
    for name in _REQUIRED:
        if name not in wire:
            raise InvalidParameter(name, "is required")
    if cloudevents.is_event(wire["detail"]):
        return cloudevents.read_event(wire["detail"])
    if cloudtrail.is_record(wire["detail"]):
        return cloudtrail.read_event(wire["detail"])
    resources = wire.get("resources") or []
    return validated(
        Event,
        {
            "id": wire["id"],
            "time": read_time(str(wire["time"]), "time"),
            "type": wire["detail-type"],
            "source": wire["source"],
            "target": _target(resources),
            "links": resources,
            "data": wire["detail"],
            "attributes": {name: wire[name] for name in _KEPT if name in wire},
        },
    )


def _target(resources: JsonValue) -> dict[str, JsonValue]:
    match resources:
        case [name] if is_key(name):
            return {"id": name}
    return {}


FORMAT: Final = Format(read_event, is_event=is_event)
