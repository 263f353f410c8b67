"""Errors in Waldur's forms: a `detail`, a list of sentences, or sentences by field.

Ours: errors are always in JSON and in English. The original answers some paths outside its API in
HTML, and translates the sentences about fields.
"""

from __future__ import annotations

from typing_extensions import TypedDict

from polylog.api.http import JSON, Response
from polylog.model.errors import (
    ApiError,
    EventNotFound,
    Forbidden,
    InvalidCredential,
    InvalidParameter,
    MethodNotAllowed,
    NotVisible,
    ResponseTooLarge,
    RouteNotFound,
    TooBroad,
    Unauthenticated,
    Unavailable,
    nearest,
    shown,
)

_TOO_BROAD = (
    "Too many events would have to be read: narrow the time with created_from and created_to,"
    " or name an event_type, customer_uuid, project_uuid or user_uuid."
)
_TOO_LARGE = "These events exceed what one response can carry: ask for fewer."


class MalformedToken(InvalidCredential):
    """The header names the scheme, but has no token or more than one."""


class NotAcceptable(ApiError):
    """The client does not accept JSON."""


class InvalidPage(ApiError):
    """There is no page with this number."""


class UnknownObject(ApiError):
    """No object has this URL, or the caller may not see it."""


class TimeOutOfRange(ApiError):
    """The Unix time is outside the years 1 to 9999."""


class Detail(TypedDict):
    """What went wrong, as a sentence."""

    detail: str


Problem = Detail | list[str] | dict[str, list[str]]
"""What went wrong: one sentence, a list of sentences, or sentences by parameter."""


def render_error(error: ApiError) -> Response:
    """Render an error of this API."""
    match error:
        case InvalidParameter():
            refused = (error, *error.others)
            return _response(400, {each.parameter: [_sentence(each.reason)] for each in refused})
        case TooBroad():
            return _response(400, {"created_from": [_TOO_BROAD]})
        case ResponseTooLarge():
            return _response(400, {"page_size": [_TOO_LARGE]})
        case UnknownObject():
            return _response(400, [f"Can't restore object from url: {shown(error)}"])
        case TimeOutOfRange():
            return _response(400, [f'Value "{shown(error)}" should be valid UNIX timestamp.'])
        case MethodNotAllowed(method=method):
            return _detail(405, f'Method "{method}" not allowed.')
        case MalformedToken():
            return _detail(401, f"Invalid token. {error}")
        case _:
            return _detail(*nearest(error, _FIXED))


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:].removesuffix(".") + "."


def _detail(status: int, sentence: str) -> Response:
    return _response(status, {"detail": sentence})


def _response(status: int, document: object) -> Response:
    headers = (JSON, ("WWW-Authenticate", "Token")) if status == 401 else (JSON,)
    return Response.of(document, status=status, headers=headers)


_NOT_FOUND = (404, "Not found.")
_FIXED: dict[type[ApiError], tuple[int, str]] = {
    Unauthenticated: (401, "Authentication credentials were not provided."),
    InvalidCredential: (401, "Invalid token."),
    Forbidden: (403, "You do not have permission to perform this action."),
    NotVisible: _NOT_FOUND,
    EventNotFound: _NOT_FOUND,
    RouteNotFound: _NOT_FOUND,
    InvalidPage: (404, "Invalid page."),
    NotAcceptable: (406, "Could not satisfy the request Accept header."),
    Unavailable: (503, "Service temporarily unavailable, try again later."),
    ApiError: (500, "A server error occurred."),
}
