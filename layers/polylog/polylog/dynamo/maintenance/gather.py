"""A gatherer finds the leaves of sealed events: which events have which value deep in their `data`.

A leaf may also be an attribute or a link (`polylog.dynamo.search.leaves`). The gatherer takes one
full block of the directory after the other. A block is sixteen segments. It reads the events of a
block, some segments at a time, and then writes the block's rows of leaves. The row `gathered` names
the last block that has all its rows. If a gatherer dies before it writes that, the block is
gathered again. Its segments and its events do not change, so two gatherers write the same rows.
"""

from __future__ import annotations

from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from polylog.batches import batched
from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.events.scan import read_entries
from polylog.dynamo.limits import UNLIMITED
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.retention import Retention
from polylog.dynamo.search.directory import Block, Zone, read_next_block
from polylog.dynamo.search.leaves import SHARES, Gathered
from polylog.dynamo.search.segments import Segments
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.columns import groups_of
from polylog.dynamo.tally.rows import write_new
from polylog.model.errors import TooBroad
from polylog.model.event import Event
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item

_GATHERED: Final = "gathered"

_SEGMENTS_AT_ONCE: Final = 2
"""How many segments one step reads. Folding waits until the step is done."""

_MOST_BEGUN: Final = 8
"""In how many scopes it gathers at a time. A block takes some megabytes until it is written."""

_FORGOTTEN_SECONDS: Final = 60
"""How long a block waits for its next step before another scope may take its room."""

_MOST_NEAR: Final = 4
"""How many events it may read from an index to get one: reading by key costs five times more."""

_AT_ONCE: Final = 100


@dataclass
class _Begun:
    """A block that is being gathered. `at` says when the last step began, in monotonic seconds."""

    block: Block
    at: float
    leaves: Gathered = field(default_factory=Gathered)

    @property
    def is_done(self) -> bool:
        return self.leaves.segments == len(self.block.zones)


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
        """Up to which number no block of a scope is left to gather."""
        self._begun: dict[str, _Begun] = {}

    def gather(self, scope: str, last: Block) -> bool:
        """Gather some segments if a block is full; `last` is the last block of the scope.

        Returns whether there is more to gather.
        """
        begun = self._begun.get(scope) or self._begin(scope, last)
        if begun is None:
            return False
        begun.at = self._clock.monotonic()
        for _ in range(_SEGMENTS_AT_ONCE):
            if not begun.is_done:
                zone = begun.block.zones[begun.leaves.segments]
                begun.leaves.add(self._events(scope, begun.block, zone))
        if begun.is_done:
            self._write(scope, begun)
        return True

    def _begin(self, scope: str, last: Block) -> _Begun | None:
        """Begin with the next full block. Return None if there is no such block, or no room."""
        end = last.first if last.is_full else last.first - 1
        if self._gathered.get(scope, 0) >= end or not self._has_room():
            return None
        done = self._done(scope)  # Somebody else may have gone on.
        block = read_next_block(self._client, self._tables.tally, scope, done)
        if not block.is_full:
            self._gathered[scope] = max(done, block.first - 1)
            return None
        begun = self._begun[scope] = _Begun(block, self._clock.monotonic())
        return begun

    def _has_room(self) -> bool:
        since = self._clock.monotonic() - _FORGOTTEN_SECONDS
        self._begun = {scope: each for scope, each in self._begun.items() if each.at > since}
        return len(self._begun) < _MOST_BEGUN

    def _done(self, scope: str) -> int:
        """Return the name of the last block that has all its rows."""
        with failures_as_unavailable():
            found = self._client.get_item(
                TableName=self._tables.tally, Key=_key(scope), ConsistentRead=True
            )
        return int(found["Item"]["last"]["N"]) if "Item" in found else 0

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

    def _write(self, scope: str, begun: _Begun) -> None:
        """Write the rows of a gathered block, and then record that it has them all."""
        del self._begun[scope]
        block, latest = begun.block, begun.block.latest
        if latest >= self._retention.floor(self._clock.now()):
            for share in range(SHARES):
                end = self._retention.expires_at(latest)
                item = begun.leaves.item(scope, share, block.first, end)
                write_new(self._client, self._tables.tally, item)
        self._record(scope, block.first)
        self._gathered[scope] = block.first

    def _record(self, scope: str, block: int) -> None:
        """Record that a block has all its rows, unless somebody else has gone further."""
        last = {"N": str(block)}
        with (
            failures_as_unavailable(),
            suppress(self._client.exceptions.ConditionalCheckFailedException),
        ):
            self._client.put_item(
                TableName=self._tables.tally,
                Item={**_key(scope), "last": last},
                ConditionExpression="attribute_not_exists(#last) OR #last < :last",
                ExpressionAttributeNames={"#last": "last"},
                ExpressionAttributeValues={":last": last},
            )


def _key(scope: str) -> Item:
    return {"scope": {"S": scope}, "row": {"S": _GATHERED}}
