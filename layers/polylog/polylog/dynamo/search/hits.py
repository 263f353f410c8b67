"""Hits: the events that a search finds, in order, and the entries of one page of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from polylog.dynamo.tally.columns import Columns
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.marks import rows_of
from polylog.model.query import Order, Position


class Part(NamedTuple):
    """The events of some columns, and marks for those that pass: the first is the highest bit."""

    columns: Columns
    marks: int

    def only_places(self) -> Part:
        """Return the same part with only what tells where its events are, to keep many of them."""
        return self._replace(columns=self.columns.only_places())

    @property
    def number(self) -> int:
        """How many events pass."""
        return self.marks.bit_count()

    def rows(self) -> Iterator[int]:
        """Yield the places of the events that pass."""
        return rows_of(self.marks, self.columns.number)

    def positions(self) -> Iterator[tuple[Position, int]]:
        """Yield the positions of the events that pass, with their places."""
        times, seqs = self.columns["time"].values, self.columns["seq"].values
        return ((Position(times[row], seqs[row]), row) for row in self.rows())


class Hits:
    """The events that pass, as far as they are known, in an order.

    `total` counts all of them, and `len` those after the position. It keeps only their times. It
    looks up entries for the requested page alone.
    """

    def __init__(self, order: Order, after: Position | None) -> None:
        self.total = 0
        self._sign = 1 if order is Order.ASCENDING else -1
        self._after = None if after is None else self._signed(after)
        self._parts: list[tuple[int, int, Part]] = []
        """The parts, each with its first and its last time in the order."""
        # Eight bytes each: a search may find a million events.
        self._times = array("q")
        self._is_sorted = True

    def __len__(self) -> int:
        return len(self._times)

    def take(self, part: Part) -> None:
        """Add the events of a part."""
        self.total += part.number
        if self._after is None:
            times = part.columns["time"].values
            found = [self._sign * times[row] for row in part.rows()]
        else:
            found = [self._sign * at.time for at, _ in part.positions() if self._follows(at)]
        if found:
            self._times.extend(found)
            self._parts.append((min(found), max(found), part.only_places()))
            self._is_sorted = False

    def before(self, time: int) -> int:
        """Return how many events come before every event of this time."""
        return bisect_left(self._ordered(), self._sign * time)

    def page(self, offset: int, limit: int) -> list[tuple[Position, Entry]]:
        """Return up to `limit` entries with their positions, in order, after skipping `offset`."""
        wanted = self._ordered()[offset : offset + limit]
        if not wanted:
            return []
        first, last = wanted[0], wanted[-1]
        near = [part for begin, end, part in self._parts if begin <= last and end >= first]
        hits = sorted(
            (self._signed(at), place, row)
            for place, part in enumerate(near)
            for at, row in part.positions()
            if first <= self._sign * at.time <= last and self._follows(at)
        )
        skipped = offset - bisect_left(self._times, first)
        chosen = hits[skipped : skipped + len(wanted)]
        entries = (near[place].columns.place(row) for _, place, row in chosen)
        return [(Position(entry.time, entry.seq), entry) for entry in entries]

    def _ordered(self) -> array[int]:
        if not self._is_sorted:
            self._times = array("q", sorted(self._times))
            self._is_sorted = True
        return self._times

    def _signed(self, at: Position) -> tuple[int, int]:
        return self._sign * at.time, self._sign * at.seq

    def _follows(self, at: Position) -> bool:
        return self._after is None or self._signed(at) > self._after
