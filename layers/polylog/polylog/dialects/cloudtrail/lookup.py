"""`LookupEvents`: parameters, the filters that an attribute means, and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal, NotRequired

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import MAX_FORM_BYTES, Request, Response
from polylog.api.page_tokens import Tokens
from polylog.api.params import Params
from polylog.dialects.cloudtrail.errors import CONTENT_TYPE, UnknownOperation, UnsupportedOperation
from polylog.dialects.cloudtrail.wire import LookedUpEvent, render_event
from polylog.intake.documents import read_json
from polylog.intake.formats.cloudtrail import INSIGHT
from polylog.intake.formats.cloudtrail.actors import SERVICE
from polylog.model.errors import (
    InvalidParameter,
    PositionExpired,
    RequestTooLarge,
    shown,
    validated,
)
from polylog.model.event import Event
from polylog.model.filter import Compare, Filter, Op, conjunction
from polylog.model.query import Order, Page, Position, Window
from polylog.model.times import EARLIEST, LATEST, SECOND

TARGET: Final = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101."
"""How the target of every operation of the service begins."""

_OPERATION: Final = "LookupEvents"
_MOST: Final = 50
_TURNS: Final = 4


def _microseconds(value: object) -> object:
    """Return microseconds for seconds since the epoch, which may have a fraction."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number of seconds since the epoch")
    if not EARLIEST <= value * SECOND <= LATEST:
        raise ValueError("must be within the years 1 to 9999")
    return round(value * SECOND)


def _without_null(value: object) -> object:
    return () if value is None else value


