"""The headers that the Cloud Controller sends with every response."""

from __future__ import annotations

import re
from typing import Final
from uuid import uuid4

from polylog.api.auth import ANONYMOUS, Principal
from polylog.api.http import Pairs, Request

_REQUEST_ID_LENGTH: Final = 255


def headers(request: Request, principal: Principal) -> Pairs:
    """Return the headers of every response, as the server's vcap_request_context_setter.rb does.

    The request id begins with the one that the client sent, if any: `mine::0b9c2d4e-…`.
    """
    given = request.headers.get("x-vcap-request-id") or request.headers.get("x-request-id") or ""
    given = re.sub(r"[^\w-]", "", given, flags=re.ASCII)[:_REQUEST_ID_LENGTH]
    request_id = f"{given}::{uuid4()}" if given else str(uuid4())
    always = (("X-VCAP-Request-ID", request_id), ("X-Content-Type-Options", "nosniff"))
    if principal is ANONYMOUS:
        return always
    return (*always, ("X-USER-GUID", principal.key_id))
