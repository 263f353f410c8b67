"""UUIDs as Waldur writes them: 32 hex digits in lower case.

It also reads UUIDs with dashes or capitals.
"""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

_HEX = "[0-9a-fA-F]"

PATTERN: Final = f"{_HEX}{{32}}|{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
"""The pattern of a text that is read as a UUID."""

_UUID = re.compile(PATTERN)


def hex_of(text: str) -> str | None:
    """Return the hex digits of a UUID, or None for any other text.

    >>> hex_of("0A1B2C3D-4E5F-4061-B2C3-D4E5F6A7B8C9")
    '0a1b2c3d4e5f4061b2c3d4e5f6a7b8c9'
    """
    return text.replace("-", "").lower() if _UUID.fullmatch(text) else None


def dashed(digits: str) -> str:
    """Return a UUID with dashes, from its 32 hex digits."""
    return str(UUID(digits))
