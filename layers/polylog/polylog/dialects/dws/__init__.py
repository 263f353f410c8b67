"""Huawei Cloud GaussDB(DWS): the list of a data warehouse's events.

Implements the page "Querying Event List" of the API reference (August 2025). What that page leaves
open follows the published SDK, huaweicloudsdkdws, and other pages of the reference. "Ours" marks
where Polylog differs from it, or decides what it leaves open.
"""

from __future__ import annotations

from typing import Final

from polylog.api.dialect import Dialect, Endpoint
from polylog.dialects.dws.errors import Problem, render_error
from polylog.dialects.dws.listing import EventList, ListParams, list_events
from polylog.dialects.dws.wire import read_event
from polylog.dialects.huawei import gateway
from polylog.intake.documents import Format, has_members
from polylog.model.errors import ForeignScope, TooBroad

_MOUNTS: Final = (gateway.MOUNTED_AT_ROOT, "/dws")

DIALECT = Dialect(
    name="dws",
    mounts=_MOUNTS,
    scheme=gateway.scheme(_MOUNTS),
    endpoints=(
        Endpoint(
            "GET",
            "/v2/{project_id}/events",
            ListParams,
            list_events,
            returns=(gateway.reply(EventList),),
            raises=(ForeignScope, TooBroad),
        ),
    ),
    error=render_error,
    format=Format(
        read_event,
        envelope=("events",),
        scope="project_id",
        is_event=has_members("event_id", "occur_time"),
    ),
    problem=Problem,
    security=gateway.SECURITY,
)
