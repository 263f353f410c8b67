"""The errors a client can meet.

::

    ApiError
    ├── InvalidParameter        a parameter, or a member of an event, is not acceptable
    │   ├── UnknownField        a filter names a field that the API does not filter by
    │   └── InvalidFilter       a text is not a filter; says at which column
    ├── InvalidBody             the body as a whole cannot be read
    │   └── UnsupportedEncoding     its `Content-Encoding` is not supported
    ├── Unauthenticated         the request has no credential of the API's scheme
    │   └── InvalidCredential   the credential is forged, expired or revoked
    │       ├── UnknownKey          the key does not exist, or is no longer valid
    │       ├── MalformedSignature  the request's signature cannot be checked
    │       ├── BadSignature        the request was not signed with the key's secret
    │       └── SignatureExpired    the request was signed too long ago, or by a wrong clock
    ├── Forbidden               the credential does not allow this request
    │   ├── NotVisible          the event exists, but outside the credential's restriction
    │   └── ForeignScope        the path names another scope than the credential's
    ├── RouteNotFound           there is no endpoint at this path
    │   └── MethodNotAllowed    there is one, but not with this method
    ├── EventNotFound           the scope has no event with this id
    ├── KeyNotFound             the caller can see no key with this id
    ├── TooBroad                the answer needs more reading than the budget allows
    ├── PositionExpired         the log no longer keeps what followed a position
    ├── EventRefused            the only event of a request cannot be stored
    │   └── EventConflict       the log holds another event with its id
    ├── RequestTooLarge         the request carries too many bytes or events
    ├── ResponseTooLarge        the response would carry too many bytes
    ├── Unavailable             the database refused, or did not answer in time
    │   ├── Throttled               the database has too much to do
    │   └── TimedOut                the database did not answer in time
    └── InternalError           the fault is on our side

An error carries data. From it, each dialect makes the status and the sentence of its API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_MAX_SHOWN = 100
_MOST_FAULTS = 100
_MOST_NAMED = 20
_REASONS = {
    "greater_than_equal": "must be >= {ge}",
    "less_than_equal": "must be <= {le}",
    "int_parsing": "must be an integer but was '{input}'",
    "int_type": "must be an integer but was '{input}'",
    "literal_error": "must be {expected} but was '{input}'",
    "enum": "must be {expected} but was '{input}'",
    "missing": "is required",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_type": "must be a string",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} items",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "extra_forbidden": "is not known",
}


class ApiError(Exception):
    """The base of every error that a dialect renders as a response."""


class InvalidParameter(ApiError):
    """The parameter is not acceptable.

    `parameter` is its wire name, or the dotted path of an event's member. `reason` continues the
    sentence, as in "must be an integer". `others` are the further parameters that were refused.
    """

    def __init__(
        self, parameter: str, reason: str, others: tuple[InvalidParameter, ...] = ()
    ) -> None:
        super().__init__(f"{parameter} {reason}")
        self.parameter = parameter
        self.reason = reason
        self.others = others

    @classmethod
    def of(cls, error: ValidationError, whole: str = "event") -> InvalidParameter:
        """Return the error for what pydantic refused.

        It names up to 20 faults. If there are more than 100, it only says how many: naming half a
        million faults takes ten seconds and half a gigabyte. `whole` is what the error calls the
        value itself, for a fault that is in no member of it.
        """
        if error.error_count() > _MOST_FAULTS:
            return cls(whole, f"has {error.error_count()} faults, too many to name")
        details = error.errors(include_url=False)[:_MOST_NAMED]
        refused = [(_name(each, whole), _reason(each)) for each in details]
        others = tuple(cls(name, reason) for name, reason in refused[1:])
        return cls(*refused[0], others)


def validated(model: type[M], value: object, whole: str = "event") -> M:
    """Return a value from outside as a model; raises `InvalidParameter` if the model refuses it.

    `whole` is what a message calls the value.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidParameter.of(error, whole) from error


def shown(value: object) -> str:
    """Return the first 100 characters of a value from outside, to repeat in a message."""
    return str(value)[:_MAX_SHOWN]


def _name(detail: ErrorDetails, whole: str) -> str:
    names = [shown(part) for part in detail["loc"] if isinstance(part, str)]
    return ".".join(names) or whole


