"""Errors in Cloud Eye's V1 form (its API reference, "Error Codes").

Errors also have `error_code` and `error_msg`. The SDKs show these two, and only the status of the
V1 form.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from polylog.api.http import Response
from polylog.dialects.huawei import gateway
from polylog.model.errors import (
    ApiError,
    Forbidden,
    ForeignScope,
    InvalidBody,
    InvalidParameter,
    RequestTooLarge,
    ResponseTooLarge,
    TooBroad,
    Unavailable,
    UnsupportedEncoding,
    nearest,
)


class InvalidPaging(InvalidParameter):
    """`start` or `limit` is not acceptable."""


class InvalidProject(InvalidParameter):
    """The project in the path is not a possible name."""


class EmptyReport(ApiError):
    """The report has no event."""


class InvalidReport(ApiError):
    """Something in the report is not acceptable, so nothing of it was stored."""


class TooManyNames(ApiError):
    """The log has too many event names to count each one separately."""


class ProblemDetails(TypedDict):
    """Cloud Eye's error code and message."""

    details: str
    code: str


class Problem(TypedDict):
    """What went wrong: `error_code`, such as `ces.0013`, and `error_msg`, a sentence.

    Errors of Cloud Eye say the same in `message`, with the status in `http_code`. Errors of the
    gateway have a `request_id` instead.
    """

    http_code: NotRequired[str]
    message: NotRequired[ProblemDetails]
    error_code: str
    error_msg: str
    request_id: NotRequired[str]


def render_error(error: ApiError) -> Response:
    """Render an error of this API."""
    match error:
        case ForeignScope():
            return _response(403, "ces.0017", _not_allowed(gateway.foreign(error)))
        case UnsupportedEncoding():
            return _response(415, "ces.0014", str(error))
        case InvalidBody():
            return _response(400, "ces.0014", f"the body is {error}")
        case RequestTooLarge():
            return _response(413, "ces.0014", f"the body has {error}")
        case InvalidParameter() | InvalidReport():
            return _response(400, nearest(error, _CODES), str(error))
        case _:
            return gateway.render_error(error) or _response(*nearest(error, _FIXED))


def _response(status: int, code: str, details: str) -> Response:
    document = {
        "http_code": str(status),
        "message": {"details": details, "code": code},
        "error_code": code,
        "error_msg": details,
    }
    return gateway.respond(document, status=status)


def _not_allowed(reason: str) -> str:
    return f"Policy doesn't allow this request to be performed: {reason}"


_CODES: dict[type[ApiError], str] = {
    InvalidProject: "ces.0003",
    InvalidPaging: "ces.0006",
    InvalidParameter: "ces.0013",
    InvalidReport: "ces.0014",
}

_FIXED: dict[type[ApiError], tuple[int, str, str]] = {
    EmptyReport: (400, "ces.0001", "the body must be an array of at least one event"),
    TooManyNames: (
        400,
        "ces.0013",
        "event_name must be given: the log has too many names to count each one",
    ),
    TooBroad: (
        400,
        "ces.0013",
        "from and to must be closer together: too many events would be read",
    ),
    ResponseTooLarge: (
        400,
        "ces.0006",
        "limit must be smaller, or from and to closer together: the response would be too large",
    ),
    Forbidden: (403, "ces.0017", _not_allowed("the key lacks the permission")),
    Unavailable: (503, "ces.0007", "Service unavailable: the same request may succeed later"),
    ApiError: (500, "ces.0007", "Internal error: X-Request-Id names this request"),
}
