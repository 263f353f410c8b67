"""HTTP requests and responses as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic_core import to_json

Pairs = tuple[tuple[str, str], ...]

MAX_FORM_BYTES: Final = 64 * 1024
"""The most bytes of a body that carries no events."""

JSON = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a dialect sees it.

    The gateway has already decoded `path`. `query` holds the decoded pairs in wire order, including
    duplicates. Header names are in lower case. `url` is the scheme and host that the client uses.
    """

    method: str
    path: str
    query: Pairs = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A status, a body in UTF-8, and headers in order."""

    status: int
    body: bytes
    headers: Pairs = ()

    @classmethod
    def of(cls, document: object, *, status: int = 200, headers: Pairs = (JSON,)) -> Response:
        """Return the response that carries a document as compact JSON."""
        return cls(status, to_json(document), headers)