def _reason(detail: ErrorDetails) -> str:
    template = _REASONS.get(detail["type"])
    if template:
        # Convert only an input that is shown: its text may be as long as the whole body.
        text = shown(detail["input"]) if "{input}" in template else ""
        return template.format(input=text, **detail.get("ctx", {}))
    message = detail["msg"].removeprefix("Value error, ")[: 2 * _MAX_SHOWN]
    return message if message.startswith("must ") else message[:1].lower() + message[1:]


class UnknownField(InvalidParameter):
    """The filter in `parameter` names `field`, which the API does not filter by."""

    def __init__(self, parameter: str, field: str) -> None:
        super().__init__(parameter, f"does not know {field}")
        self.field = field


class InvalidFilter(InvalidParameter):
    """The text is not a filter: there is a problem at `column`, counted from 1."""

    def __init__(self, column: int, problem: str) -> None:
        super().__init__("filter", f"column {column}: {problem}")
        self.column = column
        self.problem = problem


class InvalidBody(ApiError):
    """The request body cannot be read, so no part of it was used."""


class UnsupportedEncoding(InvalidBody):
    """The request body has a `Content-Encoding` that Polylog does not support."""


class Unauthenticated(ApiError):
    """The request carries no credential of the scheme that the API asks for."""


class InvalidCredential(Unauthenticated):
    """The request's credential is malformed, forged, expired or revoked."""


class UnknownKey(InvalidCredential):
    """The credential names a key that does not exist, is expired or revoked.

    It has no message of its own: `key_id` may be part of another service's token.
    """

    def __init__(self, key_id: str) -> None:
        super().__init__()
        self.key_id = key_id


class MalformedSignature(InvalidCredential):
    """The request is signed in a way that cannot be checked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadSignature(InvalidCredential):
    """The request's signature does not match its canonical text and the key's secret."""

    def __init__(self, canonical_request: str) -> None:
        super().__init__(canonical_request)
        self.canonical_request = canonical_request


class SignatureExpired(InvalidCredential):
    """The request was signed too long ago, or in the future; both times are in microseconds."""

    def __init__(self, signed_at: int, now: int) -> None:
        super().__init__(signed_at, now)
        self.signed_at = signed_at
        self.now = now


class Forbidden(ApiError):
    """The credential is valid, but does not allow this request."""


class NotVisible(Forbidden):
    """The event exists in the scope, but outside the credential's restriction."""

    def __init__(self, event_id: str) -> None:
        super().__init__(event_id)
        self.event_id = event_id


class ForeignScope(Forbidden):
    """The request names another scope than the credential's."""


class RouteNotFound(ApiError):
    """No endpoint answers this method at this path."""


class MethodNotAllowed(RouteNotFound):
    """The path answers only the methods in `allowed`; dialects may answer 404 instead."""

    def __init__(self, method: str, path: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} {path}")
        self.method = method
        self.allowed = allowed


class EventNotFound(ApiError):
    """The scope has no event with this id."""

    def __init__(self, event_id: str) -> None:
        super().__init__(event_id)
        self.event_id = event_id


class KeyNotFound(ApiError):
    """The scope has no key with this id that the caller may see."""


class TooBroad(ApiError):
    """The answer needs more reading than the budget allows."""


class PositionExpired(ApiError):
    """The events after the position are no longer kept, so the list cannot continue there."""


class EventRefused(ApiError):
    """The only event of the request cannot be stored."""


class EventConflict(EventRefused):
    """The log already holds another event with the id of the one sent."""


class RequestTooLarge(ApiError):
    """The request carries more bytes or events than one request may carry."""


class ResponseTooLarge(ApiError):
    """The response would carry more bytes than the gateway can deliver."""


class Unavailable(ApiError):
    """The database refused or did not answer; the same request may succeed later."""


class Throttled(Unavailable):
    """The database refused because it has too much to do at the moment."""


class TimedOut(Unavailable):
    """The database did not answer within the time that an answer may take."""


class InternalError(ApiError):
    """Something went wrong on our side; the cause is in our log, never in the response."""


def nearest(error: ApiError, table: Mapping[type[ApiError], T]) -> T:
    """Return the table's entry for the error's class, or for its nearest base class.

    >>> nearest(EventNotFound("e1"), {ApiError: 500, EventNotFound: 404})
    404
    """
    return next(table[kind] for kind in type(error).__mro__ if kind in table)
