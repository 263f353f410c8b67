"""Reads members from records that other systems wrote.

A member that is null, empty or of another type than documented counts as missing. Nothing is lost:
the event's `data` keeps the whole record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from pydantic import JsonValue

from polylog.model.errors import InvalidParameter, shown
from polylog.model.event import is_key


def record_of(wire: JsonValue) -> dict[str, JsonValue]:
    """Return a record's members; raises `InvalidParameter` if it is not an object."""
    if not isinstance(wire, dict):
        raise InvalidParameter("event", "must be an object")
    return wire


def member(record: JsonValue, *path: str) -> JsonValue:
    """Return the member at a path of names, or None if there is none.

    >>> member({"client": {"ipAddress": "192.0.2.1"}}, "client", "ipAddress")
    '192.0.2.1'
    """
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def text(record: JsonValue, *path: str) -> str | None:
    """Return the text at a path, or a whole number as text."""
    value = member(record, *path)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def key(record: JsonValue, *path: str) -> str | None:
    """Return the text at a path if an index can hold it."""
    found = text(record, *path)
    return found if is_key(found) else None


def required(record: Mapping[str, JsonValue], name: str, wanted: str) -> str:
    """Return a text that a record must have.

    `wanted` says what it must be, like "a UUID". Raises `InvalidParameter` with that.
    """
    value = record.get(name)
    if value is None or value == "":
        raise InvalidParameter(name, f"is required: {wanted}")
    if not isinstance(value, str):
        raise InvalidParameter(name, f"must be {wanted} but was '{shown(value)}'")
    return value


def event_id(name: str) -> str:
    """Return a record's name as an event's id; a name that is too long becomes a hash."""
    return name if is_key(name) else content_hash(name)


def content_hash(value: JsonValue) -> str:
    """Return a hash of a value in 64 hex digits.

    The order of members does not change it, and neither do members that are null.
    """
    canonical = json.dumps(_without_nulls(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _without_nulls(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
