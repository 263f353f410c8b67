"""The head of a tally has its all-time bucket, the numbers that it counts, and the deltas.

Folding counts the events of some deltas in the buckets and adds their numbers to the head's
`settled` ones, in one transaction. The deltas are deleted afterwards. Readers ignore deltas whose
numbers are settled, so every event counts once at any moment.

The deltas are read before the head. If a delta was deleted before it could be read, it had been
settled even earlier, so the head counts it. This holds however slowly the rows are read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic_core import from_json

from polylog.dynamo.connection import failures_as_unavailable, query_pages, rows_request
from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.delta import DELTA_ROWS, Delta
from polylog.dynamo.tally.facets import COUNTED_ROW, read_counted
from polylog.dynamo.tally.levels import HEAD_ROW
from polylog.dynamo.tally.ranges import Range, Ranges
from polylog.dynamo.tally.summary import Summary
from polylog.model.times import EARLIEST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item


class Span(NamedTuple):
    """The earliest and the latest time of some events, both in microseconds since the epoch."""

    earliest: int
    latest: int


_MOST_SPANS: Final = 16
"""How many spans at most say where the events of one row lie. Every reader reads them."""


def spans_of(summary: Summary) -> tuple[Span, ...]:
    """Return spans of time that hold all events: one for each minute, unless those are many."""
    return coarse(Span(part.earliest, part.latest) for part in summary.values())


def coarse(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return a few spans that cover all of these, with the widest gaps between them."""
    ordered = sorted(spans)
    gaps = [after.earliest - before.latest for before, after in pairwise(ordered)]
    widest = sorted(range(len(gaps)), key=gaps.__getitem__)[-(_MOST_SPANS - 1) :]
    ends = [0, *(place + 1 for place in sorted(widest)), len(ordered)]
    groups = (ordered[first:end] for first, end in pairwise(ends) if first < end)
    return tuple(Span(group[0].earliest, max(latest for _, latest in group)) for group in groups)


class Recent(NamedTuple):
    """A row of the arrival log that the indexes may not show yet, and where its events lie.

    `first` is the lowest number in the row, which names it.
    """

    first: int
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Head:
    """The settled counts of all time, and what is not settled or not indexed yet.

    `settled` has the numbers of all events that the buckets count. `fenced` has numbers that no
    event got and that none can get any more. `recent` names what was settled so lately that an
    index may not show it. Nothing before `floor` may be shown, and the buckets hold nothing before
    `cleared`; both are in microseconds since the epoch. `counted` says for each name of a facet up
    to which number its events are counted.
    """

    bucket: Bucket = field(default_factory=Bucket)
    settled: Ranges = field(default_factory=Ranges)
    fenced: Ranges = field(default_factory=Ranges)
    recent: tuple[Recent, ...] = ()
    deltas: tuple[Delta, ...] = ()
    floor: int = EARLIEST
    cleared: int = EARLIEST
    counted: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def young(self) -> tuple[Delta, ...]:
        """The deltas that are not settled, or only in part, in the order of their numbers."""
        return tuple(delta for delta in self.deltas if not self.is_settled(delta))

    def is_settled(self, delta: Delta) -> bool:
        """Return whether the head knows all numbers of a delta."""
        known = self.settled if delta.fenced_at is None else self.fenced
        return known.covers(delta.first, delta.last)

    @cached_property
    def young_events(self) -> int:
        """How many events are in the young deltas."""
        return sum(delta.number for delta in self.young)

    @cached_property
    def decided(self) -> Ranges:
        """The numbers for which it is known whether an event has them."""
        young = ((delta.first, delta.last) for delta in self.deltas)
        return Ranges.of((*self.settled.ranges, *self.fenced.ranges, *young))

    def item(self, scope: str) -> Item:
        """Return the item of the head's own row, without the deltas."""
        return {
            "scope": {"S": scope},
            "row": {"S": HEAD_ROW},
            "v": {"N": str(self.bucket.version)},
            "b": {"B": self.bucket.pack()},
            "recent": {"B": pack(self.recent)},
            "settled": {"S": json.dumps(self.settled.ranges, separators=(",", ":"))},
            "fenced": {"S": json.dumps(self.fenced.ranges, separators=(",", ":"))},
            "floor": {"N": str(self.cleared)},
        }

    @classmethod
    def read(cls, item: Item) -> Head:
        """Return the head in this item, without the deltas."""
        recent = (
            Recent(first, tuple(Span(*span) for span in spans))
            for first, spans in unpack(item["recent"]["B"])
        )
        floor = int(item["floor"]["N"])
        return cls(
            Bucket.unpack(int(item["v"]["N"]), item["b"]["B"]),
            _ranges(item["settled"]["S"]),
            _ranges(item["fenced"]["S"]),
            tuple(recent),
            floor=floor,
            cleared=floor,
        )


def _ranges(text: str) -> Ranges:
    ranges: Iterable[Range] = map(tuple, from_json(text))
    return Ranges(tuple(ranges))


def read_head(client: DynamoDBClient, table: str, scope: str) -> Head:
    """Return the head of a scope, strongly consistent."""
    # All rows that begin with head/. DynamoDB Local is slow at begins_with among many rows.
    request = rows_request(table, scope, "head/", "head0")
    request["ScanIndexForward"] = False  # The head itself comes last.
    pages = query_pages(client, request)
    items = {item["row"]["S"]: item for page in pages for item in page["Items"]}
    root = Head.read(items[HEAD_ROW]) if HEAD_ROW in items else Head()
    deltas = (item for row, item in reversed(items.items()) if row.startswith(DELTA_ROWS))
    counted = read_counted(items.get(COUNTED_ROW, {}))
    return replace(root, deltas=tuple(map(Delta.read, deltas)), counted=counted)


def read_root(client: DynamoDBClient, table: str, scope: str) -> Head:
    """Return the head of a scope without its deltas and facets, strongly consistent."""
    key: Item = {"scope": {"S": scope}, "row": {"S": HEAD_ROW}}
    with failures_as_unavailable():
        answer = client.get_item(TableName=table, Key=key, ConsistentRead=True)
    return Head.read(answer["Item"]) if "Item" in answer else Head()


def read_facets(client: DynamoDBClient, table: str, scope: str) -> dict[str, int]:
    """Return up to which number the facets of each name are counted, strongly consistent."""
    key: Item = {"scope": {"S": scope}, "row": {"S": COUNTED_ROW}}
    with failures_as_unavailable():
        answer = client.get_item(TableName=table, Key=key, ConsistentRead=True)
    return read_counted(answer.get("Item", {}))
