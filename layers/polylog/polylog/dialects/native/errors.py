"""Errors as problem details, in the form of RFC 9457."""

from __future__ import annotations

from typing import NotRequired

from pydantic_core import to_json
from typing_extensions import TypedDict

from polylog.api.http import Response
from polylog.model.errors import (
    ApiError,
    EventConflict,
    EventNotFound,
    EventRefused,
    Forbidden,
    InvalidBody,
    InvalidCredential,
    InvalidFilter,
    InvalidParameter,
    KeyNotFound,
    MethodNotAllowed,
    NotVisible,
    PositionExpired,
    RequestTooLarge,
    ResponseTooLarge,
    RouteNotFound,
    TooBroad,
    Unauthenticated,
    Unavailable,
    UnsupportedEncoding,
    nearest,
)


class Problem(TypedDict):
    """What went wrong, as problem details (RFC 9457).

    `type` names the kind of problem and never changes, such as `urn:polylog:problem:too-broad`.
    `detail` is a sentence for people. `parameter` names the parameter that is not acceptable.
    `column` is where a filter is wrong, counted from 1.
    """

    type: str
    title: str
    status: int
    detail: NotRequired[str]
    parameter: NotRequired[str]
    column: NotRequired[int]


def render_error(error: ApiError) -> Response:
    """Render an error of this API. Each kind of problem has a `type` that never changes."""
    status, title, detail = nearest(error, _PROBLEMS)
    document: dict[str, object] = {
        "type": f"urn:polylog:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
    }
    if detail or str(error):
        document["detail"] = (detail or "{}").format(error)
    if isinstance(error, InvalidParameter):
        document["parameter"] = error.parameter
    if isinstance(error, InvalidFilter):
        document["column"] = error.column
    headers = [("Content-Type", "application/problem+json")]
    if status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    if isinstance(error, MethodNotAllowed):
        headers.append(("Allow", ", ".join(error.allowed)))
    return Response(status, to_json(document), tuple(headers))


_TOO_BROAD = (
    "too many events would have to be read: narrow the filter by time, type, target, actor,"
    " project or organization"
)
_EXPIRED = "page_token leads to events that are no longer kept"

# Status, title and detail; None stands for the error's own message.
_PROBLEMS: dict[type[ApiError], tuple[int, str, str | None]] = {
    InvalidParameter: (400, "Invalid parameter", None),
    InvalidFilter: (400, "Invalid filter", None),
    PositionExpired: (400, "Page token expired", _EXPIRED),
    TooBroad: (400, "Too broad", _TOO_BROAD),
    InvalidBody: (400, "Invalid body", None),
    UnsupportedEncoding: (415, "Unsupported encoding", None),
    Unauthenticated: (401, "No credential", "send a key's token as Authorization: Bearer"),
    InvalidCredential: (401, "Invalid credential", "the key is unknown, expired or revoked"),
    Forbidden: (403, "Forbidden", None),
    RouteNotFound: (404, "Not found", None),
    MethodNotAllowed: (405, "Method not allowed", None),
    EventNotFound: (404, "Event not found", "there is no event {}"),
    NotVisible: (404, "Event not found", "there is no event {}"),
    KeyNotFound: (404, "Key not found", "there is no key {}"),
    EventRefused: (400, "Event refused", None),
    EventConflict: (409, "Event conflict", None),
    RequestTooLarge: (413, "Request too large", None),
    ResponseTooLarge: (413, "Response too large", None),
    Unavailable: (503, "Unavailable", None),
    ApiError: (500, "Internal error", None),
}
