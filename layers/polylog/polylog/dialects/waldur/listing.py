"""`/api/events/`: the list, its count, and single events."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import JSON, Response
from polylog.api.params import Params
from polylog.dialects.waldur.filters import FilterParams, chosen
from polylog.dialects.waldur.paging import TOTAL, PageParams, Shown, paged
from polylog.dialects.waldur.uuids import dashed, hex_of
from polylog.dialects.waldur.wire import FIELDS, render_event
from polylog.model.errors import EventNotFound
from polylog.model.event import Event
from polylog.model.filter import Filter
from polylog.model.predicate import predicate
from polylog.model.query import Window

_NUMBER = re.compile(r"\d{1,16}", re.ASCII)


class Count(TypedDict):
    """The number of events."""

    count: int


class FieldParams(Params):
    """The members of an event to show. Unknown names are ignored."""

    field: Annotated[
        tuple[str, ...],
        Field(
            description="A member of the events to show, such as `message`; repeat it for several. "
            "All are shown by default."
        ),
    ] = ()

    def show(self, event: Event) -> dict[str, object]:
        """Render the members that the request asks for, or all of them."""
        document = render_event(event)
        wanted = set(self.field) & set(FIELDS)
        return {name: document[name] for name in FIELDS if name in wanted} or document


class ListParams(FilterParams, PageParams, FieldParams):
    """The parameters of the list."""


def list_events(call: Call, params: ListParams) -> Response:
    """List events, with the exact total and the addresses of the other pages.

    The newest come first, unless you ask for `o=created`. The header `X-Result-Count` has the
    total. For example, `GET /api/events/?event_type=role_granted&page_size=20` returns the 20
    newest grants.

    Ours: events of equal time are ordered by arrival. The original leaves their order to chance, so
    events can be lost between its pages.
    """
    filter = chosen(call, params)
    if params.is_last:
        return _last_page(call, params, filter)
    number = params.number
    window = Window(limit=params.limit, offset=(number - 1) * params.limit)
    page = call.find(filter, params.o, window, with_total=True)
    shown = Shown(tuple(map(params.show, page.events)), page.total or 0)
    return paged(call, params, number, shown)


def _last_page(call: Call, params: ListParams, filter: Filter) -> Response:
    """Answer the last page. It is read from the end, so that its number need not be known first."""
    page = call.find(filter, params.o.reverse, Window(limit=params.limit), with_total=True)
    total = page.total or 0
    number = params.pages(total)
    events = page.events[: total - (number - 1) * params.limit][::-1]
    return paged(call, params, number, Shown(tuple(map(params.show, events)), total))


def count_events(call: Call, params: FilterParams) -> Response:
    """Count the events that pass the filters.

    Ours: the header `X-Result-Count` has the number too. The published client asks for it with
    HEAD.
    """
    count = call.count(chosen(call, params))
    return Response.of({"count": count}, headers=(JSON, (TOTAL, str(count))))


class EventParams(FilterParams, FieldParams):
    """The event in the path, which must also pass the filters."""

    id: Annotated[
        str, Field(description="The number of the event in the order of arrival, or its UUID.")
    ]


def get_event(call: Call, params: EventParams) -> Response:
    """Return one event, which must pass the filters too."""
    passes = predicate(chosen(call, params))
    event = _find(call, params.id)
    if not passes(event):
        raise EventNotFound(params.id)
    return Response.of(params.show(event))


def _find(call: Call, name: str) -> Event:
    """Return the event with this number, or with this UUID.

    Ours: the UUID, because lists do not show the number.
    """
    if _NUMBER.fullmatch(name):
        return call.get_by_seq(int(name))
    digits = hex_of(name)
    if digits is None:
        raise EventNotFound(name)
    try:
        return call.get(digits)
    except EventNotFound:
        return call.get(dashed(digits))
