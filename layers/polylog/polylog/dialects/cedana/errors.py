"""Errors in Cedana's form, `ApiError`: a message, and the status as text."""

from __future__ import annotations

from typing_extensions import TypedDict

from polylog.api.http import JSON, Response
from polylog.model.errors import (
    ApiError,
    Forbidden,
    InvalidCredential,
    InvalidParameter,
    ResponseTooLarge,
    RouteNotFound,
    Throttled,
    TimedOut,
    TooBroad,
    Unauthenticated,
    Unavailable,
    nearest,
)

_TOO_BROAD = "time must be smaller, or operation given: too many events would be read"


class Problem(TypedDict):
    """What went wrong: `code` is the status as text, and `message` a sentence."""

    code: str
    message: str


def render_error(error: ApiError) -> Response:
    """Render an error of this API.

    For this operation, Cedana's document has only status 500. 400 and 401 are those of its other
    operations. All others are ours.
    """
    status, message = nearest(error, _ERRORS)
    headers = (JSON, ("WWW-Authenticate", "Bearer")) if status == 401 else (JSON,)
    document = {"code": str(status), "message": message or str(error)}
    return Response.of(document, status=status, headers=headers)


# None stands for the error's own message.
_ERRORS: dict[type[ApiError], tuple[int, str | None]] = {
    InvalidParameter: (400, None),
    TooBroad: (400, _TOO_BROAD),
    Unauthenticated: (401, "No API key: send it as Authorization: Bearer"),
    InvalidCredential: (401, "Invalid API key"),
    Forbidden: (403, "The API key may not read events"),
    RouteNotFound: (404, "Not found: this API has GET /v2/events"),
    ResponseTooLarge: (500, "An event is too large to be sent"),
    Throttled: (503, "Too many requests: try again later"),
    TimedOut: (503, "The database is slow: try again later"),
    Unavailable: (500, "Failed to fetch events"),
    ApiError: (500, "Internal server error"),
}
