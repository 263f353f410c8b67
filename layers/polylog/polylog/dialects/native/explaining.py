"""`explain=true`: the answer says how it was found and what it cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import wraps
from typing import Annotated, Final, TypeVar

from pydantic import Field

from polylog.api.auth import Restriction
from polylog.api.call import Call
from polylog.api.http import Response
from polylog.dialects.native.strict import StrictParams
from polylog.model.errors import Forbidden
from polylog.model.store import Explanation


class Explained(StrictParams):
    """Whether the answer says how it was found."""

    explain: Annotated[
        bool,
        Field(
            description="`true` adds how the answer was found and what it cost, as `explanation`; "
            "for one event and for exports, in the header `Polylog-Explanation`. A key that is "
            "confined to an organization or a project may not ask."
        ),
    ] = False


HEADER: Final = "Polylog-Explanation"

_SHOWN: Final = 5
_SHOWN_CHARACTERS: Final = 200

P = TypeVar("P", bound=Explained)
Document = Mapping[str, object]


def with_member(answer: Callable[[Call, P], Document]) -> Callable[[Call, P], Response]:
    """Return the function that answers with a document, which the explanation is a member of."""

    @wraps(answer)
    def respond(call: Call, params: P) -> Response:
        with explaining(call, params) as explanation:
            document = answer(call, params)
        return Response.of({**document, **member(explanation)})

    return respond


@contextmanager
def explaining(call: Call, params: Explained) -> Iterator[Explanation | None]:
    """Yield the explanation of what the block asks of the log, or None without `explain`.

    Raises `Forbidden` for a confined key, because an explanation tells about events that the key
    may not see.
    """
    if not params.explain:
        yield None
        return
    if call.principal.restriction != Restriction():
        raise Forbidden("explain would show more than a confined key may see")
    explanation = Explanation()
    with call.services.store.explaining(explanation):
        yield explanation


def member(explanation: Explanation | None) -> Document:
    """Return the explanation as a member of a document, or no member if there is none."""
    return {} if explanation is None else {"explanation": asdict(explanation)}


def with_header(response: Response, explanation: Explanation | None) -> Response:
    """Return the response with the explanation in a header, for a body that has no place for it."""
    if explanation is None:
        return response
    told = {name: _shortened(value) for name, value in asdict(explanation).items()}
    header = (HEADER, json.dumps(told))
    return replace(response, headers=(*response.headers, header))


def _shortened(value: object) -> object:
    """Return a value shortened for a header: all headers together may have only 10 KB."""
    if isinstance(value, list):
        return [_shortened(each) for each in value[:_SHOWN]]
    is_long = isinstance(value, str) and len(value) > _SHOWN_CHARACTERS
    return f"{str(value)[:_SHOWN_CHARACTERS]}…" if is_long else value
