"""How much of the young is folded at once: as much as the rows of a transaction allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from polylog.dynamo.tally.bucket import Entry
from polylog.dynamo.tally.head import Delta, Head
from polylog.dynamo.tally.levels import path_to

# DynamoDB takes 100 actions in a transaction.
MAX_ROWS: Final = 95
_MAX_DELTAS: Final = 200

# Each facet's tally is folded in a transaction of its own.
_MAX_FACETS: Final = 50


@dataclass(frozen=True, slots=True)
class Share:
    """What one fold takes: the entries of each delta, by the delta's row, up to a minute.

    `marks` says which minute that is, None when the whole delta is taken.
    """

    entries: Mapping[str, tuple[Entry, ...]]
    marks: Mapping[str, str | None]

    @classmethod
    def of(cls, head: Head, deltas: Iterable[Delta], most_rows: int = MAX_ROWS) -> Share:
        """Take as much as can be folded together from the deltas, in their order."""
        taken: dict[str, tuple[Entry, ...]] = {}
        marks: dict[str, str | None] = {}
        rows: set[str] = set()
        facets: set[str] = set()
        for delta in list(deltas)[:_MAX_DELTAS]:
            pending = sorted(head.unfolded(delta), key=lambda entry: entry.time)
            for minute, group in groupby(pending, key=lambda entry: entry.minute):
                entries = tuple(group)
                facets.update(facet for entry in entries for facet in entry.facets)
                if len(rows.union(path_to(minute))) > most_rows or (
                    taken and len(facets) > _MAX_FACETS
                ):
                    return cls(taken, marks)
                rows.update(path_to(minute))
                taken[delta.row] = taken.get(delta.row, ()) + entries
                marks[delta.row] = minute
            marks[delta.row] = None
        return cls(taken, marks)

    @property
    def completed(self) -> int:
        """How many deltas are wholly taken."""
        return sum(until is None for until in self.marks.values())

    def all(self, since: int) -> Iterator[Entry]:
        """Yield the entries, but for those of times before `since`."""
        for entries in self.entries.values():
            yield from (entry for entry in entries if entry.time >= since)

    def facets(self) -> list[str]:
        """Return the facets that any of the entries has."""
        every = (each.facets for entries in self.entries.values() for each in entries)
        return sorted({facet for facets in every for facet in facets})

    def of_facet(self, facet: str, own: Head) -> Share:
        """Return what is left to fold into the tally of a facet, by the marks of its own head."""
        entries, marks = {}, {}
        for row, until in self.marks.items():
            there = own.marks.get(row)
            if there is not None and there.until is None:
                continue
            entries[row] = tuple(
                entry
                for entry in self.entries.get(row, ())
                if facet in entry.facets and (there is None or entry.minute > (there.until or ""))
            )
            if entries[row]:
                marks[row] = until
        return Share(entries, marks)
