"""`GET /events:export`: all events that pass a filter, as NDJSON, page by page."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final
from urllib.parse import urlencode

from pydantic import Field
from pydantic_core import to_json

from polylog.api.call import Call
from polylog.api.http import Response
from polylog.dialects.native.explaining import explaining, with_header
from polylog.dialects.native.listing import MOST, OrderBy, Paged, next_token
from polylog.dialects.native.wire import render_event
from polylog.model.query import Order

_KEPT: Final = ("filter", "order_by", "page_size", "explain")
# An escape is three times as long, and all headers together may have only 10 KB.
_SAFE: Final = "()!*:/,'"

NDJSON: Final = "application/x-ndjson"


class ExportParams(Paged):
    """The page of an export, by default with the oldest events first."""

    usual: ClassVar[int] = MOST

    order_by: Annotated[OrderBy, Field(json_schema_extra={"default": "time"})] = Order.ASCENDING


def export(call: Call, params: ExportParams) -> Response:
    """Export the events that pass a filter as NDJSON, page by page.

    Each line is one event. The oldest come first, unless you ask for `order_by=time desc`. The
    header `Link` leads to the next page; on the last page it is missing.

    For example, `GET /v1/events:export?page_size=500` returns the 500 oldest events.
    """
    with explaining(call, params) as explanation:
        tokens = params.tokens(call)
        window = params.window(tokens)
        page = call.find(params.wanted, params.order_by, window, is_partial=True)
    lines = [to_json(render_event(event)) + b"\n" for event in page.events]

    def response(number: int) -> Response:
        if explanation is not None:
            explanation.items_returned = number
        token = next_token(tokens, page, number)
        links = () if token is None else (("Link", _link(call, token)),)
        answer = Response(200, b"".join(lines[:number]), (("Content-Type", NDJSON), *links))
        return with_header(answer, explanation)

    return call.fitting(response, len(lines))


def _link(call: Call, token: str) -> str:
    kept = [pair for pair in call.request.query if pair[0] in _KEPT]
    query = urlencode([*kept, ("page_token", token)], safe=_SAFE)
    return f'<{call.request.base}{call.mount}/events:export?{query}>; rel="next"'
