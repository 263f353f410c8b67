"""`GET /v2/events` and `GET /v2/events/:guid`: parameters, pages and single events."""

from __future__ import annotations

import re
from typing import Annotated, NotRequired

from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf, JsonValue, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import Response
from polylog.api.params import Params
from polylog.dialects.cloudfoundry.errors import CONTENT_TYPE, CannotOrderBy
from polylog.dialects.cloudfoundry.q import Q, without_end
from polylog.dialects.cloudfoundry.wire import EventResource, escape, render_event
from polylog.model.filter import conjunction
from polylog.model.query import Order, Window

_SORTABLE = ("timestamp", "id")
_NO_EFFECT = "Has no effect, because events have no relations."
_INTEGER = re.compile(r"\s*[+-]?\d(?:_?\d){0,99}\s*", re.ASCII)


def _integer(value: object) -> int:
    """Read an integer as Ruby does, which allows blanks around it, a sign, and `_` between digits.

    Ours: it is always decimal. Ruby also reads `0x10`, `0b1` and `0o7`, and takes `010` for octal.
    """
    if not _INTEGER.fullmatch(str(value)):
        raise PydanticCustomError("int_parsing", "must be an integer")
    return int(str(value))


# Ours: a longer integer is refused. On the server it makes the database fail, and so the server.
_Integer = Annotated[int, BeforeValidator(_integer), Field(ge=-(2**63), le=2**63 - 1)]


def _last_is_sortable(fields: tuple[str, ...]) -> tuple[str, ...]:
    if fields[-1] not in _SORTABLE:
        raise CannotOrderBy(fields[-1])
    return fields


class EventList(TypedDict):
    """A page of events, the number of events and pages, and the paths of the pages next to it.

    `prev_url` is null on the first page, and `next_url` on the last. Both begin with `/v2/events?`.
    """

    total_results: int
    total_pages: int
    prev_url: str | None
    next_url: str | None
    resources: list[EventResource]
    orphans: NotRequired[dict[str, JsonValue]]


_Q = Annotated[InstanceOf[Q], BeforeValidator(Q.parse), WithJsonSchema({"type": "string"})]


class ListParams(Params):
    """The parameters of the list, in the order in which the server checks them.

    Ours: an integer is parsed when its turn comes. The server parses all integers first.
    """

    order_by: Annotated[
        tuple[str, ...],
        Field(alias="order-by", description="The field to order by; both order by time."),
        AfterValidator(_last_is_sortable),
        Field(
            json_schema_extra={"type": "array", "items": {"enum": list(_SORTABLE)}, "minItems": 1}
        ),
    ] = _SORTABLE
    q: Annotated[
        tuple[_Q, ...],
        Field(
            description="A condition, or several joined by `;`. All must hold, also those of other "
            "`q` parameters. A condition is a name (`timestamp`, `type`, `actee`, `space_guid`, "
            "`organization_guid`), an operator (`:`, `>=`, `<=`, `<`, `>`, ` IN `) and a value. "
            "` IN ` takes several values with commas between them: `type IN app.crash,app.start`.",
            examples=[["type:app.crash", "timestamp>=2015-02-13T22:34:52Z"]],
        ),
    ] = ()
    results_per_page: Annotated[
        _Integer,
        Field(alias="results-per-page", ge=1, le=100, description="The most events on a page."),
    ] = 50
    inline_relations_depth: Annotated[
        _Integer | None, Field(alias="inline-relations-depth", le=3, description=_NO_EFFECT)
    ] = None
    order_direction: Annotated[
        Order,
        Field(
            alias="order-direction",
            description="`asc` lists the oldest events first, `desc` the newest.",
        ),
    ] = Order.ASCENDING
    page: Annotated[_Integer, Field(ge=1, description="The number of the page, from 1.")] = 1
    orphan_relations: Annotated[
        _Integer | None,
        Field(alias="orphan-relations", description="1 adds `orphans`, which is always empty."),
    ] = None
    exclude_relations: Annotated[
        str | None, Field(alias="exclude-relations", description=_NO_EFFECT)
    ] = None
    include_relations: Annotated[
        str | None, Field(alias="include-relations", description=_NO_EFFECT)
    ] = None


def list_events(call: Call, params: ListParams) -> Response:
    """List events, with exact totals and the paths of the pages before and after.

    The oldest come first, unless you ask for `order-direction=desc`. For example, `GET
    /v2/events?q=type:app.crash&results-per-page=10&order-direction=desc` returns the ten newest
    crashes.
    """
    filter = conjunction(q.filter for q in params.q)
    size = params.results_per_page
    window = Window(limit=size, offset=(params.page - 1) * size)
    page = call.find(filter, params.order_direction, window, with_total=True)
    total = page.total or 0
    pages = max(1, -(-total // size))
    document: dict[str, object] = {
        "total_results": total,
        "total_pages": pages,
        "prev_url": _page_url(params, params.page - 1) if params.page > 1 else None,
        "next_url": _page_url(params, params.page + 1) if params.page < pages else None,
        "resources": [render_event(event) for event in page.events],
    }
    if params.orphan_relations == 1:
        document["orphans"] = {}
    return Response.of(document, headers=(CONTENT_TYPE,))


def _page_url(params: ListParams, page: int) -> str:
    """Return the path of another page, with every parameter in effect, sorted by name.

    It always has `order-by` twice, as servers have written it since 2017. This changes nothing.
    """
    depth, orphans = params.inline_relations_depth, params.orphan_relations
    pairs = [
        *(("exclude-relations", name) for name in _split(params.exclude_relations)),
        *(("include-relations", name) for name in _split(params.include_relations)),
        *([] if depth is None else [("inline-relations-depth", depth)]),
        ("order-by", "timestamp"),
        ("order-by", "id"),
        ("order-direction", params.order_direction),
        *([] if orphans is None else [("orphan-relations", orphans)]),
        ("page", page),
        *(("q", q.text) for q in params.q),
        ("results-per-page", params.results_per_page),
    ]
    return "/v2/events?" + "&".join(f"{name}={escape(str(value))}" for name, value in pairs)


def _split(names: str | None) -> list[str]:
    return without_end((names or "").split(","))


class GuidParams(Params):
    """The event in the path."""

    guid: Annotated[str, Field(description="The id of the event.")]


def get_event(call: Call, params: GuidParams) -> Response:
    """Return one event."""
    return Response.of(render_event(call.get(params.guid)), headers=(CONTENT_TYPE,))
