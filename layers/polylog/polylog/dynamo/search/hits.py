"""Hits: the events that a search finds, in order, and the places of one page of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

from polylog.dynamo.search.directory import Zone
from polylog.dynamo.tally.columns import Columns
from polylog.dynamo.tally.marks import rows_of
from polylog.model.query import Order, Position

Origin = Columns | Zone
"""Where an event is: in columns that were read, or in a segment that must be read again."""


class Found(NamedTuple):
    """The times and numbers of events that pass, in order of arrival; of a few also the ids."""

    times: array[int]
    seqs: array[int]
    ids: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """How many events there are."""
        return len(self.times)


NOTHING: Final = Found(array("q"), array("q"))


class Hit(NamedTuple):
    """The position of an event that passes, what was found with it, and where."""

    position: Position
    found: Found
    origin: Origin

    @property
    def known_id(self) -> str | None:
        """The event's id, None if it is not known."""
        ids, seqs = self.found.ids, self.found.seqs
        return ids[seqs.index(self.position.seq)] if ids else None


class Part(NamedTuple):
    """The events of some columns, and marks for those that pass: the first is the highest bit.

    `zone` is their segment if the marks are true at any moment, and None otherwise.
    """

    columns: Columns
    marks: int
    zone: Zone | None = None

    @property
    def number(self) -> int:
        """How many events pass."""
        return self.marks.bit_count()

    def rows(self) -> Iterator[int]:
        """Yield the places of the events that pass."""
        return rows_of(self.marks, self.columns.number)

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the events that pass."""
        return tuple(map(self.columns["id"].at, self.rows()))

    def found(self) -> Found:
        """Return the times and numbers of the events that pass."""
        if not self.marks:
            return NOTHING
        times, seqs = self.columns["time"].values, self.columns["seq"].values
        rows = list(self.rows())
        return Found(
            array("q", map(times.__getitem__, rows)), array("q", map(seqs.__getitem__, rows))
        )


class Hits:
    """The events that pass, as far as they are known, in an order.

    `total` counts all of them, and `len` those after the position. It keeps their times and
    numbers, and where they are.
    """

    def __init__(self, order: Order, after: Position | None) -> None:
        self.total = 0
        self._sign = 1 if order is Order.ASCENDING else -1
        self._after = None if after is None else (self._sign * after.time, self._sign * after.seq)
        self._parts: list[tuple[int, int, Found, Origin]] = []
        """The parts, each with its first and its last time in the order."""
        # Eight bytes each: a search may find a million events.
        self._times = array("q")
        self._is_sorted = True

    def __len__(self) -> int:
        return len(self._times)

    def take(self, found: Found, origin: Origin) -> None:
        """Add events that are in one place."""
        self.total += found.number
        if self._after is None:
            times = [self._sign * time for time in found.times]
        else:
            times = [time for time, seq in self._pairs(found) if (time, seq) > self._after]
        if times:
            self._times.extend(times)
            self._parts.append((min(times), max(times), found, origin))
            self._is_sorted = False

    def before(self, time: int) -> int:
        """Return how many events come before every event of this time."""
        return bisect_left(self._ordered(), self._sign * time)

    def page(self, offset: int, limit: int) -> list[Hit]:
        """Return up to `limit` events, in order, after skipping `offset`."""
        wanted = self._ordered()[offset : offset + limit]
        if not wanted:
            return []
        first, last = wanted[0], wanted[-1]
        near = [
            (found, at) for begin, end, found, at in self._parts if begin <= last and end >= first
        ]
        hits = sorted(
            (time, seq, place)
            for place, (found, _) in enumerate(near)
            for time, seq in self._pairs(found)
            if first <= time <= last and (self._after is None or (time, seq) > self._after)
        )
        skipped = offset - bisect_left(self._times, first)
        chosen = hits[skipped : skipped + len(wanted)]
        sign = self._sign
        return [Hit(Position(sign * time, sign * seq), *near[at]) for time, seq, at in chosen]

    def _ordered(self) -> array[int]:
        if not self._is_sorted:
            self._times = array("q", sorted(self._times))
            self._is_sorted = True
        return self._times

    def _pairs(self, found: Found) -> Iterator[tuple[int, int]]:
        """Yield times and numbers so that they rise in the order."""
        pairs = zip(found.times, found.seqs, strict=True)
        return ((self._sign * time, self._sign * seq) for time, seq in pairs)
