"""Bodies that carry events: one document, a list response, or a document a line."""

from __future__ import annotations

import math
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from sys import maxsize
from typing import Final

from pydantic import JsonValue
from pydantic_core import from_json

from polylog.intake.offers import Offered
from polylog.model.errors import InvalidBody, InvalidParameter
from polylog.model.event import Event

MAX_DEPTH: Final = 100
"""So deep an event may nest: clients read no JSON of 200 levels, and lists add some."""

_LOOKED_AT: Final = (dict, list, float)
"""What may hold something that is refused, or be it."""


@dataclass(frozen=True, slots=True)
class Format:
    """How an API's own events are read from JSON.

    `envelope` is the member of the API's list response that holds the events, if it has one;
    `scope` the member of an event that names the scope it belongs to.
    `read` raises `InvalidParameter` naming the member that is not acceptable.
    """

    read: Callable[[JsonValue], Event]
    envelope: str | None = None
    scope: str | None = None


def read_document(text: bytes, format: Format, scope: str, most: int = maxsize) -> list[Offered]:
    """Read an array of events, a list response of the API, or one event.

    Events that name another scope than the given one are refused. Raises `InvalidBody` when the
    text as a whole is not JSON, or has more events than are taken at most.
    """
    wires = unpack(read_json(text), format)
    if len(wires) > most:
        raise InvalidBody(f"{len(wires)} events in one array, more than {most}")
    return [read_one(wire, format, scope) for wire in wires]


def read_lines(text: bytes, format: Format, scope: str) -> list[Offered]:
    """Read NDJSON: on each line what `read_document` takes; a bad line spoils no other."""
    return [offered for line in text.splitlines() for offered in read_line(line, format, scope)]


def read_line(line: bytes, format: Format, scope: str, most: int = maxsize) -> Sequence[Offered]:
    """Read a line of NDJSON: nothing of a blank one, an error of one with too many events."""
    if not line.strip():
        return ()
    try:
        return read_document(line, format, scope, most)
    except InvalidBody as error:
        return (error,)


def read_json(text: bytes) -> JsonValue:
    """Read one JSON document (RFC 8259); raises `InvalidBody` saying what is wrong where."""
    try:
        document: JsonValue = from_json(text.removeprefix(BOM_UTF8), allow_inf_nan=False)
    except ValueError as error:
        raise InvalidBody(f"not JSON: {error}") from error
    return document


def unpack(document: JsonValue, format: Format) -> list[JsonValue]:
    """Return the events of a document, in order."""
    if isinstance(document, dict) and format.envelope is not None:
        document = document.get(format.envelope, document)
    return document if isinstance(document, list) else [document]


def read_one(wire: JsonValue, format: Format, scope: str) -> Offered:
    """Read an event, or say why it is refused: see `read_document`."""
    try:
        _check(wire)
        event = format.read(wire)
        _require_scope(wire, format, scope)
    except InvalidParameter as error:
        return error
    return event


def _require_scope(wire: JsonValue, format: Format, scope: str) -> None:
    if format.scope is not None and isinstance(wire, dict):
        named = wire.get(format.scope)
        if named not in (None, "", scope):
            raise InvalidParameter(
                format.scope, f"must be '{scope}', the scope it is handed in for"
            )


def _check(value: JsonValue, depth: int = 0) -> None:
    """Refuse what nests too deep and what is no finite number.

    Texts, most of what there is, are not looked at.
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
