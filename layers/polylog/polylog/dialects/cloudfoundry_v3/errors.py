"""Errors in the form of Cloud Foundry's v3 API (v3_error_hasher.rb, errors/v2.yml)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from typing_extensions import TypedDict

from polylog.api.http import Response
from polylog.dialects.cloudcontroller.errors import FAULTS, NOT_AUTHORIZED, Fault, bad_query
from polylog.model.errors import (
    ApiError,
    EventNotFound,
    Forbidden,
    InvalidParameter,
    NotVisible,
    ResponseTooLarge,
    TooBroad,
    nearest,
    shown,
)

CONTENT_TYPE: Final = ("Content-Type", "application/json; charset=utf-8")

_TOO_BROAD: Final = (
    "The filters must be narrower, by created_ats, types or target_guids: "
    "too many events would be read"
)
_TOO_LARGE: Final = "Per page must be smaller: these events exceed what one response can carry"
_NOT_FOUND: Final = Fault(404, 10010, "CF-ResourceNotFound", "Event not found")


class UnknownParameters(InvalidParameter):
    """The request has parameters that the API does not know; `known` lists those that it does."""

    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(", ".join(names), "is not known")
        self.names = names
        self.known = known


class Fact(TypedDict):
    """What went wrong: a number such as 10005, its name `CF-BadQueryParameter`, and a sentence."""

    code: int
    title: str
    detail: str


class Problem(TypedDict):
    """What went wrong: a list that always has one item."""

    errors: list[Fact]


def render_error(error: ApiError) -> Response:
    """Render an error of this API."""
    fault = _fault(error)
    fact = {"code": fault.code, "title": fault.name, "detail": fault.text}
    return Response.of({"errors": [fact]}, status=fault.status, headers=(CONTENT_TYPE,))


def _fault(error: ApiError) -> Fault:
    match error:
        case UnknownParameters(names=names, known=known):
            valid = f"Valid parameters are: {_quoted(known)}"
            return bad_query(f"Unknown query parameter(s): {_quoted(names)}. {valid}")
        case InvalidParameter(others=others):
            return bad_query(", ".join(map(_sentence, (error, *others))))
        case TooBroad():
            return bad_query(_TOO_BROAD)
        case ResponseTooLarge():
            return bad_query(_TOO_LARGE)
        case _:
            return nearest(error, _FAULTS)


def _quoted(names: Sequence[str]) -> str:
    """Return the names in quotes. A lone surrogate becomes `?`, because JSON cannot carry it."""
    return ", ".join(f"'{shown(name).encode(errors='replace').decode()}'" for name in names)


def _sentence(error: InvalidParameter) -> str:
    """Return the error as the server words it, which calls `created_ats[gt]` "Created ats"."""
    name = error.parameter.partition("[")[0].replace("_", " ")
    return f"{name.capitalize()} {error.reason}"


# The server looks for an event only among those that the caller may see (events_controller.rb).
_FAULTS: Final = {
    **FAULTS,
    Forbidden: NOT_AUTHORIZED,
    NotVisible: _NOT_FOUND,
    EventNotFound: _NOT_FOUND,
}
