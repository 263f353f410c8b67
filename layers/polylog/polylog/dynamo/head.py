"""The head of a scope's tally: the all-time bucket, and the deltas that are not folded into it yet.

A delta is what one transaction stored. Folding counts its entries in the buckets and names it in
the head as folded, in one transaction; only later is it deleted. Whoever reads the head ignores
the deltas it names, so that every event counts once at any moment.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from polylog.dynamo.batch_get import get_all
from polylog.dynamo.buckets import HEAD_ROW, Bucket, Entry, row_of
from polylog.dynamo.client import failures_as_unavailable
from polylog.times import SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.schema import Item

DELTA_ROWS: Final = "head/delta/"

# As long may an index lag behind: what is folded is looked for in the indexes alone.
SETTLING: Final = 5 * SECOND


class Mark(NamedTuple):
    """How far a delta is folded.

    `until` is the last minute that is folded, None when all are; `group` the version of the head
    that completed it, `at` the time of that, in microseconds.
    """

    until: str | None
    group: int
    at: int


@dataclass(frozen=True, slots=True)
class Delta:
    """What one transaction stored: the numbers taken for it, and the entries of its events.

    No event but these has a number from `first` to `last`. `at` is when the transaction was
    begun, in microseconds.
    """

    first: int
    last: int
    at: int
    entries: tuple[Entry, ...]

    @property
    def row(self) -> str:
        """The delta's sort key."""
        return f"{DELTA_ROWS}{self.last:016}"

    def pack(self) -> bytes:
        """Return the entries as compressed JSON."""
        text = json.dumps(self.entries, separators=(",", ":"), ensure_ascii=False)
        return zlib.compress(text.encode())

    def item(self, scope: str) -> Item:
        """Return the delta's item."""
        return {
            "scope": {"S": scope},
            "row": {"S": self.row},
            "first": {"N": str(self.first)},
            "last": {"N": str(self.last)},
            "at": {"N": str(self.at)},
            "b": {"B": self.pack()},
        }

    @classmethod
    def read(cls, item: Item) -> Delta:
        """Return the delta that an item holds."""
        entries = json.loads(zlib.decompress(item["b"]["B"]))
        first, last, at = (int(item[name]["N"]) for name in ("first", "last", "at"))
        return cls(first, last, at, tuple(Entry(*each) for each in entries))


@dataclass(frozen=True, slots=True)
class Head:
    """The settled counts of all time, and everything young beside them."""

    bucket: Bucket = field(default_factory=Bucket)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    deltas: tuple[Delta, ...] = ()

    def young(self) -> Iterator[Entry]:
        """Return the entries that no bucket counts yet."""
        return (entry for delta in self.deltas for entry in self.unfolded(delta))

    def is_folded(self, delta: Delta) -> bool:
        """Return whether the buckets count all of a delta."""
        return delta.row in self.marks and self.marks[delta.row].until is None

    def unfolded(self, delta: Delta) -> Sequence[Entry]:
        """Return the entries of a delta that no bucket counts yet."""
        mark = self.marks.get(delta.row)
        if mark is None:
            return delta.entries
        if mark.until is None:
            return ()
        return [entry for entry in delta.entries if entry.minute > mark.until]

    def item(self, scope: str) -> Item:
        """Return the item of the head's own row; the deltas have theirs."""
        return {
            "scope": {"S": scope},
            "row": {"S": HEAD_ROW},
            "v": {"N": str(self.bucket.version)},
            "b": {"B": self.bucket.pack()},
            "f": {"B": zlib.compress(json.dumps(self.marks, separators=(",", ":")).encode())},
        }


def read_head(client: DynamoDBClient, table: str, scope: str) -> Head:
    """Return the head of a scope, strongly consistent."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#scope = :scope AND begins_with(#row, :head)",
        ExpressionAttributeNames={"#scope": "scope", "#row": "row"},
        ExpressionAttributeValues={":scope": {"S": scope}, ":head": {"S": "head/"}},
        ConsistentRead=True,
    )
    with failures_as_unavailable():
        items = [item for page in pages for item in page["Items"]]
    deltas = tuple(Delta.read(item) for item in items if item["row"]["S"] != HEAD_ROW)
    if not items or items[0]["row"]["S"] != HEAD_ROW:
        return Head(deltas=deltas)
    marks = json.loads(zlib.decompress(items[0]["f"]["B"]))
    return Head(
        Bucket.unpack(int(items[0]["v"]["N"]), items[0]["b"]["B"]),
        {row: Mark(*mark) for row, mark in marks.items()},
        deltas,
    )


def read_buckets(
    client: DynamoDBClient, table: str, scope: str, names: Sequence[str]
) -> dict[str, Bucket]:
    """Return those of the named buckets that have a row, strongly consistent."""
    rows = {row_of(name): name for name in names}
    keys: list[Item] = [{"scope": {"S": scope}, "row": {"S": row}} for row in rows]
    return {
        rows[item["row"]["S"]]: Bucket.unpack(int(item["v"]["N"]), item["b"]["B"])
        for item in get_all(client, table, keys)
    }
