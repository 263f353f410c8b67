"""What an endpoint takes and returns, described for its API's OpenAPI document.

Answering a request uses nothing of this. A type is anything that pydantic can describe: a model, a
`TypedDict` or an alias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Security = Mapping[str, Mapping[str, str]]
"""OpenAPI's security scheme objects by name; a request needs one of them."""

BEARER: Final[Security] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of an access key: `<key id>.<secret>`.",
    }
}


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request: its type, and the media types it may have."""

    type: object
    media_types: tuple[str, ...] = ("application/json",)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answers when nothing goes wrong.

    `type` is None if there is no body. `headers` maps the names of headers to their meaning.
    """

    type: object = None
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
