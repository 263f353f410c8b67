"""The errors a client can meet.

::

    ApiError
    ├── InvalidParameter        a parameter, or a field of an event, is not acceptable
    │   ├── UnknownField        a filter names a field that the API does not filter by
    │   └── InvalidFilter       a text that is no filter, and at which column
    ├── InvalidBody             the body as a whole cannot be read
    ├── Unauthenticated         no credential of the API's scheme
    │   └── InvalidCredential   a credential, but forged, expired or revoked
    │       ├── UnknownKey          no such key, or not any more
    │       ├── MalformedSignature  a request signature that cannot be checked
    │       ├── BadSignature        a request that was not signed with the key's secret
    │       └── SignatureExpired    a request that was signed too long ago, or by a wrong clock
    ├── Forbidden               the credential does not allow this request
    │   ├── NotVisible          the event exists, outside the credential's restriction
    │   └── ForeignScope        the path names another scope than the credential's
    ├── RouteNotFound           no endpoint at this path
    │   └── MethodNotAllowed    there is one, but not with this method
    ├── EventNotFound           no event of this id in the scope
    ├── KeyNotFound             no key of this id that the caller may know of
    ├── TooBroad                the question needs more reading than the budget allows
    ├── PositionExpired         what followed a position in a list is no longer kept
    ├── EventRefused            the one event of a request cannot be stored
    │   └── EventConflict       the log holds another event with its id
    ├── RequestTooLarge         more bytes or events than one request may carry
    ├── ResponseTooLarge        more bytes than one response can carry
    ├── Unavailable             the database did not answer in time, or refused
    └── InternalError           a fault of ours

Leaves carry data; dialects build the sentences and statuses of their API from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_MAX_SHOWN = 100
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
    """The root of everything that a dialect renders as an error response."""


class InvalidParameter(ApiError):
    """The parameter (wire name, or dotted path of an event's field) is not acceptable: why.

    `others` are those that were refused as well.
    """

    def __init__(
        self, parameter: str, reason: str, others: tuple[InvalidParameter, ...] = ()
    ) -> None:
        super().__init__(f"{parameter} {reason}")
        self.parameter = parameter
        self.reason = reason
        self.others = others

    @classmethod
    def of(cls, error: ValidationError) -> InvalidParameter:
        """Return what pydantic refused, as parameters and reasons."""
        refused = [(_name(each), _reason(each)) for each in error.errors(include_url=False)]
        others = tuple(cls(name, reason) for name, reason in refused[1:])
        return cls(*refused[0], others)


def validated(model: type[M], value: object) -> M:
    """Return a value from outside as a model; raises `InvalidParameter` for what it refuses."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidParameter.of(error) from error


def shown(value: object) -> str:
    """Return as much of a value from outside as a message repeats."""
    return str(value)[:_MAX_SHOWN]


def _name(detail: ErrorDetails) -> str:
    names = [shown(part) for part in detail["loc"] if isinstance(part, str)]
    return ".".join(names) or "event"


def _reason(detail: ErrorDetails) -> str:
    template = _REASONS.get(detail["type"])
    if template:
        return template.format(input=shown(detail["input"]), **detail.get("ctx", {}))
    message = detail["msg"].removeprefix("Value error, ")[: 2 * _MAX_SHOWN]
    return message if message.startswith("must ") else message[:1].lower() + message[1:]


class UnknownField(InvalidParameter):
    """The filter in `parameter` names `field`, which the API does not filter by."""

    def __init__(self, parameter: str, field: str) -> None:
        super().__init__(parameter, f"does not know {field}")
        self.field = field


class InvalidFilter(InvalidParameter):
    """The text is not written in the filter language: what is wrong at `column`, from 1."""

    def __init__(self, column: int, problem: str) -> None:
        super().__init__("filter", f"column {column}: {problem}")
        self.column = column
        self.problem = problem


class InvalidBody(ApiError):
    """The request body cannot be read at all, so that no part of it was used."""


class Unauthenticated(ApiError):
    """The request carries no credential of the scheme that the API asks for."""


class InvalidCredential(Unauthenticated):
    """The request's credential is malformed, forged, expired or revoked."""


class UnknownKey(InvalidCredential):
    """The credential names a key that never was, or is expired or revoked.

    Says nothing by itself: what is taken for a key's id may be part of a foreign token.
    """

    def __init__(self, key_id: str) -> None:
        super().__init__()
        self.key_id = key_id


class MalformedSignature(InvalidCredential):
    """The request is signed in a way that cannot be checked: why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadSignature(InvalidCredential):
    """The request's signature is not that of this text with the key's secret."""

    def __init__(self, canonical_request: str) -> None:
        super().__init__(canonical_request)
        self.canonical_request = canonical_request


class SignatureExpired(InvalidCredential):
    """The request says that it was signed at a time too far from now; both in microseconds."""

    def __init__(self, signed_at: int, now: int) -> None:
        super().__init__(signed_at, now)
        self.signed_at = signed_at
        self.now = now


class Forbidden(ApiError):
    """The credential is good, but lacks the permission for this request."""


class NotVisible(Forbidden):
    """The event exists in the scope, but outside what the credential is restricted to."""

    def __init__(self, event_id: str) -> None:
        super().__init__(event_id)
        self.event_id = event_id


class ForeignScope(Forbidden):
    """The request names another scope than the one that the credential opens."""


class RouteNotFound(ApiError):
    """No endpoint answers this method at this path."""


class MethodNotAllowed(RouteNotFound):
    """At this path other methods are answered: `allowed`. Dialects that do not tell answer 404."""

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
    """The scope has no key with this id that the caller may know of."""


class TooBroad(ApiError):
    """The answer would take more reading than the budget allows, and would be wrong if cut."""


class PositionExpired(ApiError):
    """What follows the position is no longer kept, so that the list cannot be continued there."""


class EventRefused(ApiError):
    """The one event that a request hands in is not stored: why."""


class EventConflict(EventRefused):
    """The log holds another event with the id of the one that a request hands in."""


class RequestTooLarge(ApiError):
    """The request carries more bytes or events than one request may."""


class ResponseTooLarge(ApiError):
    """The response would carry more bytes than the gateway can deliver."""


class Unavailable(ApiError):
    """The database refused or timed out, after retries; the same request may succeed later."""


class InternalError(ApiError):
    """A fault of ours; its cause is in the log, never in the response."""


def nearest(error: ApiError, table: Mapping[type[ApiError], T]) -> T:
    """Return what a table says of the error's kind, or of the nearest kind above it."""
    return next(table[kind] for kind in type(error).__mro__ if kind in table)
