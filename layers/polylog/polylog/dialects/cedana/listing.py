"""`GET /v2/events`: the window of time, the filters, and what one answer can hold of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError, to_json

from polylog.api.call import Call
from polylog.api.http import JSON, Response
from polylog.api.params import Params, Where
from polylog.dialects.cedana.wire import render_event
from polylog.model.errors import TooBroad
from polylog.model.event import Event
from polylog.model.filter import Compare, Filter, Op, conjunction
from polylog.model.query import Order
from polylog.model.times import SECOND

TRUNCATED: Final = ("X-Truncated", "true")
"""Ours: the header of an answer that lacks the oldest events of the window."""

_CHECKED_BYTES: Final = 250_000
"""How much is rendered until it is weighed again."""

_INT32: Final = range(-(2**31), 2**31)
_INTEGER = re.compile(r"([+-]?)0*(\d{1,10})", re.ASCII)


def _int32(text: object) -> int:
    """Read what Rust takes for an `i32`, which the document's style tells of (ours)."""
    match = _INTEGER.fullmatch(str(text))
    if match is None or (number := int(match[1] + match[2])) not in _INT32:
        raise PydanticCustomError("int32", "must be a 32-bit integer")
    return number


def _none_if_empty(text: str) -> str | None:
    return text or None


# Ours: an empty selection means "all", and no event has an empty operation.
_Selection = Annotated[str | None, BeforeValidator(_none_if_empty)]

_Int32 = Annotated[
    int,
    BeforeValidator(_int32),
    Field(
        json_schema_extra={
            "type": "integer",
            "format": "int32",
            "minimum": _INT32[0],
            "maximum": _INT32[-1],
        }
    ),
]


class ListParams(Params):
    """The length of the window in seconds, and what events have to be equal to."""

    time: Annotated[_Int32, Field(description="How many seconds back from now.")] = 3600
    operation: Annotated[
        _Selection, Where("type", Op.EQ), Field(description="Only events of this operation.")
    ] = None
    resource_type: Annotated[
        _Selection,
        Where("target.type", Op.EQ),
        Field(description="Only events about a resource of this type."),
    ] = None


def list_events(call: Call, params: ListParams) -> Response:
    """Answer the events of the window, the newest first.

    Ours: the order, and that where they are more than can be read or sent at once, the newest are
    answered and the answer is marked. Raises `TooBroad` when not even one could be read.
    """
    wanted = conjunction([_window(call.services.clock.now(), params.time), params.filter])
    # No index has the resource type, so that a page of few may take all the reading there is.
    first_page = 100 if params.resource_type is None else 1
    newest = call.scan(wanted, Order.DESCENDING, first_page=first_page)
    rendered, is_whole = _render(call, newest)

    def response(number: int) -> Response:
        is_cut = not is_whole or number < len(rendered)
        return _response(rendered[:number], is_cut=is_cut)

    return call.fitting(response, len(rendered))


def _window(now: int, seconds: int) -> Filter:
    """Return the condition to lie within the last seconds, both ends included.

    The wire has whole seconds from 1970 on, and so has the window. Events of the future are left
    out; a negative length leaves out everything.
    """
    second = now // SECOND
    first = max(0, second - seconds)
    return conjunction(
        [Compare("time", Op.GE, first * SECOND), Compare("time", Op.LT, (second + 1) * SECOND)]
    )


def _render(call: Call, events: Iterator[Event]) -> tuple[list[bytes], bool]:
    """Return events as JSON, as far as they can be read, and whether reading went well.

    Ends soon after they are more than fit.
    """
    rendered: list[bytes] = []
    unchecked = 0
    try:
        for event in events:
            rendered.append(to_json(render_event(event)))
            unchecked += len(rendered[-1])
            if unchecked > _CHECKED_BYTES:
                unchecked = 0
                if not _can_deliver(call, rendered):
                    break
    except TooBroad:
        if not rendered:
            raise
        return rendered, False
    return rendered, True


def _can_deliver(call: Call, rendered: list[bytes]) -> bool:
    return call.services.can_deliver(_response(rendered, is_cut=True))


def _response(rendered: list[bytes], *, is_cut: bool = False) -> Response:
    headers = (JSON, TRUNCATED) if is_cut else (JSON,)
    return Response(200, b"[" + b",".join(rendered) + b"]", headers)
