"""A sealer makes long segments of the arrival log's rows, and describes them in the directory.

A segment has all events of its numbers, and never changes. It is written before the directory names
it. The rows that it replaces stay for a minute, by the clock of the folder that deletes them. Until
then, a reader with an older directory finds them. So an event may be in the log twice, but it is
never missing.

A row is sealed if its numbers are settled, the head does not name it as recent, and no event can
come before it any more. Two folders may seal at the same time. Then their segments begin with the
same number, so one has all that the other has, and the longer one stays.

Rows that an earlier version of Polylog wrote lack most members. Sealing reads their events, and so
upgrades the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from polylog.batches import batched
from polylog.dynamo.connection import failures_as_unavailable, query_pages
from polylog.dynamo.events.scan import read_entries
from polylog.dynamo.maintenance.gather import Gatherer
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.search.directory import Block, Left, read_last_block
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.head import Head, read_root
from polylog.dynamo.tally.rows import delete_rows, write_version
from polylog.dynamo.tally.stretch import (
    SPAN,
    Stretch,
    log_request,
    stretch_row,
    stretches,
)
from polylog.model.times import SECOND, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item

LEFT_SECONDS: Final = 60
"""How long rows stay after they are in a segment: longer than any answer takes."""

# No two clocks differ by this much.
_LONG_LEFT: Final = 60 * 60 * SECOND
"""After this time, in microseconds, they go even if nobody has watched them."""

_MOST_LEFT: Final = 10_000
"""How many of them may wait: their names take about 100 KB in the directory's last row."""

_ROWS_AT_ONCE: Final = 60
_EVENTS_AT_ONCE: Final = 100


class _Sealed(NamedTuple):
    """A segment as it was written, the last number that it covers, and its size in bytes."""

    segment: Stretch
    last: int
    size: int


