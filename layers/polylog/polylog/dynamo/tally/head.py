"""The head of a tally: its all-time bucket, and the deltas that are not folded into it yet.

Folding counts a delta's entries in the buckets and marks the delta in the head, in one transaction.
The delta is deleted later. Readers ignore the deltas that the head marks, so every event counts
once at any moment.

The tally of a facet lies in a partition of its own, with a head of its own. Its deltas are those of
the scope. They are folded into the facets first, and into the scope last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from pydantic_core import from_json

from polylog.dynamo.connection import failures_as_unavailable, query_pages
from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.delta import Delta, Entry, names_in, written
from polylog.dynamo.tally.facets import partition_of
from polylog.dynamo.tally.levels import HEAD_ROW
from polylog.dynamo.tally.watermark import Watermark
from polylog.model.times import EARLIEST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from polylog.dynamo.tables import Item


class Mark(NamedTuple):
    """How far a delta is folded.

    `until` is the last minute that is folded, None when all are. `group` is the version of the head
    that completed it, and `at` the time of that, in microseconds.
    """

    until: str | None
    group: int
    at: int


@dataclass(frozen=True, slots=True)
class Head:
    """The settled counts of all time, and everything that is young.

    Nothing before `floor` may be shown, and the buckets hold nothing before `cleared`. `tallied`
    names the facets that all settled events of the scope are tallied by, None without any event.
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
        """Return the head of a facet's tally; `own` must be read after this head.

        A delta that is folded here was folded there before, even if that row has forgotten it. A
        facet without a row has nothing of the deltas that are partly folded here.
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
        """Return the item of the head's own row, without the deltas."""
        return {
            "scope": {"S": partition},
            "row": {"S": HEAD_ROW},
            "v": {"N": str(self.bucket.version)},
            "b": {"B": self.bucket.pack()},
            "f": {"B": pack(self.marks)},
            "floor": {"N": str(self.cleared)},
            "facets": {"S": written(self.tallied or ())},
            "taken": {"S": json.dumps(self.watermark.marks)},
        }

    @classmethod
    def read(cls, item: Item) -> Head:
        """Return the head in this item, without the deltas."""
        marks = unpack(item["f"]["B"])
        floor = int(item["floor"]["N"])
        return cls(
            Bucket.unpack(int(item["v"]["N"]), item["b"]["B"]),
            {row: Mark(*mark) for row, mark in marks.items()},
            floor=floor,
            cleared=floor,
            tallied=names_in(item["facets"]["S"]),
            watermark=Watermark(tuple(map(tuple, from_json(item["taken"]["S"])))),
        )


def read_head(client: DynamoDBClient, table: str, scope: str, facet: str | None = None) -> Head:
    """Return the head of a scope, or of one of its facets; strongly consistent."""
    request: QueryInputTypeDef = {
        "TableName": table,
        # All rows that begin with head/. DynamoDB Local is slow at begins_with among many rows.
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
