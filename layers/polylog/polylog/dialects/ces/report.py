"""`POST /V1.0/{project_id}/events` stores reported events, all of them or none."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    StringConstraints,
)
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import Response
from polylog.api.params import Params
from polylog.dialects.ces.errors import EmptyReport, InvalidReport
from polylog.dialects.ces.params import Project
from polylog.dialects.ces.wire import Detail, Dimension, Occurrence, read_event
from polylog.dialects.huawei import gateway
from polylog.dialects.huawei.members import MILLISECOND
from polylog.intake.documents import Format, read_json, read_one
from polylog.model.errors import ApiError, Forbidden, InvalidParameter, shown
from polylog.model.event import MAX_EVENT_BYTES, Event
from polylog.model.store import Status
from polylog.model.times import SECOND

MAX_EVENTS: Final = 90
MAX_BYTES: Final = 2_500_000
"""The most events and bytes of a report, so that one transaction can store it.

Ours: the document names no limit.
"""

_TAKEN: Final = (Status.STORED, Status.DUPLICATE, Status.CONFLICT)
_EARLIEST: Final = -60 * 60 * SECOND
_LATEST: Final = 10 * 60 * SECOND


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def _must_match(expression: re.Pattern[str], rule: str) -> AfterValidator:

    def check(value: str) -> str:
        if not expression.fullmatch(value):
            raise ValueError(f"must be {rule} but was '{shown(value)}'")
        return value

    return AfterValidator(check)


def _no_id(value: object) -> None:
    raise ValueError("must not be given: it follows from the event")


_OrEmpty = BeforeValidator(_none_if_empty)
_NAME = re.compile(r"[A-Za-z]\w{0,63}", re.ASCII)
_SOURCE = re.compile(r"(?=.{3,32}$)[A-Za-z]\w*\.[A-Za-z]\w*|", re.ASCII)
_Name = Annotated[
    str,
    _must_match(_NAME, "1 to 64 letters, digits or '_', beginning with a letter,"),
    Field(json_schema_extra={"type": "string", "pattern": f"^({_NAME.pattern})$"}),
]
_Source = Annotated[
    str,
    _must_match(
        _SOURCE,
        "empty, or like service.item: 3 to 32 letters, digits or '_', each part beginning with a "
        "letter,",
    ),
    Field(json_schema_extra={"type": "string", "pattern": f"^({_SOURCE.pattern})$"}),
]


class ReportedDimension(Dimension):
    """A part of the resource that the event happened to, as name and value."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    value: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class ReportedDetail(Detail):
    """What happened, to what, and who did it; every member is optional.

    Unknown members are kept.
    """

    content: Annotated[str, StringConstraints(max_length=4096)] | None = None
    group_id: Annotated[str, StringConstraints(max_length=24)] | None = None
    resource_id: Annotated[str, StringConstraints(max_length=128)] | None = None
    resource_name: Annotated[str, StringConstraints(max_length=128)] | None = None
    event_state: Annotated[Literal["normal", "warning", "incident"] | None, _OrEmpty] = None
    event_level: Annotated[Literal["Critical", "Major", "Minor", "Info"] | None, _OrEmpty] = None
    event_user: Annotated[str, StringConstraints(max_length=64)] | None = None
    event_type: Annotated[Literal["EVENT.CUSTOM"] | None, _OrEmpty] = None
    sub_event_type: Annotated[
        Literal["SUB_EVENT.OPS", "SUB_EVENT.PLAN", "SUB_EVENT.CUSTOM"] | None, _OrEmpty
    ] = None
    dimensions: (
        Annotated[tuple[ReportedDimension, ...], Field(max_length=4, fail_fast=True)] | None
    ) = None


class ReportedEvent(Occurrence):
    """An event of the last hour or the next ten minutes.

    `time` is in milliseconds since 1970, UTC. `event_source` is like `service.item`, or empty. An
    `event_id` is refused, because the id follows from the event.
    """

    event_id: Annotated[None, BeforeValidator(_no_id), SkipJsonSchema()] = None
    event_name: _Name
    event_source: _Source
    detail: ReportedDetail


Report = Annotated[list[ReportedEvent], Field(min_length=1, max_length=MAX_EVENTS)]


class Accepted(TypedDict):
    """The id and the name of a reported event."""

    event_id: str
    event_name: str


class ReportParams(Params):
    """The project that the events belong to."""

    project_id: Project


def report_events(call: Call, params: ReportParams) -> Response:
    """Store the events of the body, and return their ids in the same order.

    A report has 1 to 90 events, and at most 2,500,000 bytes. All of them are stored, or none. An
    event that was reported before is not stored again. Members that its id does not depend on, such
    as the content, stay as they were.

    A body looks like `[{"event_name": "deploy", "event_source": "ci.Pipeline", "time":
    1772366400250, "detail": {"event_level": "Info"}}]`.
    """
    gateway.require_project(call, params.project_id)
    events = _read(call)
    if not all(call.principal.restriction.allows(event) for event in events):
        raise Forbidden
    for number, outcome in enumerate(call.put(events)):
        if outcome.status not in _TAKEN:
            raise InvalidReport(f"[{number}]: {outcome.reason}")
    answer = [{"event_id": event.id, "event_name": event.type} for event in events]
    return gateway.respond(answer, status=201)


def _read(call: Call) -> list[Event]:
    """Return the events of the body.

    Raises `EmptyReport` if there are none, and `InvalidReport` if one of them is bad.
    """
    wires = _unpack(call.request.body)
    format = Format(partial(_read_event, now=call.services.clock.now()))
    offered = [read_one(wire, format, call.principal.scope) for wire in wires]
    events = [_good(each, f"[{number}]") for number, each in enumerate(offered)]
    if sum(map(_size, events)) > MAX_BYTES:
        raise InvalidReport(f"a report may have at most {MAX_BYTES} bytes")
    return events


def _unpack(body: bytes) -> list[JsonValue]:
    if not body.strip():
        raise EmptyReport
    wires = read_json(body, most=MAX_EVENTS)
    if not isinstance(wires, list):
        raise InvalidReport("the body must be an array of events")
    if not wires:
        raise EmptyReport
    return wires


def _read_event(wire: JsonValue, now: int) -> Event:
    event = read_event(wire, ReportedEvent)
    if not now + _EARLIEST <= event.time <= now + _LATEST:
        window = "at most an hour ago and at most 10 minutes ahead"
        reason = f"must be {window} but was {event.time // MILLISECOND}"
        raise InvalidParameter("time", f"{reason}; the time now is {now // MILLISECOND}")
    return event


def _good(offered: Event | ApiError, place: str) -> Event:
    match offered:
        case InvalidParameter(parameter="event", reason=reason):
            raise InvalidReport(f"{place} {reason}")
        case ApiError():
            raise InvalidReport(f"{place}.{offered}")
    if _size(offered) > MAX_EVENT_BYTES:
        raise InvalidReport(f"{place} must have at most {MAX_EVENT_BYTES} bytes")
    return offered


def _size(event: Event) -> int:
    return len(event.model_dump_json(exclude={"seq"}, exclude_defaults=True).encode())
