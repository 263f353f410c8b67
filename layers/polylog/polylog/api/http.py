"""HTTP requests and responses as values."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from pydantic_core import to_json

from polylog.model.errors import InvalidBody, RequestTooLarge, UnsupportedEncoding, shown

Pairs = tuple[tuple[str, str], ...]

MAX_FORM_BYTES: Final = 64 * 1024
"""The most bytes of a body that carries no events."""

MAX_UNPACKED_BYTES: Final = 6_000_000
"""The most bytes of a body once it is unpacked: about as many as Lambda takes in a request."""

_GZIP: Final = 16 + zlib.MAX_WBITS

JSON = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a dialect sees it.

    The gateway has already decoded `path`. `query` holds the decoded pairs in wire order, including
    duplicates. Header names are in lower case. `url` is the scheme and host that the client uses.
    `base` is what its address has before `path`: a stage of the gateway, or a domain's base path.
    """

    method: str
    path: str
    query: Pairs = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""
    base: str = ""

    @property
    def root(self) -> str:
        """The address of the path `/` as the client knows it, without a slash at the end."""
        return self.url + self.base


def unpacked(request: Request) -> Request:
    """Return the request with its body as it was before `Content-Encoding` (RFC 9110, 8.4).

    Raises `UnsupportedEncoding` for anything but gzip, `InvalidBody` if the body is not what its
    header says, and `RequestTooLarge`.
    """
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity") or not request.body:
        return request
    if encoding not in ("gzip", "x-gzip"):
        raise UnsupportedEncoding(f"Content-Encoding must be gzip but was '{shown(encoding)}'")
    return replace(request, body=_from_gzip(request.body))


def _from_gzip(packed: bytes) -> bytes:
    """Unpack all members of a gzip body, but never more bytes than a body may have."""
    body = b""
    while packed:
        member = zlib.decompressobj(_GZIP)
        try:
            body += member.decompress(packed, MAX_UNPACKED_BYTES + 1 - len(body))
        except zlib.error as error:
            raise InvalidBody("not gzip, although its Content-Encoding says so") from error
        if len(body) > MAX_UNPACKED_BYTES:
            raise RequestTooLarge(f"more than {MAX_UNPACKED_BYTES} bytes, once it is unpacked")
        if not member.eof:
            raise InvalidBody("not whole: the gzip ends too soon")
        packed = member.unused_data
    return body


@dataclass(frozen=True, slots=True)
class Response:
    """A response as a dialect makes it: a status, a body, and headers in order.

    The body is text in UTF-8, unless its headers say otherwise.
    """

    status: int
    body: bytes
    headers: Pairs = ()

    @classmethod
    def of(cls, document: object, *, status: int = 200, headers: Pairs = (JSON,)) -> Response:
        """Return the response that carries a document as compact JSON."""
        return cls(status, to_json(document), headers)
