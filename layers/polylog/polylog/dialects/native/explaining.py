"""`explain=true`: how an answer was found and what it took, told along with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import wraps
from typing import Annotated, Final, TypeVar

from pydantic import Field
from pydantic_core import to_json

from polylog.call import Call
from polylog.http import Response
from polylog.params import Params
from polylog.store import Explanation


class Explained(Params):
    """Whether the answer is to tell how it was found."""

    explain: Annotated[bool, Field(description="Whether to tell how the answer was found.")] = False


HEADER: Final = "Polylog-Explanation"

P = TypeVar("P", bound=Explained)
Document = Mapping[str, object]


def with_member(answer: Callable[[Call, P], Document]) -> Callable[[Call, P], Response]:
    """Return the function that answers with a document, the explanation a member of it."""

    @wraps(answer)
    def respond(call: Call, params: P) -> Response:
        call, explanation = explained(call, params)
        return Response.of({**answer(call, params), **member(explanation)})

    return respond


def explained(call: Call, params: Explained) -> tuple[Call, Explanation | None]:
    """Return the call, and what fills as it is answered, if that was asked for."""
    if not params.explain:
        return call, None
    explanation = Explanation()
    return call.explained(explanation), explanation


def member(explanation: Explanation | None) -> Document:
    """Return the member of a document."""
    return {} if explanation is None else {"explanation": asdict(explanation)}


def with_header(response: Response, explanation: Explanation | None) -> Response:
    """Return the response with an explanation that its body has no room for."""
    if explanation is None:
        return response
    header = (HEADER, to_json(asdict(explanation)).decode())
    return replace(response, headers=(*response.headers, header))
