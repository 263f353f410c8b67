"""Errors in the form of DWS (its API reference, "Response" and "Error Codes")."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from polylog.api.http import Response
from polylog.dialects.huawei import gateway
from polylog.model.errors import (
    ApiError,
    Forbidden,
    ForeignScope,
    InvalidParameter,
    ResponseTooLarge,
    TooBroad,
    Unavailable,
    nearest,
)


class OutOfRange(InvalidParameter):
    """The parameter is a number, but out of range."""


class Problem(TypedDict):
    """What went wrong: `error_code`, such as `DWS.5065`, and `error_msg`, a sentence.

    Only errors of the gateway have a `request_id` here. The header `X-Request-Id` always has it.
    """

    error_code: str
    error_msg: str
    request_id: NotRequired[str]


def render_error(error: ApiError) -> Response:
    """Render an error of this API."""
    match error:
        case OutOfRange():
            return _response(400, "DWS.5038", str(error))
        case InvalidParameter():
            return _response(400, "DWS.5065", str(error))
        case ForeignScope():
            return _response(403, "DWS.0015", f"No permission: {gateway.foreign(error)}")
        case _:
            return gateway.render_error(error) or _response(*nearest(error, _FIXED))


def _response(status: int, code: str, message: str) -> Response:
    return gateway.respond({"error_code": code, "error_msg": message}, status=status)


_FIXED: dict[type[ApiError], tuple[int, str, str]] = {
    TooBroad: (400, "DWS.5038", "offset or limit must be smaller: too many events would be read"),
    ResponseTooLarge: (400, "DWS.5038", "limit must be smaller: the response would be too large"),
    Forbidden: (403, "DWS.0015", "No permission: the key may not read events"),
    Unavailable: (503, "DWS.0005", "Service unavailable: the same request may succeed later"),
    ApiError: (500, "DWS.0005", "Server failure: X-Request-Id names this request"),
}
