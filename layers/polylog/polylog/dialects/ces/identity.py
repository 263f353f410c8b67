"""The id of a reported event, computed from its content.

The same event has the same id each time, so reporting it again changes nothing.
"""

from __future__ import annotations

import hashlib
import string
from typing import Final

from pydantic_core import to_json

from polylog.dialects.huawei.members import MILLISECOND
from polylog.model.event import Event

_CHARACTERS: Final = string.digits + string.ascii_letters
_LENGTH: Final = 8


def identify(event: Event, sub_event_type: str) -> str:
    """Return `ev`, the time's milliseconds in 13 digits, and 8 characters of a hash.

    It looks like `ev1772366400250k3Zq9aXb`. The hash covers the members by which the reference
    tells events apart, and the content is not one of them. The project needs no place in it,
    because an id is unique only in its project.
    """
    time_ms = event.time // MILLISECOND
    members = (
        time_ms,
        event.source or "",
        event.type,
        event.origin,
        sub_event_type,
        event.status or "",
        event.severity or "",
        event.actor.name or "",
        event.target.id or "",
        event.target.name or "",
    )
    number = int.from_bytes(hashlib.sha256(to_json(members)).digest(), "big")
    return f"ev{time_ms:013}{_spell(number)}"


def _spell(number: int) -> str:
    """Return the last digits of a number in base 62, the lowest one first."""
    characters = ""
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(_CHARACTERS))
        characters += _CHARACTERS[digit]
    return characters
