"""The order of arrival: entries by `seq`, from log rows and from young deltas.

Writers take numbers before they store events, so a higher number may be stored before a lower one.
A row therefore says which numbers it settles, including numbers without an event. Between rows lie
holes. A hole is final once it is old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from polylog.dynamo.connection import query_pages
from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.retention import Retention
from polylog.dynamo.tally.delta import Delta, Entry
from polylog.dynamo.tally.head import Head, read_head
from polylog.dynamo.tally.watermark import FINAL
from polylog.model.event import MAX_SEQ

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from polylog.dynamo.tables import Item

_SPAN: Final = 500
"""The span of numbers in one row. Looking for one number so takes few rows."""

_PACKED_BYTES: Final = 300_000
_ROWS_AT_ONCE: Final = 10

_MOST_RECENT: Final = 100_000
"""How many arrivals to search for the latest one: more than come within some minutes."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Settled numbers, in ranges that include both ends, and their entries.

    All of them were taken before `at`, in microseconds.
    """

    at: int
    ranges: tuple[tuple[int, int], ...]
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, deltas: Iterable[Delta]) -> Stretch:
        """Return what some deltas settle."""
        deltas = tuple(deltas)
        return cls(
            max(delta.at for delta in deltas),
            tuple((delta.first, delta.last) for delta in deltas),
            tuple(sorted(entry for delta in deltas for entry in delta.entries)),
        )

    @property
    def first(self) -> int:
        """The lowest of the numbers."""
        return min(first for first, _ in self.ranges)

    @property
    def last(self) -> int:
        """The highest of the numbers."""
        return max(last for _, last in self.ranges)

    def item(self, scope: str, retention: Retention) -> Item:
        """Return the log row's item; it expires with the last of its events."""
        document = {"e": self.entries, "r": self.ranges}
        item: Item = {
            "scope": {"S": scope},
            "row": {"S": _row(self.first)},
            "at": {"N": str(self.at)},
            "b": {"B": pack(document)},
        }
        last = max((entry.time for entry in self.entries), default=self.at)
        expires_at = retention.expires_at(last)
        return item if expires_at is None else item | {"expires_at": {"N": str(expires_at)}}

    @classmethod
    def read(cls, item: Item) -> Stretch:
        """Return the stretch that a log row holds."""
        document = unpack(item["b"]["B"])
        ranges = tuple((first, last) for first, last in document["r"])
        return cls(int(item["at"]["N"]), ranges, tuple(Entry.read(each) for each in document["e"]))


def stretches(deltas: Iterable[Delta]) -> Iterator[Stretch]:
    """Yield the log rows that deltas become: the same deltas always become the same rows."""
    some: list[Delta] = []
    size = 0
    for delta in sorted(deltas, key=lambda delta: delta.first):
        weight = len(delta.pack())
        if some and (delta.last - some[0].first >= _SPAN or size + weight > _PACKED_BYTES):
            yield Stretch.of(some)
            some, size = [], 0
        some.append(delta)
        size += weight
    if some:
        yield Stretch.of(some)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Entries in the order of arrival, complete up to the number `complete`.

    `is_held_back` says that later entries exist, but that an earlier one may still come.
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
        young = (entry for delta in self._head(scope).deltas for entry in delta.entries)
        logged = (e for row in self._rows(scope, seq - _SPAN + 1, seq) for e in row.entries)
        for entries in (young, logged):
            for entry in entries:
                if entry.seq == seq:
                    return entry
        return None

    def after(self, scope: str, seq: int | None, most: int, now: int) -> Arrivals:
        """Return at most `most` entries after a number, up to where one may still be missing.

        None stands for the highest number that is known to be final.
        """
        entries: list[Entry] = []
        some = Arrivals((), 0, False)
        for some in self.since(scope, seq, now):
            entries += some.entries
            if len(entries) > most:
                return Arrivals(tuple(entries[:most]), entries[most - 1].seq, False)
            if len(entries) == most:
                break
        return Arrivals(tuple(entries), some.complete, some.is_held_back)

    def since(self, scope: str, seq: int | None, now: int) -> Iterator[Arrivals]:
        """Yield all entries after a number, part by part, and at least one part.

        Each part is what one page of log rows adds. Young entries are read once, before the rows:
        an entry that is in neither was not stored by `now`.
        """
        if seq is not None and seq >= MAX_SEQ:
            yield Arrivals((), seq, False)
            return
        head = self._head(scope)
        seq = head.watermark.final(now) if seq is None else seq
        known = [Stretch.of([delta]) for delta in head.deltas]
        for rows, horizon in self._pages(scope, seq - _SPAN + 1, MAX_SEQ):
            known += rows
            complete, is_held_back = _complete(seq, known, now)
            if complete >= horizon:
                complete, is_held_back = max(seq, horizon), False
            if complete > seq or is_held_back or horizon == MAX_SEQ:
                found = {e for each in known for e in each.entries if seq < e.seq <= complete}
                yield Arrivals(tuple(sorted(found)), complete, is_held_back)
            if is_held_back:
                return
            seq = complete
            known = [stretch for stretch in known if stretch.last > seq]

    def latest(self, scope: str, now: int) -> int:
        """Return the number up to which no entry can be missing now."""
        return self.after(scope, None, _MOST_RECENT, now).complete

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
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "#scope = :scope AND #row BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#scope": "scope", "#row": "row"},
            "ExpressionAttributeValues": {
                ":scope": {"S": scope},
                ":first": {"S": _row(max(0, first))},
                ":last": {"S": _row(last)},
            },
            "ConsistentRead": True,
            "Limit": _ROWS_AT_ONCE,
        }
        for page in query_pages(self._client, request):
            rows = [Stretch.read(item) for item in page["Items"]]
            yield rows, rows[-1].first if "LastEvaluatedKey" in page else last


def _row(seq: int) -> str:
    return f"log/{seq:016}"


def _complete(seq: int, stretches: Sequence[Stretch], now: int) -> tuple[int, bool]:
    """Return the number up to which nothing more can come, and whether something lies beyond."""
    final = max((last for s in stretches if s.at <= now - FINAL for _, last in s.ranges), default=0)
    complete = seq
    for first, last in sorted(each for stretch in stretches for each in stretch.ranges):
        if last > complete:
            if complete + 1 < first and final < first:
                return complete, True
            complete = last
    return complete, False
