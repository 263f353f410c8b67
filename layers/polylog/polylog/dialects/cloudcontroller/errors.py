"""The Cloud Controller's errors by number and name, from its file errors/v2.yml.

Both versions of the API have the same errors. Each renders them in its own form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from polylog.model.errors import (
    ApiError,
    Forbidden,
    InvalidBody,
    InvalidCredential,
    NotVisible,
    RequestTooLarge,
    RouteNotFound,
    Throttled,
    TimedOut,
    Unauthenticated,
    Unavailable,
    UnsupportedEncoding,
)


class Fault(NamedTuple):
    """An error as clients know it: the status, a number, a name and a sentence."""

    status: int
    code: int
    name: str
    text: str


def bad_query(detail: str) -> Fault:
    """Return the fault for a parameter that is not acceptable."""
    return Fault(400, 10005, "CF-BadQueryParameter", f"The query parameter is invalid: {detail}")


NOT_AUTHORIZED: Final = Fault(
    403, 10003, "CF-NotAuthorized", "You are not authorized to perform the requested action"
)

FAULTS: Final[Mapping[type[ApiError], Fault]] = {
    Unauthenticated: Fault(401, 10002, "CF-NotAuthenticated", "Authentication error"),
    InvalidCredential: Fault(401, 1000, "CF-InvalidAuthToken", "Invalid Auth Token"),
    Forbidden: Fault(
        403,
        10007,
        "CF-InsufficientScope",
        "Your token lacks the necessary scopes to access this resource.",
    ),
    NotVisible: NOT_AUTHORIZED,
    RouteNotFound: Fault(404, 10000, "CF-NotFound", "Unknown request"),
    # Ours: only the token endpoint takes a body. In the original another program, the UAA, has it.
    InvalidBody: Fault(400, 1001, "CF-MessageParseError", "The body cannot be read"),
    UnsupportedEncoding: Fault(415, 1001, "CF-MessageParseError", "Content-Encoding must be gzip"),
    RequestTooLarge: Fault(413, 1001, "CF-MessageParseError", "The body is too large"),
    # The server answers this when a queue of its own is full. Clients then try again.
    Throttled: Fault(503, 10015, "CF-ServiceUnavailable", "Too many requests: try again later"),
    TimedOut: Fault(503, 10015, "CF-ServiceUnavailable", "The database is slow: try again later"),
    Unavailable: Fault(500, 10011, "CF-DatabaseError", "Database error"),
    ApiError: Fault(500, 10001, "UnknownError", "An unknown error occurred."),
}
"""The faults that depend only on the class of the error."""
