"""Which fields have an index that can be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Final

from polylog.dynamo.tables import FIELD_INDEXES, OPTIONAL_INDEXES
from polylog.model.errors import Unavailable
from polylog.model.times import SYSTEM_CLOCK, Clock

_AGAIN_SECONDS: Final = 60
"""How long an index is not used after DynamoDB could not read it."""


class MissingIndex(Unavailable):
    """DynamoDB has no such index: it is still being filled, or it was removed."""

    def __init__(self, index: str) -> None:
        super().__init__(f"the index {index} cannot be read")
        self.index = index


def fields_of_indexes(names: Iterable[str]) -> tuple[str, ...]:
    """Return the fields that have an index, the most selective first; the type always has one.

    `names` are those of `OPTIONAL_INDEXES`; raises `ValueError` for any other.
    """
    wanted = set(names)
    if unknown := wanted - OPTIONAL_INDEXES.keys():
        known = ", ".join(OPTIONAL_INDEXES)
        raise ValueError(f"no index is called {', '.join(sorted(unknown))}, only {known}")
    fields = {"type", *(OPTIONAL_INDEXES[name] for name in wanted)}
    return tuple(name for name in FIELD_INDEXES if name in fields)


@dataclass(frozen=True)
class Indexes:
    """The fields with an index, and which of those cannot be read at the moment.

    While DynamoDB fills a new index, it refuses to read it. An index may also be removed before the
    functions are told. So an index that was missing is not used for a minute.
    """

    configured: tuple[str, ...]
    clock: Clock = SYSTEM_CLOCK
    _missed: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Iterable[str] = OPTIONAL_INDEXES, clock: Clock = SYSTEM_CLOCK) -> Indexes:
        """Return the indexes of these names; raises `ValueError` for an unknown one."""
        return cls(fields_of_indexes(names), clock)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields whose index can be read, the most selective first."""
        now = self.clock.monotonic()
        return tuple(
            name
            for name in self.configured
            if now - self._missed.get(FIELD_INDEXES[name][0], -inf) >= _AGAIN_SECONDS
        )

    def miss(self, index: str) -> None:
        """Do not use an index for a minute."""
        self._missed[index] = self.clock.monotonic()
