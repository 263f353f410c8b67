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

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.schema import Item

_DELTA: Final = "head/delta/"


def pack_entries(entries: Sequence[Entry]) -> bytes:
    """Return entries as compressed JSON."""
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False)
    return zlib.compress(text.encode())


def unpack_entries(packed: bytes) -> tuple[Entry, ...]:
    """Return what `pack_entries` was given."""
    return tuple(Entry(*each) for each in json.loads(zlib.decompress(packed)))


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
    """The entries of the events that one transaction stored, and when, in microseconds."""

    row: str
    at: int
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, entries: Sequence[Entry], at: int) -> Delta:
        """Return the delta of a transaction; its row sorts by the last `seq`."""
        return cls(f"{_DELTA}{max(entry.seq for entry in entries):016}", at, tuple(entries))

    def item(self, scope: str) -> Item:
        """Return the delta's item."""
        return {
            "scope": {"S": scope},
            "row": {"S": self.row},
            "at": {"N": str(self.at)},
            "b": {"B": pack_entries(self.entries)},
        }

    @classmethod
    def read(cls, item: Item) -> Delta:
        """Return the delta that an item holds."""
        return cls(item["row"]["S"], int(item["at"]["N"]), unpack_entries(item["b"]["B"]))


@dataclass(frozen=True, slots=True)
class Head:
    """The settled counts of all time, and everything young beside them."""

    bucket: Bucket = field(default_factory=Bucket)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    deltas: tuple[Delta, ...] = ()

    def young(self) -> Iterator[Entry]:
        """Return the entries that no bucket counts yet."""
        return (entry for delta in self.deltas for entry in self.unfolded(delta))

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
