"""The files of the page: compressed when they are built, and served as a browser accepts them."""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from polylog.api.http import Request, Response

MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""The media types of a page's files. Python's own list depends on the machine."""

_PACKED: Final = ".gz"
_GZIP: Final = 16 + zlib.MAX_WBITS
_REFUSED: Final = re.compile(r"q=0(\.0*)?")


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page: its media type, and its content as gzip."""

    media_type: str
    packed: bytes


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with the files of a page; it may be empty."""

    path: Path

    def read(self, name: str) -> File | None:
        """Return the file of this name, None if there is none.

        Anyone can send any name. It is only compared with the names of the files, and never used
        as a path, so it cannot reach other files.
        """
        for file in (*self.path.glob("*.*"), *self.path.glob("assets/*.*")):
            if file.relative_to(self.path).as_posix() == name + _PACKED:
                return File(MEDIA_TYPES[Path(name).suffix], file.read_bytes())
        return None


def serve_file(request: Request, file: File, cache_control: str) -> Response:
    """Return a file as the browser accepts it, or 304 if it has that already (RFC 9110, 13.1.2).

    The compressed and the plain form of a file have different tags (RFC 9110, 8.8.3.3).
    """
    is_packed = _accepts_gzip(request.headers.get("accept-encoding", ""))
    body = file.packed if is_packed else zlib.decompress(file.packed, _GZIP)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    kept = (("Cache-Control", cache_control), ("ETag", tag), ("Vary", "Accept-Encoding"))
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(304, b"", kept)
    encoding = (("Content-Encoding", "gzip"),) if is_packed else ()
    return Response(200, body, (("Content-Type", file.media_type), *encoding, *kept))


def _accepts_gzip(header: str) -> bool:
    """Return whether `Accept-Encoding` allows gzip (RFC 9110, 12.5.3).

    Without this header, a client must accept any coding. It gets the plain file.
    """
    accepted: dict[str, bool] = {}
    for part in header.lower().replace(" ", "").split(","):
        coding, _, weight = part.partition(";")
        accepted[coding] = not _REFUSED.fullmatch(weight)
    return accepted.get("gzip", accepted.get("*", False))


def _names(header: str, tag: str) -> bool:
    """Return whether `If-None-Match` names a tag. A proxy may have turned it into a weak one."""
    given = {each.strip().removeprefix("W/") for each in header.split(",")}
    return bool(given & {tag, "*"})
