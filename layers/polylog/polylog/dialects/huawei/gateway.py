"""The gateway in front of Huawei Cloud's APIs: credentials, its own errors, and request ids.

Follows "Calling APIs" in the references of Open Telekom Cloud. The texts of errors are those that
users of the real gateway quote. Ours: five failures in a row do not lock a key.
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
"""The SDKs drop the path of the address that you give them."""

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
        "description": "A signature of the request, as Huawei Cloud's SDKs make it: algorithm "
        "`SDK-HMAC-SHA256`, with the key's id as AK, its secret as SK, and the time in "
        "`X-Sdk-Date`, which must be within 15 minutes. The scoped form works too.",
    },
}

_UNAUTHENTICATED = "Incorrect IAM authentication information: "
_UNKNOWN_ROUTE = "The API does not exist or has not been published in the environment"

# Only what looks like a key's id is shown. Anything else may be part of another service's token.
_KEY_ID = re.compile(r"[A-Z0-9]{1,40}", re.ASCII)


def scheme(mounts: tuple[str, ...]) -> Callable[[Request], Proof | None]:
    """Return the function that reads a request's signature, or else its `X-Auth-Token`.

    Behind a proxy that adds a mount to the path, the client signs the path without the mount.
    """

    def read(request: Request) -> Proof | None:
        token = request.headers.get("x-auth-token")
        if token is not None and not is_signed(request):
            return Credential.parse(token.strip())
        path = request.base + request.path
        return read_signature(request, (path, request.path, *_without(mounts, request.path)))

    return read


def _without(mounts: tuple[str, ...], path: str) -> tuple[str, ...]:
    return tuple(
        path.removeprefix(mount) for mount in mounts if mount and path.startswith(mount + "/")
    )


def require_project(call: Call, project_id: str) -> None:
    """Raise `ForeignScope` unless the path and `X-Project-Id`, if sent, name the caller's scope."""
    for name in (project_id, call.request.headers.get("x-project-id", project_id)):
        call.require_scope(name)


def respond(document: object, *, status: int = 200, request_id: str | None = None) -> Response:
    """Return a response with this document, and with a request id that users can quote."""
    headers = (JSON, ("X-Request-Id", request_id or uuid4().hex))
    return Response.of(document, status=status, headers=headers)


def reply(type: object, *, status: int = 200) -> Reply:
    """Describe what `respond` returns, for the OpenAPI document."""
    return Reply(
        type, status, headers={"X-Request-Id": "An id to quote when you report a problem."}
    )


def render_error(error: ApiError) -> Response | None:
    """Render an error that the gateway answers itself, and return None for all others."""
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
    """Return the text about a project that the key does not belong to."""
    return f"the key does not belong to project '{error}'"
