"""The directory: which segments a scope has, when their events happened, and what they may say.

A row of the directory is a *block*. It describes up to sixteen segments that follow each other, and
calls what it says about each a *zone*. All numbers of arrival up to the last one in the directory
are in segments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from polylog.dynamo.connection import query_pages, rows_request
from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.search.hints import Hints
from polylog.dynamo.tally.stretch import Stretch
from polylog.model.event import MAX_SEQ

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from polylog.dynamo.tables import Item
    from polylog.model.filter import Filter

_ROWS: Final = "zones/"

MOST_ZONES: Final = 16
"""How many segments a block has room for. The rows of leaves rely on this number."""

_MOST_HINTS: Final = 200_000
"""How many bytes the hints of a block may take: an item holds 400 KB."""


class Zone(NamedTuple):
    """What the directory says about a segment.

    `first` names its row, and `last` is the last number that it covers. It has `number` events,
    with times from `earliest` to `latest`, in microseconds. `size` is that of its row in bytes. No
    hint rules out an open zone.
    """

    first: int
    last: int
    number: int
    earliest: int
    latest: int
    size: int
    is_open: bool

    @classmethod
    def of(cls, segment: Stretch, last: int, size: int) -> Zone:
        """Return the zone of a segment that covers the numbers up to `last`."""
        times = segment.columns["time"].values
        number, is_open = segment.columns.number, bool(segment.columns.unknown)
        return cls(segment.first, last, number, min(times), max(times), size, is_open)

    def touches(self, time: TimeRange) -> bool:
        """Return whether an event may lie in a range of time."""
        return time.touches(self.earliest, self.latest)

    def number_within(self, time: TimeRange) -> float:
        """Return about how many of the events lie in a range, as if they were evenly spread."""
        first, last = max(time.first, self.earliest), min(time.last, self.latest)
        return self.number * max(0, last - first + 1) / (self.latest - self.earliest + 1)

    @property
    def units(self) -> float:
        """How many read units it takes to read the segment."""
        return -(-self.size // 4096) / 2


class Left(NamedTuple):
    """A row of the arrival log, and since when its events are in a segment, in microseconds."""

    first: int
    since: int


@dataclass(frozen=True)
class Block:
    """Zones that follow each other, and hints about them.

    `left` names rows of the arrival log whose events are in segments now. They are deleted once
    nobody can be reading them any more.
    """

    zones: tuple[Zone, ...] = ()
    hints: Hints = field(default_factory=Hints)
    left: tuple[Left, ...] = ()

    @property
    def first(self) -> int:
        """The number that names the block."""
        return self.zones[0].first if self.zones else 0

    @property
    def last(self) -> int:
        """The last number that is in a segment."""
        return self.zones[-1].last if self.zones else 0

    @property
    def latest(self) -> int:
        """The latest time of its events, in microseconds."""
        return max(zone.latest for zone in self.zones)

    @property
    def is_full(self) -> bool:
        """Whether the next zone needs a new block."""
        return len(self.zones) >= MOST_ZONES

    def possible(self, filter: Filter, time: TimeRange) -> Iterator[Zone]:
        """Yield the zones that may have an event which passes."""
        near = [(place, zone) for place, zone in enumerate(self.zones) if zone.touches(time)]
        marks = self.hints.possible(filter) if near else 0
        return (zone for place, zone in near if zone.is_open or marks >> place & 1)

    def plus(self, segment: Stretch, last: int, size: int) -> Block:
        """Return the block with one more segment, which covers the numbers up to `last`."""
        zone = Zone.of(segment, last, size)
        hints = self.hints.plus(len(self.zones), segment.columns)
        if hints is None or hints.size > _MOST_HINTS:
            return replace(self, zones=(*self.zones, zone._replace(is_open=True)))
        return replace(self, zones=(*self.zones, zone), hints=hints)

    def item(self, scope: str) -> Item:
        """Return the block's item."""
        return {
            "scope": {"S": scope},
            "row": {"S": f"{_ROWS}{self.first:016}"},
            "number": {"N": str(len(self.zones))},
            "zones": {"B": pack(self.zones)},
            "words": {"B": self.hints.words},
            "values": {"B": self.hints.values},
            "left": {"B": pack(self.left)},
        }

    @classmethod
    def read(cls, item: Item) -> Block:
        """Return the block in an item."""
        return cls(
            tuple(Zone(*zone) for zone in unpack(item["zones"]["B"])),
            Hints(item["words"]["B"], item["values"]["B"]),
            tuple(Left(*each) for each in unpack(item["left"]["B"])),
        )


def read_blocks(
    client: DynamoDBClient, table: str, scope: str, after: int, *, consistent: bool = True
) -> Iterator[Block]:
    """Yield the blocks whose first segment begins after a number."""
    request = _request(table, scope, after + 1)
    request["ConsistentRead"] = consistent
    for page in query_pages(client, request):
        yield from map(Block.read, page["Items"])


def read_last_block(client: DynamoDBClient, table: str, scope: str) -> Block:
    """Return the last block of a scope, an empty one if there is none."""
    request = _request(table, scope, 0)
    request["ScanIndexForward"] = False
    return _first(client, request)


def read_next_block(client: DynamoDBClient, table: str, scope: str, after: int) -> Block:
    """Return the block that follows the one of this name, an empty one if there is none."""
    return _first(client, _request(table, scope, after + 1))


def _first(client: DynamoDBClient, request: QueryInputTypeDef) -> Block:
    items = next(query_pages(client, {**request, "Limit": 1}))["Items"]
    return Block.read(items[0]) if items else Block()


def _request(table: str, scope: str, first: int) -> QueryInputTypeDef:
    return rows_request(table, scope, f"{_ROWS}{first:016}", f"{_ROWS}{MAX_SEQ:016}")
