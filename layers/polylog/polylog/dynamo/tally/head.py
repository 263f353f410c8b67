"""The head of a tally: its all-time bucket, and the deltas that are not folded into it yet.

A delta is what one transaction stored. Folding counts its entries in the buckets and names it in
the head as folded, in one transaction; only later is it deleted. Whoever reads the head ignores
the deltas it names, so that every event counts once at any moment.

A scope's events can also be tallied by facets. Such a tally lies in a partition of its own, with a
head of its own; the deltas are the scope's. They are folded there first, and into the scope's last.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic_core import from_json

from polylog.dynamo.batch_get import get_all
from polylog.dynamo.connection import failures_as_unavailable, query_pages
from polylog.dynamo.tally.bucket import Bucket, Entry
from polylog.dynamo.tally.levels import HEAD_ROW, row_of
from polylog.dynamo.tally.watermark import Watermark
from polylog.model.times import EARLIEST, SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from polylog.dynamo.events.items import Item

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
    begun, in microseconds; `facets` names those that the entries state, if they have them.
    """

    first: int
    last: int
    at: int
    entries: tuple[Entry, ...]
    facets: frozenset[str] = frozenset()

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
            "facets": {"S": ",".join(sorted(self.facets))},
            "b": {"B": self.pack()},
        }

    @classmethod
    def read(cls, item: Item) -> Delta:
        """Return the delta that an item holds."""
        entries = from_json(zlib.decompress(item["b"]["B"]))
        first, last, at = (int(item[name]["N"]) for name in ("first", "last", "at"))
        return cls(first, last, at, tuple(map(Entry.read, entries)), _names(item))

    def of_facet(self, facet: str) -> Delta:
        """Return the delta with no other entries than those of a facet."""
        return replace(self, entries=tuple(e for e in self.entries if facet in e.facets))


@dataclass(frozen=True, slots=True)
class Head:
    """The settled counts of all time, and everything young beside them.

    Nothing before `floor` is to be shown; the buckets hold nothing before `cleared`. `tallied`
    names the facets that all settled events of the scope are tallied by, None when none is settled.
    """

    bucket: Bucket = field(default_factory=Bucket)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    deltas: tuple[Delta, ...] = ()
    floor: int = EARLIEST
    cleared: int = EARLIEST
    tallied: frozenset[str] | None = None
    watermark: Watermark = field(default_factory=Watermark)

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

    def facets(self, configured: frozenset[str]) -> frozenset[str]:
        """Return which of the configured facets all events are tallied by, young ones included."""
        settled = configured if self.tallied is None else self.tallied
        young = (delta.facets for delta in self.deltas if not self.is_folded(delta))
        return configured.intersection(settled, *young)

    def of_facet(self, facet: str, own: Head) -> Head:
        """Return the head of a facet's tally, whose own row is read after this head.

        A delta that is folded here was folded there before, even if that row has forgotten it; what
        is folded here of others too, if nothing of them was for that row.
        """
        folded = {
            row: mark
            for row, mark in self.marks.items()
            if mark.until is None or not own.bucket.version
        }
        deltas = tuple(delta.of_facet(facet) for delta in self.deltas)
        return replace(
            own,
            marks={**own.marks, **folded},
            deltas=deltas,
            floor=self.floor,
            tallied=self.tallied,
            watermark=self.watermark,
        )

    def item(self, partition: str) -> Item:
        """Return the item of the head's own row; the deltas have theirs."""
        return {
            "scope": {"S": partition},
            "row": {"S": HEAD_ROW},
            "v": {"N": str(self.bucket.version)},
            "b": {"B": self.bucket.pack()},
            "f": {"B": zlib.compress(json.dumps(self.marks, separators=(",", ":")).encode())},
            "floor": {"N": str(self.cleared)},
            "facets": {"S": ",".join(sorted(self.tallied or ()))},
            "taken": {"S": json.dumps(self.watermark.marks)},
        }

    @classmethod
    def read(cls, item: Item) -> Head:
        """Return the head whose own row this is, without deltas."""
        marks = from_json(zlib.decompress(item["f"]["B"]))
        floor = int(item["floor"]["N"])
        return cls(
            Bucket.unpack(int(item["v"]["N"]), item["b"]["B"]),
            {row: Mark(*mark) for row, mark in marks.items()},
            floor=floor,
            cleared=floor,
            tallied=_names(item),
            watermark=Watermark(tuple(map(tuple, from_json(item["taken"]["S"])))),
        )


def partition_of(scope: str, facet: str | None) -> str:
    """Return the partition that a tally's rows lie in; no scope contains a bar."""
    return scope if facet is None else f"{scope}|{facet}"


def seq_key(scope: str) -> Item:
    """Return the key of the row that gives a scope's numbers and tells writers the floor."""
    return {"scope": {"S": f"{scope}|seq"}, "row": {"S": "seq"}}


def read_head(client: DynamoDBClient, table: str, scope: str, facet: str | None = None) -> Head:
    """Return the head of a scope, or that of one of its facets; strongly consistent."""
    request: QueryInputTypeDef = {
        "TableName": table,
        # What begins with head/; DynamoDB Local is slow at begins_with among many rows.
        "KeyConditionExpression": "#scope = :scope AND #row BETWEEN :first AND :last",
        "ExpressionAttributeNames": {"#scope": "scope", "#row": "row"},
        "ExpressionAttributeValues": {
            ":scope": {"S": scope},
            ":first": {"S": "head/"},
            ":last": {"S": "head0"},
        },
        "ConsistentRead": True,
    }
    items = [item for page in query_pages(client, request) for item in page["Items"]]
    is_there = bool(items) and items[0]["row"]["S"] == HEAD_ROW
    root = Head.read(items[0]) if is_there else Head()
    head = replace(root, deltas=tuple(map(Delta.read, items[is_there:])))
    if facet is None:
        return head
    return head.of_facet(facet, read_root(client, table, partition_of(scope, facet)))


def read_root(client: DynamoDBClient, table: str, partition: str) -> Head:
    """Return the head of a tally without its deltas, strongly consistent."""
    key: Item = {"scope": {"S": partition}, "row": {"S": HEAD_ROW}}
    with failures_as_unavailable():
        answer = client.get_item(TableName=table, Key=key, ConsistentRead=True)
    return Head.read(answer["Item"]) if "Item" in answer else Head()


def read_buckets(
    client: DynamoDBClient,
    table: str,
    partition: str,
    names: Sequence[str],
    *,
    consistent: bool = True,
) -> dict[str, Bucket]:
    """Return those of the named buckets that have a row; an earlier version if not `consistent`."""
    rows = {row_of(name): name for name in names}
    keys: list[Item] = [{"scope": {"S": partition}, "row": {"S": row}} for row in rows]
    return {
        rows[item["row"]["S"]]: Bucket.unpack(int(item["v"]["N"]), item["b"]["B"])
        for item in get_all(client, table, keys, consistent=consistent)
    }


def _names(item: Item) -> frozenset[str]:
    return frozenset(item["facets"]["S"].split(",")) - {""}
