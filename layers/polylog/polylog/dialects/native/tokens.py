"""Page tokens: where a list goes on, sealed so that no other place can be made of one.

A token is bound to scope, filter and order. Version 1: a byte with the version, time, seq and
what is left to be skipped, 8 bytes for what it is bound to, 16 of HMAC-SHA256; all in base64url.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from typing import Final

from polylog.model.errors import InvalidParameter
from polylog.model.query import Position, Window

PARAMETER: Final = "page_token"

_VERSION: Final = 1
_CONTENT: Final = struct.Struct(">BqQI8s")
_SEAL_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and reads the tokens of one list; `secret` is what nobody outside knows."""

    secret: bytes
    bound_to: tuple[str, ...]

    def write(self, place: Position, skip: int) -> str:
        """Return the token to go on after a place, so many events skipped first."""
        content = _CONTENT.pack(_VERSION, place.time, place.seq, skip, self._bond())
        return base64.urlsafe_b64encode(content + self._seal(content)).decode()

    def read(self, token: str, limit: int) -> Window:
        """Return the window that a token stands for; raises `InvalidParameter`."""
        try:
            raw = base64.b64decode(token.encode("ascii", "replace"), b"-_", validate=True)
        except binascii.Error as error:
            raise InvalidParameter(PARAMETER, "is no token of this API") from error
        content, seal = raw[: _CONTENT.size], raw[_CONTENT.size :]
        if len(content) < _CONTENT.size or not hmac.compare_digest(seal, self._seal(content)):
            raise InvalidParameter(PARAMETER, "was cut or changed, or is of another log")
        _, time, seq, skip, bond = _CONTENT.unpack(content)
        if bond != self._bond():
            raise InvalidParameter(PARAMETER, "was given for another filter, order or key")
        place = Position(time, seq)
        if self.write(place, skip) != token:
            raise InvalidParameter(PARAMETER, "was changed")
        return Window(limit, skip, place)

    def _bond(self) -> bytes:
        text = "\0".join(self.bound_to).encode()
        return hashlib.blake2b(text, digest_size=8).digest()

    def _seal(self, content: bytes) -> bytes:
        return hmac.digest(self.secret, content, hashlib.sha256)[:_SEAL_BYTES]
