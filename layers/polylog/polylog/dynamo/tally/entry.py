"""Entries: what the bookkeeping keeps of each event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from polylog.dynamo.tally.facets import facets_of
from polylog.dynamo.tally.kinds import kind_of
from polylog.dynamo.tally.levels import minute_of
from polylog.model.event import Event


class Entry(NamedTuple):
    """What is kept of one event: its place, its kind, and what the tally counts it under."""

    seq: int
    time: int
    kind: str
    id: str
    source: str | None
    facets: tuple[str, ...] = ()
    """The facets that the event is tallied under too."""

    @classmethod
    def of(cls, event: Event, facets: Iterable[str] = ()) -> Entry:
        """Return the entry of an event; `facets` names those that events are tallied by."""
        return cls(
            event.seq,
            event.time,
            kind_of(event.origin, event.type),
            event.id,
            event.source,
            facets_of(event, facets),
        )

    @classmethod
    def read(cls, values: list[Any]) -> Entry:
        """Return the entry that this JSON array holds."""
        seq, time, kind, id, source, facets = values
        return cls(seq, time, kind, id, source, tuple(facets))

    @property
    def minute(self) -> str:
        """The minute that the event lies in."""
        return minute_of(self.time)
