"""A delta is what one transaction of a writer stored, until it is folded into the buckets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.retention import Retention
from polylog.dynamo.tally.columns import Columns
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.stretch import Stretch
from polylog.dynamo.tally.summary import Summary, from_json, summary_of, to_json

if TYPE_CHECKING:
    from polylog.dynamo.tables import Item

DELTA_ROWS: Final = "head/delta/"

_INLINE_BYTES: Final = 700
"""Entries up to this size go into the delta's own row, which takes one write unit anyway."""

_MOST_INLINE: Final = 20
"""More entries than this never fit in, so they are not even packed."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What one transaction stored: the numbers taken for it, and a summary of its events.

    Every event with a number from `first` to `last` is in it. A small delta `is_inline`: its row
    has its entries. Those of a large one are in the arrival log, in the row of `first`, and
    `entries` is None until they are read.

    A *fence* is a delta without events. A folder writes it under a number that a writer has not
    used in time, so that nobody can use it any more. `fenced_at` says when that was, in
    microseconds since the epoch. It is None if a writer wrote the delta.
    """

    first: int
    last: int
    summary: Summary
    entries: tuple[Entry, ...] | None = None
    is_inline: bool = True
    fenced_at: int | None = None

    @property
    def number(self) -> int:
        """How many events the delta has."""
        parts = self.summary.values()
        return sum(each.number for part in parts for each in part.kinds.values())

    @classmethod
    def of(cls, first: int, last: int, entries: Iterable[Entry] = ()) -> Delta:
        """Return the delta of events that were stored under these numbers."""
        entries = tuple(entries)
        return cls(first, last, summary_of(entries), entries)

    @classmethod
    def fence(cls, number: int, now: int) -> Delta:
        """Return the delta that keeps a writer from storing anything under a number."""
        return cls(number, number, {}, (), fenced_at=now)

    @property
    def row(self) -> str:
        """The delta's sort key."""
        return f"{DELTA_ROWS}{self.last:016}"

    def items(self, scope: str, retention: Retention) -> Sequence[Item]:
        """Return the delta's item and, if its entries do not fit in, that of a log row."""
        item: Item = {
            "scope": {"S": scope},
            "row": {"S": self.row},
            "first": {"N": str(self.first)},
            "last": {"N": str(self.last)},
        }
        if self.fenced_at is not None:
            return [{**item, "fenced": {"N": str(self.fenced_at)}}]
        assert self.entries is not None
        if len(self.entries) <= _MOST_INLINE:
            packed = Columns.of(self.entries).pack_whole()
            if len(packed) <= _INLINE_BYTES:
                return [{**item, "entries": {"B": packed}}]
        summary = pack(to_json(self.summary))
        return [{**item, "s": {"B": summary}}, Stretch.of(self.entries).item(scope, retention)]

    @classmethod
    def read(cls, item: Item) -> Delta:
        """Return the delta that an item holds."""
        first, last = int(item["first"]["N"]), int(item["last"]["N"])
        if "fenced" in item:
            return cls.fence(last, int(item["fenced"]["N"]))
        if "entries" in item:
            columns = Columns.unpack_whole(item["entries"]["B"])
            return cls.of(first, last, columns.entries())
        if "e" in item:  # As an earlier version stored it.
            return cls.of(first, last, map(Entry.of_earlier, unpack(item["e"]["B"])))
        return cls(first, last, from_json(unpack(item["s"]["B"])), None, is_inline=False)

    def with_entries(self, entries: Iterable[Entry]) -> Delta:
        """Return the delta with only these entries."""
        entries = tuple(entries)
        return replace(self, entries=entries, summary=summary_of(entries))
