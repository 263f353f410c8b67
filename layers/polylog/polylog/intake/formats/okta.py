"""Events of Okta's System Log, as its API lists them.

Implements the object `LogEvent` of Okta's System Log API. The API gives arrays, and headers link
their pages. What becomes what:

::

    uuid                        id
    published                   time
    eventType                   type, cut to 256 characters (ours)
    actor                       actor: id, type, displayName (alternateId where that is missing)
    target[0]                   target, from the same members; the others are only in data
    client.ipAddress            source
    outcome.result              status
    severity                    severity, as it is: DEBUG, INFO, WARN or ERROR
    displayMessage              message
    everything                  data

An id that is too long for an event becomes a hash. Other values that are too long for an index are
only in `data`.
"""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue

from polylog.intake.documents import Format
from polylog.intake.records import event_id, key, record_of, required, text
from polylog.model.errors import validated
from polylog.model.event import MAX_KEY_LENGTH, Event
from polylog.model.times import A_TIME, read_time

_MEMBERS: Final = ("uuid", "published", "eventType")


def is_event(wire: JsonValue) -> bool:
    """Return whether a document is an event of the System Log."""
    return isinstance(wire, dict) and all(isinstance(wire.get(name), str) for name in _MEMBERS)


def read_event(wire: JsonValue) -> Event:
    """Read an event; raises `InvalidParameter` with the member's name."""
    record = record_of(wire)
    return validated(
        Event,
        {
            "id": event_id(required(record, "uuid", "the id of the event")),
            "time": read_time(required(record, "published", A_TIME), "published"),
            "type": required(record, "eventType", "a type like user.session.start")[
                :MAX_KEY_LENGTH
            ],
            "source": key(record, "client", "ipAddress"),
            "message": text(record, "displayMessage"),
            "severity": text(record, "severity"),
            "status": text(record, "outcome", "result"),
            "actor": _entity(record.get("actor")),
            "target": _entity(_first(record.get("target"))),
            "data": record,
        },
    )


FORMAT: Final = Format(read_event, is_event=is_event)


def _first(targets: JsonValue) -> JsonValue:
    return targets[0] if isinstance(targets, list) and targets else None


def _entity(entity: JsonValue) -> dict[str, str | None]:
    return {
        "id": key(entity, "id"),
        "type": text(entity, "type"),
        "name": text(entity, "displayName") or text(entity, "alternateId"),
    }
