"""Reads segments: the parts of the arrival log that a search needs, with events as columns."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from itertools import chain, groupby
from typing import TYPE_CHECKING, Final

from polylog.batches import batched
from polylog.dynamo.connection import get_all, query_pages
from polylog.dynamo.search.directory import MOST_ZONES, Block, Zone, read_blocks
from polylog.dynamo.search.leaves import (
    LeafRow,
    in_segment,
    possible,
    read_leaves,
    share_of,
    wanted,
)
from polylog.dynamo.tally.columns import Columns
from polylog.dynamo.tally.stretch import SPAN, Stretch, log_request, stretch_row
from polylog.model.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item
    from polylog.model.filter import Filter
    from polylog.model.times import Clock

_MOST_BYTES: Final = 32 * 1024 * 1024
"""How many packed bytes of the directory are remembered.

A block has 8,000 events. It packs to 4 KB if their names and words are few, and to 84 KB if each
event has new ones. In memory, packed and unpacked hints take two and a half times as much together.
"""

_MANY: Final = 48
"""How many segments a directory has at least for a read that may lag to save anything."""

_ATTEMPTS: Final = 5

_AT_ONCE: Final = 50
"""How many segments one request asks for: about a megabyte and a half."""

_THREADS: Final = 2
"""How many requests run at a time. More of them only wait for each other's decoding."""


class Segments:
    """Reads the segments of scopes, and the rows of the arrival log that are in none.

    Full blocks of the directory never change, so it remembers them.
    """

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._blocks: dict[str, tuple[Block, ...]] = {}

    def blocks(self, scope: str, last_number: int, after: int = 0) -> tuple[Block, ...]:
        """Return the directory of a scope that has numbers up to the last one, or further.

        Blocks without numbers above `after` may be missing. The first read of many blocks may lag,
        because that costs half. What it lacks at the end is read strongly consistent, as are all
        blocks that are new later.
        """
        known = self._blocks.get(scope, ())
        if after and not known:
            begin = max(0, after - MOST_ZONES * SPAN)
            end = tuple(read_blocks(self._client, self._table, scope, begin))
            # A block reaches back further if writers gave up some of its numbers.
            if end and end[0].first <= after + 1 and _is_whole(end):
                return end
        if not known and last_number >= _MANY * SPAN:
            lagging = read_blocks(self._client, self._table, scope, 0, consistent=False)
            known = tuple(_unbroken(lagging))
        last = known[-1].zones[0].first if known else 0
        blocks: tuple[Block, ...] = ()
        for _ in range(_ATTEMPTS):
            blocks = (*known, *read_blocks(self._client, self._table, scope, last))
            if _is_whole(blocks):
                break
        else:
            raise Unavailable("the directory kept changing")
        self._blocks[scope] = tuple(block for block in blocks if block.is_full)
        remembered = chain.from_iterable(list(self._blocks.values()))  # Other threads change it.
        if sum(block.hints.size for block in remembered) > _MOST_BYTES:
            self._blocks.clear()
        return blocks

    def read(
        self, scope: str, zones: Sequence[Zone], groups: Iterable[str]
    ) -> Iterator[tuple[Zone, Columns]]:
        """Yield the segments of these zones, in order, with these groups of columns.

        A segment may be missing if all of its events have expired.
        """
        attributes = ("row", "number", *groups)

        def fetch(some: Sequence[Zone]) -> dict[int, Columns]:
            return self._fetch(scope, some, attributes)

        for some, found in _side_by_side(fetch, list(batched(zones, _AT_ONCE))):
            yield from ((zone, found[zone.first]) for zone in some if zone.first in found)

    def _fetch(
        self, scope: str, zones: Sequence[Zone], attributes: Sequence[str]
    ) -> dict[int, Columns]:
        """Return segments by their first numbers.

        The first read may lag, and find an earlier, shorter segment in a row, or none. Those are
        read once more, strongly consistent.
        """
        found: dict[int, Columns] = {}
        for consistent in (False, True):
            left = [zone for zone in zones if zone.first not in found]
            keys: list[Item] = [_key(scope, zone.first) for zone in left]
            wanted = {zone.first: zone for zone in left}
            items = get_all(
                self._client, self._table, keys, self._clock, attributes, consistent=consistent
            )
            for item in items:
                segment = Stretch.read(item)
                zone = wanted[segment.first]
                if segment.columns.number >= zone.number:
                    found[segment.first] = segment.columns
        return found

    def leaves(self, scope: str, filter: Filter, blocks: Sequence[Block]) -> dict[int, int]:
        """Return in which places of these segments an event may pass, by their first numbers.

        In segments without a row of leaves, an event may pass in any place.
        """
        hashes, found = wanted(filter), dict[int, int]()
        of_blocks = self._leaves_of_blocks(scope, hashes, [b for b in blocks if b.is_full])
        left: list[Zone] = []
        for block in blocks:
            known = of_blocks.get(block.first, {})
            if known.keys() == hashes:
                places = possible(filter, known.__getitem__)
                found |= {z.first: in_segment(places, n) for n, z in enumerate(block.zones)}
            else:
                left += block.zones
        for row in self._leaf_rows(scope, left):
            found[row.first] = in_segment(possible(filter, row.where), 0)
        return found

    def _leaves_of_blocks(
        self, scope: str, hashes: Iterable[int], blocks: Sequence[Block]
    ) -> Mapping[int, dict[int, int]]:
        """Return in which places of blocks these hashes are, by block; some may be missing."""
        found = defaultdict[int, dict[int, int]](dict)
        for share, some in groupby(sorted(hashes, key=share_of), key=share_of):
            wanted = list(some)
            for row in self._leaf_rows(scope, blocks, share):
                found[row.first] |= {hash: row.where(hash) for hash in wanted}
        return found

    def _leaf_rows(
        self, scope: str, named: Sequence[Block | Zone], share: int | None = None
    ) -> Iterator[LeafRow]:
        """Yield the rows of leaves from the first to the last of these segments or blocks."""
        if named:
            ends = named[0].first, named[-1].first
            yield from read_leaves(self._client, self._table, scope, *ends, share)

    def loose(self, scope: str, after: int) -> Iterator[Stretch]:
        """Yield the rows of the arrival log that may have numbers after this one."""
        request = log_request(self._table, scope, after + 2 - SPAN)
        for page in query_pages(self._client, request):
            yield from map(Stretch.read, page["Items"])