class _Members(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


_Seconds = Annotated[
    int | None, BeforeValidator(_microseconds), Field(json_schema_extra={"type": "number"})
]


class LookupAttribute(_Members):
    """What to look events up by; the value must be the same, in upper and lower case too."""

    key: Annotated[
        Literal[
            "EventId",
            "EventName",
            "ReadOnly",
            "Username",
            "ResourceType",
            "ResourceName",
            "EventSource",
            "AccessKeyId",
        ],
        Field(alias="AttributeKey"),
    ]
    value: Annotated[str, Field(alias="AttributeValue", min_length=1, max_length=2000)]


class LookupRequest(_Members):
    """Which events to list; a member that is null is one that is missing."""

    attributes: Annotated[
        tuple[LookupAttribute, ...],
        BeforeValidator(_without_null),
        Field(alias="LookupAttributes", max_length=1),
    ] = ()
    start: Annotated[
        _Seconds, Field(alias="StartTime", description="Only events at or after this time.")
    ] = None
    end: Annotated[
        _Seconds, Field(alias="EndTime", description="Only events at or before this time.")
    ] = None
    category: Annotated[
        Literal["insight"] | None,
        Field(
            alias="EventCategory",
            description="Events of CloudTrail Insights, instead of all others.",
        ),
    ] = None
    most: Annotated[
        int | None,
        Field(alias="MaxResults", strict=True, ge=1, le=_MOST, description="Events on a page."),
    ] = None
    token: Annotated[
        str | None, Field(alias="NextToken", description="The `NextToken` of the page before.")
    ] = None

    @property
    def limit(self) -> int:
        """The most events on a page."""
        return self.most or _MOST

    @property
    def window(self) -> Filter:
        """The filter for time and category; see `is_listed` for the category that is not named."""
        terms: list[Filter] = []
        if self.category is not None:
            terms.append(Compare("category", Op.EQ, INSIGHT))
        if self.start is not None:
            terms.append(Compare("time", Op.GE, self.start))
        if self.end is not None:
            terms.append(Compare("time", Op.LE, self.end))
        return conjunction(terms)

    def is_listed(self, event: Event) -> bool:
        """Return whether an event that passes the filters is shown: Insights only if named.

        A condition would keep an index from settling the filter, and cost five times as much.
        """
        return self.category is not None or event.category != INSIGHT


class EventList(TypedDict):
    """A page of events, the newest first; without a token, it is the last one."""

    Events: list[LookedUpEvent]
    NextToken: NotRequired[str]


def lookup_events(call: Call, params: Params) -> Response:
    """List events, the newest first.

    The operation is named in the header `X-Amz-Target`. Ours: an event of any age, region and
    category is found, at any rate. A page may be short, or empty, before the last one.
    """
    _require_operation(call.request)
    asked = _read(call.request.body)
    tokens = _tokens(call, asked)
    after = tokens.read(asked.token, asked.limit).after if asked.token is not None else None
    page = _listed(call, asked, after)
    rendered = [render_event(event) for event in page.events]

    def response(number: int) -> Response:
        following = page.next if number == len(rendered) else _place(page.events[number - 1])
        token = {} if following is None else {"NextToken": tokens.write(following, 0)}
        return Response.of({"Events": rendered[:number], **token}, headers=(CONTENT_TYPE,))

    return call.fitting(response, len(rendered))


def _require_operation(request: Request) -> None:
    target = request.headers.get("x-amz-target", "")
    operation = target.removeprefix(TARGET)
    if operation == target:
        raise UnknownOperation(shown(target))
    if operation != _OPERATION:
        raise UnsupportedOperation(shown(operation))


def _read(body: bytes) -> LookupRequest:
    """Read the body; raises `InvalidParameter`. Without one, it is like `{}`."""
    if len(body) > MAX_FORM_BYTES:
        raise RequestTooLarge(f"more than {MAX_FORM_BYTES} bytes")
    asked = validated(LookupRequest, read_json(body) if body else {})
    if asked.start is not None and asked.end is not None and asked.start > asked.end:
        raise InvalidParameter("StartTime", "must not be after EndTime")
    return asked


def _tokens(call: Call, asked: LookupRequest) -> Tokens:
    """Return what writes and reads the tokens of this lookup; pages may differ in size."""
    same = asked.model_dump_json(exclude={"most", "token"})
    bound_to = ("LookupEvents", call.principal.scope, str(call.principal.restriction.filter), same)
    return Tokens(call.secret("page tokens"), bound_to, "NextToken")


def _listed(call: Call, asked: LookupRequest, after: Position | None) -> Page:
    """Return the page after a place, filled up where events are left out, within a few turns."""
    events: list[Event] = []
    for _ in range(_TURNS):
        page = _find(call, asked, Window(asked.limit - len(events), after=after))
        events += filter(asked.is_listed, page.events)
        after = page.next
        if after is None or page.is_cut or len(events) == asked.limit:
            break
    return Page(tuple(events), after)


def _find(call: Call, asked: LookupRequest, window: Window) -> Page:
    meant = [each for attribute in asked.attributes for each in meanings(attribute)]
    filters = [conjunction([each, asked.window]) for each in meant] or [asked.window]
    try:
        return _newest(call, filters, window)
    except PositionExpired:  # Nothing that would follow is kept.
        return Page((), None)


def meanings(attribute: LookupAttribute) -> tuple[Filter, ...]:
    """Return filters of which an event passes one if it has the attribute.

    Each is answered by a key, from an index, from segments or by leaves; all in one, they would
    need the events themselves.
    """
    value = attribute.value
    match attribute.key:
        case "Username":
            user = (Compare("actor.name", Op.EQ, value), Compare("actor.type", Op.NE, SERVICE))
            return (conjunction(user),)
        case "ResourceName":
            fields = ("target.id", "target.name")
            return (
                *(Compare(each, Op.EQ, value) for each in fields),
                Compare("links", Op.HAS, value),
            )
        case "ResourceType":
            return (Compare("target.type", Op.EQ, value), Compare("links", Op.HAS, value))
        case key:
            return (Compare(_FIELDS[key], Op.EQ, value),)


_FIELDS: Final = {
    "EventId": "id",
    "EventName": "type",
    "EventSource": "source",
    "ReadOnly": "data.readOnly",
    "AccessKeyId": "data.userIdentity.accessKeyId",
}


def _newest(call: Call, filters: Sequence[Filter], window: Window) -> Page:
    """Return the newest events that pass any of the filters, all as of one moment.

    Where a page ends that has a next one, the others may end too: what lies beyond is left to the
    next page, since this one cannot show it in order.
    """
    pages: list[Page] = []
    end: Position | None = None
    moment: object | None = None
    for filter in filters:
        newer = [] if end is None else [Compare("time", Op.GE, end.time)]
        page = call.find(
            conjunction([filter, *newer]),
            Order.DESCENDING,
            window,
            is_partial=True,
            moment=moment,
        )
        moment = page.moment
        end = max((at for at in (end, page.next) if at), default=None)
        pages.append(page)
    return _merged(pages, end, window.limit)


def _merged(pages: Sequence[Page], end: Position | None, limit: int) -> Page:
    """Return the first events of several pages together, each once, up to where all are known."""
    places = {_place(event): event for page in pages for event in page.events}
    known = sorted((at for at in places if end is None or at >= end), reverse=True)
    following = known[limit - 1] if len(known) > limit else end
    is_cut = any(page.is_cut for page in pages)
    return Page(tuple(places[at] for at in known[:limit]), following, is_cut=is_cut)


def _place(event: Event) -> Position:
    return Position(event.time, event.seq)
