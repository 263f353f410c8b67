"""Deltas: what one transaction stored, kept until it is folded into the buckets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.tally.facets import facets_of
from polylog.dynamo.tally.kinds import Kinds, kind_of
from polylog.dynamo.tally.levels import minute_of
from polylog.model.event import Event
from polylog.model.times import SECOND

if TYPE_CHECKING:
    from polylog.dynamo.tables import Item

DELTA_ROWS: Final = "head/delta/"

SETTLING: Final = 5 * SECOND
"""How long an index may lag behind. A folded event is looked for in the indexes alone."""


class Newest(NamedTuple):
    """The newest of some events: its place in the order, and its source."""

    time: int
    seq: int
    source: str | None


def newest_of(events: Iterable[tuple[str, Newest]]) -> dict[str, Newest]:
    """Return the newest event of each kind."""
    newest: dict[str, Newest] = {}
    for kind, event in events:
        newest[kind] = max(event, newest.get(kind, event))
    return newest


class Entry(NamedTuple):
    """What a delta says of one event."""

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

    @property
    def newest(self) -> Newest:
        """The event as the newest of itself."""
        return Newest(self.time, self.seq, self.source)

    def counted(self, kinds: Kinds) -> Entry:
        """Return the entry with the kind that a tally counts it as."""
        return self._replace(kind=kinds.counted_as(self.kind))


@dataclass(frozen=True, slots=True)
class Delta:
    """What one transaction stored: the numbers taken for it, and the entries of its events.

    Every event with a number from `first` to `last` is among the entries. `at` is when the
    transaction began, in microseconds. `facets` names those that the entries state.
    """

    first: int
    last: int
    at: int
    entries: tuple[Entry, ...]
    facets: frozenset[str] = frozenset()

    @property
    def row(self) -> str:
        """The delta's sort key."""
        return f"{DELTA_ROWS}{self.last:016}"

    def pack(self) -> bytes:
        """Return the entries, packed."""
        return pack(self.entries)

    def item(self, scope: str) -> Item:
        """Return the delta's item."""
        return {
            "scope": {"S": scope},
            "row": {"S": self.row},
            "first": {"N": str(self.first)},
            "last": {"N": str(self.last)},
            "at": {"N": str(self.at)},
            "facets": {"S": written(self.facets)},
            "b": {"B": self.pack()},
        }

    @classmethod
    def read(cls, item: Item) -> Delta:
        """Return the delta that an item holds."""
        first, last, at = (int(item[name]["N"]) for name in ("first", "last", "at"))
        entries = tuple(map(Entry.read, unpack(item["b"]["B"])))
        return cls(first, last, at, entries, names_in(item["facets"]["S"]))

    def of_facet(self, facet: str) -> Delta:
        """Return the delta with the entries of one facet alone."""
        return replace(self, entries=tuple(e for e in self.entries if facet in e.facets))


def written(names: Iterable[str]) -> str:
    """Return the names of facets as one text."""
    return ",".join(sorted(names))


def names_in(text: str) -> frozenset[str]:
    """Return the names that `written` was given."""
    return frozenset(text.split(",")) - {""}
