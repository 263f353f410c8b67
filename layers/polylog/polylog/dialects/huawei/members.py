"""Members of Huawei Cloud's event objects: times, and members that are missing or null.

In the published models every member is optional and may be null. Two attributes of the event, the
*gaps*, remember which members were missing and which were null, so that it renders as it was read.
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
    """Return the attributes that remember which members were missing and which were null.

    They list the names of members, except those in `but`, with blanks between them:
    `{"absent_members": "subject context", "null_members": "severity"}`.
    """
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
    """Return the members as they were read: without the missing ones, and with the nulls."""
    if _ABSENT not in attributes and _NULL not in attributes:
        return dict(members)
    absent, null = ((attributes.get(name) or "").split() for name in (_ABSENT, _NULL))
    return {
        name: None if name in null else value
        for name, value in members.items()
        if name not in absent
    }
