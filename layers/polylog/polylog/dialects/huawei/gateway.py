"""The gateway in front of Huawei Cloud's APIs: credentials, its own errors, and request ids.

Not a dialect. Follows "Calling APIs" of Open Telekom Cloud's references, and for the errors' text
what users of the real gateway quote. Ours: five failures in a row do not lock a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from polylog.api.auth import Credential, Proof
from polylog.api.call import Call
from polylog.api.contract import Reply, Security
from polylog.api.http import JSON, Request, Response
from polylog.api.signing import is_signed, read_signature
from polylog.model.errors import (
    ApiError,
    BadSignature,
    ForeignScope,
    InvalidCredential,
    MalformedSignature,
    RouteNotFound,
    SignatureExpired,
    Unauthenticated,
    UnknownKey,
)
from polylog.model.times import format_seconds

MOUNTED_AT_ROOT = ""
"""The SDKs drop any path of the address that they are given."""

SECURITY: Final[Security] = {
    "token": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Auth-Token",
        "description": "The token of an access key: `<key id>.<secret>`.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`SDK-HMAC-SHA256`, or `SDK-HMAC-SHA256` scoped: a signature of the request "
        "and its `X-Sdk-Date` with the secret of an access key, as Huawei Cloud's SDKs make it.",
    },
}

_UNAUTHENTICATED = "Incorrect IAM authentication information: "
_UNKNOWN_ROUTE = "The API does not exist or has not been published in the environment"

# What names a key. Anything else is a part of a token that is none of ours, and is not shown.
_KEY_ID = re.compile(r"[A-Z0-9]{1,40}", re.ASCII)


def scheme(mounts: tuple[str, ...]) -> Callable[[Request], Proof | None]:
    """Return how a request is authenticated: by a signature, else by `X-Auth-Token`.

    A client that was led to a mount by a proxy signs the path without it.
    """

    def read(request: Request) -> Proof | None:
        token = request.headers.get("x-auth-token")
        if token is not None and not is_signed(request):
            return Credential.parse(token.strip())
        return read_signature(request, (request.path, *_without(mounts, request.path)))

    return read


def _without(mounts: tuple[str, ...], path: str) -> tuple[str, ...]:
    return tuple(
        path.removeprefix(mount) for mount in mounts if mount and path.startswith(mount + "/")
    )


def require_project(call: Call, project_id: str) -> None:
    """Raise `ForeignScope` unless path and `X-Project-Id`, if sent, name the caller's scope."""
    for name in (project_id, call.request.headers.get("x-project-id", project_id)):
        call.require_scope(name)


def respond(document: object, *, status: int = 200, request_id: str | None = None) -> Response:
    """Return the response that carries a document, and the id that users quote it by."""
    headers = (JSON, ("X-Request-Id", request_id or uuid4().hex))
    return Response.of(document, status=status, headers=headers)


def reply(type: object, *, status: int = 200) -> Reply:
    """Describe what `respond` makes."""
    return Reply(type, status, headers={"X-Request-Id": "What this request is quoted by."})


def render_error(error: ApiError) -> Response | None:
    """Render an error that the gateway answers before any service is asked, None for others."""
    match error:
        case RouteNotFound():
            return _refuse(404, "APIGW.0101", _UNKNOWN_ROUTE)
        case Unauthenticated():
            return _refuse(401, "APIGW.0301", _UNAUTHENTICATED + _reason(error))
        case _:
            return None


def _reason(error: Unauthenticated) -> str:
    match error:
        case BadSignature(canonical_request=text):
            shown = text.replace("\n", "|")
            return f"verify aksk signature fail, canonical request:{shown}"
        case SignatureExpired(signed_at=signed_at, now=now):
            times = f"signature time:{_basic(signed_at)}, server time:{_basic(now)}"
            return f"signature expired, {times}"
        case MalformedSignature(reason=reason):
            return reason
        case UnknownKey(key_id=key_id) if _KEY_ID.fullmatch(key_id):
            return f"ak {key_id} not exist"
        case InvalidCredential():
            return "decrypt token fail"
        case _:
            return "neither Authorization nor X-Auth-Token was sent"


def _basic(time_us: int) -> str:
    return re.sub("[-:]", "", format_seconds(time_us))


def _refuse(status: int, code: str, message: str) -> Response:
    request_id = uuid4().hex
    document = {"error_msg": message, "error_code": code, "request_id": request_id}
    return respond(document, status=status, request_id=request_id)


def foreign(error: ForeignScope) -> str:
    """Return the sentence about a project that the key does not open."""
    return f"the key does not belong to project '{error}'"
