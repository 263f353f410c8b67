"""UUIDs as Waldur writes them, 32 lower-case hex digits; it also reads dashes and capitals."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

_HEX = "[0-9a-fA-F]"

PATTERN: Final = f"{_HEX}{{32}}|{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
"""Pattern of what is read as a UUID."""

_UUID = re.compile(PATTERN)


def hex_of(text: str) -> str | None:
    """Return the hex digits of a UUID, or None for any other text."""
    return text.replace("-", "").lower() if _UUID.fullmatch(text) else None


def dashed(digits: str) -> str:
    """Return the dashed form of a UUID's 32 hex digits."""
    return str(UUID(digits))
