"""CloudEvents 1.0 (CNCF): in JSON, alone or in batches, and in HTTP headers (binary mode).

Implements the JSON event format and the HTTP protocol binding, both 1.0.2. `subject` is the id of
the target. An extension that names a member of our events, such as `severity` or `actorid`, becomes
that member; all others are kept as attributes. Where it says "ours", we decided.

An event is stored in the same form, whichever mode it comes in. So its content type decides the
form of its data: JSON becomes a value, text a string, and other bytes become base64, with the
attribute `dataencoding`. The content type is kept in one spelling. It is left out if it is
`application/json`, the usual one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import unquote

from pydantic import JsonValue

from polylog.intake.documents import Format, read_json, read_one
from polylog.intake.offers import Offered
from polylog.intake.streams import MAX_PIECE
from polylog.model.errors import InvalidBody, InvalidParameter, validated
from polylog.model.event import Event
from polylog.model.times import read_time

NAME: Final = "cloudevents"
MEDIA_TYPE: Final = "application/cloudevents"
"""How the media types of events in JSON begin, for a single event and for a batch."""

_VERSION: Final = "1.0"
_HEADER: Final = "ce-"
_IGNORED: Final = {"specversion", "sequence"}
"""`sequence` is the number that another log gave the event. Ours gives it a new one."""

# Ours. CloudEvents allows only lower-case letters and digits in names of extensions.
_MEMBERS: Final = {
    **{name: (name,) for name in ("id", "type", "source", "time", "data")},
    **{name: (name,) for name in ("origin", "message", "severity", "status", "category")},
    "subject": ("target", "id"),
    "targettype": ("target", "type"),
    "targetname": ("target", "name"),
    "actorid": ("actor", "id"),
    "actortype": ("actor", "type"),
    "actorname": ("actor", "name"),
    "organizationid": ("organization_id",),
    "projectid": ("project_id",),
}
_DATA: Final = ("data", "data_base64", "datacontenttype")
_JSON: Final = "application/json"
_ESCAPED: Final = re.compile(r"\\(.)")
_REQUIRED: Final = ("id", "source", "type", "time")
"""Ours: `time` too. Without it, the same event would get another time when it is sent again."""


def is_event(wire: JsonValue) -> bool:
    """Return whether a document is a CloudEvent."""
    return isinstance(wire, dict) and "specversion" in wire


def read_event(wire: JsonValue) -> Event:
    """Read an event; raises `InvalidParameter` with the name of the attribute."""
    if not isinstance(wire, dict):
        raise InvalidParameter("event", "must be an object")
    if wire.get("specversion") != _VERSION:
        raise InvalidParameter("specversion", f"must be '{_VERSION}'")
    if "data" in wire and "data_base64" in wire:
        raise InvalidParameter("data_base64", "must not be given together with data")
    given = {name: value for name, value in wire.items() if value is not None or name == "data"}
    for name in _REQUIRED:
        if given.get(name) in (None, ""):
            raise InvalidParameter(name, "is required")
    return validated(Event, _canonical(given))


FORMAT: Final = Format(read_event, is_event=is_event)


def is_binary(headers: Mapping[str, str]) -> bool:
    """Return whether a request is in binary mode: attributes in headers, data in the body.

    In the other modes headers may repeat attributes, so the content type decides as well.
    """
    media_type = headers.get("content-type", "").lower()
    return f"{_HEADER}specversion" in headers and not media_type.startswith(MEDIA_TYPE)


def read_binary(headers: Mapping[str, str], body: bytes, scope: str) -> Offered:
    """Read the event of a request in binary mode, or return why it is refused."""
    try:
        wire = {
            name.removeprefix(_HEADER): _unescaped(name, value)
            for name, value in headers.items()
            if name.startswith(_HEADER)
        }
        wire |= _carried(headers.get("content-type", ""), body)
    except (InvalidBody, InvalidParameter) as error:
        return error
    return read_one(wire, FORMAT, scope)


def _unescaped(name: str, value: str) -> JsonValue:
    """Return a header's value without quotes and percent-encoding (section 3.1.3.2)."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = _ESCAPED.sub(r"\1", value[1:-1])
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidParameter(name, "must be percent-encoded UTF-8") from error


