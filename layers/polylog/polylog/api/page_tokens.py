"""Page tokens, which say where a list continues and cannot be forged.

A token is bound to its list: a scope, a filter and an order. Version 1 is base64url of these parts:
one byte with the version; the time, the seq, and the number of events left to skip; 8 bytes that
identify what the token is bound to; and 16 bytes of HMAC-SHA256.
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

_VERSION: Final = 1
_CONTENT: Final = struct.Struct(">BqQI8s")
_SEAL_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Tokens:
    """Writes and reads the tokens of one list, sealed with `secret`; errors name `parameter`."""

    secret: bytes
    bound_to: tuple[str, ...]
    parameter: str = "page_token"

    def write(self, place: Position, skip: int) -> str:
        """Return the token that continues after a place and then skips this number of events."""
        content = _CONTENT.pack(_VERSION, place.time, place.seq, skip, self._bond())
        return base64.urlsafe_b64encode(content + self._seal(content)).decode()

    def read(self, token: str, limit: int) -> Window:
        """Return the window that a token stands for; raises `InvalidParameter`."""
        try:
            raw = base64.b64decode(token.encode("ascii", "replace"), b"-_", validate=True)
        except binascii.Error as error:
            raise InvalidParameter(self.parameter, "is not a token of this API") from error
        content, seal = raw[: _CONTENT.size], raw[_CONTENT.size :]
        if len(content) < _CONTENT.size or not hmac.compare_digest(seal, self._seal(content)):
            raise InvalidParameter(self.parameter, "was cut or changed, or is of another log")
        _, time, seq, skip, bond = _CONTENT.unpack(content)
        if bond != self._bond():
            raise InvalidParameter(self.parameter, "was given for another filter, order or key")
        place = Position(time, seq)
        if self.write(place, skip) != token:
            raise InvalidParameter(self.parameter, "was changed")
        return Window(limit, skip, place)

    def _bond(self) -> bytes:
        text = "\0".join(self.bound_to).encode()
        return hashlib.blake2b(text, digest_size=8).digest()

    def _seal(self, content: bytes) -> bytes:
        return hmac.digest(self.secret, content, hashlib.sha256)[:_SEAL_BYTES]
