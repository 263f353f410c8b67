"""Takes days that are no longer kept out of the tallies, a month at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from polylog.batches import batches
from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.retention import Retention
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.head import partition_of, read_buckets, read_root, seq_key
from polylog.dynamo.tally.levels import ROOT, end_of, first_minute, minute_start, row_of
from polylog.dynamo.tally.registry import Scopes
from polylog.dynamo.tally.rows import write_rows
from polylog.model.times import EARLIEST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.events.items import Item

# DynamoDB takes 25 writes at once, and a day has 25 rows.
_AT_ONCE: Final = 25


class Expirer:
    """Clears the tallies of one scope at a time; `clock` gives microseconds since the epoch."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Callable[[], int],
        retention: Retention,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention
        self._scopes = Scopes(client, table)

    def expire(self, scope: str) -> None:
        """Clear the tally of a scope, then those of its facets, of what is no longer kept."""
        floor = self._retention.floor(self._clock())
        if floor == EARLIEST:
            return
        while self._step(scope, scope, floor):
            pass
        for facet in self._scopes.facets(scope):
            while self._step(scope, partition_of(scope, facet), floor):
                pass

    def _step(self, scope: str, partition: str, floor: int) -> bool:
        """Clear one month, or less; return whether there is more to clear.

        False as well when somebody else changed the tally meanwhile: the next run goes on.
        """
        head = read_root(self._client, self._table, partition)
        if head.cleared >= floor or not head.bucket.version:
            return False
        rows = self._earliest(partition, head.bucket)
        cleared = min([floor, *(end_of(name) for name in rows if _is_month_before(name, floor))])
        new, days = _without(rows, cleared)
        if partition == scope:
            self._tell_writers(scope, cleared)
        head = replace(head, bucket=new[ROOT], cleared=cleared)
        if not write_rows(self._client, self._table, partition, rows, new, head):
            return False
        self._delete(partition, days)
        return cleared < floor

    def _earliest(self, partition: str, root: Bucket) -> dict[str, Bucket]:
        """Return the root and, if there are any, the earliest year and its earliest month."""
        rows, parent = {ROOT: root}, root
        for _ in ("year", "month"):
            if not parent.children:
                break
            name = min(parent.children)
            rows |= read_buckets(self._client, self._table, partition, [name])
            parent = rows.get(name, Bucket())
        return rows

    def _tell_writers(self, scope: str, floor: int) -> None:
        """Let the numbers that writers take come with the floor, which never moves back."""
        with failures_as_unavailable():
            self._client.update_item(
                TableName=self._table,
                Key=seq_key(scope),
                UpdateExpression="SET #floor = :floor",
                ExpressionAttributeNames={"#floor": "floor"},
                ExpressionAttributeValues={":floor": {"N": str(floor)}},
            )

    def _delete(self, partition: str, days: Sequence[str]) -> None:
        """Delete the rows of whole days; those that are left when this dies harm nobody."""
        names = [name for day in days for name in _rows_of(day)]
        for batch in batches(names, lambda _: 0, most=_AT_ONCE, most_weight=1):
            keys: list[Item] = [
                {"scope": {"S": partition}, "row": {"S": row_of(name)}} for name in batch
            ]
            with failures_as_unavailable():
                self._client.batch_write_item(
                    RequestItems={self._table: [{"DeleteRequest": {"Key": key}} for key in keys]}
                )


def _is_month_before(name: str, floor: int) -> bool:
    """Return whether a bucket is a month that begins before a time."""
    return len(name) == len("2026-11") and minute_start(first_minute(name)) < floor


def _without(rows: dict[str, Bucket], cleared: int) -> tuple[dict[str, Bucket], list[str]]:
    """Return the rows without the days before a time, and those days."""
    version, new, days = rows[ROOT].version + 1, dict(rows), list[str]()
    for name in sorted(rows, key=len, reverse=True):
        bucket = replace(new[name], version=version)
        for child in bucket.children:
            if child in new:
                bucket = bucket.with_child(child, new[child].totals(), version)
            elif len(child) == len("2026-11-20") and minute_start(first_minute(child)) < cleared:
                bucket = bucket.with_child(child, {}, version)
                days.append(child)
        new[name] = bucket
    return new, days


def _rows_of(day: str) -> Iterator[str]:
    yield day
    yield from (f"{day}T{hour:02}" for hour in range(24))
