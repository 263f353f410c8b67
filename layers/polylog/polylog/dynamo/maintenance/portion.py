"""A portion is the part of the young deltas that one fold counts.

A fold counts all events of its portion in one transaction. A transaction has room for 100 actions,
so a portion ends where no more rows fit in, even within a delta.

These things must hold for every portion:

* Its `summary` counts the events that have its `numbers`, and no others. So a delta is cut in the
  order of its numbers: the portion takes all events up to one number.
* The entries of its events outlive the deltas. Small deltas have them in their own rows, so the
  portion adds rows to the arrival log (`stretches`). Large deltas have had theirs there from the
  beginning.
* It names (`recent`) every row of the arrival log with an event that an index may not show yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.head import Recent, spans_of
from polylog.dynamo.tally.levels import path_to
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.ranges import Range, Ranges
from polylog.dynamo.tally.stretch import SPAN, Stretch, stretches
from polylog.dynamo.tally.summary import Summary, merged, summary_of


@dataclass(frozen=True, slots=True)
class Piece:
    """A delta, or its part up to a number. If it `is_ripe`, the indexes show its events."""

    delta: Delta
    upto: int
    is_ripe: bool

    @property
    def is_whole(self) -> bool:
        """Whether the piece is all of the delta."""
        return self.upto == self.delta.last

    @property
    def is_fence(self) -> bool:
        """Whether no event can have its number."""
        return self.delta.fenced_at is not None

    @property
    def range(self) -> Range:
        """The first and the last number of the piece."""
        return self.delta.first, self.upto


@dataclass(frozen=True, slots=True)
class Portion:
    """What one fold takes, and the rows that its transaction adds to the arrival log."""

    pieces: tuple[Piece, ...]
    stretches: tuple[Stretch, ...]

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> Portion:
        """Return the portion of these pieces, with rows for the entries of small deltas."""
        entries = (each for p in pieces if p.delta.is_inline for each in p.delta.entries or ())
        return cls(tuple(pieces), tuple(stretches(entries)))

    @property
    def completed(self) -> int:
        """How many deltas it takes whole."""
        return sum(piece.is_whole for piece in self.pieces)

    @property
    def numbers(self) -> Ranges:
        """The numbers that will be settled."""
        return Ranges.of(piece.range for piece in self.pieces if not piece.is_fence)

    @property
    def fences(self) -> Ranges:
        """The numbers that will be known to have no event."""
        return Ranges.of(piece.range for piece in self.pieces if piece.is_fence)

    @property
    def summary(self) -> Summary:
        """The summary of the portion's events."""
        return merged(piece.delta.summary for piece in self.pieces)

    def used_up(self) -> Iterator[Delta]:
        """Yield the deltas that nobody needs after the fold. Fences stand for a while."""
        return (p.delta for p in self.pieces if p.is_whole and not p.is_fence)

    def recent(self) -> Iterator[Recent]:
        """Yield the rows of the arrival log with events that an index may not show yet."""
        inline = Ranges.of(p.range for p in self.pieces if not p.is_ripe and p.delta.is_inline)
        for stretch in self.stretches:
            if any(entry.seq in inline for entry in stretch.entries):
                yield Recent(stretch.first, spans_of(summary_of(stretch.entries)))
        for piece in self.pieces:
            if not (piece.is_ripe or piece.delta.is_inline):
                yield Recent(piece.delta.first, spans_of(piece.delta.summary))


def portion_of(moment: Moment, is_ripe: Callable[[Delta], bool], most_rows: int) -> Portion:
    """Return the portion of young deltas, in their order, that one fold can count.

    `most_rows` says how many rows it may touch. A portion is never empty if anything is young. Only
    its first delta may be cut. Any other one is taken whole, or left for the next fold.
    """
    room, pieces = _Room(most_rows), list[Piece]()
    for delta in moment.young:
        if room.admits_delta(delta):
            pieces.append(Piece(delta, delta.last, is_ripe(delta)))
            continue
        if not pieces:
            pieces.append(_part(delta, moment.entries_of(delta), room, is_ripe=is_ripe(delta)))
        break
    return Portion.of(pieces)


def _part(delta: Delta, entries: Sequence[Entry], room: _Room, *, is_ripe: bool) -> Piece:
    """Return the part of a delta that there is room for: at least one event.

    If its row of the arrival log has expired, so have all of its events, and none of them counts.
    """
    if not entries:
        return Piece(delta.with_entries(()), delta.last, is_ripe)
    taken: list[Entry] = []
    for entry in sorted(entries):
        if not room.admits_entry(entry, is_logged=not delta.is_inline):
            break
        taken.append(entry)
    return Piece(delta.with_entries(taken), taken[-1].seq, is_ripe)


class _Room:
    """How much room is left in the transaction of a fold."""

    def __init__(self, most_rows: int) -> None:
        self._most_rows = most_rows
        self._rows: set[str] = set()
        self._logs: tuple[int, int] | None = None
        self._is_empty = True

    def admits_delta(self, delta: Delta) -> bool:
        """Take a whole delta if there is room for it."""
        seq = delta.last if delta.is_inline and delta.entries else None
        return self._admits(delta.summary, seq, is_one=False)

    def admits_entry(self, entry: Entry, *, is_logged: bool) -> bool:
        """Take one event if there is room for it. The first event always fits."""
        seq = None if is_logged else entry.seq
        return self._admits([entry.minute], seq, is_one=True)

    def _admits(self, minutes: Iterable[str], seq: int | None, *, is_one: bool) -> bool:
        """Take some events; `seq` is the last number that needs a place in the arrival log.

        It estimates how many rows the log gets. A fold that gets too large takes a smaller portion.
        """
        rows = self._rows.union(*map(path_to, minutes))
        logs = self._logs
        if seq is not None:
            first, number = logs or (seq, 1)
            logs = (seq, number + 1) if seq - first >= SPAN else (first, number)
        size = len(rows) + (logs[1] if logs else 0)
        if size > self._most_rows and not (is_one and self._is_empty):
            return False
        self._rows, self._logs, self._is_empty = rows, logs, False
        return True
