"""Cloud Foundry's Cloud Controller v2 events, and how its clients log in.

Implements "Events API: List events associated with an App since January 1, 2014" (apidocs,
February 2015). What the document leaves open follows the server, cloud_controller_ng, as of 2026.
"Ours" marks where Polylog differs from the server.
"""

from __future__ import annotations

from polylog.api.auth import bearer
from polylog.api.contract import BEARER, Body, Reply
from polylog.api.dialect import Dialect, Endpoint
from polylog.api.params import Params
from polylog.dialects.cloudcontroller.headers import headers
from polylog.dialects.cloudfoundry import login
from polylog.dialects.cloudfoundry.errors import Problem, render_error
from polylog.dialects.cloudfoundry.listing import (
    EventList,
    GuidParams,
    ListParams,
    get_event,
    list_events,
)
from polylog.dialects.cloudfoundry.wire import EventResource, read_event
from polylog.intake.documents import Format, has_members
from polylog.model.errors import EventNotFound, NotVisible, TooBroad

DIALECT = Dialect(
    name="cloudfoundry",
    mounts=("/cf", "/cloudfoundry"),
    scheme=bearer,
    endpoints=(
        Endpoint(
            "GET",
            "/v2/events",
            ListParams,
            list_events,
            returns=(Reply(EventList),),
            raises=(TooBroad,),
        ),
        Endpoint(
            "GET",
            "/v2/events/{guid+}",
            GuidParams,
            get_event,
            returns=(Reply(EventResource),),
            raises=(EventNotFound, NotVisible),
        ),
        Endpoint("GET", "/", Params, login.show_root, None, returns=(Reply(login.Root),)),
        Endpoint(
            "GET", "/v2/info", Params, login.show_info, None, returns=(Reply(login.Information),)
        ),
        Endpoint(
            "POST",
            "/oauth/token",
            Params,
            login.grant_token,
            None,
            takes=Body(login.TokenRequest, ("application/x-www-form-urlencoded",)),
            returns=(
                Reply(login.Grant),
                Reply(login.Refusal, status=400),
                Reply(login.Refusal, status=401),
            ),
        ),
    ),
    error=render_error,
    headers=headers,
    format=Format(read_event, envelope=("resources",), is_event=has_members("metadata", "entity")),
    problem=Problem,
    security=BEARER,
)
