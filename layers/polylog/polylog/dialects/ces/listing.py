"""The two lists: `GET …/events` by name, and `GET …/event/{event_name}` of one's occurrences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import Response
from polylog.api.params import Where
from polylog.dialects.ces.errors import TooManyNames
from polylog.dialects.ces.params import PageParams, RequiredOrigin, Text
from polylog.dialects.ces.wire import (
    EVENT_TYPES,
    SUB_EVENT_TYPES,
    Occurrence,
    render_event,
    sub_event_type,
)
from polylog.dialects.huawei import gateway
from polylog.dialects.huawei.members import MILLISECOND
from polylog.model.event import Event
from polylog.model.filter import Op
from polylog.model.predicate import text_reader
from polylog.model.query import Order, Page, Window
from polylog.model.store import Group

_USER: Final = "actor.name"
_SOURCE: Final = "source"

EventType = Literal["EVENT.SYS", "EVENT.CUSTOM"]


class Total(TypedDict):
    """The number of rows on all pages."""

    total: int


class EventRow(TypedDict):
    """The events of one name and type: their number, and the latest one's time and source.

    The time is in milliseconds since 1970, UTC.
    """

    event_name: str
    event_type: EventType
    sub_event_type: NotRequired[str]
    event_count: int
    latest_occur_time: int
    latest_event_source: str


class EventRows(TypedDict):
    """A page of rows, one for each name and type."""

    events: list[EventRow]
    meta_data: Total


class EventDetails(TypedDict):
    """A page of one event's occurrences, in `event_info`.

    `event_users` and `event_sources` are those of all occurrences, on every page.
    """

    event_name: str
    event_type: EventType
    sub_event_type: str
    event_users: list[str]
    event_sources: list[str]
    event_info: list[Occurrence]
    meta_data: Total


def _only(what: str) -> object:
    return Field(description=f"Only {what}.")


class ListParams(PageParams):
    """Which events to list, by name and type."""

    event_name: Annotated[Text, Where("type", Op.EQ), _only("events of this name")] = None


def list_events(call: Call, params: ListParams) -> Response:
    """List which events happened, how often, and when last; the latest first.

    Returns one row for each name and type, the latest first. `total` is the number of rows on all
    pages.

    For example, `GET /V1.0/{project_id}/events?event_type=EVENT.SYS&limit=5` returns the five
    events of the cloud's services that happened last.
    """
    gateway.require_project(call, params.project_id)
    groups = sorted(call.groups(params.filter), key=_place)
    rows = [_render_group(group, params.sub_event_type) for group in groups[params.page]]
    return gateway.respond({"events": rows, "meta_data": {"total": len(groups)}})


def _place(group: Group) -> tuple[int, str, str]:
    """Return the sort key of a group: its time as shown, then type and name."""
    if group.origin is None or group.type is None:
        raise TooManyNames
    return -(group.time // MILLISECOND), EVENT_TYPES[group.origin], group.type


def _render_group(group: Group, sub_event_type: str | None) -> dict[str, object]:
    """Render a row.

    It has a sub type only if you asked for one, because its events may have several.
    """
    return {
        "event_name": group.type,
        "event_type": EVENT_TYPES[group.origin or ""],
        **({"sub_event_type": sub_event_type} if sub_event_type else {}),
        "event_count": group.count,
        "latest_occur_time": group.time // MILLISECOND,
        "latest_event_source": group.source or "",
    }


class DetailParams(PageParams):
    """Which occurrences of an event to show; every parameter matches exactly."""

    event_name: Annotated[
        str, Where("type", Op.EQ), Field(description="The name of the event, such as `deploy`.")
    ]
    event_type: RequiredOrigin
    event_source: Annotated[Text, Where("source", Op.EQ), _only("events from this source")] = None
    event_level: Annotated[Text, Where("severity", Op.EQ), _only("events of this level")] = None
    event_user: Annotated[Text, Where("actor.name", Op.EQ), _only("events by this user")] = None
    event_state: Annotated[Text, Where("status", Op.EQ), _only("events in this state")] = None


def show_event(call: Call, params: DetailParams) -> Response:
    """List the occurrences of an event, the newest first, and the users and sources of all.

    `total` is the number of occurrences on all pages.
    """
    gateway.require_project(call, params.project_id)
    start, stop = params.page.start, params.page.stop
    window = Window(limit=stop - start, offset=start)
    page = call.find(params.filter, Order.DESCENDING, window, with_total=True)
    values = _values(call, params, page)
    document = {
        "event_name": params.event_name,
        "event_type": EVENT_TYPES[params.event_type],
        "sub_event_type": _sub_event_type(params, page.events),
        "event_users": sorted(values[_USER]),
        "event_sources": sorted(values[_SOURCE]),
        "event_info": [render_event(event) for event in page.events],
        "meta_data": {"total": page.total},
    }
    return gateway.respond(document)


def _values(call: Call, params: DetailParams, page: Page) -> dict[str, set[str]]:
    """Return the users and the sources of all occurrences, `""` for those without one."""
    fields = (_USER, _SOURCE)
    if len(page.events) == page.total:
        return {field: set(map(text_reader(field), page.events)) for field in fields}
    found = call.values(params.filter, fields, page)
    return {field: {each.value for each in values} for field, values in found.items()}


def _sub_event_type(params: DetailParams, shown: Sequence[Event]) -> str:
    """Return the sub type that you asked for, or that of the first occurrence shown.

    If none is shown, it is the usual one.
    """
    if params.sub_event_type:
        return params.sub_event_type
    return sub_event_type(shown[0]) if shown else SUB_EVENT_TYPES[params.event_type]
