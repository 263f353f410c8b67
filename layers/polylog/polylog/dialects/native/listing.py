"""`GET /events` and `GET /events/{id}`: pages of events, and single events."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, ClassVar, Final, NotRequired

from pydantic import BeforeValidator, Field, WithJsonSchema
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import Response
from polylog.api.page_tokens import Tokens
from polylog.dialects.native.explaining import Explained, explaining, member, with_header
from polylog.dialects.native.wire import WireEvent, render_event
from polylog.language.parser import MAX_LENGTH, parse
from polylog.model.errors import InvalidParameter, shown
from polylog.model.filter import Filter
from polylog.model.query import Order, Page, Position, Window
from polylog.model.store import Explanation

MOST: Final = 1000
"""The most events on a page. If you ask for more, you get this number (AIP-158)."""

_DEFAULT: Final = 100
_ORDERS: Final = {
    "time": Order.ASCENDING,
    "time asc": Order.ASCENDING,
    "time desc": Order.DESCENDING,
}

Skip = Annotated[
    int, Field(ge=0, le=2**32 - 1, description="The number of events to skip before this page.")
]


def _read_order(text: object) -> Order:
    order = _ORDERS.get(" ".join(str(text).split()))
    if order is None:
        raise ValueError(f"must be one of {', '.join(_ORDERS)} but was '{shown(text)}'")
    return order


OrderBy = Annotated[
    Order,
    BeforeValidator(_read_order),
    Field(
        description="The order: `time` or `time asc` for the oldest first, `time desc` for the "
        "newest. By default, a list begins with the newest, and an export with the oldest.",
    ),
    WithJsonSchema({"type": "string", "enum": list(_ORDERS)}),
]
PageSize = Annotated[
    int,
    Field(
        ge=0,
        description=f"The most events on a page: up to {MOST}, even if you ask for more. 0 means "
        "the default, which is 100, or 1000 for an export.",
    ),
]


def limit_of(page_size: int, usual: int = _DEFAULT) -> int:
    """Return the most events on a page, for the size that the request asks for.

    >>> limit_of(0), limit_of(5000), limit_of(0, usual=10)
    (100, 1000, 10)
    """
    return min(page_size or usual, MOST)


class EventList(TypedDict):
    """A page of events. Without a `next_page_token`, it is the last page.

    A page may be short or empty and still have a token, if the answer takes much reading.
    `total_size` is the number of all events that pass the filter.
    """

    events: list[WireEvent]
    next_page_token: NotRequired[str]
    total_size: NotRequired[int]
    explanation: NotRequired[Explanation]


class Filtered(Explained):
    """The filter that chooses events."""

    text: Annotated[
        str,
        Field(
            alias="filter",
            description="Only events that pass this filter, in the language of AIP-160: "
            "`type = app.crash AND time >= 2026-11-20`. A text alone is looked for in the message, "
            "and in the ids and names of actor and target. Without a filter, all events pass.",
            json_schema_extra={"maxLength": MAX_LENGTH},
        ),
    ] = ""

    @cached_property
    def wanted(self) -> Filter:
        """The filter that the text means. Raises `InvalidFilter`."""
        return parse(self.text)


class Paged(Filtered):
    """The filter, the order and the place of a page; `usual` is the size of a page by default."""

    usual: ClassVar[int] = _DEFAULT

    order_by: OrderBy
    page_size: PageSize = 0
    page_token: Annotated[
        str,
        Field(
            description="The token from the page before, which continues the list after it. The "
            "filter and the order must stay the same."
        ),
    ] = ""
    skip: Skip = 0

    @property
    def limit(self) -> int:
        """The most events on the page."""
        return limit_of(self.page_size, self.usual)

    def tokens(self, call: Call) -> Tokens:
        """Return what writes and reads the tokens of this list.

        They are bound to the scope, to the order, and to the filter with the caller's restriction.
        """
        bound_to = (call.principal.scope, str(call.visible(self.wanted)), self.order_by)
        return Tokens(call.secret("page tokens"), bound_to)

    def window(self, tokens: Tokens) -> Window:
        """Return the window to find. Raises `InvalidParameter`."""
        if not self.page_token:
            return Window(self.limit, self.skip)
        window = tokens.read(self.page_token, self.limit)
        if window.offset + self.skip > 2**32 - 1:
            raise InvalidParameter("skip", "is too large")
        return Window(self.limit, window.offset + self.skip, window.after)


class ListParams(Paged):
    """The page of a list, and whether to count all events that pass."""

    order_by: Annotated[OrderBy, Field(json_schema_extra={"default": "time desc"})] = (
        Order.DESCENDING
    )
    total_size: Annotated[
        bool | None,
        Field(
            description="`true` counts all events that pass the filter, `false` does not. By "
            "default, the total is in the answer if it is known without reading events."
        ),
    ] = None


class EventParams(Explained):
    """The event in the path."""

    id: Annotated[str, Field(description="The event's id.")]


def get_event(call: Call, params: EventParams) -> Response:
    """Return one event."""
    with explaining(call, params) as explanation:
        event = call.get(params.id)
    if explanation is not None:
        explanation.items_returned = 1
    return with_header(Response.of(render_event(event)), explanation)


def list_events(call: Call, params: ListParams) -> Response:
    """List the events that pass a filter, page by page, with their total number.

    The newest come first, unless you ask for `order_by=time`. `next_page_token` leads to the next
    page. For example, `GET /v1/events?filter=type%3Dapp.crash&page_size=5` returns the five newest
    crashes.
    """
    with explaining(call, params) as explanation:
        tokens = params.tokens(call)
        window = params.window(tokens)
        page = call.find(
            params.wanted,
            params.order_by,
            window,
            with_total=params.total_size is True,
            with_known_total=params.total_size is None,
            is_partial=True,
        )
    total, rendered = page.total, [render_event(event) for event in page.events]

    def response(number: int) -> Response:
        if explanation is not None:
            explanation.items_returned = number
        token = next_token(tokens, page, number)
        return Response.of(
            {
                "events": rendered[:number],
                **({} if token is None else {"next_page_token": token}),
                **({} if total is None else {"total_size": total}),
                **member(explanation),
            }
        )

    return call.fitting(response, len(rendered))


def next_token(tokens: Tokens, page: Page, number: int) -> str | None:
    """Return the token for what follows the first `number` events of a page, None at the end."""
    if number < len(page.events):
        last = page.events[number - 1]
        return tokens.write(Position(last.time, last.seq), 0)
    return None if page.next is None else tokens.write(page.next, page.skip)
