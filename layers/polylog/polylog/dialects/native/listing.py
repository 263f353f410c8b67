"""`GET /events` and `GET /events/{id}`: lists of events, page by page, and single events."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, ClassVar, Final, NotRequired

from pydantic import BeforeValidator, Field
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
"""The most events on a page; if you ask for more, you get this number (AIP-158)."""

_DEFAULT: Final = 100
_ORDERS: Final = {
    "time": Order.ASCENDING,
    "time asc": Order.ASCENDING,
    "time desc": Order.DESCENDING,
}

Skip = Annotated[
    int, Field(ge=0, le=2**32 - 1, description="The number of events to skip before the page.")
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
        description="The order of the events.",
        json_schema_extra={"type": "string", "enum": list(_ORDERS)},
    ),
]
PageSize = Annotated[
    int,
    Field(ge=0, description=f"The most events on a page, up to {MOST}; 0 means the default."),
]


def limit_of(page_size: int, usual: int = _DEFAULT) -> int:
    """Return the most events on a page for the size asked for; 0 means the default."""
    return min(page_size or usual, MOST)


class EventList(TypedDict):
    """A page of events; without a token, it is the last page."""

    events: list[WireEvent]
    next_page_token: NotRequired[str]
    total_size: NotRequired[int]
    explanation: NotRequired[Explanation]


class Filtered(Explained):
    """Which events to use."""

    text: Annotated[
        str,
        Field(
            alias="filter",
            description="A filter in the language of AIP-160. A text alone is looked for in the "
            "message, and in the ids and names of actor and target.",
            json_schema_extra={"maxLength": MAX_LENGTH},
        ),
    ] = ""

    @cached_property
    def wanted(self) -> Filter:
        """The filter that the text means; raises `InvalidFilter`."""
        return parse(self.text)


class Paged(Filtered):
    """A page of a list; `usual` is its size if none is asked for."""

    usual: ClassVar[int] = _DEFAULT

    order_by: OrderBy
    page_size: PageSize = 0
    page_token: Annotated[str, Field(description="The `next_page_token` of the page before.")] = ""
    skip: Skip = 0

    @property
    def limit(self) -> int:
        """The most events on the page."""
        return limit_of(self.page_size, self.usual)

    def tokens(self, call: Call) -> Tokens:
        """Return what writes and reads the tokens of this list."""
        bound_to = (call.principal.scope, str(call.visible(self.wanted)), self.order_by)
        return Tokens(call.secret("page tokens"), bound_to)

    def window(self, tokens: Tokens) -> Window:
        """Return the window to find; raises `InvalidParameter`."""
        if not self.page_token:
            return Window(self.limit, self.skip)
        window = tokens.read(self.page_token, self.limit)
        if window.offset + self.skip > 2**32 - 1:
            raise InvalidParameter("skip", "is too large")
        return Window(self.limit, window.offset + self.skip, window.after)


class ListParams(Paged):
    """A page of a list, and whether to count all events that pass."""

    order_by: OrderBy = Order.DESCENDING
    total_size: Annotated[
        bool | None,
        Field(description="Whether to count all that pass; by default, if that needs no reading."),
    ] = None


class EventParams(Explained):
    """The event in the path."""

    id: Annotated[str, Field(description="The event's id.")]


def get_event(call: Call, params: EventParams) -> Response:
    """Show one event."""
    with explaining(call, params) as explanation:
        event = call.get(params.id)
    if explanation is not None:
        explanation.items_returned = 1
    return with_header(Response.of(render_event(event)), explanation)


def list_events(call: Call, params: ListParams) -> Response:
    """List the events that pass a filter, page by page, with their total number."""
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
    """Return the token for what follows the first `number` events of a page."""
    if number < len(page.events):
        last = page.events[number - 1]
        return tokens.write(Position(last.time, last.seq), 0)
    return None if page.next is None else tokens.write(page.next, page.skip)
