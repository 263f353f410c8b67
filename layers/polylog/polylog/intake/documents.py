"""Reads events from JSON: a single event, an array, a list response of an API, or NDJSON."""

from __future__ import annotations

import io
import math
import re
from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, takewhile
from sys import maxsize
from typing import Final

from pydantic import JsonValue
from pydantic_core import from_json

from polylog.intake.offers import Offered
from polylog.intake.streams import Envelope, Inside, Place, values
from polylog.model.errors import InvalidBody, InvalidParameter, RequestTooLarge
from polylog.model.event import MAX_EVENT_BYTES, Event

MAX_DEPTH: Final = 100
"""How deep an event may nest. Clients fail at about 200 levels, and lists add some levels."""

MAX_TOGETHER: Final = 10_000
"""The most events in a message, or in a line of an import: all of them are in memory at once."""

MAX_VALUES: Final = MAX_EVENT_BYTES // 2
"""The most values in an event: each takes at least two bytes, so more make it too long anyway."""

_CONTAINERS: Final = 500
"""The most arrays and objects in an event, on average. One may take 200 bytes of memory."""

_LINE: Final = re.compile(rb"[^ \t\r\n][^\r\n]*+")
"""A line that is not blank, from its first character that is not white space."""

_LOOKED_AT: Final = (dict, list, float)
"""The types of values that can be refused, or that can contain a refused value."""


@dataclass(frozen=True, slots=True)
class Format:
    """How an API writes its events in JSON.

    `read` returns the event of a JSON value, or raises `InvalidParameter` with a member's name.
    `envelope` names the member of the API's list response that has the events, as in
    `{"resources": [...]}`. An API may have several such lists, each with another name. `scope` is
    the member of an event that names its scope. `is_event` says whether a JSON value is such an
    event, by members that no other format has.
    """

    read: Callable[[JsonValue], Event]
    envelope: Envelope = ()
    scope: str | None = None
    is_event: Callable[[JsonValue], bool] | None = None


def has_members(*names: str) -> Callable[[JsonValue], bool]:
    """Return the function that says whether a value is an object with all these members.

    >>> has_members("uuid", "published")({"uuid": "1", "published": "2026-03-01"})
    True
    """
    return lambda wire: isinstance(wire, dict) and all(name in wire for name in names)


def read_document(text: bytes, format: Format, scope: str, most: int = maxsize) -> list[Offered]:
    """Read an array of events, a list response of the API, or one event.

    An event that names another scope than the given one is refused. Raises `InvalidBody` if the
    text is not JSON, and `RequestTooLarge` if it has more than `most` events.
    """
    wires = unpack(read_json(text, format.envelope, most), format, most)
    return [read_one(wire, format, scope) for wire in wires]


def read_lines(text: bytes, format: Format, scope: str, most: int = maxsize) -> list[Offered]:
    """Read NDJSON, each line like a document; a bad line does not affect the others.

    The events are counted before any is read; raises `RequestTooLarge` for more than `most`.
    """
    _require_few_containers(text, most)
    found = list[JsonValue | InvalidBody]()
    for line in _LINE.finditer(text):
        found += _unpack_line(line[0], format, most)
        if len(found) > most:
            raise _too_many(most)
    return [_read_found(each, format, scope) for each in found]


def read_line(line: bytes, format: Format, scope: str, most: int = maxsize) -> list[Offered]:
    """Read a line of NDJSON; a blank line has no event, and a line that is not JSON is one error.

    Raises `RequestTooLarge` if it has more than `most` events.
    """
    return [_read_found(each, format, scope) for each in _unpack_line(line, format, most)]


def _unpack_line(line: bytes, format: Format, most: int) -> list[JsonValue] | list[InvalidBody]:
    if not line.strip():
        return list[JsonValue]()
    try:
        return unpack(read_json(line, format.envelope, most), format, most)
    except InvalidBody as error:
        return [error]


