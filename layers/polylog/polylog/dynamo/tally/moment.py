"""A moment is the set of events that a scope had when its head was read.

An answer shows the events of one moment, and no others. An event came later if its number is
neither settled in the head nor in a young delta, even if an index shows it already.

The indexes may not show young events yet, nor events that were settled a few seconds ago. The
entries of these come from the deltas and from the arrival log. Deltas and the head say in which
spans of time these events lie, so an answer reads only the rows that it needs.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from polylog.batches import batched
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.head import Head, Span, read_head, spans_of
from polylog.dynamo.tally.kinds import OTHER
from polylog.dynamo.tally.ranges import Ranges
from polylog.dynamo.tally.stretch import Stretch, read_stretches
from polylog.dynamo.tally.summary import OfMinute, summary_of
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_AT_ONCE: Final = 100
"""How many rows one request may read."""

Load = Callable[[Sequence[int]], Mapping[int, Stretch]]
"""Reads rows of the arrival log by their lowest numbers."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Some events that an index may not show, and where they lie.

    `entries` is None if they are in the row `first` of the arrival log.
    """

    spans: tuple[Span, ...]
    entries: tuple[Entry, ...] | None
    first: int

    def within(self, time: TimeRange) -> Iterator[Span]:
        """Yield the spans that touch a range, cut to it."""
        for earliest, latest in self.spans:
            if time.touches(earliest, latest):
                yield Span(max(earliest, time.first), min(latest, time.last))


@dataclass(frozen=True, slots=True)
class Moment:
    """The events of a scope at one moment.

    `head` has the counts. `young` are the deltas that it does not count, with their entries if
    those are known. `load` reads rows of the arrival log. `known` has the numbers of all events.
    """

    head: Head
    young: tuple[Delta, ...]
    load: Load
    _loaded: dict[int, tuple[Entry, ...]] = field(default_factory=dict)
    known: Ranges = field(init=False)

    def __post_init__(self) -> None:
        young = ((delta.first, delta.last) for delta in self.young)
        known = Ranges.of((*self.head.settled.ranges, *young))
        object.__setattr__(self, "known", known)

    def knows(self, seq: int) -> bool:
        """Return whether the event with this number belongs to the moment."""
        return seq in self.known

    def counts(self, seq: int) -> bool:
        """Return whether the buckets count the event with this number."""
        return seq in self.head.settled

    def types(self) -> Mapping[str, int] | None:
        """Return how many events each type has, or None if not all types are counted apart."""
        kinds = self.head.bucket.totals()
        if OTHER in kinds:
            return None
        for delta in self.young:
            for part in delta.summary.values():
                kinds.update({kind: each.number for kind, each in part.kinds.items()})
        types: Counter[str] = Counter()
        for kind, number in kinds.items():
            types[kind.partition(":")[2]] += number
        return types

    def young_within(self, first: int, end: int) -> Iterator[tuple[str, OfMinute]]:
        """Yield the young events from `first` to `end` (excluded), by minute.

        A minute comes once for each delta that has events in it.
        """
        time = TimeRange(first, end - 1)
        cut = [delta for delta in self.young if _is_cut(delta, time)]
        self._entries([delta.first for delta in cut if delta.entries is None])
        for delta in self.young:
            for minute, part in delta.summary.items():
                ends = part.earliest, part.latest
                if time.covers(*ends):
                    yield minute, part
                elif time.touches(*ends):
                    entries = self.entries_of(delta)
                    some = [e for e in entries if first <= e.time < end and e.minute == minute]
                    yield from summary_of(some).items()

    def recent_within(self, time: TimeRange) -> list[Entry]:
        """Return the settled entries in a range that an index may not show yet."""
        recent = [r.first for r in self.head.recent if any(time.touches(*s) for s in r.spans)]
        return [
            entry
            for entries in self._entries(recent)
            for entry in entries
            if time.first <= entry.time <= time.last and self.counts(entry.seq)
        ]

    def unindexed(self, time: TimeRange, *, is_descending: bool) -> Iterator[Entry]:
        """Yield the entries in a range that an index may not show, in the order of their times.

        It reads rows of the arrival log when their turn comes, a few more each time. It yields an
        entry only once no row that is still to be read can have one that comes before it.
        """
        sign = -1 if is_descending else 1

        def turn(source: _Source) -> int:
            return min(sign * end for span in source.within(time) for end in span)

        waiting = sorted((s for s in self._sources() if any(s.within(time))), key=turn)
        waiting.reverse()
        heap: list[tuple[int, int, Entry]] = []
        number = 1
        while waiting or heap:
            due: list[_Source] = []
            while waiting and (not heap or turn(waiting[-1]) <= heap[0][0]) and len(due) < number:
                due.append(waiting.pop())
            for entry in self._taken(due):
                if time.first <= entry.time <= time.last:
                    heapq.heappush(heap, (sign * entry.time, sign * entry.seq, entry))
            number += len(due)
            if heap and not (waiting and turn(waiting[-1]) <= heap[0][0]):
                yield heapq.heappop(heap)[2]

    def _sources(self) -> Iterator[_Source]:
        for delta in self.young:
            yield _Source(spans_of(delta.summary), delta.entries, delta.first)
        for recent in self.head.recent:
            yield _Source(recent.spans, None, recent.first)

    def _taken(self, sources: Iterable[_Source]) -> Iterator[Entry]:
        sources = list(sources)
        self._entries([source.first for source in sources if source.entries is None])
        for source in sources:
            yield from self._loaded[source.first] if source.entries is None else source.entries

    def entries_of(self, delta: Delta) -> tuple[Entry, ...]:
        """Return the entries of a young delta."""
        return self._entries([delta.first])[0] if delta.entries is None else delta.entries

    def _entries(self, firsts: Sequence[int]) -> list[tuple[Entry, ...]]:
        """Return the entries in these rows of the arrival log."""
        left = [first for first in firsts if first not in self._loaded]
        for some in batched(left, _AT_ONCE):
            found = self.load(some)
            for first in some:
                self._loaded[first] = self._own(_entries_in(found, first))
        return [self._loaded[first] for first in firsts]

    def _own(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(entry for entry in entries if self.knows(entry.seq))


def moment_of(head: Head, load: Load) -> Moment:
    """Return the moment at which a scope's head was read."""
    return Moment(head, tuple(_unsettled(head, head.young, load)), load)


