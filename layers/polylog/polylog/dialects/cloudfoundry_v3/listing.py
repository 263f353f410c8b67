"""`GET /v3/audit_events` and `GET /v3/audit_events/:guid`: parameters, pages and single events."""

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
    """The mark of a parameter with times, which are compared by whole seconds."""

    def compare(self, value: Value) -> Filter:
        return compare_time(self.op, int(value))


class _Updated(Where):
    """The mark of a parameter with times of the last change.

    An event without `updated_at` has not changed since it was made, so its own time counts. The
    attribute has a fixed width and is in UTC: its texts compare as times do.
    """

    def compare(self, value: Value) -> Filter:
        second = int(value)
        text = format_seconds(second)
        never = [Compare(self.field, Op.EQ, ""), compare_time(self.op, second)]
        once = [Compare(self.field, Op.NE, ""), Compare(self.field, self.op, text)]
        return disjunction([conjunction(never), conjunction(once)])


def _split(text: str) -> tuple[str, ...]:
    """Split a list at its commas; a comma inside a value is escaped twice (base_message.rb).

    `a,b%2Cc`, after the query was decoded, is `a` and `b,c`. Ours: a `+` stays a `+`. The server
    decodes each value like a form's, and takes it for a blank.
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
    """Read a number. Ours: nothing may follow its digits. Ruby's `to_i` drops what follows."""
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

_SEVERAL: Final = "Separate several by commas: an event must have one of them."
_AT: Final = "A time like 2026-03-01T10:00:00Z, or several of them separated by commas."


class ListParams(Params):
    """The parameters of the list. An event must pass all filters. Other parameters are refused."""

    page: Annotated[
        int,
        BeforeValidator(_positive),
        Field(description="The number of the page, from 1.", json_schema_extra={"minimum": 1}),
    ] = 1
    per_page: Annotated[
        int,
        BeforeValidator(_page_size),
        Field(
            description="The most events on a page.",
            json_schema_extra={"minimum": 1, "maximum": _MOST},
        ),
    ] = 50
    order_by: Annotated[
        str,
        BeforeValidator(_order),
        Field(
            description="The order of the events: `created_at` lists the oldest first, and "
            "`-created_at` the newest. Ours: `updated_at` means the same as `created_at`.",
            json_schema_extra={
                "enum": [sign + name for name in ("created_at", "updated_at") for sign in ("", "-")]
            },
        ),
    ] = "created_at"
    created_ats: Annotated[
        _Moments,
        _Created("time", Op.EQ),
        Field(description=f"Only events that happened in this second. {_AT}"),
    ] = None
    created_before: Annotated[
        _Moment,
        _Created("time", Op.LT),
        Field(alias="created_ats[lt]", description="Only events that happened before this second."),
    ] = None
    created_until: Annotated[
        _Moment,
        _Created("time", Op.LE),
        Field(
            alias="created_ats[lte]",
            description="Only events that happened before or in this second.",
        ),
    ] = None
    created_after: Annotated[
        _Moment,
        _Created("time", Op.GT),
        Field(alias="created_ats[gt]", description="Only events that happened after this second."),
    ] = None
    created_since: Annotated[
        _Moment,
        _Created("time", Op.GE),
        Field(
            alias="created_ats[gte]",
            description="Only events that happened in or after this second.",
        ),
    ] = None
    updated_ats: Annotated[
        _Moments,
        _Updated(_UPDATED_AT, Op.EQ),
        Field(description=f"Only events that last changed in this second. {_AT}"),
    ] = None
    updated_before: Annotated[
        _Moment,
        _Updated(_UPDATED_AT, Op.LT),
        Field(
            alias="updated_ats[lt]", description="Only events that last changed before this second."
        ),
    ] = None
    updated_until: Annotated[
        _Moment,
        _Updated(_UPDATED_AT, Op.LE),
        Field(
            alias="updated_ats[lte]",
            description="Only events that last changed before or in this second.",
        ),
    ] = None
    updated_after: Annotated[
        _Moment,
        _Updated(_UPDATED_AT, Op.GT),
        Field(
            alias="updated_ats[gt]", description="Only events that last changed after this second."
        ),
    ] = None
    updated_since: Annotated[
        _Moment,
        _Updated(_UPDATED_AT, Op.GE),
        Field(
            alias="updated_ats[gte]",
            description="Only events that last changed in or after this second.",
        ),
    ] = None
    guids: Annotated[
        _Texts, Where("id", Op.EQ), Field(description=f"Only events with this id. {_SEVERAL}")
    ] = None
    types: Annotated[
        _Texts,
        Where("type", Op.EQ),
        Field(description=f"Only events of this type, such as `app.crash`. {_SEVERAL}"),
    ] = None
    target_guids: Annotated[
        _Texts,
        Where("target.id", Op.EQ),
        Field(description=f"Only events that happened to the target with this id. {_SEVERAL}"),
    ] = None
    not_target_guids: Annotated[
        _Texts,
        Where("target.id", Op.NE),
        Field(
            alias="target_guids[not]",
            description="Only events that did not happen to the target with this id. Separate "
            "several by commas: an event must have none of them.",
        ),
    ] = None
    space_guids: Annotated[
        _Texts,
        Where("project_id", Op.EQ),
        Field(description=f"Only events in the space with this id. {_SEVERAL}"),
    ] = None
    organization_guids: Annotated[
        _Texts,
        Where("organization_id", Op.EQ),
        Field(description=f"Only events in the organization with this id. {_SEVERAL}"),
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
        """The direction of the order.

        Ours: `updated_at` orders like `created_at`, because audit events do not change.
        """
        return Order.DESCENDING if self.order_by.startswith("-") else Order.ASCENDING


class Link(TypedDict):
    """An address."""

    href: str


class Pagination(TypedDict):
    """The number of events and of pages, and the addresses of the pages around this one.

    `next` is null on the last page, and `previous` on the first.
    """

    total_results: int
    total_pages: int
    first: Link
    last: Link
    next: Link | None
    previous: Link | None


class AuditEventList(TypedDict):
    """A page of audit events, in `resources`."""

    pagination: Pagination
    resources: list[AuditEvent]


class Root(TypedDict):
    """The addresses of this API and of its list."""

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
    """List audit events, with exact totals and the addresses of other pages.

    The oldest come first, unless you ask for `order_by=-created_at`. An event must pass all
    filters. A parameter that is not known is refused with 400.

    For example, `GET /v3/audit_events?types=app.crash&order_by=-created_at&per_page=2` returns the
    two newest crashes.
    """
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
    """Return one audit event."""
    document = render_event(call.get(params.guid), call.base_url)
    return Response.of(document, headers=(CONTENT_TYPE,))


def show_root(call: Call, params: Params) -> Response:
    """Return the links of this version.

    Ours: there are only the two for events.
    """
    here: Link = {"href": call.base_url}
    events: Link = {"href": f"{call.base_url}/audit_events"}
    return Response.of({"links": {"self": here, "audit_events": events}}, headers=(CONTENT_TYPE,))
