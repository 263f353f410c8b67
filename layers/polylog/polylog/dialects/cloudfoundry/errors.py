"""Errors in Cloud Foundry's form (v2_error_hasher.rb, errors/v2.yml)."""

from __future__ import annotations

from pydantic_core import to_json
from typing_extensions import TypedDict

from polylog.api.http import Response
from polylog.model.errors import (
    ApiError,
    EventNotFound,
    Forbidden,
    InvalidCredential,
    InvalidParameter,
    NotVisible,
    ResponseTooLarge,
    RouteNotFound,
    Throttled,
    TimedOut,
    TooBroad,
    Unauthenticated,
    Unavailable,
    UnknownField,
    nearest,
)

CONTENT_TYPE = ("Content-Type", "application/json;charset=utf-8")

_TOO_BROAD = "q must be narrower, by timestamp, type or actee: too many events would be read"
_TOO_LARGE = "results_per_page must be smaller: these events exceed what one response can carry"


class CannotOrderBy(ApiError):
    """The events cannot be ordered by this field."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Problem(TypedDict):
    """What went wrong, as a number, a name and a sentence."""

    code: int
    error_code: str
    description: str


def render_error(error: ApiError) -> Response:
    """Render an error of this API.

    Ours: every malformed parameter is a 400; for some the server answers 500.
    """
    match error:
        case CannotOrderBy(field=field):
            return _response(400, 10012, "CF-OrderByParameterInvalid", f"Cannot order by: {field}")
        case UnknownField(field=field):
            return _bad_query(field)
        case InvalidParameter(parameter=parameter, reason=reason):
            return _bad_query(f"{parameter.replace('-', '_')} {reason}")
        case TooBroad():
            return _bad_query(_TOO_BROAD)
        case ResponseTooLarge():
            return _bad_query(_TOO_LARGE)
        case EventNotFound(event_id=event_id):
            return _response(
                404, 230002, "CF-EventNotFound", f"Event could not be found: {event_id}"
            )
        case _:
            return _response(*nearest(error, _FIXED))


def _bad_query(detail: str) -> Response:
    return _response(
        400, 10005, "CF-BadQueryParameter", f"The query parameter is invalid: {detail}"
    )


def _response(status: int, code: int, error_code: str, description: str) -> Response:
    document = {"description": description, "error_code": error_code, "code": code}
    return Response(status, to_json(document) + b"\n", (CONTENT_TYPE,))


_FIXED: dict[type[ApiError], tuple[int, int, str, str]] = {
    Unauthenticated: (401, 10002, "CF-NotAuthenticated", "Authentication error"),
    InvalidCredential: (401, 1000, "CF-InvalidAuthToken", "Invalid Auth Token"),
    Forbidden: (
        403,
        10007,
        "CF-InsufficientScope",
        "Your token lacks the necessary scopes to access this resource.",
    ),
    NotVisible: (
        403,
        10003,
        "CF-NotAuthorized",
        "You are not authorized to perform the requested action",
    ),
    RouteNotFound: (404, 10000, "CF-NotFound", "Unknown request"),
    # The server knows this for a full queue of its own: clients try again.
    Throttled: (503, 10015, "CF-ServiceUnavailable", "Too many requests: try again later"),
    TimedOut: (503, 10015, "CF-ServiceUnavailable", "The database is slow: try again later"),
    Unavailable: (500, 10011, "CF-DatabaseError", "Database error"),
    ApiError: (500, 10001, "UnknownError", "An unknown error occurred."),
}
