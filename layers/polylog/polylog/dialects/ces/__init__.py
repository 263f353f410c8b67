"""Huawei Cloud's Cloud Eye (CES): lists events by name and one event's occurrences, takes reports.

Implements the page "Querying Events" of the API reference (`GET /V1.0/{project_id}/events`). The
two endpoints that belong to it follow the pages "Querying the Details of an Event" and "Reporting
Events" in Open Telekom Cloud's reference (December 2025), and the published SDK, huaweicloudsdkces.
"Ours" marks where Polylog differs from them, or decides what they leave open.
"""

from __future__ import annotations

from typing import Final

from polylog.api.contract import Body
from polylog.api.dialect import Dialect, Endpoint
from polylog.dialects.ces.errors import (
    EmptyReport,
    InvalidReport,
    Problem,
    TooManyNames,
    render_error,
)
from polylog.dialects.ces.listing import (
    DetailParams,
    EventDetails,
    EventRows,
    ListParams,
    list_events,
    show_event,
)
from polylog.dialects.ces.report import Accepted, Report, ReportParams, report_events
from polylog.dialects.ces.wire import read_event
from polylog.dialects.huawei import gateway
from polylog.intake.documents import Format, has_members
from polylog.model.errors import ForeignScope, TooBroad

_MOUNTS: Final = (gateway.MOUNTED_AT_ROOT, "/ces")

DIALECT = Dialect(
    name="ces",
    mounts=_MOUNTS,
    scheme=gateway.scheme(_MOUNTS),
    endpoints=(
        Endpoint(
            "GET",
            "/V1.0/{project_id}/events",
            ListParams,
            list_events,
            returns=(gateway.reply(EventRows),),
            raises=(ForeignScope, TooBroad, TooManyNames),
        ),
        Endpoint(
            "POST",
            "/V1.0/{project_id}/events",
            ReportParams,
            report_events,
            "write",
            takes=Body(Report),
            returns=(gateway.reply(list[Accepted], status=201),),
            raises=(ForeignScope, EmptyReport, InvalidReport),
        ),
        Endpoint(
            "GET",
            "/V1.0/{project_id}/event/{event_name+}",
            DetailParams,
            show_event,
            returns=(gateway.reply(EventDetails),),
            raises=(ForeignScope, TooBroad),
        ),
    ),
    error=render_error,
    format=Format(
        read_event,
        envelope=("event_info",),
        is_event=has_members("event_name", "event_source", "detail"),
    ),
    problem=Problem,
    security=gateway.SECURITY,
)
