"""Folds deltas into the buckets, and clears away those that were folded a while ago.

One transaction counts entries in every row they touch, each row conditional on its version, and
marks their deltas in the head. So it happened or it did not, whoever runs it and however often it
dies. What is marked is deleted only by a later run, when no reader can still hold an older head.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from polylog.dynamo.arrivals import stretches
from polylog.dynamo.buckets import (
    ROOT,
    Bucket,
    Entry,
    parent_of,
    path_to,
    row_of,
    within_limit,
)
from polylog.dynamo.client import failures_as_unavailable
from polylog.dynamo.head import SETTLING, Delta, Head, Mark, read_buckets, read_head
from polylog.times import SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, TransactWriteItemTypeDef

    from polylog.dynamo.schema import Item

# As long may a reader hold a head: the deltas it does not know to be folded must still be there.
HOLDING: Final = 2 * SECOND

# Readers do not mind 64 small deltas; about 16 KB of entries cost them two units.
_DUE_DELTAS: Final = 32
_DUE_ENTRIES: Final = 400

_MAX_ROWS: Final = 95
_MAX_DELTAS: Final = 200


@dataclass(frozen=True, slots=True)
class Share:
    """What one fold takes: entries by minute, and the marks that its deltas then have."""

    entries: tuple[Entry, ...]
    marks: dict[str, str | None]

    @property
    def completed(self) -> int:
        """How many deltas are wholly taken."""
        return sum(until is None for until in self.marks.values())

    @classmethod
    def of(cls, head: Head, deltas: Iterable[Delta]) -> Share:
        """Take as much from the deltas, in their order, as the rows of one transaction allow."""
        entries: list[Entry] = []
        marks: dict[str, str | None] = {}
        rows: set[str] = set()
        for delta in deltas:
            pending = sorted(head.unfolded(delta), key=lambda entry: entry.time)
            for minute, group in groupby(pending, key=lambda entry: entry.minute):
                if len(rows.union(path_to(minute))) > _MAX_ROWS:
                    return cls(tuple(entries), marks)
                rows.update(path_to(minute))
                entries += group
                marks[delta.row] = minute
            marks[delta.row] = None
        return cls(tuple(entries), marks)


class Folder:
    """Folds the tally of one scope at a time; `clock` gives microseconds since the epoch."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Callable[[], int],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._sleep = sleep

    def compact(self, scope: str, seconds: int) -> None:
        """Fold until readers of the head have little to read, or the time is up.

        A few small deltas are left lying: they cost readers less than folding them would.
        """
        end = self._clock() + seconds * SECOND
        while self._clock() < end:
            head = read_head(self._client, self._table, scope)
            if len(head.deltas) < _DUE_DELTAS and _entries(head.deltas) < _DUE_ENTRIES:
                return
            if not self.fold(scope):
                self._sleep(1)

    def fold(self, scope: str) -> bool:
        """Fold once; return whether there may be more to do at once.

        False as well when somebody else folded meanwhile: they go on.
        """
        head, now = read_head(self._client, self._table, scope), self._clock()
        forgotten = self._clear(scope, head, now)
        ripe = [delta for delta in head.deltas if delta.at <= now - SETTLING]
        pending = [delta for delta in ripe if not head.is_folded(delta)]
        share = Share.of(head, pending[:_MAX_DELTAS])
        if not share.marks and not forgotten:
            return False
        is_done = self._commit(scope, head, share, forgotten)
        return is_done and share.completed < len(pending)

    def _clear(self, scope: str, head: Head, now: int) -> set[str]:
        """Delete the deltas that were folded a while ago, their entries kept in the arrival log.

        Returns the marks that the head need not carry any longer.
        """
        groups: dict[int, set[str]] = defaultdict(set)
        for row, mark in head.marks.items():
            if mark.until is None and mark.at <= now - HOLDING:
                groups[mark.group].add(row)
        for rows in groups.values():
            deltas = [delta for delta in head.deltas if delta.row in rows]
            if len(deltas) == len(rows):  # Else the log has them: deletes come after it.
                self._log(scope, deltas)
            self._delete(scope, deltas)
        return {row for rows in groups.values() for row in rows}

    def _log(self, scope: str, deltas: Sequence[Delta]) -> None:
        for stretch in stretches(deltas):
            with failures_as_unavailable():
                self._client.put_item(TableName=self._table, Item=stretch.item(scope))

    def _delete(self, scope: str, deltas: Sequence[Delta]) -> None:
        for delta in deltas:
            key: Item = {"scope": {"S": scope}, "row": {"S": delta.row}}
            with failures_as_unavailable():
                self._client.delete_item(TableName=self._table, Key=key)

    def _commit(self, scope: str, head: Head, share: Share, forgotten: set[str]) -> bool:
        """Write every touched row; return False when one of them has changed meanwhile."""
        entries = within_limit(head.bucket, share.entries)
        touched = _by_bucket(entries)
        names = [name for name in touched if name != ROOT]
        rows = read_buckets(self._client, self._table, scope, names) if names else {}
        rows[ROOT] = head.bucket
        new = _counted(rows, touched)
        marks = {row: mark for row, mark in head.marks.items() if row not in forgotten}
        group, now = new[ROOT].version, self._clock()
        marks |= {row: Mark(until, group, now) for row, until in share.marks.items()}
        actions = [
            _put(self._table, _bucket_item(scope, name, bucket), rows.get(name, Bucket()).version)
            for name, bucket in new.items()
            if name != ROOT
        ]
        root = replace(head, bucket=new[ROOT], marks=marks).item(scope)
        actions.append(_put(self._table, root, head.bucket.version))
        with failures_as_unavailable():
            try:
                self._client.transact_write_items(TransactItems=actions)
            except self._client.exceptions.TransactionCanceledException:
                return False
        return True


def _entries(deltas: Iterable[Delta]) -> int:
    return sum(len(delta.entries) for delta in deltas)


def _by_bucket(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Return the entries that each row counts, parents before their children."""
    touched: dict[str, list[Entry]] = {ROOT: []}
    for entry in entries:
        for name in path_to(entry.minute):
            touched.setdefault(name, []).append(entry)
    return dict(sorted(touched.items(), key=lambda item: len(item[0])))


def _counted(rows: dict[str, Bucket], touched: dict[str, list[Entry]]) -> dict[str, Bucket]:
    """Return the next version of every touched row, each stating its children's."""
    new = {
        name: rows.get(name, Bucket()).with_entries(name, entries)
        for name, entries in touched.items()
    }
    versions: dict[str, dict[str, int]] = {name: dict(new[name].versions) for name in new}
    for name in new:
        if name != ROOT:
            versions[parent_of(name)][name] = new[name].version
    return {name: replace(bucket, versions=versions[name]) for name, bucket in new.items()}


def _bucket_item(scope: str, name: str, bucket: Bucket) -> Item:
    return {
        "scope": {"S": scope},
        "row": {"S": row_of(name)},
        "v": {"N": str(bucket.version)},
        "b": {"B": bucket.pack()},
    }


def _put(table: str, item: Item, version: int) -> TransactWriteItemTypeDef:
    """Return the action that replaces a row which still has this version (0: is not there)."""
    put: PutTypeDef = {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "#v = :v" if version else "attribute_not_exists(#v)",
        "ExpressionAttributeNames": {"#v": "v"},
    }
    if version:
        put["ExpressionAttributeValues"] = {":v": {"N": str(version)}}
    return {"Put": put}
