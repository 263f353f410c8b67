"""Cloud Foundry's Cloud Controller v3 audit events.

Implements "Audit Events" of the CAPI V3 documentation. What it leaves open follows the server,
cloud_controller_ng. "Ours" marks where Polylog differs from the server.

Both versions show the same events: load them as v2 and read them as v3, or the other way round. To
log in, use the root and the token endpoint of v2 (`cloudfoundry`).
"""

from __future__ import annotations

from polylog.api.auth import bearer
from polylog.api.contract import BEARER, Reply
from polylog.api.dialect import Dialect, Endpoint
from polylog.api.params import Params
from polylog.dialects.cloudcontroller.headers import headers
from polylog.dialects.cloudfoundry_v3.errors import Problem, render_error
from polylog.dialects.cloudfoundry_v3.listing import (
    AuditEventList,
    GuidParams,
    ListParams,
    Root,
    get_audit_event,
    list_audit_events,
    show_root,
)
from polylog.dialects.cloudfoundry_v3.wire import AuditEvent, read_event
from polylog.intake.documents import Format, has_members
from polylog.model.errors import EventNotFound, TooBroad

DIALECT = Dialect(
    name="cloudfoundry-v3",
    mounts=("/cf/v3", "/cloudfoundry/v3"),
    scheme=bearer,
    endpoints=(
        Endpoint(
            "GET",
            "/audit_events",
            ListParams,
            list_audit_events,
            returns=(Reply(AuditEventList),),
            raises=(TooBroad,),
        ),
        Endpoint(
            "GET",
            "/audit_events/{guid+}",
            GuidParams,
            get_audit_event,
            returns=(Reply(AuditEvent),),
            raises=(EventNotFound,),
        ),
        Endpoint("GET", "/", Params, show_root, None, returns=(Reply(Root),)),
    ),
    error=render_error,
    headers=headers,
    format=Format(
        read_event,
        envelope=("resources",),
        is_event=has_members("guid", "created_at", "type", "actor", "target"),
    ),
    problem=Problem,
    security=BEARER,
)
