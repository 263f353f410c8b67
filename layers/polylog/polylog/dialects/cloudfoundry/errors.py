"""Errors in the form of Cloud Foundry's v2 API (v2_error_hasher.rb, errors/v2.yml)."""

from __future__ import annotations

from pydantic_core import to_json
from typing_extensions import TypedDict

from polylog.api.http import Response
from polylog.dialects.cloudcontroller.errors import FAULTS, Fault, bad_query
from polylog.model.errors import (
    ApiError,
    EventNotFound,
    InvalidParameter,
    ResponseTooLarge,
    TooBroad,
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
    """What went wrong: a number such as 10005, its name `CF-BadQueryParameter`, and a sentence."""

    code: int
    error_code: str
    description: str


def render_error(error: ApiError) -> Response:
    """Render an error of this API.

    Ours: every malformed parameter is a 400. For some, the server answers 500.
    """
    fault = _fault(error)
    document = {"description": fault.text, "error_code": fault.name, "code": fault.code}
    return Response(fault.status, to_json(document) + b"\n", (CONTENT_TYPE,))


def _fault(error: ApiError) -> Fault:
    match error:
        case CannotOrderBy(field=field):
            text = f"Cannot order by: {field}"
            return Fault(400, 10012, "CF-OrderByParameterInvalid", text)
        case UnknownField(field=field):
            return bad_query(field)
        case InvalidParameter(parameter=parameter, reason=reason):
            return bad_query(f"{parameter.replace('-', '_')} {reason}")
        case TooBroad():
            return bad_query(_TOO_BROAD)
        case ResponseTooLarge():
            return bad_query(_TOO_LARGE)
        case EventNotFound(event_id=event_id):
            text = f"Event could not be found: {event_id}"
            return Fault(404, 230002, "CF-EventNotFound", text)
        case _:
            return nearest(error, FAULTS)
