"""Leaves: which events of a block have a value deep in their `data`, `attributes` or `links`.

A leaf is a text, a number or a truth value at the end of a path in `data`, an attribute, or a link.
For example, the data ``{"request": {"id": "r-1"}}`` has one leaf: ``r-1`` at ``data.request.id``. A
hash stands for each leaf. If leaves share a hash, a search only reads more than it needs to: it
checks every event that the hash leads to.

The hashes of a block are divided among sixteen rows. A row has one *share* of them, so a question
reads one row of each block for each leaf that it asks for. The rows of the same share follow each
other. A row lists its hashes and the places where they are. A place is an event or, if many events
of the block have the leaf, a segment. Rows are written once a block is full, and never change. In a
block without a row, a leaf may be anywhere.
"""

from __future__ import annotations

import json
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate, groupby, pairwise
from operator import and_, or_
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from polylog.dynamo.connection import query_pages, rows_request
from polylog.dynamo.search.directory import MOST_ZONES
from polylog.model.event import Event
from polylog.model.filter import ATTRIBUTE, DATA, And, Compare, Filter, Op, Or
from polylog.model.literals import names_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item

# Stored rows rely on these numbers, and on how leaves are hashed.
SHARES: Final = 16
"""How many rows the leaves of a block are divided among."""

WIDTH: Final = 512
"""How many places a segment has: one for each of its numbers, and some that nothing uses."""

_FIRST_SEGMENT: Final = MOST_ZONES * WIDTH
"""Places from this one on stand for whole segments."""

_SHARE_BITS: Final = 4
_HASHES: Final = 1 << 16
"""How many hashes a row tells apart."""

_LEAP: Final = 255
"""A byte that only adds to the next hash, and does not end at one itself."""

_FEW: Final = 64
"""The most events of a block that a row lists for one hash. With more, it lists segments."""

_MOST_LEAVES: Final = 100_000
"""How many leaves the events of a segment may have together: about 200 each."""

_MOST_BYTES: Final = 300_000
"""How many bytes the leaves of a row may take: an item holds 400 KB."""

_SEGMENT: Final = (1 << WIDTH) - 1


def hashes_of(event: Event) -> frozenset[int]:
    """Return the hashes of an event's leaves."""
    leaves = [*_leaves("data", event.data)]
    leaves += (_leaf("attributes", name, value) for name, value in event.attributes.items())
    leaves += (_leaf("links", value) for value in event.links)
    return frozenset(map(_hash, leaves))


def _leaves(path: str, value: JsonValue) -> Iterator[str]:
    """Yield the leaves of a document. A list is not a leaf, and no path leads into one."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _leaves(f"{path}\0{name}", each)
    elif isinstance(value, bool):
        yield _leaf(path, json.dumps(value))
    elif isinstance(value, int | float):
        yield _number(path, value)
    elif isinstance(value, str) and value:
        yield _leaf(path, value)


def _leaf(*path: str | None) -> str:
    return "\0".join(each or "" for each in path)


def _number(path: str, value: float) -> str:
    """Return the leaf of a number: equal numbers have the same, since Python's hash does so."""
    return f"{path}\0#{hash(value) if value == value else 'NaN'}"


def _hash(leaf: str) -> int:
    return zlib.crc32(leaf.encode("utf-8", "surrogatepass"))


def sought(part: Filter) -> frozenset[int]:
    """Return hashes: each event that passes has a leaf with one of them; empty means any event.

    For ``data.request.id = "r-1"``, it is the hash of that leaf.
    """
    match part:
        case Compare("links", Op.HAS, str(value)):
            leaves = [_leaf("links", value)]
        case Compare(field, Op.EQ, str(value)) if field.startswith(ATTRIBUTE) and value:
            names = names_of(field.removeprefix(ATTRIBUTE))
            leaves = [_leaf("attributes", ".".join(names), value)]
        case Compare(field, Op.EQ, value) if field.startswith(DATA):
            path = _leaf("data", *names_of(field.removeprefix(DATA)))
            leaves = [*_values(path, value)]
        case _:
            return frozenset()
    return frozenset(map(_hash, leaves))


def _values(path: str, value: str | float) -> Iterator[str]:
    """Yield the leaves that compare as equal to a value; none if leaves do not help.

    A text also equals the number with that JSON: the text ``7`` finds the number 7. Leaves do not
    help with the JSON of an object or a list, which is not a leaf. Nor do they help with the empty
    text, which an absent member equals.
    """
    if not isinstance(value, str):
        yield _number(path, value)
    elif value and value[0] not in "{[":
        yield _leaf(path, value)
        number = _number_in(value)
        if number is not None:
            yield _number(path, number)


def _number_in(text: str) -> float | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return found if is_number else None


def possible(filter: Filter, places: Callable[[int], int]) -> int:
    """Return the places where an event may pass, as bits; -1 means all.

    `places` returns where a hash is, as bits.
    """
    match filter:
        case And(terms):
            return reduce(and_, (possible(term, places) for term in terms), -1)
        case Or(terms):
            return reduce(or_, (possible(term, places) for term in terms), 0)
        case _:
            hashes = sought(filter)
            return reduce(or_, map(places, hashes)) if hashes else -1


def wanted(filter: Filter) -> frozenset[int]:
    """Return the hashes to look up; none if they would not narrow down where events may pass."""
    hashes: set[int] = set()

    def nowhere(hash: int) -> int:
        hashes.add(hash)
        return 0

    return frozenset() if possible(filter, nowhere) else frozenset(hashes)


