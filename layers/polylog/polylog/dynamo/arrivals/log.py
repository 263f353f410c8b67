"""The order of arrival: entries by `seq`, from the rows of the log and from young deltas.

Writers take numbers before they store events, so a higher number may be stored before a lower one.
A number is *decided* once an event has it, or once none ever can. The order is complete up to the
first number that is not decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from polylog.dynamo.connection import query_pages
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.head import Head, read_head
from polylog.dynamo.tally.stretch import SPAN, Stretch, log_request
from polylog.model.event import MAX_SEQ

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ROWS_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Entries in the order of arrival, complete up to the number `complete`.

    `is_held_back` says that there are later entries, but that one with a lower number may still
    come.
    """

    entries: tuple[Entry, ...]
    complete: int
    is_held_back: bool


class ArrivalLog:
    """Reads scopes in the order of arrival, strongly consistent."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, scope: str, seq: int) -> Entry | None:
        """Return the entry with this number."""
        if not 0 < seq <= MAX_SEQ:
            return None
        young = _inline(self._head(scope))
        logged = (e for row in self._rows(scope, seq - SPAN + 1, seq) for e in row.entries)
        for entries in (young, logged):
            for entry in entries:
                if entry.seq == seq:
                    return entry
        return None

    def after(self, scope: str, seq: int, most: int) -> Arrivals:
        """Return at most `most` entries after a number, up to where one may still be missing."""
        entries: list[Entry] = []
        some = Arrivals((), seq, False)
        for some in self.since(scope, seq):
            entries += some.entries
            if len(entries) > most:
                return Arrivals(tuple(entries[:most]), entries[most - 1].seq, False)
            if len(entries) == most:
                break
        return Arrivals(tuple(entries), some.complete, some.is_held_back)

    def since(self, scope: str, seq: int) -> Iterator[Arrivals]:
        """Yield all entries after a number, part by part, and at least one part.

        Each part is what one page of log rows adds. The head is read once, before the rows. So each
        entry that it knows of is in the rows, or in the deltas that were read with it.
        """
        if seq >= MAX_SEQ:
            yield Arrivals((), seq, False)
            return
        head = self._head(scope)
        decided = head.decided
        complete = decided.reach(seq)
        is_held_back = decided.last > complete
        if complete == seq:
            yield Arrivals((), seq, is_held_back)
            return
        known = [entry for entry in _inline(head) if seq < entry.seq <= complete]
        told = seq
        for rows, horizon in self._pages(scope, seq - SPAN + 1, complete):
            # A segment repeats the entries of rows before it.
            known += (e for row in rows for e in row.entries if told < e.seq <= complete)
            if horizon <= seq:
                continue  # These rows were only read because later numbers might be in them.
            found = sorted({entry.seq: entry for entry in known if entry.seq <= horizon}.values())
            is_last = horizon >= complete
            yield Arrivals(tuple(found), min(horizon, complete), is_held_back and is_last)
            known, told = [entry for entry in known if entry.seq > horizon], horizon

    def latest(self, scope: str) -> int:
        """Return the number up to which no entry can be missing now."""
        return self._head(scope).decided.reach(0)

    def rows(self, scope: str) -> Iterator[Stretch]:
        """Yield every log row."""
        return self._rows(scope, 0, MAX_SEQ)

    def _head(self, scope: str) -> Head:
        return read_head(self._client, self._table, scope)

    def _rows(self, scope: str, first: int, last: int) -> Iterator[Stretch]:
        """Yield the rows whose lowest numbers lie between these two."""
        return (row for rows, _ in self._pages(scope, first, last) for row in rows)

    def _pages(self, scope: str, first: int, last: int) -> Iterator[tuple[list[Stretch], int]]:
        """Yield pages of these rows, each with the number up to which they are complete."""
        request = log_request(self._table, scope, first, last)
        request["Limit"] = _ROWS_AT_ONCE
        for page in query_pages(self._client, request):
            rows = [Stretch.read(item) for item in page["Items"]]
            yield rows, rows[-1].first if "LastEvaluatedKey" in page and rows else last


def _inline(head: Head) -> Iterator[Entry]:
    """Yield the entries that the deltas themselves hold."""
    return (entry for delta in head.deltas for entry in delta.entries or ())