def _is_whole(blocks: Sequence[Block]) -> bool:
    """Return whether no sealer wrote while these were read: a block is full before the next one."""
    return all(block.is_full for block in blocks[:-1])


def _unbroken(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield full blocks up to where one may be missing.

    Even a block of the largest events has most of `SPAN` numbers.
    """
    last = 0
    for block in blocks:
        if not block.is_full or block.first > last + SPAN // 2:
            return
        yield block
        last = block.last


def _key(scope: str, first: int) -> Item:
    return {"scope": {"S": scope}, "row": {"S": stretch_row(first, is_segment=True)}}


def _side_by_side(
    fetch: Callable[[Sequence[Zone]], dict[int, Columns]], batches: Sequence[Sequence[Zone]]
) -> Iterator[tuple[Sequence[Zone], dict[int, Columns]]]:
    """Yield each batch with what is fetched for it, in order; a few are fetched at a time."""
    if len(batches) == 1:
        yield batches[0], fetch(batches[0])
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting = deque[tuple[Sequence[Zone], Future[dict[int, Columns]]]]()
        try:
            for batch in batches:
                # The deadline and the explanation belong to the context.
                waiting.append((batch, pool.submit(copy_context().run, fetch, batch)))
                if len(waiting) > _THREADS:
                    some, found = waiting.popleft()
                    yield some, found.result()
            for some, found in waiting:
                yield some, found.result()
        finally:
            pool.shutdown(cancel_futures=True)
