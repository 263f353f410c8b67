"""`LookupEvents`: its parameters, the filters that an attribute means, and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal, NotRequired

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
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
"""The start of `X-Amz-Target`, the same for every operation of CloudTrail."""

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


_Seconds = Annotated[int | None, BeforeValidator(_microseconds), WithJsonSchema({"type": "number"})]


class LookupAttribute(_Members):
    """An attribute to look events up by; upper and lower case make a difference.

    `Username` finds events by the name of the user, except calls by AWS services. `ResourceName`
    finds them by the id, the name or a link of what they acted on.
    """

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
    """Which events to list; a member that is null counts as missing.

    For example, `{"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue":
    "CreateBucket"}], "StartTime": 1772366400, "MaxResults": 10}`. An event must pass all of it.
    """

    attributes: Annotated[
        tuple[LookupAttribute, ...],
        BeforeValidator(_without_null),
        Field(alias="LookupAttributes", max_length=1),
    ] = ()
    start: Annotated[
        _Seconds,
        Field(
            alias="StartTime",
            description="Only events at or after this time, in seconds since 1970, UTC.",
        ),
    ] = None
    end: Annotated[
        _Seconds,
        Field(
            alias="EndTime",
            description="Only events at or before this time, in seconds since 1970, UTC.",
        ),
    ] = None
    category: Annotated[
        Literal["insight"] | None,
        Field(
            alias="EventCategory",
            description="`insight` lists only events of CloudTrail Insights. Without it, they are "
            "left out.",
        ),
    ] = None
    most: Annotated[
        int | None,
        Field(
            alias="MaxResults",
            strict=True,
            ge=1,
            le=_MOST,
            description="The most events on a page: 50 by default.",
        ),
    ] = None
    token: Annotated[
        str | None,
        Field(
            alias="NextToken",
            description="The `NextToken` of the page before. Everything else except `MaxResults` "
            "must stay the same.",
        ),
    ] = None

    @property
    def limit(self) -> int:
        """The most events on a page."""
        return self.most or _MOST

    @property
    def window(self) -> Filter:
        """The filter for time and category; `is_listed` checks the category if you name none."""
        terms: list[Filter] = []
        if self.category is not None:
            terms.append(Compare("category", Op.EQ, INSIGHT))
        if self.start is not None:
            terms.append(Compare("time", Op.GE, self.start))
        if self.end is not None:
            terms.append(Compare("time", Op.LE, self.end))
        return conjunction(terms)

    def is_listed(self, event: Event) -> bool:
        """Return whether to show an event that passes the filters: Insights only if asked for.

        As a condition of the filter, this would keep an index from answering it alone, and cost
        five times as much.
        """
        return self.category is not None or event.category != INSIGHT


class EventList(TypedDict):
    """A page of events, the newest first. Without a `NextToken`, it is the last page."""

    Events: list[LookedUpEvent]
    NextToken: NotRequired[str]


def lookup_events(call: Call, params: Params) -> Response:
    """List events, the newest first.

    The header `X-Amz-Target` must name the operation:
    `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents`. `NextToken` leads to the
    next page. Without it, this is the last.

    Ours: this finds events of any age, region and category, and does not limit how often you ask. A
    page may be short or empty and still have a `NextToken`, if the answer takes much reading.
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
    """Read the body; a missing one counts as `{}`. Raises `InvalidParameter`."""
    if len(body) > MAX_FORM_BYTES:
        raise RequestTooLarge(f"more than {MAX_FORM_BYTES} bytes")
    asked = validated(LookupRequest, read_json(body) if body else {})
    if asked.start is not None and asked.end is not None and asked.start > asked.end:
        raise InvalidParameter("StartTime", "must not be after EndTime")
    return asked


def _tokens(call: Call, asked: LookupRequest) -> Tokens:
    """Return what writes and reads the tokens of this lookup, whose pages may differ in size."""
    same = asked.model_dump_json(exclude={"most", "token"})
    bound_to = ("LookupEvents", call.principal.scope, str(call.principal.restriction.filter), same)
    return Tokens(call.secret("page tokens"), bound_to, "NextToken")


def _listed(call: Call, asked: LookupRequest, after: Position | None) -> Page:
    """Return the page after a place.

    Where events are left out, it is filled up from what follows, in at most `_TURNS` queries.
    """
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
    except PositionExpired:  # The log no longer keeps what would follow.
        return Page((), None)


def meanings(attribute: LookupAttribute) -> tuple[Filter, ...]:
    """Return filters for the events with an attribute: such an event passes at least one of them.

    Each of them is answered by a key, an index, segments or leaves, the columns and values that the
    store keeps of events. One filter for all would have to read the events themselves.

    The `ResourceType` "bucket" means two filters, `target.type = "bucket"` and `links:"bucket"`.
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

    A moment is a state of the log that all these queries see. If one filter's page ends before the
    last of its events, the answer ends there too: what follows could not be shown in order, and is
    left to the next page.
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
    """Return the first events of several pages together, each once, as far as all pages reach."""
    places = {_place(event): event for page in pages for event in page.events}
    known = sorted((at for at in places if end is None or at >= end), reverse=True)
    following = known[limit - 1] if len(known) > limit else end
    is_cut = any(page.is_cut for page in pages)
    return Page(tuple(places[at] for at in known[:limit]), following, is_cut=is_cut)


def _place(event: Event) -> Position:
    return Position(event.time, event.seq)
