"""What an API promises beside what serving it has to know: its OpenAPI document is made of both.

Nothing here takes part in answering a request. Types are whatever pydantic can describe: a model,
a `TypedDict`, an alias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Security = Mapping[str, Mapping[str, str]]
"""Security scheme objects of OpenAPI by name; a request needs one of them."""

BEARER: Final[Security] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of an access key: `<key id>.<secret>`.",
    }
}


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries: a type, and the media types that it is taken in."""

    type: object
    media_types: tuple[str, ...] = ("application/json",)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answers, but for the errors that the dialect renders.

    `type` is None where there is no body. `headers` maps those worth telling to what they mean.
    """

    type: object = None
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
