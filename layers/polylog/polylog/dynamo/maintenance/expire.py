"""An expirer removes expired days from the tallies, a month at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from polylog.dynamo.events.numbers import Numbers
from polylog.dynamo.retention import Retention
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.head import read_root
from polylog.dynamo.tally.levels import ROOT, Level, end_of, hours_of, row_of, start_of
from polylog.dynamo.tally.rows import delete_rows, read_buckets, write_rows
from polylog.model.times import EARLIEST, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Expirer:
    """Clears the tally of one scope at a time."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention
        self._numbers = Numbers(client, table)

    def expire(self, scope: str) -> None:
        """Clear expired days from the tally of a scope; raises `Unavailable`."""
        floor = self._retention.floor(self._clock.now())
        if floor == EARLIEST:
            return
        while self._step(scope, floor):
            pass

    def _step(self, scope: str, floor: int) -> bool:
        """Clear one month, or less; return whether there is more to clear.

        It also returns False if somebody else changed the tally meanwhile. The next run continues.
        """
        head = read_root(self._client, self._table, scope)
        if head.cleared >= floor or not head.bucket.version:
            return False
        rows = self._earliest(scope, head.bucket)
        months = [name for name in rows if _starts_before(Level.MONTH, name, floor)]
        cleared = min([floor, *map(end_of, months)])
        new, days = _without(rows, cleared)
        self._numbers.raise_floor(scope, cleared)
        head = replace(head, bucket=new[ROOT], cleared=cleared)
        if not write_rows(self._client, self._table, scope, rows, new, head):
            return False
        self._delete(scope, days)
        return cleared < floor

    def _earliest(self, scope: str, root: Bucket) -> dict[str, Bucket]:
        """Return the root and, if there are any, the earliest year and its earliest month."""
        rows, parent = {ROOT: root}, root
        for _ in ("year", "month"):
            if not parent.children:
                break
            name = min(parent.children)
            rows |= read_buckets(self._client, self._table, scope, [name], self._clock)
            parent = rows.get(name, Bucket())
        return rows

    def _delete(self, scope: str, days: Sequence[str]) -> None:
        """Delete the rows of whole days; a row that is left over does no harm."""
        rows = (row_of(name) for day in days for name in _rows_of(day))
        delete_rows(self._client, self._table, scope, rows, self._clock)


def _starts_before(level: Level, bucket: str, time: int) -> bool:
    """Return whether a bucket is of this level and starts before a time."""
    return Level.of(bucket) is level and start_of(bucket) < time


def _without(rows: dict[str, Bucket], cleared: int) -> tuple[dict[str, Bucket], list[str]]:
    """Return the rows without the days before a time, and those days."""
    version, new, days = rows[ROOT].version + 1, dict(rows), list[str]()
    for name in sorted(rows, key=len, reverse=True):
        bucket = replace(new[name], version=version)
        for child in bucket.children:
            if child in new:
                bucket = bucket.with_child(child, new[child].totals(), version)
            elif _starts_before(Level.DAY, child, cleared):
                bucket = bucket.with_child(child, {}, version)
                days.append(child)
        new[name] = bucket
    return new, days


def _rows_of(day: str) -> Iterator[str]:
    yield day
    yield from hours_of(day)