def _unsettled(head: Head, young: Sequence[Delta], load: Load) -> Iterator[Delta]:
    """Yield young deltas with only the events that are not settled."""
    partly = {each.first for each in young if head.settled.touches(each.first, each.last)}
    found = load([d.first for d in young if d.first in partly and d.entries is None])
    for delta in young:
        if delta.first not in partly:
            yield delta
        else:
            entries = _entries_in(found, delta.first) if delta.entries is None else delta.entries
            yield delta.with_entries(e for e in entries if e.seq not in head.settled)


def _entries_in(found: Mapping[int, Stretch], first: int) -> tuple[Entry, ...]:
    """Return the entries of a row. A row that is missing has expired, and so have its events."""
    return found[first].entries if first in found else ()


def read_moment(client: DynamoDBClient, table: str, scope: str, clock: Clock) -> Moment:
    """Return a scope as it is now."""

    def load(firsts: Sequence[int]) -> Mapping[int, Stretch]:
        return read_stretches(client, table, scope, firsts, clock) if firsts else {}

    return moment_of(read_head(client, table, scope), load)


def _is_cut(delta: Delta, time: TimeRange) -> bool:
    """Return whether a range has some of a minute's events and lacks others."""
    ends = ((part.earliest, part.latest) for part in delta.summary.values())
    return any(time.touches(*each) and not time.covers(*each) for each in ends)
