"""Exact counts by time and kind of event, as rows of a tree: all, year, month, day, hour.

Each row holds the counts of its children, so that minutes need none of their own. A row also
states the version of each child's row: that is how a reader knows whether the rows in its hands
belong together.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from polylog.dynamo.tally.levels import HOUR_LENGTH, MINUTE_LENGTH, child_of, minute_of

MAX_KINDS: Final = 2000
MAX_KIND_CHARACTERS: Final = 100_000
"""As many kinds, and characters of kinds, fit into the rows of a tally, which hold 400 KB each."""

_MAX_BYTES: Final = 350_000
"""What a row may take of the 400 KB that an item holds."""

OTHER: Final = "other"
"""What events are counted as whose own kind had no room any more."""

Counts = Mapping[str, int]
"""Kind -> number of events; a kind is `<origin>:<type>`."""


class Newest(NamedTuple):
    """The newest of some events: its place in the order, and its source."""

    time: int
    seq: int
    source: str | None


class Entry(NamedTuple):
    """What the tally keeps of an event until it is folded into the buckets."""

    seq: int
    time: int
    kind: str
    id: str
    source: str | None
    facets: tuple[str, ...] = ()
    """The facets that the event is tallied under too, as `<name>=<value>`."""

    @classmethod
    def read(cls, values: list[Any]) -> Entry:
        """Return the entry whose JSON this is."""
        seq, time, kind, id, source, facets = values
        return cls(seq, time, kind, id, source, tuple(facets))

    @property
    def minute(self) -> str:
        """The minute that the event lies in."""
        return minute_of(self.time)

    @property
    def newest(self) -> Newest:
        """The event as the newest one, as long as no other is newer."""
        return Newest(self.time, self.seq, self.source)


def kind_of(origin: str, type: str) -> str:
    """Return the kind that events of this origin and type are counted as."""
    return f"{origin}:{type}"


@dataclass(frozen=True, slots=True)
class Bucket:
    """The counts of a time, by its children, and the newest event of each kind.

    `newest` is that of the bucket under its own name; an hour has its minutes' instead, since
    those have no rows, unless that is too much for one. `version` 0 is that of a row that was
    never written.
    """

    version: int = 0
    children: Mapping[str, Counts] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    newest: Mapping[str, Mapping[str, Newest]] = field(default_factory=dict)

    def totals(self) -> Counter[str]:
        """Return how many events of each kind the bucket holds."""
        totals: Counter[str] = Counter()
        for counts in self.children.values():
            totals.update(counts)
        return totals

    def latest(self) -> dict[str, Newest]:
        """Return the newest event of each kind in the whole bucket."""
        return newest_of(each for newest in self.newest.values() for each in newest.items())

    def kinds(self) -> frozenset[str]:
        """Return the kinds that the bucket counts."""
        return frozenset(kind for counts in self.children.values() for kind in counts)

    def with_child(self, child: str, counts: Counts, version: int) -> Bucket:
        """Return the bucket with other counts of a child, which is left out when it has none.

        `version` is that of the child's row. The newest of a kind stays, unless none is left.
        """
        children = {**self.children, child: counts}
        versions = {**self.versions, child: version}
        if not counts:
            del children[child], versions[child]
        kinds = {kind for each in children.values() for kind in each}
        newest = {
            name: {kind: event for kind, event in events.items() if kind in kinds}
            for name, events in self.newest.items()
        }
        return Bucket(self.version, children, versions, newest)

    def pack(self) -> bytes:
        """Return the bucket without its version: compressed JSON, each kind written once.

        What does not fit into an item goes without the sources of the newest events; an hour then
        knows the newest of itself alone.
        """
        packed = self._pack()
        return packed if len(packed) <= _MAX_BYTES else self._reduced()._pack()

    def _reduced(self) -> Bucket:
        latest = {kind: event._replace(source=None) for kind, event in self.latest().items()}
        names = {name[:HOUR_LENGTH] for name in self.newest}
        return replace(self, newest=dict.fromkeys(names, latest))

    def _pack(self) -> bytes:
        kinds = sorted(self.kinds())
        number = {kind: position for position, kind in enumerate(kinds)}
        every = (e.source for events in self.newest.values() for e in events.values())
        sources = {source: position for position, source in enumerate(dict.fromkeys(every))}
        document = {
            "t": kinds,
            "k": {
                child: [[number[kind] for kind in counts], list(counts.values())]
                for child, counts in self.children.items()
            },
            "kv": self.versions,
            "s": list(sources),
            "l": {
                name: _pack_newest(events, number, sources) for name, events in self.newest.items()
            },
        }
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        return zlib.compress(text.encode())

    @classmethod
    def unpack(cls, version: int, packed: bytes) -> Bucket:
        """Return the bucket that `pack` was given."""
        document = from_json(zlib.decompress(packed))
        kinds, sources = document["t"], document["s"]
        children = {
            child: {kinds[number]: count for number, count in zip(numbers, counts, strict=True)}
            for child, (numbers, counts) in document["k"].items()
        }
        newest = {
            name: _unpack_newest(columns, kinds, sources) for name, columns in document["l"].items()
        }
        return cls(version, children, document["kv"], newest)

    def with_entries(self, name: str, entries: Iterable[Entry]) -> Bucket:
        """Return the next version of the bucket of this name, with these entries counted."""
        children = {child: dict(counts) for child, counts in self.children.items()}
        newest = {each: dict(events) for each, events in self.newest.items()}
        for entry in entries:
            child = child_of(name, entry.minute)
            counts = children.setdefault(child, {})
            counts[entry.kind] = counts.get(entry.kind, 0) + 1
            is_minute = len(child) == MINUTE_LENGTH and name not in newest
            events = newest.setdefault(child if is_minute else name, {})
            events[entry.kind] = max(entry.newest, events.get(entry.kind, entry.newest))
        return Bucket(self.version + 1, children, dict(self.versions), newest)


def newest_of(events: Iterable[tuple[str, Newest]]) -> dict[str, Newest]:
    """Return the newest event of each kind."""
    newest: dict[str, Newest] = {}
    for kind, event in events:
        newest[kind] = max(event, newest.get(kind, event))
    return newest


Columns = tuple[list[int], list[int], list[int], list[int]]


def _pack_newest(
    events: Mapping[str, Newest], number: Mapping[str, int], sources: Mapping[str | None, int]
) -> Columns:
    """Return kinds, times, seqs and sources, the earliest first: compression likes small steps."""
    ordered = sorted((event, kind) for kind, event in events.items())
    return (
        [number[kind] for _, kind in ordered],
        _steps([event.time for event, _ in ordered]),
        _steps([event.seq for event, _ in ordered]),
        [sources[event.source] for event, _ in ordered],
    )


def _unpack_newest(
    columns: Columns, kinds: Sequence[str], sources: Sequence[str | None]
) -> dict[str, Newest]:
    numbers, times, seqs, origins = columns
    rows = zip(numbers, accumulate(times), accumulate(seqs), origins, strict=True)
    return {kinds[kind]: Newest(time, seq, sources[source]) for kind, time, seq, source in rows}


def _steps(numbers: Sequence[int]) -> list[int]:
    """Return the first number, then how much each is more than the one before."""
    return [number - before for number, before in zip(numbers, [0, *numbers], strict=False)]


class Kinds:
    """The kinds that a tally counts apart: those it has, and new ones as long as there is room.

    Once there is an `OTHER`, new kinds are not admitted: no kind is in it and beside it.
    """

    def __init__(self, kinds: Iterable[str]) -> None:
        self._kinds = set(kinds)
        self._characters = sum(map(len, self._kinds))

    def counted(self, entry: Entry) -> Entry:
        """Return an entry as the tally counts it: as `OTHER` where its kind has no room."""
        kind = entry.kind
        if kind not in self._kinds:
            self._characters += len(kind)
            is_full = len(self._kinds) >= MAX_KINDS or self._characters > MAX_KIND_CHARACTERS
            kind = OTHER if is_full or OTHER in self._kinds else kind
            self._kinds.add(kind)
        return entry._replace(kind=kind)
