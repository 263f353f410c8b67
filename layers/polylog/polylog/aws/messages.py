"""Messages that carry events, in any of the envelopes they come in.

A body is JSON: one event, an array of events, or `{"events": [...]}`. Each event is one of
Polylog's own API, a CloudEvent, an event of EventBridge or a record of CloudTrail; its form says
which. A notification of SNS may wrap the whole body. With the attribute `format`, the body is in
the format of another API. The attribute `scope` says where the events belong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from pydantic import JsonValue

from polylog.api.auth import is_scope
from polylog.dialects import format_named
from polylog.dialects.native.wire import read_event
from polylog.intake.documents import MAX_TOGETHER, Format, read_json, read_one, unpack
from polylog.intake.formats import cloudevents, cloudtrail, eventbridge
from polylog.intake.offers import Offered
from polylog.model.errors import InvalidParameter
from polylog.model.event import Event
from polylog.model.times import format_rfc3339, read_time

_NOTIFICATION: Final = ("MessageId", "TopicArn", "Message", "Timestamp")


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was sent. Its id and time (microseconds) stay the same if it comes again."""

    id: str
    sent_at: int
    body: str
    attributes: Mapping[str, str]


def read_message(message: Message, scope: str) -> tuple[str, list[Offered]]:
    """Return the scope of a message (or the given one if it names none), and its events.

    Raises `InvalidBody`, `InvalidParameter` or `RequestTooLarge` if the message as a whole cannot
    be read.
    """
    document = _json(message)
    if isinstance(document, dict) and _is_notification(document):
        message = _unwrapped(message, document)
        document = _json(message)
    scope = message.attributes.get("scope", scope)
    if not is_scope(scope):
        reason = "must have 1 to 64 letters, digits, '.', '_' or '-', in the message's attributes"
        raise InvalidParameter("scope", reason)
    return scope, [read_one(wire, format, scope) for wire, format in _events(message, document)]


def _json(message: Message) -> JsonValue:
    # A notification inside may name another format, so only lists of our own format are counted
    # before they are built. For the others, the queue's limit of 1 MiB a message is enough.
    return read_json(message.body.encode(errors="replace"), _LISTED.envelope, MAX_TOGETHER)


def _is_notification(document: Mapping[str, JsonValue]) -> bool:
    is_whole = all(isinstance(document.get(name), str) for name in _NOTIFICATION)
    return is_whole and document.get("Type") == "Notification"


def _unwrapped(message: Message, notification: Mapping[str, JsonValue]) -> Message:
    """Return the message that was published to a topic of SNS."""
    attributes = dict(message.attributes)
    published = notification.get("MessageAttributes")
    for name, value in published.items() if isinstance(published, dict) else ():
        match value:
            case {"Type": "String", "Value": str(text)}:
                attributes[name] = text
    return replace(
        message,
        id=str(notification["MessageId"]),
        sent_at=read_time(str(notification["Timestamp"]), "Timestamp"),
        body=str(notification["Message"]),
        attributes=attributes,
    )


def _events(message: Message, document: JsonValue) -> list[tuple[JsonValue, Format]]:
    """Return the events of a document, each with its format."""
    name = message.attributes.get("format", _OWN)
    if name != _OWN:
        format = format_named(name)
        return [(wire, format) for wire in unpack(document, format, MAX_TOGETHER)]
    is_alone = cloudevents.is_event(document)
    wires = [document] if is_alone else unpack(document, _LISTED, MAX_TOGETHER)
    if len(wires) == 1 and wires[0] is document:
        return [(document, _format(document, message, message.id))]
    return [
        (wire, _format(wire, message, f"{message.id}-{number}"))
        for number, wire in enumerate(wires, 1)
    ]


def _format(wire: JsonValue, message: Message, event_id: str) -> Format:
    """Return the format of an event, judged by its form; an event of our own may lack an id."""
    if cloudevents.is_event(wire):
        return cloudevents.FORMAT
    if eventbridge.is_event(wire):
        return eventbridge.FORMAT
    if cloudtrail.is_record(wire):
        return cloudtrail.FORMAT
    return Format(partial(_read_own, event_id=event_id, sent_at=message.sent_at))


def _read_own(wire: JsonValue, event_id: str, sent_at: int) -> Event:
    """Read one of our own events; without an id, it gets the given id and time."""
    if isinstance(wire, dict) and "id" not in wire:
        wire = {"id": event_id, "time": format_rfc3339(sent_at), **wire}
    return read_event(wire)


_OWN: Final = "native"
_LISTED: Final = Format(read_event, envelope=("events",))
