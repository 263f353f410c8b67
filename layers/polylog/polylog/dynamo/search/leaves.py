"""Leaves: which events have a value deep in their `data`, `attributes` or `links`.

A leaf is a text, a number or a truth value at the end of a path in `data`, an attribute, or a link.
For example, the data ``{"request": {"id": "r-1"}}`` has one leaf: ``r-1`` at ``data.request.id``. A
hash stands for each leaf. If leaves share a hash, a search only reads more than it needs to: it
checks every event that the hash leads to.

A row of leaves lists hashes and the places where they are. A place is an event or, if many events
have the leaf, a whole segment. Rows never change. At first, each segment has a row of its own. If
that would be long, it only says which leaves the segment has, and not where. Once a block of the
directory is full, the rows of its segments become sixteen rows of the block. Each of these has one
*share* of the hashes, so a question reads one row of a block for each leaf that it asks for. The
rows of the same share follow each other. In a segment that is in no row, a leaf may be anywhere.
"""

from __future__ import annotations

import json
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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

_PLACES: Final = _FIRST_SEGMENT + MOST_ZONES
"""How many places there are."""

_SHARE_BITS: Final = 4
_HASHES: Final = 1 << 16
"""How many hashes of a share a row tells apart."""

_SEGMENTS: Final = "segments"

_LEAP: Final = 255
"""A byte that only adds to the next hash, and does not end at one itself."""

_FEW: Final = 64
"""The most events that a row lists for one hash. With more, it lists segments."""

_MOST_LEAVES: Final = 100_000
"""How many leaves the events of a segment may have together: about 200 each."""

_MOST_EXACT: Final = 12_000
"""How many bytes the leaves of a segment's row may take with their places: it is soon deleted."""

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
    """Hashes in order, each with a place where it is.

    `first` names a segment or, with a share, a block. Places count from its beginning. `unknown`
    are the segments whose leaves are not known, as bits.
    """

    first: int
    share: int | None
    hashes: Sequence[int]
    places: Sequence[int]
    unknown: int = 0

    def where(self, hash: int) -> int:
        """Return the places where a leaf with this hash may be, as bits."""
        key = _key(hash)
        begin, end = bisect_left(self.hashes, key), bisect_right(self.hashes, key)
        unknown = (_FIRST_SEGMENT + each for each in range(MOST_ZONES) if self.unknown >> each & 1)
        return reduce(or_, map(_bits, (*self.places[begin:end], *unknown)), 0)

    @property
    def is_exact(self) -> bool:
        """Whether it tells which events have a leaf, at least of one."""
        return not self.hashes or min(self.places) < _FIRST_SEGMENT

    def brief(self) -> LeafRow:
        """Return the row of a segment that says which leaves it has, and not where."""
        hashes = array("L", dict.fromkeys(self.hashes))
        return replace(self, hashes=hashes, places=array("H", [_FIRST_SEGMENT] * len(hashes)))

    def of_share(self, share: int) -> Iterator[tuple[int, int]]:
        """Yield the hashes of a share with their places, in order."""
        begin = bisect_left(self.hashes, share * _HASHES)
        end = bisect_left(self.hashes, (share + 1) * _HASHES)
        return zip(self.hashes[begin:end], self.places[begin:end], strict=True)

    def item(self, scope: str, expires_at: int | None) -> Item:
        """Return the row's item."""
        begin = (self.share or 0) * _HASHES
        item: Item = {
            "scope": {"S": scope},
            "row": {"S": leaf_row(self.first, self.share)},
            "hashes": {"B": zlib.compress(bytes(_steps(begin, self.hashes)))},
            # Low and high bytes compress better apart.
            "low": {"B": zlib.compress(bytes(place & 0xFF for place in self.places))},
            "high": {"B": zlib.compress(bytes(place >> 8 for place in self.places))},
            "unknown": {"N": str(self.unknown)},
        }
        size = sum(len(value["B"]) for value in item.values() if "B" in value)
        if size > _MOST_EXACT and self.share is None and self.is_exact:
            return self.brief().item(scope, expires_at)
        if size > _MOST_BYTES:
            return LeafRow(self.first, self.share, (), (), -1).item(scope, expires_at)
        return item if expires_at is None else item | {"expires_at": {"N": str(expires_at)}}

    @classmethod
    def read(cls, item: Item) -> LeafRow:
        """Return the row in an item."""
        _, share, first = item["row"]["S"].split("/")
        steps, low, high = (zlib.decompress(item[name]["B"]) for name in ("hashes", "low", "high"))
        own = None if share == _SEGMENTS else int(share)
        sums = accumulate(steps, initial=(own or 0) * _HASHES)
        next(sums)
        # There may be a hundred thousand of them, in each of sixteen segments.
        hashes = array("L", (at for at, step in zip(sums, steps, strict=True) if step != _LEAP))
        places = array("H", (high << 8 | low for high, low in zip(high, low, strict=True)))
        return cls(int(first), own, hashes, places, int(item["unknown"]["N"]))


