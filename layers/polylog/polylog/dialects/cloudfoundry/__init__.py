"""Cloud Foundry's Cloud Controller v2 events.

Implements "Events API: List events associated with an App since January 1, 2014" (apidocs,
February 2015). What the document leaves open follows the server, cloud_controller_ng, as of 2026;
what is marked "ours" deviates from it, with the reason.
"""

from __future__ import annotations

import re
from typing import Final
from uuid import uuid4

from polylog.auth import ANONYMOUS, Principal, bearer
from polylog.dialect import Dialect, Endpoint, Format
from polylog.dialects.cloudfoundry import login
from polylog.dialects.cloudfoundry.errors import render_error
from polylog.dialects.cloudfoundry.listing import GuidParams, ListParams, get_event, list_events
from polylog.dialects.cloudfoundry.wire import read_event
from polylog.http import Pairs, Request
from polylog.params import Params

_REQUEST_ID_LENGTH: Final = 255


def headers(request: Request, principal: Principal) -> Pairs:
    """Return the headers of every response (vcap_request_context_setter.rb)."""
    given = request.headers.get("x-vcap-request-id") or request.headers.get("x-request-id") or ""
    given = re.sub(r"[^\w-]", "", given, flags=re.ASCII)[:_REQUEST_ID_LENGTH]
    request_id = f"{given}::{uuid4()}" if given else str(uuid4())
    always = (("X-VCAP-Request-ID", request_id), ("X-Content-Type-Options", "nosniff"))
    if principal is ANONYMOUS:
        return always
    return (*always, ("X-USER-GUID", principal.key_id))


DIALECT = Dialect(
    name="cloudfoundry",
    mounts=("/cf", "/cloudfoundry"),
    scheme=bearer,
    endpoints=(
        Endpoint("GET", "/v2/events", ListParams, list_events),
        Endpoint("GET", "/v2/events/{guid+}", GuidParams, get_event),
        Endpoint("GET", "/", Params, login.show_root, permission=None),
        Endpoint("GET", "/v2/info", Params, login.show_info, permission=None),
        Endpoint("POST", "/oauth/token", Params, login.grant_token, permission=None),
    ),
    error=render_error,
    headers=headers,
    format=Format(read_event, envelope="resources"),
)
