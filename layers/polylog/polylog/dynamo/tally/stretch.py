"""A stretch is a row of the arrival log, with the entries of some hundred numbers.

The arrival log has the events in the order in which they arrived. Those of small deltas get there
when they are folded. A *segment* is a stretch with all events of its numbers, and never changes
(`polylog.dynamo.maintenance.seal`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from polylog.dynamo.connection import get_all, rows_request
from polylog.dynamo.packing import unpack
from polylog.dynamo.retention import Retention
from polylog.dynamo.tally.columns import Columns
from polylog.dynamo.tally.entry import Entry
from polylog.model.event import MAX_SEQ
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from polylog.dynamo.tables import Item

SPAN: Final = 512
"""How many numbers a row spans at most: it begins less than this before each of its numbers."""

SEGMENT: Final = "+"
"""The sort key of a segment ends with this. Smaller rows with its events stay for a while."""

_MOST_BYTES: Final = 300_000
"""How many bytes the texts of a row's entries may take, before they are packed."""


@dataclass(frozen=True)
class Stretch:
    """Entries in the order of arrival, at least one, as columns.

    `first` is the lowest number, and names the row.
    """

    first: int
    columns: Columns
    is_segment: bool = False

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Stretch:
        """Return the stretch of some entries in the order of their numbers."""
        return cls(entries[0].seq, Columns.of(entries))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries."""
        return tuple(self.columns.entries())

    @cached_property
    def last(self) -> int:
        """The highest number."""
        seq: int = self.columns["seq"].values[-1]
        return seq

    @property
    def row(self) -> str:
        """The row's sort key."""
        return stretch_row(self.first, is_segment=self.is_segment)

    def expires_at(self, retention: Retention) -> int | None:
        """Return when the row expires: together with its latest event; see `Retention`."""
        return retention.expires_at(max(self.columns["time"].values))

    def item(self, scope: str, retention: Retention) -> Item:
        """Return the row's item."""
        item: Item = {
            "scope": {"S": scope},
            "row": {"S": self.row},
            "last": {"N": str(self.last)},
            "number": {"N": str(self.columns.number)},
            **{group: {"B": packed} for group, packed in self.columns.pack().items()},
        }
        expires_at = self.expires_at(retention)
        return item if expires_at is None else item | {"expires_at": {"N": str(expires_at)}}

    @classmethod
    def read(cls, item: Item) -> Stretch:
        """Return the stretch in an item, as this version of Polylog stores it or an earlier one."""
        name = item["row"]["S"].partition("/")[2]
        first = int(name.rstrip(SEGMENT))
        if "b" in item:
            return cls(first, Columns.of(tuple(map(Entry.of_earlier, unpack(item["b"]["B"])))))
        packed = {name: value["B"] for name, value in item.items() if "B" in value}
        columns = Columns.unpack(int(item["number"]["N"]), packed)
        return cls(first, columns, is_segment=name.endswith(SEGMENT))


def stretch_row(first: int, *, is_segment: bool = False) -> str:
    """Return the sort key of the row whose lowest number this is."""
    return f"log/{first:016}{SEGMENT if is_segment else ''}"


def log_request(table: str, scope: str, first: int, last: int = MAX_SEQ) -> QueryInputTypeDef:
    """Return the query for the rows whose lowest numbers lie between these two."""
    end = stretch_row(max(0, last), is_segment=True)
    return rows_request(table, scope, stretch_row(max(0, first)), end)


def stretches(entries: Iterable[Entry]) -> Iterator[Stretch]:
    """Yield the stretches that some entries fill, the lowest numbers first."""
    some: list[Entry] = []
    size = 0
    for entry in sorted(entries):
        weight = entry.weight
        if some and (entry.seq - some[0].seq >= SPAN or size + weight > _MOST_BYTES):
            yield Stretch.of(some)
            some, size = [], 0
        some.append(entry)
        size += weight
    if some:
        yield Stretch.of(some)


def read_stretches(
    client: DynamoDBClient, table: str, scope: str, firsts: Sequence[int], clock: Clock
) -> dict[int, Stretch]:
    """Return those of the rows with these lowest numbers that exist, strongly consistent.

    It looks only for rows that are not segments.
    """
    keys: list[Item] = [{"scope": {"S": scope}, "row": {"S": stretch_row(n)}} for n in firsts]
    found = map(Stretch.read, get_all(client, table, keys, clock))
    return {stretch.first: stretch for stretch in found}