def _steps(begin: int, hashes: Sequence[int]) -> Iterator[int]:
    """Yield bytes whose running sums are these hashes; after a `_LEAP`, the sum is not one yet."""
    for before, hash in pairwise([begin, *hashes]):
        leaps, step = divmod(hash - before, _LEAP)
        yield from (_LEAP for _ in range(leaps))
        yield step


def _key(hash: int) -> int:
    """Return what rows keep of a hash, in the order of shares."""
    return share_of(hash) * _HASHES + (hash >> _SHARE_BITS) % _HASHES


def _bits(place: int) -> int:
    if place < _FIRST_SEGMENT:
        return 1 << place
    return _SEGMENT << (place - _FIRST_SEGMENT) * WIDTH


def of_segment(first: int, events: Iterable[tuple[int, Event]] | None) -> LeafRow:
    """Return the row of a segment from its events with their places; None if nobody has them."""
    found = [(place, hashes_of(event)) for place, event in events or ()]
    if events is None or sum(len(hashes) for _, hashes in found) > _MOST_LEAVES:
        return LeafRow(first, None, (), (), unknown=1)
    # Each is a hash and a place in one number: there are many of them.
    both = array("Q", (_key(h) * _PLACES + place for place, hashes in found for h in hashes))
    return LeafRow(first, None, *_listed(both))


def of_block(segments: Sequence[LeafRow]) -> Iterator[LeafRow]:
    """Yield the rows of a block from those of its segments."""
    unknown = sum(bool(segment.unknown) << number for number, segment in enumerate(segments))
    for share in range(SHARES):
        both = array("Q")
        for number, segment in enumerate(segments):
            for hash, place in segment.of_share(share):
                further = number if place >= _FIRST_SEGMENT else number * WIDTH
                both.append(hash * _PLACES + place + further)
        yield LeafRow(segments[0].first, share, *_listed(both), unknown)


def _listed(both: array[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Return hashes, in order, and where they are; if one is in many places, list its segments."""
    hashes, places = array("L"), array("H")
    each = (divmod(one, _PLACES) for one in sorted(set(both)))
    for hash, group in groupby(each, key=lambda pair: pair[0]):
        found = [place for _, place in group]
        if len(found) > _FEW or found[-1] >= _FIRST_SEGMENT:
            found = sorted(set(map(_segment_of, found)))
        hashes.extend(hash for _ in found)
        places.extend(found)
    return hashes, places


def _segment_of(place: int) -> int:
    return place if place >= _FIRST_SEGMENT else _FIRST_SEGMENT + place // WIDTH


def leaf_row(first: int, share: int | None = None) -> str:
    """Return the sort key of a segment's row, or of the row of a block's share."""
    return f"leaves/{_SEGMENTS if share is None else f'{share:02}'}/{first:016}"


def read_leaves(
    client: DynamoDBClient,
    table: str,
    scope: str,
    first: int,
    last: int,
    share: int | None = None,
    *,
    consistent: bool = False,
) -> Iterator[LeafRow]:
    """Yield the rows between two segments, or those of a share between two blocks.

    Some may be missing. A read that is not consistent costs half. A row never changes.
    """
    request = rows_request(table, scope, leaf_row(first, share), leaf_row(last, share))
    request["ConsistentRead"] = consistent
    for page in query_pages(client, request):
        yield from map(LeafRow.read, page["Items"])
