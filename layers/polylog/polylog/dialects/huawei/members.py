"""Members of Huawei Cloud's event objects: their times, and those that an object left out.

Not a dialect. All members are optional in the published models and may be null there, so an object
that was read from an answer remembers which of its members were missing and which null.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Annotated, Final

from pydantic import BaseModel, Field

from polylog.model.times import EARLIEST, LATEST

MILLISECOND: Final = 1000
"""Microseconds in a millisecond."""

Milliseconds = Annotated[
    int, Field(strict=True, ge=EARLIEST // MILLISECOND, le=LATEST // MILLISECOND)
]
"""Milliseconds since the epoch, UTC."""

_ABSENT, _NULL = "absent_members", "null_members"


def gaps(parts: Iterable[BaseModel], *, but: Container[str] = ()) -> dict[str, str | None]:
    """Return the attributes that say which members were missing, or null."""
    absent, null = [], []
    for part in parts:
        for name in type(part).model_fields:
            if name in but:
                continue
            if name not in part.model_fields_set:
                absent.append(name)
            elif getattr(part, name) is None:
                null.append(name)
    named = {_ABSENT: " ".join(absent), _NULL: " ".join(null)}
    return {attribute: names for attribute, names in named.items() if names}


def with_gaps(
    members: Mapping[str, object], attributes: Mapping[str, str | None]
) -> dict[str, object]:
    """Return members as they were read: some missing, some null."""
    if _ABSENT not in attributes and _NULL not in attributes:
        return dict(members)
    absent, null = ((attributes.get(name) or "").split() for name in (_ABSENT, _NULL))
    return {
        name: None if name in null else value
        for name, value in members.items()
        if name not in absent
    }
