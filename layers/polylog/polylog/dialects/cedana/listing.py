"""`GET /v2/events`: the events of a window of time, in one answer without pages."""

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
from polylog.model.errors import TimedOut, TooBroad
from polylog.model.event import Event
from polylog.model.filter import Compare, Filter, Op, conjunction
from polylog.model.query import Order
from polylog.model.times import SECOND

TRUNCATED: Final = ("X-Truncated", "true")
"""Ours: the header of an answer without the oldest events of the window."""

_CHECKED_BYTES: Final = 250_000
"""How many bytes to render before checking again whether the answer still fits."""

_INT32: Final = range(-(2**31), 2**31)
_INTEGER = re.compile(r"([+-]?)0*(\d{1,10})", re.ASCII)


def _int32(text: object) -> int:
    """Read an integer as Rust reads an `i32`. Ours: Cedana's document looks like one of Rust's."""
    match = _INTEGER.fullmatch(str(text))
    if match is None or (number := int(match[1] + match[2])) not in _INT32:
        raise PydanticCustomError("int32", "must be a 32-bit integer")
    return number


def _none_if_empty(text: str) -> str | None:
    return text or None


# Ours: an empty selection means all events, since no event has an empty operation.
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
    """The length of the window in seconds, and the values that events must have."""

    time: Annotated[
        _Int32,
        Field(
            description="The length of the window, in seconds back from now. A negative one finds "
            "nothing."
        ),
    ] = 3600
    operation: Annotated[
        _Selection,
        Where("type", Op.EQ),
        Field(description="Only events of this operation. An empty one means all."),
    ] = None
    resource_type: Annotated[
        _Selection,
        Where("target.type", Op.EQ),
        Field(description="Only events about a resource of this type. An empty one means all."),
    ] = None


def list_events(call: Call, params: ListParams) -> Response:
    """List the events of a window of time that ends now, the newest first.

    For example, `GET /v2/events?time=86400&operation=app.crash` returns the crashes of the last
    day. The window has whole seconds and includes both ends. There are no pages.

    Ours: the order. Also ours: if there are more events than can be read or sent at once, you get
    the newest, and the header `X-Truncated`. Raises `TooBroad` or `TimedOut` if not even one could
    be read.
    """
    wanted = conjunction([_window(call.services.clock.now(), params.time), params.filter])
    # No index has the resource type, so even a small page may use up the whole budget.
    first_page = 100 if params.resource_type is None else 1
    newest = call.scan(wanted, Order.DESCENDING, first_page=first_page)
    rendered, is_whole = _render(call, newest)

    def response(number: int) -> Response:
        is_cut = not is_whole or number < len(rendered)
        return _response(rendered[:number], is_cut=is_cut)

    return call.fitting(response, len(rendered))


def _window(now: int, seconds: int) -> Filter:
    """Return the filter for the last seconds, including both ends; `now` is in microseconds.

    Like the times of this API, the window has whole seconds and starts no earlier than 1970. It
    leaves out events of the future. A negative length leaves out everything.
    """
    second = now // SECOND
    first = max(0, second - seconds)
    return conjunction(
        [Compare("time", Op.GE, first * SECOND), Compare("time", Op.LT, (second + 1) * SECOND)]
    )


def _render(call: Call, events: Iterator[Event]) -> tuple[list[bytes], bool]:
    """Return events as JSON, and False if the budget ended before all were read.

    Stops soon after there are more than fit into a response.
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
    except (TooBroad, TimedOut):
        if not rendered:
            raise
        return rendered, False
    return rendered, True


def _can_deliver(call: Call, rendered: list[bytes]) -> bool:
    return call.services.can_deliver(_response(rendered, is_cut=True))


def _response(rendered: list[bytes], *, is_cut: bool = False) -> Response:
    headers = (JSON, TRUNCATED) if is_cut else (JSON,)
    return Response(200, b"[" + b",".join(rendered) + b"]", headers)