def _carried(content_type: str, body: bytes) -> dict[str, JsonValue]:
    """Return the attributes that a body gives an event: its data and its content type."""
    if not body:
        return {}
    if len(body) > MAX_PIECE:
        raise InvalidBody(f"the data has more than {MAX_PIECE} bytes")
    typed: dict[str, JsonValue] = {"datacontenttype": content_type} if content_type else {}
    if content_type and _is_json(content_type):
        return typed | {"data": read_json(body)}
    return typed | {"data_base64": base64.b64encode(body).decode()}


def _canonical(given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the members of our event for the attributes and data of a CloudEvent."""
    event: dict[str, JsonValue] = {}
    entities: dict[str, dict[str, JsonValue]] = {}
    attributes: dict[str, JsonValue] = {}
    for name, value in _with_one_form(given).items():
        match _MEMBERS.get(name):
            case None if name not in _IGNORED:
                attributes[name] = _extension(name, value)
            case (member,):
                event[member] = value
            case (entity, member):
                entities.setdefault(entity, {})[member] = value
    return event | entities | {"time": read_time(given["time"], "time"), "attributes": attributes}


def _with_one_form(given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the attributes, with the data in the form that its content type asks for."""
    content_type = _content_type(_text("datacontenttype", given.get("datacontenttype", "")))
    others = {name: given[name] for name in given if name not in _DATA}
    typed = {"datacontenttype": content_type} if content_type not in ("", _JSON) else {}
    return others | typed | _data(given, content_type)


def _data(given: Mapping[str, JsonValue], content_type: str) -> dict[str, JsonValue]:
    data = given.get("data")
    if "data_base64" in given:
        content = _base64(given["data_base64"])
    elif isinstance(data, str) and not _is_json(content_type):
        content = data.encode()
    else:
        return {"data": data}
    if _is_json(content_type):
        try:
            return {"data": read_json(content)}
        except InvalidBody as error:
            if content_type:
                raise InvalidParameter("data_base64", f"must be JSON, but is {error}") from error
    elif _is_text(content_type):
        with suppress(UnicodeDecodeError):
            return {"data": content.decode()}
    return {"data": base64.b64encode(content).decode(), "dataencoding": "base64"}


def _content_type(text: str) -> str:
    """Return a content type in one spelling, without `charset=utf-8`."""
    media_type, *parameters = (part.strip() for part in text.split(";"))
    named = (parameter.partition("=") for parameter in parameters if parameter)
    spelt = (f"{name.strip().lower()}={value.strip()}" for name, _, value in named)
    kept = (each for each in spelt if each.lower().replace('"', "") != "charset=utf-8")
    return ";".join([media_type.lower(), *kept])


def _is_json(content_type: str) -> bool:
    """Return whether data of this type is JSON (section 3.1.1 of the JSON format).

    Data without a type is JSON too.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "" or media_type.endswith(("/json", "+json"))


def _is_text(content_type: str) -> bool:
    media_type = content_type.partition(";")[0]
    return media_type.startswith("text/") or media_type.endswith(("/xml", "+xml", "/yaml"))


def _base64(value: JsonValue) -> bytes:
    try:
        return base64.b64decode(_text("data_base64", value), validate=True)
    except ValueError as error:
        raise InvalidParameter("data_base64", "must be base64") from error


def _text(name: str, value: JsonValue) -> str:
    if not isinstance(value, str):
        raise InvalidParameter(name, "must be a string")
    return value


def _extension(name: str, value: JsonValue) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int():
            return str(value)
    raise InvalidParameter(name, "must be a text, a whole number, or true or false")
