"""A gatherer finds the leaves of sealed events: which events have which value deep in their `data`.

A leaf may also be an attribute or a link (`polylog.dynamo.search.leaves`). The gatherer takes one
segment after the other. It reads the events of a segment, and writes its row of leaves. With the
last segment of a block, the rows of its segments become rows of the block. The row `gathered` names
the last segment whose leaves are in a row, and the last block that has all its rows. If a gatherer
dies before it writes that, it does the same again. Segments and events do not change, so two
gatherers write the same rows.
"""

from __future__ import annotations

from collections.abc import Container
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from polylog.batches import batched
from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.events.scan import read_entries
from polylog.dynamo.limits import UNLIMITED
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.retention import Retention
from polylog.dynamo.search.directory import Block, Zone, read_next_block
from polylog.dynamo.search.leaves import LeafRow, leaf_row, of_block, of_segment, read_leaves
from polylog.dynamo.search.segments import Segments
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.columns import groups_of
from polylog.dynamo.tally.rows import delete_rows, write_new
from polylog.model.errors import TooBroad
from polylog.model.event import Event
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item

_GATHERED: Final = "gathered"

_SEGMENTS_AT_ONCE: Final = 4
"""How many segments one step reads. Folding waits until the step is done."""

_MOST_BEGUN: Final = 8
"""In how many scopes it remembers the rows of a block: each block takes some megabytes."""

_MOST_NEAR: Final = 4
"""How many events it may read from an index to get one: reading by key costs five times more."""

_AT_ONCE: Final = 100


class _Done(NamedTuple):
    """The last block that has all its rows, and the last segment whose leaves are in a row.

    Both are first numbers, 0 if there is none.
    """

    block: int = 0
    segment: int = 0


