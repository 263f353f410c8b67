"""Errors in the form of AWS's JSON protocol 1.1: `__type` is the name, `message` a sentence.

The names are those that the API reference lists for LookupEvents and under "Common Errors". Ours: a
member of a wrong type gets the same error as one with a wrong value. Also ours: throttling has the
status 429 and not 400. SDKs send the request again after both.
"""

from __future__ import annotations

import re
from typing import Final

from pydantic_core import to_json
from typing_extensions import TypedDict

from polylog.api.http import Response
from polylog.model.errors import (
    ApiError,
    BadSignature,
    Forbidden,
    InvalidBody,
    InvalidCredential,
    InvalidParameter,
    MalformedSignature,
    RequestTooLarge,
    ResponseTooLarge,
    RouteNotFound,
    SignatureExpired,
    Throttled,
    TooBroad,
    Unauthenticated,
    Unavailable,
    UnsupportedEncoding,
    nearest,
)
from polylog.model.times import format_seconds

MEDIA_TYPE: Final = "application/x-amz-json-1.1"
CONTENT_TYPE: Final = ("Content-Type", MEDIA_TYPE)


class UnknownOperation(ApiError):
    """The request does not name an operation of CloudTrail."""


class UnsupportedOperation(ApiError):
    """CloudTrail has this operation, but Polylog does not: it has only LookupEvents."""


# The protocol prescribes the names of the members, which a class could not have.
Problem = TypedDict("Problem", {"__type": str, "message": str})
"""What went wrong: the name of the error in `__type`, and a sentence."""


def render_error(error: ApiError) -> Response:
    """Render an error of this API."""
    match error:
        case InvalidParameter(parameter=parameter):
            member = parameter.partition(".")[0]
            return _response(400, _OF_MEMBERS.get(member, _SERIALIZATION), _sentence(str(error)))
        case UnsupportedEncoding():
            return _response(415, _SERIALIZATION, _sentence(str(error)))
        case InvalidBody():
            return _response(400, _SERIALIZATION, _sentence(f"the body is {error}"))
        case RequestTooLarge():
            return _response(413, _SERIALIZATION, _sentence(f"the body has {error}"))
        case SignatureExpired(signed_at=signed_at, now=now):
            return _response(400, _SIGNATURE, _expired(signed_at, now))
        case MalformedSignature(reason=reason):
            return _response(400, "IncompleteSignatureException", _sentence(reason))
        case UnsupportedOperation():
            sentence = f"Polylog answers only LookupEvents, not {error}."
            return _response(400, "UnsupportedOperationException", sentence)
        case _:
            return _response(*nearest(error, _FIXED))


def _response(status: int, name: str, message: str) -> Response:
    body = to_json({"__type": name, "message": message})
    return Response(status, body, (CONTENT_TYPE, ("x-amzn-ErrorType", name)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].removesuffix(".") + "."


def _expired(signed_at: int, now: int) -> str:
    if signed_at < now:
        return f"Signature expired: {_basic(signed_at)} is too long before {_basic(now)} (15 min.)."
    return (
        f"Signature not yet current: {_basic(signed_at)} is too long after {_basic(now)} (15 min.)."
    )


def _basic(time_us: int) -> str:
    return re.sub("[-:]", "", format_seconds(time_us))


_SERIALIZATION: Final = "SerializationException"
_SIGNATURE: Final = "InvalidSignatureException"
_TIME_RANGE: Final = "InvalidTimeRangeException"
_MAX_RESULTS: Final = "InvalidMaxResultsException"
_UNKNOWN: Final = "UnknownOperationException"

_OF_MEMBERS: Final = {
    "LookupAttributes": "InvalidLookupAttributesException",
    "StartTime": _TIME_RANGE,
    "EndTime": _TIME_RANGE,
    "MaxResults": _MAX_RESULTS,
    "NextToken": "InvalidNextTokenException",
    "EventCategory": "InvalidEventCategoryException",
}

_FIXED: dict[type[ApiError], tuple[int, str, str]] = {
    Unauthenticated: (400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    InvalidCredential: (
        400,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    ),
    BadSignature: (
        400,
        _SIGNATURE,
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details.",
    ),
    Forbidden: (
        400,
        "AccessDeniedException",
        "The key is not authorized to perform: cloudtrail:LookupEvents",
    ),
    UnknownOperation: (404, _UNKNOWN, "X-Amz-Target must name an operation of CloudTrail."),
    RouteNotFound: (404, _UNKNOWN, "Operations are posted to /, /cloudtrail or /aws."),
    TooBroad: (400, _TIME_RANGE, "StartTime and EndTime must be closer together."),
    ResponseTooLarge: (400, _MAX_RESULTS, "MaxResults must be smaller."),
    Throttled: (429, "ThrottlingException", "Rate exceeded"),
    Unavailable: (503, "ServiceUnavailable", "The same request may succeed later."),
    ApiError: (500, "InternalFailure", "The request failed because of a fault of the service."),
}
