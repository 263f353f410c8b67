"""HTTP as values: what came in, what goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic_core import to_json

Pairs = tuple[tuple[str, str], ...]

JSON = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a dialect sees it.

    `path` is decoded already, as the gateway hands it over. `query` holds the decoded pairs in
    wire order, duplicates kept. Header names are lower case. `url` is scheme and host, as the
    client knows them.
    """

    method: str
    path: str
    query: Pairs = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers in order, body in UTF-8."""

    status: int
    body: bytes
    headers: Pairs = ()

    @classmethod
    def of(cls, document: object, *, status: int = 200, headers: Pairs = (JSON,)) -> Response:
        """Return the response that carries a document as compact JSON."""
        return cls(status, to_json(document), headers)
