"""`GET /v3/audit_events` and `GET /v3/audit_events/:guid`: parameters and pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Self
from urllib.parse import unquote, urlencode

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import Pairs, Response
from polylog.api.params import Params, Where
from polylog.dialects.cloudcontroller.seconds import compare_time
from polylog.dialects.cloudfoundry_v3.errors import CONTENT_TYPE, UnknownParameters
from polylog.dialects.cloudfoundry_v3.wire import AuditEvent, render_event
from polylog.model.filter import Compare, Filter, Op, Value, conjunction, disjunction
from polylog.model.query import Order, Window
from polylog.model.times import format_seconds, parse_iso8601

_MOST: Final = 5000
_POSITIVE: Final = re.compile(r"0{0,99}[1-9]\d{0,17}", re.ASCII)
_ORDER: Final = re.compile(r"[+-]?(?:created_at|updated_at)|")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_UPDATED_AT: Final = "attributes.updated_at"


class _Created(Where):
    """A mark of times that are compared by whole seconds."""

    def compare(self, value: Value) -> Filter:
        return compare_time(self.op, int(value))


class _Updated(Where):
    """A mark of times of the last change; an event without one has not changed since it was made.

    `updated_at` has a fixed width and is UTC, so that texts compare as times do.
    """

    def compare(self, value: Value) -> Filter:
        second = int(value)
        text = format_seconds(second)
        never = [Compare(self.field, Op.EQ, ""), compare_time(self.op, second)]
        once = [Compare(self.field, Op.NE, ""), Compare(self.field, self.op, text)]
        return disjunction([conjunction(never), conjunction(once)])


def _split(text: str) -> tuple[str, ...]:
    """Split a list at its commas; a comma inside a value is escaped twice (base_message.rb).

    Ours: a `+` stays one. The server, which decodes each value as a form's, takes it for a blank.
    """
    return tuple(map(unquote, text.split(",")))


def _moments(text: str) -> tuple[int, ...]:
    return tuple(map(_moment, text.split(",")))


def _single_moment(text: str) -> tuple[int, ...]:
    if "," in text:
        reason = "only accepts one value when using a relational operator"
        raise PydanticCustomError("moment", reason)
    return (_moment(text),)


def _moment(text: str) -> int:
    try:
        if _TIME.fullmatch(text):
            return parse_iso8601(text)
        raise ValueError(text)
    except ValueError as error:
        form = "Timestamps should be formatted as 'YYYY-MM-DDThh:mm:ssZ'"
        raise PydanticCustomError("moment", f"has an invalid timestamp format. {form}") from error


def _positive(text: str) -> int:
    """Read a number. Ours: nothing may follow its digits; Ruby's `to_i` drops what does."""
    if not _POSITIVE.fullmatch(text):
        raise PydanticCustomError("number", "must be a positive integer")
    return int(text)


def _page_size(text: str) -> int:
    size = _positive(text)
    if size > _MOST:
        raise PydanticCustomError("number", f"must be between 1 and {_MOST}")
    return size


def _order(text: str) -> str:
    if not _ORDER.fullmatch(text):
        raise PydanticCustomError("order", "can only be: 'created_at', 'updated_at'")
    return text


