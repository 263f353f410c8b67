"""An entry is the part of an event that deltas and the arrival log keep.

It is enough for most filters.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from polylog.dynamo.tally.kinds import kind_of
from polylog.dynamo.tally.levels import minute_of
from polylog.model.event import Event

MEMBERS: Final = (
    *("message", "severity", "status", "category"),
    *("organization_id", "project_id"),
    *("actor.id", "actor.type", "actor.name"),
    *("target.id", "target.type", "target.name"),
)
"""The fields that an entry knows of an event, in the order in which they are stored.

Stored rows rely on this order: new names may only be added at its end.
"""

_MOST_TEXT: Final = 2000
"""How many characters the members of an entry may have together. Longer ones stay in the item."""

Members = tuple[str | None, ...]


class Entry(NamedTuple):
    """The place of an event, its kind, and its members.

    `time` is in microseconds since the epoch. `members` are the values of `MEMBERS`, in that order.
    They are None if only the event's item has them: its texts are too long, or an earlier version
    of Polylog stored the entry.
    """

    seq: int
    time: int
    kind: str
    id: str
    source: str | None
    members: Members | None = None

    @classmethod
    def of(cls, event: Event) -> Entry:
        """Return the entry of an event."""
        members = _members(event)
        return cls(
            event.seq,
            event.time,
            kind_of(event.origin, event.type),
            event.id,
            event.source,
            members if sum(map(len, filter(None, members))) <= _MOST_TEXT else None,
        )

    @classmethod
    def of_earlier(cls, values: list[Any]) -> Entry:
        """Return the entry that an earlier version stored as a JSON array, without members."""
        seq, time, kind, id, source, *_ = values
        return cls(seq, time, kind, id, source)

    @property
    def minute(self) -> str:
        """The minute that the event lies in."""
        return minute_of(self.time)

    @property
    def weight(self) -> int:
        """How many bytes the texts of the entry take."""
        texts = (self.kind, self.id, self.source, *(self.members or ()))
        return sum(len(text.encode()) for text in texts if text)


def _members(event: Event) -> Members:
    actor, target = event.actor, event.target
    return (
        *(event.message, event.severity, event.status, event.category),
        *(event.organization_id, event.project_id),
        *(actor.id, actor.type, actor.name),
        *(target.id, target.type, target.name),
    )
