"""Reads events from JSON: a single event, an array, a list response of an API, or NDJSON."""

from __future__ import annotations

import math
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from sys import maxsize
from typing import Final

from pydantic import JsonValue
from pydantic_core import from_json

from polylog.intake.offers import Offered
from polylog.model.errors import InvalidBody, InvalidParameter, RequestTooLarge
from polylog.model.event import Event

MAX_DEPTH: Final = 100
"""How deep an event may nest: clients fail at about 200 levels, and lists add some."""

_LINE: Final = re.compile(rb"[^\r\n]+")

_LOOKED_AT: Final = (dict, list, float)
"""The types of values that can be refused, or can contain such a value."""


@dataclass(frozen=True, slots=True)
class Format:
    """How an API writes its events in JSON.

    `read` returns the event of a JSON value, or raises `InvalidParameter` with a member's name.
    `envelope` is the member of the API's list response that holds the events, as in
    `{"resources": [...]}`. `scope` is the member of an event that names its scope.
    """

    read: Callable[[JsonValue], Event]
    envelope: str | None = None
    scope: str | None = None


def read_document(text: bytes, format: Format, scope: str, most: int = maxsize) -> list[Offered]:
    """Read an array of events, a list response of the API, or one event.

    An event that names another scope than the given one is refused. Raises `InvalidBody` if the
    text is not JSON, or if it has more than `most` events.
    """
    wires = unpack(read_json(text), format, most)
    return [read_one(wire, format, scope) for wire in wires]


def read_lines(text: bytes, format: Format, scope: str, most: int = maxsize) -> list[Offered]:
    """Read NDJSON, each line like a document; a bad line does not affect the others.

    The events are counted before any is read; raises `RequestTooLarge` for more than `most`.
    """
    found = list[JsonValue | InvalidBody]()
    for line in _lines(text):
        found += _wires_of(line, format)
        if len(found) > most:
            raise RequestTooLarge(f"more than {most} events in one request")
    return [
        each if isinstance(each, InvalidBody) else read_one(each, format, scope) for each in found
    ]


def _lines(text: bytes) -> Iterator[bytes]:
    """Yield the lines that are not blank, without a list of all."""
    lines = (found[0] for found in _LINE.finditer(text))
    return (line for line in lines if line.strip())


def _wires_of(line: bytes, format: Format) -> list[JsonValue] | list[InvalidBody]:
    try:
        return unpack(read_json(line), format)
    except InvalidBody as error:
        return [error]


def read_line(line: bytes, format: Format, scope: str, most: int = maxsize) -> Sequence[Offered]:
    """Read a line of NDJSON: nothing from a blank one, one error from one that is not JSON."""
    if not line.strip():
        return ()
    try:
        return read_document(line, format, scope, most)
    except InvalidBody as error:
        return (error,)


def read_json(text: bytes) -> JsonValue:
    """Read one JSON document (RFC 8259); raises `InvalidBody`, which says what is wrong where."""
    try:
        document: JsonValue = from_json(text.removeprefix(BOM_UTF8), allow_inf_nan=False)
    except ValueError as error:
        raise InvalidBody(f"not JSON: {error}") from error
    return document


def unpack(document: JsonValue, format: Format, most: int = maxsize) -> list[JsonValue]:
    """Return the events of a document, in order; raises `InvalidBody` for more than `most`."""
    if isinstance(document, dict) and format.envelope is not None:
        document = document.get(format.envelope, document)
    if not isinstance(document, list):
        return [document]
    if len(document) > most:
        raise InvalidBody(f"{len(document)} events in one array, more than {most}")
    return document


def read_one(wire: JsonValue, format: Format, scope: str) -> Offered:
    """Read an event, or return the error that says why it is refused."""
    try:
        _check(wire)
        event = format.read(wire)
        _require_scope(wire, format, scope)
    except InvalidParameter as error:
        # From here on it is a value: it does not keep the frames and the causes that it met.
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    return event


def _require_scope(wire: JsonValue, format: Format, scope: str) -> None:
    if format.scope is not None and isinstance(wire, dict):
        named = wire.get(format.scope)
        if named not in (None, "", scope):
            raise InvalidParameter(
                format.scope, f"must be '{scope}', the scope it is handed in for"
            )


def _check(value: JsonValue, depth: int = 0) -> None:
    """Raise `InvalidParameter` for a value that nests too deep or has an infinite number.

    Looks only at containers and floats, because most values are texts.
    """
    if isinstance(value, float) and math.isinf(value):
        raise InvalidParameter("event", "must not hold a number beyond 1.8e308")
    if not isinstance(value, dict | list):
        return
    if value and depth == MAX_DEPTH:
        raise InvalidParameter("event", f"must not nest deeper than {MAX_DEPTH} levels")
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, _LOOKED_AT):
            _check(member, depth + 1)