def share_of(hash: int) -> int:
    """Return which row of each block has a hash."""
    return hash % SHARES


def in_segment(places: int, segment: int) -> int:
    """Return the places of one segment of a block, as bits: the lowest bit is its first place."""
    return places >> segment * WIDTH & _SEGMENT


@dataclass(frozen=True)
class LeafRow:
    """The hashes of one share in a block, in order, each with a place where it is.

    `first` names the block. `unknown` are the segments whose leaves are not known, as bits.
    """

    first: int
    hashes: Sequence[int]
    places: Sequence[int]
    unknown: int = 0

    def where(self, hash: int) -> int:
        """Return the places where a leaf with this hash may be, as bits."""
        key = _key(hash)
        begin, end = bisect_left(self.hashes, key), bisect_right(self.hashes, key)
        unknown = (_FIRST_SEGMENT + each for each in range(MOST_ZONES) if self.unknown >> each & 1)
        return reduce(or_, map(_bits, (*self.places[begin:end], *unknown)), 0)

    def item(self, scope: str, share: int, expires_at: int | None) -> Item:
        """Return the row's item."""
        item: Item = {
            "scope": {"S": scope},
            "row": {"S": leaf_row(share, self.first)},
            "hashes": {"B": zlib.compress(bytes(_steps(self.hashes)))},
            # Low and high bytes compress better apart.
            "low": {"B": zlib.compress(bytes(place & 0xFF for place in self.places))},
            "high": {"B": zlib.compress(bytes(place >> 8 for place in self.places))},
            "unknown": {"N": str(self.unknown)},
        }
        return item if expires_at is None else item | {"expires_at": {"N": str(expires_at)}}

    @classmethod
    def read(cls, item: Item) -> LeafRow:
        """Return the row in an item."""
        steps, low, high = (zlib.decompress(item[name]["B"]) for name in ("hashes", "low", "high"))
        hashes = [at for at, step in zip(accumulate(steps), steps, strict=True) if step != _LEAP]
        places = [high << 8 | low for high, low in zip(high, low, strict=True)]
        return cls(int(item["row"]["S"][-16:]), hashes, places, int(item["unknown"]["N"]))


def _steps(hashes: Sequence[int]) -> Iterator[int]:
    """Yield bytes whose running sums are these hashes; after a `_LEAP`, the sum is not one yet."""
    for before, hash in pairwise([0, *hashes]):
        leaps, step = divmod(hash - before, _LEAP)
        yield from (_LEAP for _ in range(leaps))
        yield step


def _key(hash: int) -> int:
    return hash >> _SHARE_BITS & _HASHES - 1


def _bits(place: int) -> int:
    if place < _FIRST_SEGMENT:
        return 1 << place
    return _SEGMENT << (place - _FIRST_SEGMENT) * WIDTH


class Gathered:
    """The leaves of a block while they are gathered."""

    def __init__(self) -> None:
        self.segments = 0
        """How many segments were added."""
        self._unknown = 0
        # Each is a hash and a place in one number: there are some hundred thousand of them.
        self._shares = [array("L") for _ in range(SHARES)]

    def add(self, events: Iterable[tuple[int, Event]] | None) -> None:
        """Add the events of the next segment, each with its place; None if they are not known."""
        begin = self.segments * WIDTH
        found = [(begin + place, hashes_of(event)) for place, event in events or ()]
        if events is None or sum(len(hashes) for _, hashes in found) > _MOST_LEAVES:
            self._unknown |= 1 << self.segments
            found = []
        for place, hashes in found:
            for hash in hashes:
                self._shares[share_of(hash)].append(_key(hash) * _FIRST_SEGMENT + place)
        self.segments += 1

    def row(self, share: int, first: int) -> LeafRow:
        """Return the row of a share, for the block of this name."""
        pairs = [pair for each in self._by_hash(share) for pair in each]
        hashes, places = ([pair[side] for pair in pairs] for side in (0, 1))
        return LeafRow(first, hashes, places, self._unknown)

    def item(self, scope: str, share: int, first: int, expires_at: int | None) -> Item:
        """Return the item of a share. If it would be too large, it says that nothing is known."""
        item = self.row(share, first).item(scope, share, expires_at)
        if sum(len(value["B"]) for value in item.values() if "B" in value) <= _MOST_BYTES:
            return item
        return LeafRow(first, (), (), (1 << MOST_ZONES) - 1).item(scope, share, expires_at)

    def _by_hash(self, share: int) -> Iterator[Iterable[tuple[int, int]]]:
        each = (divmod(both, _FIRST_SEGMENT) for both in sorted(set(self._shares[share])))
        for hash, group in groupby(each, key=lambda pair: pair[0]):
            places = [place for _, place in group]
            if len(places) > _FEW:
                places = sorted({_FIRST_SEGMENT + place // WIDTH for place in places})
            yield ((hash, place) for place in places)


def leaf_row(share: int, first: int) -> str:
    """Return the sort key of a share's row in the block of this name."""
    return f"leaves/{share:02}/{first:016}"


def read_leaves(
    client: DynamoDBClient, table: str, scope: str, share: int, first: int, last: int
) -> Iterator[LeafRow]:
    """Yield the rows of a share in the blocks between two; some may be missing."""
    request = rows_request(table, scope, leaf_row(share, first), leaf_row(share, last))
    request["ConsistentRead"] = False  # A row never changes. It costs half.
    for page in query_pages(client, request):
        yield from map(LeafRow.read, page["Items"])
