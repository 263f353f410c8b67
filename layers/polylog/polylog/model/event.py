"""The event, in one form: every API's events are read into it and written from it."""

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
"""The largest event that the log takes, in bytes of canonical JSON."""

MAX_KEY_LENGTH = 256
"""The most characters of an indexed value: at 4 bytes each, half of DynamoDB's 2,048 bytes."""

MAX_SEQ = 2**53 - 1
"""The highest `seq`: every JSON reader can represent it exactly."""

Key = Annotated[str, StringConstraints(min_length=1, max_length=MAX_KEY_LENGTH)]

KeyOrEmpty = Annotated[str, StringConstraints(max_length=MAX_KEY_LENGTH)]

Microseconds = Annotated[int, Field(ge=EARLIEST, le=LATEST)]
"""Microseconds since the epoch, UTC, within the years 1 to 9999."""


class _Canonical(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entity(_Canonical):
    """Who acted, or what they acted on."""

    id: Key | None = None
    type: str | None = None
    name: str | None = None

    def known(self) -> dict[str, str]:
        """Return the members that are set."""
        return {name: value for name, value in vars(self).items() if value is not None}


NOBODY = Entity()


class Event(_Canonical):
    """One thing that happened.

    `id` is unique within a scope. `seq` numbers events in the order of arrival; it is 0 until the
    event is stored. `data` is any JSON and is kept as it came. `attributes` holds what only one
    API knows.

    >>> event = Event(id="e1", time=0, type="login", actor=Entity(name="ada"))
    >>> event.actor.known()
    {'name': 'ada'}
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
    links: Annotated[tuple[str, ...], Field(fail_fast=True)] = ()
    # The JSON reader has checked this. Validating it again would cost more than the other members.
    data: SerializeAsAny[SkipValidation[JsonValue]] = None
    attributes: Mapping[str, str | None] = Field(default_factory=dict)

    @property
    def data_object(self) -> Mapping[str, JsonValue]:
        """The data as an object, for APIs that show only objects: `[1]` becomes `{"data": [1]}`."""
        if self.data is None:
            return {}
        return self.data if isinstance(self.data, dict) else {"data": self.data}


def is_key(value: JsonValue) -> TypeGuard[str]:
    """Return whether an index can hold the value."""
    return isinstance(value, str) and 0 < len(value) <= MAX_KEY_LENGTH


def new_id(time_us: int) -> str:
    """Return a UUIDv7 (RFC 9562): 48 bits of milliseconds since the epoch, the rest random.

    A UUIDv7 cannot hold times before the epoch; they count as the epoch.
    """
    milliseconds = max(0, time_us // 1000)
    random_a, random_b = secrets.randbits(12), secrets.randbits(62)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | random_a << 64 | 2 << 62 | random_b))
