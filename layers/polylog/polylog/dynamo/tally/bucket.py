"""A bucket counts the events of one period, such as a day, by kind.

Its row holds the counts of its children: the row of a day has those of the hours. So minutes need
no rows of their own. The row also states the version of each child's row. That is how a reader
knows that the rows it read belong together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Final

from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.tally.kinds import Counts
from polylog.dynamo.tally.levels import Level, child_of
from polylog.dynamo.tally.summary import Newest, Summary, newest_of

_MAX_BYTES: Final = 350_000
"""How large a packed bucket may be. An item holds 400 KB."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The counts of one period, and the newest event of each kind.

    `children` has the counts of each child by its name, and `versions` the versions of their rows.
    `newest` has the bucket's newest events under its own name. An hour has those of each minute
    instead, because minutes have no rows, unless they are too many for one row. The `version` is 0
    if the row was never written.
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
        """Return the bucket with new counts of a child; empty counts remove the child.

        `version` is that of the child's row. The newest event of a kind stays while the bucket has
        any event of that kind.
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
        """Return the bucket as bytes, without its version. They name each kind once.

        A bucket that does not fit into an item loses the sources of its newest events. An hour then
        keeps only the newest events of the whole hour, not those of each minute.
        """
        packed = self._pack()
        return packed if len(packed) <= _MAX_BYTES else self._reduced()._pack()

    def _reduced(self) -> Bucket:
        latest = {kind: event._replace(source=None) for kind, event in self.latest().items()}
        names = {Level.HOUR.bucket(name) for name in self.newest}
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
        return pack(document)

    @classmethod
    def unpack(cls, version: int, packed: bytes) -> Bucket:
        """Return the bucket that `pack` turned into bytes, with this version."""
        document = unpack(packed)
        kinds, sources = document["t"], document["s"]
        children = {
            child: {kinds[number]: count for number, count in zip(numbers, counts, strict=True)}
            for child, (numbers, counts) in document["k"].items()
        }
        newest = {
            name: _unpack_newest(columns, kinds, sources) for name, columns in document["l"].items()
        }
        return cls(version, children, document["kv"], newest)

    def with_summary(self, name: str, summary: Summary) -> Bucket:
        """Return the next version of the bucket called `name`, with these events counted too."""
        children = {child: dict(counts) for child, counts in self.children.items()}
        newest = {each: dict(events) for each, events in self.newest.items()}
        has_minutes = Level.of(name) is Level.HOUR and name not in newest
        for minute, part in summary.items():
            child = child_of(name, minute)
            counts = children.setdefault(child, {})
            events = newest.setdefault(child if has_minutes else name, {})
            for kind, (number, latest) in part.kinds.items():
                counts[kind] = counts.get(kind, 0) + number
                events[kind] = max(latest, events.get(kind, latest))
        return Bucket(self.version + 1, children, dict(self.versions), newest)


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
    """Return the first number, and then each number's difference from the one before."""
    return [number - before for number, before in zip(numbers, [0, *numbers], strict=False)]
