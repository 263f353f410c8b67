"""Bodies that carry events: one document, a list response, or a document a line."""

from __future__ import annotations

import math
from codecs import BOM_UTF8
from collections.abc import Sequence

from pydantic import JsonValue
from pydantic_core import from_json

from polylog.call import Offered
from polylog.dialect import Format
from polylog.errors import InvalidBody, InvalidParameter


def read_document(text: bytes, format: Format) -> list[Offered]:
    """Read an array of events, a list response of the API, or one event.

    Raises `InvalidBody` when the text as a whole is not JSON.
    """
    return [_read(wire, format) for wire in unpack(read_json(text), format)]


def read_lines(text: bytes, format: Format) -> list[Offered]:
    """Read NDJSON: on each line what `read_document` takes; a bad line spoils no other."""
    return [offered for line in text.splitlines() for offered in _read_line(line, format)]


def _read_line(line: bytes, format: Format) -> Sequence[Offered]:
    if not line.strip():
        return ()
    try:
        return read_document(line, format)
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


def _read(wire: JsonValue, format: Format) -> Offered:
    try:
        _require_finite(wire)
        return format.read(wire)
    except InvalidParameter as error:
        return error


def _require_finite(value: JsonValue) -> None:
    match value:
        case float() if math.isinf(value):
            raise InvalidParameter("event", "must not hold a number beyond 1.8e308")
        case dict():
            for member in value.values():
                _require_finite(member)
        case list():
            for member in value:
                _require_finite(member)
