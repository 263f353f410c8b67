"""`GET /v2/{project_id}/events`: all events, in pages of any size, by number."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import Response
from polylog.api.params import Params
from polylog.dialects.dws.errors import OutOfRange
from polylog.dialects.dws.wire import EventResponse, render_event
from polylog.dialects.huawei import gateway
from polylog.model.errors import InvalidParameter, shown
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING
from polylog.model.query import Order, Window

_DEFAULT_LIMIT: Final = 1000
_READ_AT_ONCE: Final = 1000

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_MOST_DIGITS: Final = 18


def _integer(name: str, least: int, meaning: str) -> Callable[[object], int | None]:
    def read(value: object) -> int | None:
        text = str(value)
        if not text:
            return None
        if not _INTEGER.fullmatch(text):
            raise InvalidParameter(name, f"must be {meaning} but was '{shown(text)}'")
        if len(text) > _MOST_DIGITS:
            raise OutOfRange(name, f"must have at most {_MOST_DIGITS} digits")
        if int(text) < least:
            raise OutOfRange(name, f"must be {meaning}")
        return int(text)

    return read


class EventList(TypedDict):
    """A page of events, and in `count` the number of events on all pages."""

    events: list[EventResponse]
    count: int


def _from(least: int) -> object:
    return Field(
        json_schema_extra={"type": "integer", "minimum": least, "maximum": 10**_MOST_DIGITS - 1}
    )


class ListParams(Params):
    """The number and the size of a page; an empty parameter counts as absent.

    `offset` counts pages, not events: the document says "page number minus 1".
    """

    project_id: Annotated[
        str, Field(description="The scope of the key. Any other project is refused with 403.")
    ]
    offset: Annotated[
        int | None,
        BeforeValidator(_integer("offset", 0, "an integer greater than or equal to 0")),
        _from(0),
        Field(description="The number of the page: 0, the default, is the first."),
    ] = None
    limit: Annotated[
        int | None,
        BeforeValidator(_integer("limit", 1, "an integer greater than 0")),
        _from(1),
        Field(description=f"The number of events on a page: {_DEFAULT_LIMIT} by default."),
    ] = None


def list_events(call: Call, params: ListParams) -> Response:
    """List events, the newest first, with the number of all events.

    For example, `GET /v2/{project_id}/events?limit=50&offset=2` returns the third page of 50. New
    events shift the pages while you read them.

    A page that does not fit into one response is refused with 400, and the error names the largest
    `limit` that fits. A shorter page would lose events, because clients expect all pages to have
    the same size.
    """
    gateway.require_project(call, params.project_id)
    limit = params.limit or _DEFAULT_LIMIT
    window = Window(min(limit, _READ_AT_ONCE), offset=(params.offset or 0) * limit)
    page = call.find(EVERYTHING, Order.DESCENDING, window, with_total=True)
    total = page.total or 0
    rows = _render(call, page.events)
    while page.next and len(rows) < limit and _fits(call, rows, total):
        window = Window(min(limit - len(rows), _READ_AT_ONCE), after=page.next)
        page = call.find_on(EVERYTHING, Order.DESCENDING, window, page)
        rows += _render(call, page.events)
    if not _fits(call, rows, total):
        most = bisect_left(range(len(rows)), True, key=lambda n: not _fits(call, rows[:n], total))
        reason = f"must be at most {most - 1} here: a response cannot carry more of these events"
        raise OutOfRange("limit", reason)
    return _answer(rows, total)


def _render(call: Call, events: Iterable[Event]) -> list[dict[str, object]]:
    return [render_event(event, call.principal.scope) for event in events]


def _answer(rows: list[dict[str, object]], total: int) -> Response:
    return gateway.respond({"events": rows, "count": total})


def _fits(call: Call, rows: list[dict[str, object]], total: int) -> bool:
    return call.services.can_deliver(_answer(rows, total))