class Gatherer:
    """Gathers the leaves of scopes, some segments at a time."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        shards: int,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._client = client
        self._tables = tables
        self._clock = clock
        self._retention = retention
        self._segments = Segments(client, tables.tally, clock)
        self._reader = Reader(client, tables.events, shards, UNLIMITED, clock)
        self._gathered: dict[str, int] = {}
        """Up to which segment the leaves of a scope are known to be in rows."""
        self._blocks: dict[str, Block] = {}
        """Full blocks that are being gathered."""
        self._rows: dict[str, dict[int, LeafRow]] = {}
        """Rows of the segments of a block, which may be stored without places."""

    def gather(self, scope: str, last: Block) -> bool:
        """Gather some segments if there are new ones; `last` is the last block of the scope.

        Returns whether there may be more to gather.
        """
        newest = last.zones[-1].first if last.zones else 0
        if self._gathered.get(scope, 0) >= newest:
            return False
        done = self._done(scope)  # Somebody else may have gone on.
        if done.segment < newest:
            block = self._block(scope, done, last)
            left = [zone for zone in block.zones if zone.first > done.segment]
            for zone in left[:_SEGMENTS_AT_ONCE]:
                done = self._gather(scope, block, zone, done)
        self._gathered[scope] = done.segment
        return done.segment < newest

    def _block(self, scope: str, done: _Done, last: Block) -> Block:
        """Return the first block that does not have all its rows."""
        if last.first <= done.segment:
            return last
        known = self._blocks.pop(scope, None)
        if known is None or known.first <= done.block:
            known = read_next_block(self._client, self._tables.tally, scope, done.block)
        if known.is_full:  # It does not change any more.
            self._blocks[scope] = known
        return known

    def _gather(self, scope: str, block: Block, zone: Zone, done: _Done) -> _Done:
        """Gather a segment, and a block with its last segment; return what is done then."""
        row = self._leaves(scope, block, zone)
        self._remember(scope, row)
        self._write(scope, row, zone.latest)
        done = done._replace(segment=zone.first)
        if block.is_full and zone is block.zones[-1]:
            self._write_block(scope, block, self._rows.pop(scope, {}))
            self._blocks.pop(scope, None)
            done = _Done(block.first, zone.first)
        self._record(scope, done)
        return done

    def _remember(self, scope: str, row: LeafRow) -> None:
        """Remember a row until its block has all of them, in the scopes that were gathered last."""
        self._rows[scope] = {**self._rows.pop(scope, {}), row.first: row}
        while len(self._rows) > _MOST_BEGUN:
            del self._rows[next(iter(self._rows))]

    def _done(self, scope: str) -> _Done:
        with failures_as_unavailable():
            found = self._client.get_item(
                TableName=self._tables.tally, Key=_key(scope), ConsistentRead=True
            )
        if "Item" not in found:
            return _Done()
        block = int(found["Item"]["last"]["N"])
        # An earlier version gathered whole blocks.
        return _Done(block, int(found["Item"].get("segment", {"N": block})["N"]))

    def _leaves(self, scope: str, block: Block, zone: Zone) -> LeafRow:
        """Return the row of a segment. Without its events, it says that nothing is known."""
        is_kept = zone.latest >= self._retention.floor(self._clock.now())
        return of_segment(zone.first, self._events(scope, block, zone) if is_kept else None)

    def _events(self, scope: str, block: Block, zone: Zone) -> list[tuple[int, Event]] | None:
        """Return the events of a segment with their places, or None if the segment has expired."""
        found = dict(self._segments.read(scope, [zone], groups_of(["id"])))
        if zone not in found:
            return None
        places = map(found[zone].place, range(found[zone].number))
        entries = {entry.seq: entry for entry in places if entry.seq <= zone.last}
        events = self._shown(scope, block, zone, entries)
        left = (entry for seq, entry in entries.items() if seq not in events)
        for some in batched(left, _AT_ONCE):
            events |= read_entries(self._client, self._tables.events, scope, some, self._clock)
        return [(seq - zone.first, event) for seq, event in events.items()]

    def _shown(
        self, scope: str, block: Block, zone: Zone, numbers: Container[int]
    ) -> dict[int, Event]:
        """Return events of a segment by number, if the index has few other events near them."""
        time, events = TimeRange(zone.earliest, zone.latest), dict[int, Event]()
        near = sum(each.number for each in block.zones if each.touches(time))
        if near <= _MOST_NEAR * zone.number:
            reader = self._reader.at_most(_MOST_NEAR * zone.number)
            with suppress(TooBroad):
                for event in reader.between(scope, time, numbers):
                    events[event.seq] = event
        return events

    def _write_block(self, scope: str, block: Block, rows: dict[int, LeafRow]) -> None:
        """Write the rows of a block in place of those of its segments; some of them are given."""
        ends = block.first, block.zones[-1].first
        tally = self._tables.tally
        found = read_leaves(self._client, tally, scope, *ends, consistent=True)
        known = {row.first: row for row in found if row.is_exact} | rows
        for zone in block.zones:
            if zone.first not in known:  # Its row is brief, or has expired, or was never written.
                known[zone.first] = self._leaves(scope, block, zone)
        for row in of_block([known[zone.first] for zone in block.zones]):
            self._write(scope, row, block.latest)
        gone = (leaf_row(zone.first) for zone in block.zones)
        delete_rows(self._client, tally, scope, gone, self._clock)

    def _write(self, scope: str, row: LeafRow, latest: int) -> None:
        """Write a row of leaves, unless its events have expired."""
        if latest >= self._retention.floor(self._clock.now()):
            item = row.item(scope, self._retention.expires_at(latest))
            write_new(self._client, self._tables.tally, item)

    def _record(self, scope: str, done: _Done) -> None:
        """Record what is done, unless somebody else has gone further."""
        segment = {"N": str(done.segment)}
        with (
            failures_as_unavailable(),
            suppress(self._client.exceptions.ConditionalCheckFailedException),
        ):
            self._client.put_item(
                TableName=self._tables.tally,
                Item={**_key(scope), "last": {"N": str(done.block)}, "segment": segment},
                ConditionExpression="attribute_not_exists(#segment) OR #segment < :segment",
                ExpressionAttributeNames={"#segment": "segment"},
                ExpressionAttributeValues={":segment": segment},
            )


def _key(scope: str) -> Item:
    return {"scope": {"S": scope}, "row": {"S": _GATHERED}}