def _read_found(found: JsonValue | InvalidBody, format: Format, scope: str) -> Offered:
    return found if isinstance(found, InvalidBody) else read_one(found, format, scope)


def read_json(text: bytes, envelope: Envelope = (), most: int = maxsize) -> JsonValue:
    """Read one JSON document (RFC 8259).

    Raises `InvalidBody`, which says what is wrong and where. Raises `RequestTooLarge` before it
    builds any value, if the document or its member `envelope` is an array of more than `most`
    elements, or if the text has more arrays and objects than `most` events may have.
    """
    if _has_more(text, envelope, most):
        raise _too_many(most)
    _require_few_containers(text, most)
    try:
        document: JsonValue = from_json(text.removeprefix(BOM_UTF8), allow_inf_nan=False)
    except ValueError as error:
        raise InvalidBody(f"not JSON: {error}") from error
    return document


def unpack(document: JsonValue, format: Format, most: int = maxsize) -> list[JsonValue]:
    """Return the events of a document, in order: those of an array, a list response, or both.

    Raises `RequestTooLarge` for more than `most`.
    """
    pages = document if isinstance(document, list) else [document]
    found = [event for page in pages for event in _events_of(page, format.envelope)]
    if len(found) > most:
        raise _too_many(most)
    return found


def _events_of(page: JsonValue, envelope: Envelope) -> list[JsonValue]:
    if not isinstance(page, dict):
        return [page]
    events = next((page[name] for name in envelope if name in page), page)
    return events if isinstance(events, list) else [events]


def _has_more(text: bytes, envelope: Envelope, most: int) -> bool:
    """Return whether a document, or the list in it, is an array of more than `most` elements."""
    # Such an array has at least `most` commas, and counting commas is much faster.
    if text.count(b",") < most:
        return False
    found = values(io.BytesIO(text), Place(), envelope, longest=len(text))
    elements = takewhile(lambda piece: piece.inside is not Inside.NOTHING, found)
    return sum(1 for _ in islice(elements, most + 1)) > most


def _require_few_containers(text: bytes, most: int) -> None:
    """Raise `RequestTooLarge` if memory may have no room for the arrays and objects of a text.

    Brackets inside strings count too, because finding out would take as long as reading the text.
    """
    if text.count(b"{") + text.count(b"[") > most * _CONTAINERS:
        raise RequestTooLarge(f"more than {most * _CONTAINERS} arrays and objects at once")


def _too_many(most: int) -> RequestTooLarge:
    return RequestTooLarge(f"more than {most} events at once")


def read_one(wire: JsonValue, format: Format, scope: str) -> Offered:
    """Read an event, or return the error that says why it is refused."""
    try:
        if _count(wire) > MAX_VALUES:
            raise InvalidParameter("event", f"must not hold more than {MAX_VALUES} values")
        event = format.read(wire)
        _require_scope(wire, format, scope)
    except InvalidParameter as error:
        # The error is a value from here on. It must not keep frames and causes in memory.
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    return event


def _require_scope(wire: JsonValue, format: Format, scope: str) -> None:
    if format.scope is not None and isinstance(wire, dict):
        named = wire.get(format.scope)
        if named not in (None, "", scope):
            raise InvalidParameter(
                format.scope, f"must be '{scope}', the scope that it was sent to"
            )


def _count(value: JsonValue, depth: int = 0) -> int:
    """Return how many values a value contains, at all levels.

    Raises `InvalidParameter` if it nests too deep or has an infinite number. Looks only into
    containers and at floats, because most values are texts.
    """
    if isinstance(value, float) and math.isinf(value):
        raise InvalidParameter("event", "must not hold a number beyond 1.8e308")
    if not isinstance(value, dict | list):
        return 0
    if value and depth == MAX_DEPTH:
        raise InvalidParameter("event", f"must not nest deeper than {MAX_DEPTH} levels")
    number = len(value)
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, _LOOKED_AT):
            number += _count(member, depth + 1)
    return number
