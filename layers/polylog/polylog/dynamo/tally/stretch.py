"""Stretches: the rows of the arrival log, each with the entries of some hundred numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from polylog.dynamo.connection import get_all
from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.retention import Retention
from polylog.dynamo.tally.entry import Entry
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item

SPAN: Final = 500
"""The span of numbers in one row. Looking for one number so takes few rows."""

_MOST_BYTES: Final = 300_000
"""What the entries of one row may take, before they are packed."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries in the order of arrival, at least one. No other row has any of them."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> int:
        """The lowest number. It names the row."""
        return self.entries[0].seq

    def item(self, scope: str, retention: Retention) -> Item:
        """Return the row's item; it expires with the last of its events."""
        item: Item = {
            "scope": {"S": scope},
            "row": {"S": stretch_row(self.first)},
            "b": {"B": pack(self.entries)},
        }
        expires_at = retention.expires_at(max(entry.time for entry in self.entries))
        return item if expires_at is None else item | {"expires_at": {"N": str(expires_at)}}

    @classmethod
    def read(cls, item: Item) -> Stretch:
        """Return the stretch that an item holds."""
        return cls(tuple(map(Entry.read, unpack(item["b"]["B"]))))


def stretch_row(first: int) -> str:
    """Return the sort key of the row whose lowest number this is."""
    return f"log/{first:016}"


def stretches(entries: Iterable[Entry]) -> Iterator[Stretch]:
    """Yield the rows that some entries become."""
    some: list[Entry] = []
    size = 0
    for entry in sorted(entries):
        weight = sum(len(text.encode()) for text in (entry.id, entry.source or "", *entry.facets))
        if some and (entry.seq - some[0].seq >= SPAN or size + weight > _MOST_BYTES):
            yield Stretch(tuple(some))
            some, size = [], 0
        some.append(entry)
        size += weight
    if some:
        yield Stretch(tuple(some))


def read_stretches(
    client: DynamoDBClient, table: str, scope: str, firsts: Sequence[int], clock: Clock
) -> dict[int, Stretch]:
    """Return the rows with these lowest numbers that are there, strongly consistent."""
    keys: list[Item] = [{"scope": {"S": scope}, "row": {"S": stretch_row(n)}} for n in firsts]
    found = map(Stretch.read, get_all(client, table, keys, clock))
    return {stretch.first: stretch for stretch in found}
