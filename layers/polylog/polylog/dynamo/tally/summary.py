"""A summary says how many events of each kind lie in each minute, and which one is the newest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.kinds import Kinds
from polylog.dynamo.tally.levels import minute_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class Newest(NamedTuple):
    """The newest of some events: its place in the order, and its source.

    `time` is in microseconds since the epoch.
    """

    time: int
    seq: int
    source: str | None


def newest_of(events: Iterable[tuple[str, Newest]]) -> dict[str, Newest]:
    """Return the newest event of each kind."""
    newest: dict[str, Newest] = {}
    for kind, event in events:
        newest[kind] = max(event, newest.get(kind, event))
    return newest


class OfKind(NamedTuple):
    """The number of events of a kind, and the newest of them."""

    number: int
    newest: Newest


def together(*parts: OfKind) -> OfKind:
    """Return the sum of several parts, and the newest event of all."""
    return OfKind(sum(part.number for part in parts), max(part.newest for part in parts))


def count_kinds(entries: Iterable[Entry]) -> dict[str, OfKind]:
    """Return the number and the newest of some entries, by kind."""
    kinds: dict[str, OfKind] = {}
    for entry in entries:
        one = OfKind(1, Newest(entry.time, entry.seq, entry.source))
        there = kinds.get(entry.kind)
        kinds[entry.kind] = one if there is None else together(there, one)
    return kinds


class OfMinute(NamedTuple):
    """The events of a minute: the earliest time, in microseconds since the epoch, and the kinds."""

    earliest: int
    kinds: Mapping[str, OfKind]

    @property
    def latest(self) -> int:
        """The latest time."""
        return max(each.newest.time for each in self.kinds.values())


Summary = Mapping[str, OfMinute]
"""Minute -> its events."""


def summary_of(entries: Iterable[Entry]) -> dict[str, OfMinute]:
    """Return the summary of some entries."""
    minutes: dict[str, list[Entry]] = {}
    for entry in entries:
        minutes.setdefault(entry.minute, []).append(entry)
    return {
        minute: OfMinute(min(entry.time for entry in some), count_kinds(some))
        for minute, some in minutes.items()
    }


def merged(summaries: Iterable[Summary]) -> dict[str, OfMinute]:
    """Return one summary of the events of several."""
    whole: dict[str, tuple[int, dict[str, OfKind]]] = {}
    for summary in summaries:
        for minute, (earliest, kinds) in summary.items():
            first, there = whole.get(minute, (earliest, {}))
            for kind, part in kinds.items():
                there[kind] = together(there[kind], part) if kind in there else part
            whole[minute] = min(first, earliest), there
    return {minute: OfMinute(*part) for minute, part in whole.items()}


def counted(summary: Summary, kinds: Kinds) -> dict[str, OfMinute]:
    """Return the summary with the kinds that a tally counts its events as, such as `OTHER`."""
    return merged(
        {minute: OfMinute(part.earliest, {kinds.counted_as(kind): each})}
        for minute, part in summary.items()
        for kind, each in part.kinds.items()
    )


def to_json(summary: Summary) -> dict[str, Any]:
    """Return a summary as a small JSON document."""
    kinds: dict[str, int] = {}
    sources: dict[str | None, int] = {}
    minutes: list[Any] = []
    for earliest, of_kinds in sorted(summary.values(), key=lambda part: part.earliest):
        rows = [
            (
                kinds.setdefault(kind, len(kinds)),
                number,
                newest.time - earliest,
                newest.seq,
                sources.setdefault(newest.source, len(sources)),
            )
            for kind, (number, newest) in of_kinds.items()
        ]
        minutes.append([earliest, *map(list, zip(*rows, strict=True))])
    return {"k": list(kinds), "s": list(sources), "m": minutes}


def from_json(document: Mapping[str, Any]) -> dict[str, OfMinute]:
    """Return the summary in a document that `to_json` made."""
    kinds, sources = document["k"], document["s"]

    def of_kinds(earliest: int, columns: list[list[int]]) -> Iterator[tuple[str, OfKind]]:
        for kind, number, time, seq, source in zip(*columns, strict=True):
            yield kinds[kind], OfKind(number, Newest(earliest + time, seq, sources[source]))

    return {
        minute_of(earliest): OfMinute(earliest, dict(of_kinds(earliest, columns)))
        for earliest, *columns in document["m"]
    }
