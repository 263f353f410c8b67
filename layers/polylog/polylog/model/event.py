"""The event: one thing that happened, in the form that every API is read into and served from."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Literal, TypeGuard
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializeAsAny,
    SkipValidation,
    StringConstraints,
)

from polylog.model.times import EARLIEST, LATEST

MAX_EVENT_BYTES = 256 * 1024
"""The largest event that is taken, as bytes of its canonical JSON."""

MAX_KEY_LENGTH = 256
"""Characters of a value that an index is keyed by: in UTF-8 far below DynamoDB's 2,048 bytes."""

MAX_SEQ = 2**53 - 1
"""The highest number of arrival: all of JSON's readers have it exactly."""

Key = Annotated[str, StringConstraints(min_length=1, max_length=MAX_KEY_LENGTH)]

KeyOrEmpty = Annotated[str, StringConstraints(max_length=MAX_KEY_LENGTH)]

Microseconds = Annotated[int, Field(ge=EARLIEST, le=LATEST)]
"""Microseconds since the epoch, UTC, within the years 1 to 9999."""


class _Canonical(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entity(_Canonical):
    """Who acted, or what was acted upon."""

    id: Key | None = None
    type: str | None = None
    name: str | None = None

    def known(self) -> dict[str, str]:
        """Return the members that say anything."""
        return {name: value for name, value in vars(self).items() if value is not None}


NOBODY = Entity()


class Event(_Canonical):
    """One thing that happened.

    `id` is unique in its scope. `seq` is the order of arrival, given when the event is stored;
    0 before that. `data` is any JSON, kept as it came. `attributes` holds what only one API knows.
    """

    id: Key
    seq: int = 0
    time: Microseconds
    type: Key
    origin: Literal["system", "custom"] = "system"
    source: KeyOrEmpty | None = None
    message: str | None = None
    severity: str | None = None
    status: str | None = None
    category: str | None = None
    actor: Entity = NOBODY
    target: Entity = NOBODY
    organization_id: Key | None = None
    project_id: Key | None = None
    links: tuple[str, ...] = ()
    # Whoever reads JSON for us has checked it; walking it again costs more than all else here.
    data: SerializeAsAny[SkipValidation[JsonValue]] = None
    attributes: Mapping[str, str | None] = Field(default_factory=dict)

    @property
    def data_object(self) -> Mapping[str, JsonValue]:
        """The data, for APIs that can show only an object: anything else is its member `data`."""
        if self.data is None:
            return {}
        return self.data if isinstance(self.data, dict) else {"data": self.data}


def is_key(value: JsonValue) -> TypeGuard[str]:
    """Return whether an index can hold the value."""
    return isinstance(value, str) and 0 < len(value) <= MAX_KEY_LENGTH


def new_id(time_us: int) -> str:
    """Return a UUIDv7 (RFC 9562): 48 bits of milliseconds since the epoch, the rest random.

    Times before the epoch, which it cannot hold, count as the epoch.
    """
    milliseconds = max(0, time_us // 1000)
    random_a, random_b = secrets.randbits(12), secrets.randbits(62)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | random_a << 64 | 2 << 62 | random_b))