class Sealer:
    """Seals the arrival logs of scopes, some segments at a time."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        clock: Clock,
        retention: Retention = FOR_EVER,
        shards: int = 1,
    ) -> None:
        self._client = client
        self._tables = tables
        self._clock = clock
        self._retention = retention
        self._blocks: dict[str, Block] = {}
        self._seen: dict[tuple[str, int], float] = {}
        self._gatherer = Gatherer(client, tables, shards, clock, retention)

    def seal_all(self, scope: str) -> None:
        """Seal all rows that fill segments."""
        while self.seal(scope):
            pass

    def sealed(self, scope: str) -> int:
        """Return up to which number the log is in segments."""
        return self._last_block(scope).last

    def seal(self, scope: str) -> bool:
        """Seal some rows if there are enough for a segment, and gather leaves.

        Returns whether there may be more to do. Raises `Unavailable`.
        """
        is_more = self._seal(scope)
        return self._gatherer.gather(scope, self._last_block(scope)) or is_more

    def _seal(self, scope: str) -> bool:
        head = read_root(self._client, self._tables.tally, scope)
        old = self._last_block(scope)
        block = self._cleared(scope, old)
        upto = _sealable(head, block.last)
        is_enough = upto - block.last >= SPAN and len(block.left) < _MOST_LEFT
        blocks = list(self._sealed(scope, block, upto)) if is_enough else [block]
        if blocks == [old]:
            return False
        return self._record(scope, old, blocks) and blocks[-1].last > old.last

    def _last_block(self, scope: str) -> Block:
        if scope not in self._blocks:
            self._blocks[scope] = read_last_block(self._client, self._tables.tally, scope)
        return self._blocks[scope]

    def _rows(self, scope: str, sealed: int, upto: int) -> tuple[list[Stretch], int]:
        """Return rows of the arrival log after the number `sealed`, and up to which one they go.

        They have all events up to that number.
        """
        request = log_request(self._tables.tally, scope, sealed + 2 - SPAN, upto)
        request["Limit"] = _ROWS_AT_ONCE
        rows: list[Stretch] = []
        for page in query_pages(self._client, request):
            rows += map(Stretch.read, page["Items"])
            left = [row.first for row in rows if row.last > sealed]
            if "LastEvaluatedKey" in page and left and rows[-1].first >= left[0] + SPAN:
                return rows, min(upto, rows[-1].first)  # They fill a segment.
        return rows, upto

    def _sealed(self, scope: str, block: Block, upto: int) -> Iterator[Block]:
        """Write segments, and yield the blocks that name them; the last one may have room left."""
        rows, upto = self._rows(scope, block.last, upto)
        left = block.left
        for segment, last, size in self._segments(scope, rows, block.last, upto):
            if block.is_full:
                yield replace(block, left=())
                block = Block()
            block = block.plus(segment, last, size)
        now = self._clock.now()
        covered = (row.first for row in rows if not row.is_segment and row.last <= block.last)
        known = {each.first for each in left}
        left = (*left, *(Left(first, now) for first in covered if first not in known))
        yield replace(block, left=left)

    def _segments(
        self, scope: str, rows: Sequence[Stretch], sealed: int, upto: int
    ) -> Iterator[_Sealed]:
        """Write the segments that these rows fill, and yield them."""
        parts = list(stretches(self._entries(scope, rows, sealed, upto)))
        lasts = [part.first - 1 for part in parts[1:]]
        if parts and upto - parts[-1].first >= SPAN - 1:  # No other event can join the last one.
            lasts.append(parts[-1].first + SPAN - 1)
        for part, last in zip(parts, lasts, strict=False):
            item = replace(part, is_segment=True).item(scope, self._retention)
            longer = self._put(item)
            if longer is not None:  # Somebody else was faster.
                yield _Sealed(longer, longer.last, _size(item))
                return
            yield _Sealed(part, last, _size(item))

    def _entries(
        self, scope: str, rows: Iterable[Stretch], sealed: int, upto: int
    ) -> Iterable[Entry]:
        """Return the entries after the last number that is in a segment, each once."""
        entries: dict[int, Entry] = {}
        for row in rows:
            for entry in row.entries:
                is_new = entry.seq not in entries or entries[entry.seq].members is None
                if is_new and sealed < entry.seq <= upto:
                    entries[entry.seq] = entry
        unknown = [entry for entry in entries.values() if entry.members is None]
        return (entries | {e.seq: e for e in self._upgraded(scope, unknown)}).values()

    def _upgraded(self, scope: str, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield entries with the members that an earlier version did not keep, if they fit in."""
        for some in batched(entries, _EVENTS_AT_ONCE):
            events = read_entries(self._client, self._tables.events, scope, some, self._clock)
            for entry in some:
                yield Entry.of(events[entry.seq]) if entry.seq in events else entry

    def _put(self, item: Item) -> Stretch | None:
        """Write a segment. If a longer one begins with the same number, return that instead."""
        with failures_as_unavailable():
            try:
                self._client.put_item(
                    TableName=self._tables.tally,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#last) OR #last <= :last",
                    ExpressionAttributeNames={"#last": "last"},
                    ExpressionAttributeValues={":last": item["last"]},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                key = {name: item[name] for name in ("scope", "row")}
                there = self._client.get_item(
                    TableName=self._tables.tally, Key=key, ConsistentRead=True
                )
                return Stretch.read(there["Item"])
        return None

    def _record(self, scope: str, old: Block, blocks: Sequence[Block]) -> bool:
        """Write blocks in place of the last one; return False if somebody else did meanwhile."""
        self._blocks.pop(scope, None)
        number = len(old.zones)
        for block in blocks:
            item = block.item(scope)
            if not write_version(self._client, self._tables.tally, item, "number", number):
                return False
            number = 0
        self._blocks[scope] = blocks[-1]
        return True

    def _cleared(self, scope: str, block: Block) -> Block:
        """Delete rows whose time is up, and return the block without them."""
        now, time = self._clock.monotonic(), self._clock.now()
        seen = {(scope, each.first): each for each in block.left}
        self._seen = {
            **{key: at for key, at in self._seen.items() if key[0] != scope},
            **{key: self._seen.get(key, now) for key in seen},
        }
        gone = [
            each
            for key, each in seen.items()
            if now - self._seen[key] >= LEFT_SECONDS or each.since <= time - _LONG_LEFT
        ]
        rows = {stretch_row(each.first): each for each in gone}
        stayed = delete_rows(self._client, self._tables.tally, scope, rows, self._clock)
        deleted = [each for row, each in rows.items() if row not in stayed]
        return replace(block, left=tuple(each for each in block.left if each not in deleted))


def _sealable(head: Head, sealed: int) -> int:
    """Return the number up to which the rows of the arrival log can be sealed."""
    reach = (head.settled | head.fenced).reach(sealed)
    return min([reach, *(recent.first - 1 for recent in head.recent)])


def _size(item: Item) -> int:
    """Return about how many bytes an item takes."""
    return 200 + sum(len(value["B"]) for value in item.values() if "B" in value)