_TEXT = WithJsonSchema({"type": "string"})
_Texts = Annotated[tuple[str, ...] | None, BeforeValidator(_split), _TEXT]
_Moments = Annotated[tuple[int, ...] | None, BeforeValidator(_moments), _TEXT]
_Moment = Annotated[
    tuple[int, ...] | None,
    BeforeValidator(_single_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

_SEVERAL: Final = "Several are separated by commas; one of them must hold."
_AT: Final = "A time like 2026-03-01T10:00:00Z, or several with commas between them."


class ListParams(Params):
    """The parameters of the list; all filters must hold. Any other parameter is an error."""

    page: Annotated[
        int,
        BeforeValidator(_positive),
        Field(description="The number of the page.", json_schema_extra={"minimum": 1}),
    ] = 1
    per_page: Annotated[
        int,
        BeforeValidator(_page_size),
        Field(description="Events on a page.", json_schema_extra={"minimum": 1, "maximum": _MOST}),
    ] = 50
    order_by: Annotated[
        str,
        BeforeValidator(_order),
        Field(
            description="What to order by, with `-` before it for the newest first.",
            json_schema_extra={
                "enum": [sign + name for name in ("created_at", "updated_at") for sign in ("", "-")]
            },
        ),
    ] = "created_at"
    created_ats: Annotated[
        _Moments, _Created("time", Op.EQ), Field(description=f"When it happened. {_AT}")
    ] = None
    created_before: Annotated[
        _Moment,
        _Created("time", Op.LT),
        Field(alias="created_ats[lt]", description="It happened before this second."),
    ] = None
    created_until: Annotated[
        _Moment,
        _Created("time", Op.LE),
        Field(alias="created_ats[lte]", description="It happened before or in this second."),
    ] = None
    created_after: Annotated[
        _Moment,
        _Created("time", Op.GT),
        Field(alias="created_ats[gt]", description="It happened after this second."),
    ] = None
    created_since: Annotated[
        _Moment,
        _Created("time", Op.GE),
        Field(alias="created_ats[gte]", description="It happened in or after this second."),
    ] = None
    updated_ats: Annotated[
        _Moments, _Updated(_UPDATED_AT, Op.EQ), Field(description=f"When it changed last. {_AT}")
    ] = None
    updated_before: Annotated[
        _Moment,
        _Updated(_UPDATED_AT, Op.LT),
        Field(alias="updated_ats[lt]", description="It changed last before this second."),
    ] = None
    updated_until: Annotated[
        _Moment,
        _Updated(_UPDATED_AT, Op.LE),
        Field(alias="updated_ats[lte]", description="It changed last before or in this second."),
    ] = None
    updated_after: Annotated[
        _Moment,
        _Updated(_UPDATED_AT, Op.GT),
        Field(alias="updated_ats[gt]", description="It changed last after this second."),
    ] = None
    updated_since: Annotated[
        _Moment,
        _Updated(_UPDATED_AT, Op.GE),
        Field(alias="updated_ats[gte]", description="It changed last in or after this second."),
    ] = None
    guids: Annotated[
        _Texts, Where("id", Op.EQ), Field(description=f"Ids of events. {_SEVERAL}")
    ] = None
    types: Annotated[
        _Texts, Where("type", Op.EQ), Field(description=f"What happened. {_SEVERAL}")
    ] = None
    target_guids: Annotated[
        _Texts,
        Where("target.id", Op.EQ),
        Field(description=f"Ids of what it happened to. {_SEVERAL}"),
    ] = None
    not_target_guids: Annotated[
        _Texts,
        Where("target.id", Op.NE),
        Field(
            alias="target_guids[not]",
            description="Ids of what it did not happen to. Several are separated by commas.",
        ),
    ] = None
    space_guids: Annotated[
        _Texts, Where("project_id", Op.EQ), Field(description=f"Ids of spaces. {_SEVERAL}")
    ] = None
    organization_guids: Annotated[
        _Texts,
        Where("organization_id", Op.EQ),
        Field(description=f"Ids of organizations. {_SEVERAL}"),
    ] = None

    @classmethod
    def parse(cls, pairs: Pairs, path_values: Mapping[str, str]) -> Self:
        """Read the query's pairs; raises `UnknownParameters` or `InvalidParameter`."""
        known = cls.names()
        unknown = [name for name in dict(pairs) if name not in known]
        if unknown:
            raise UnknownParameters(unknown, [name for name in known if "[" not in name])
        return super().parse(pairs, path_values)

    @property
    def order(self) -> Order:
        """The direction. Ours: a change is not an order of its own; an audit event has none."""
        return Order.DESCENDING if self.order_by.startswith("-") else Order.ASCENDING


class Link(TypedDict):
    """An address."""

    href: str


class Pagination(TypedDict):
    """The number of events and of pages, and the addresses of the pages around this one."""

    total_results: int
    total_pages: int
    first: Link
    last: Link
    next: Link | None
    previous: Link | None


class AuditEventList(TypedDict):
    """A page of audit events."""

    pagination: Pagination
    resources: list[AuditEvent]


class Root(TypedDict):
    """The addresses of what this API has."""

    links: dict[str, Link]


@dataclass(frozen=True, slots=True)
class _Pages:
    """The addresses of a list's pages, each with every parameter of the request."""

    url: str
    given: Mapping[str, str]

    def link(self, number: int) -> Link:
        query = sorted({**self.given, "page": str(number)}.items())
        return {"href": f"{self.url}?{urlencode(query)}"}


def list_audit_events(call: Call, params: ListParams) -> Response:
    """List audit events, with exact totals and the addresses of other pages."""
    size, number = params.per_page, params.page
    window = Window(limit=size, offset=(number - 1) * size)
    page = call.find(params.filter, params.order, window, with_total=True)
    total = page.total or 0
    last = max(1, -(-total // size))
    given = {**dict(call.request.query), "per_page": str(size)}
    pages = _Pages(f"{call.base_url}/audit_events", given)
    pagination: Pagination = {
        "total_results": total,
        "total_pages": last,
        "first": pages.link(1),
        "last": pages.link(last),
        "next": pages.link(number + 1) if number < last else None,
        "previous": pages.link(number - 1) if number > 1 else None,
    }
    resources = [render_event(event, call.base_url) for event in page.events]
    document = {"pagination": pagination, "resources": resources}
    return Response.of(document, headers=(CONTENT_TYPE,))


class GuidParams(Params):
    """The audit event in the path."""

    guid: Annotated[str, Field(description="The id of the audit event.")]


def get_audit_event(call: Call, params: GuidParams) -> Response:
    """Show one audit event."""
    document = render_event(call.get(params.guid), call.base_url)
    return Response.of(document, headers=(CONTENT_TYPE,))


def show_root(call: Call, params: Params) -> Response:
    """List the links of this version. Ours: only to what there is here."""
    here: Link = {"href": call.base_url}
    events: Link = {"href": f"{call.base_url}/audit_events"}
    return Response.of({"links": {"self": here, "audit_events": events}}, headers=(CONTENT_TYPE,))
