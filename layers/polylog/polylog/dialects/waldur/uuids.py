"""UUIDs as Waldur writes them: 32 lower-case hex digits. It reads them dashed and in any case."""

from __future__ import annotations

import re
from uuid import UUID

_UUID = re.compile(
    "[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)


def hex_of(text: str) -> str | None:
    """Return the hex digits of a UUID, None for what is no UUID."""
    return text.replace("-", "").lower() if _UUID.fullmatch(text) else None


def dashed(digits: str) -> str:
    """Return the dashed form of a UUID's 32 hex digits."""
    return str(UUID(digits))
