"""Folds deltas into the buckets, and clears away those that were folded a while ago.

One transaction counts entries in every row they touch, each row conditional on its version, and
marks their deltas in the head. So it happened or it did not, whoever runs it and however often it
dies. What is marked is deleted only by a later run, when no reader can still hold an older head.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from polylog.dynamo.arrivals.log import stretches
from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.maintenance.share import MAX_ROWS, Share
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.tally.bucket import Bucket, Entry, Kinds
from polylog.dynamo.tally.head import (
    SETTLING,
    Delta,
    Head,
    Mark,
    partition_of,
    read_buckets,
    read_head,
    read_root,
)
from polylog.dynamo.tally.levels import ROOT, parent_of, path_to
from polylog.dynamo.tally.registry import Scopes
from polylog.dynamo.tally.rows import RowsTooLargeError, write_rows
from polylog.model.errors import Unavailable
from polylog.model.times import SECOND

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.events.items import Item

# As long may a reader hold a head: the deltas it does not know to be folded must still be there.
HOLDING: Final = 2 * SECOND

# Readers do not mind 64 small deltas, nor 40 KB of entries in a busy scope. Folding half as many
# would take 0.2 write units more for each event that is stored alone, 0.1 for one in a batch.
_DUE_DELTAS: Final = 64
_DUE_ENTRIES: Final = 1000

# Fewer rows are tried where these are more bytes than a transaction takes; a minute touches five.
_MOST_ROWS: Final = (MAX_ROWS, 40, 15, 5)


class Folder:
    """Folds the tally of one scope at a time; `clock` gives microseconds since the epoch.

    `facets` names those that events are tallied by beside their scope.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Callable[[], int],
        sleep: Callable[[float], None] = time.sleep,
        *,
        facets: Iterable[str] = (),
        retention: Retention = FOR_EVER,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._sleep = sleep
        self._facets = frozenset(facets)
        self._retention = retention
        self._scopes = Scopes(client, table)

    def compact(self, scope: str, seconds: int) -> None:
        """Fold until readers of the head have little to read, or the time is up.

        A few small deltas are left lying: they cost readers less than folding them would.
        """
        end = self._clock() + seconds * SECOND
        while self._clock() < end:
            head = read_head(self._client, self._table, scope)
            if not head.bucket.version:
                self._scopes.add(scope)
            unfolded = [delta for delta in head.deltas if not head.is_folded(delta)]
            ripe = _ripe(unfolded, self._clock())
            if _is_due(ripe):
                if not self.fold(scope):
                    self._sleep(1)
            elif _is_due(unfolded):
                self._sleep(1)
            elif len(unfolded) < len(head.deltas):
                self._clear(scope, head, self._clock())
                self._sleep(1)
            else:
                return

    def fold(self, scope: str) -> bool:
        """Fold once; return whether there may be more to do at once.

        False as well when somebody else folded meanwhile: they go on.
        """
        head, now = read_head(self._client, self._table, scope), self._clock()
        forgotten = self._clear(scope, head, now)
        pending = [d for d in _ripe(head.deltas, now) if not head.is_folded(d)]
        kept = {row: mark for row, mark in head.marks.items() if row not in forgotten}
        for most_rows in _MOST_ROWS:
            share = Share.of(head, pending, most_rows)
            if not share.marks:
                return False  # What is forgotten is left to the next fold: the head is not small.
            with suppress(RowsTooLargeError):
                is_done = self._fold_share(scope, head, kept, share)
                return is_done and share.completed < len(pending)
        raise Unavailable("rows of the tally have grown too large")

    def _fold_share(self, scope: str, head: Head, kept: Mapping[str, Mark], share: Share) -> bool:
        """Fold a share everywhere; facets first: what is folded in the scope is folded in all."""
        if not all(self._fold_facet(scope, facet, head, share) for facet in share.facets()):
            return False
        taken = max(delta.last for delta in head.deltas)
        watermark = head.watermark.risen(taken, self._clock())
        tallied = replace(head, marks=kept, tallied=head.facets(self._facets), watermark=watermark)
        return self._count(scope, tallied, share)

    def _fold_facet(self, scope: str, facet: str, head: Head, share: Share) -> bool:
        """Fold into the tally of a facet what is not there yet; return False when overtaken.

        That must not happen once the scope's head has moved on: the deltas may be gone by then,
        and so may what this head knew of them.
        """
        partition = partition_of(scope, facet)
        own = read_root(self._client, self._table, partition)
        left = share.of_facet(facet, own)
        if not left.marks:
            return True
        if not own.bucket.version:
            self._scopes.add_facet(scope, facet)
        there = {delta.row for delta in head.deltas}
        kept = {row: mark for row, mark in own.marks.items() if row in there}
        above = scope, head.bucket.version
        return self._count(partition, replace(own, marks=kept), left, above)

    def _count(
        self, partition: str, head: Head, share: Share, above: tuple[str, int] | None = None
    ) -> bool:
        """Count a share in every row it touches; return False when one has changed meanwhile."""
        kinds = Kinds(head.bucket.kinds())
        touched = _by_bucket(map(kinds.counted, share.all(head.cleared)))
        names = [name for name in touched if name != ROOT]
        rows = read_buckets(self._client, self._table, partition, names) if names else {}
        rows[ROOT] = head.bucket
        new = _counted(rows, touched)
        group, now = new[ROOT].version, self._clock()
        marks = {row: Mark(until, group, now) for row, until in share.marks.items()}
        root = replace(head, bucket=new[ROOT], marks={**head.marks, **marks})
        return write_rows(self._client, self._table, partition, rows, new, root, above)

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
            item = stretch.item(scope, self._retention)
            with failures_as_unavailable():
                self._client.put_item(TableName=self._table, Item=item)

    def _delete(self, scope: str, deltas: Sequence[Delta]) -> None:
        for delta in deltas:
            key: Item = {"scope": {"S": scope}, "row": {"S": delta.row}}
            with failures_as_unavailable():
                self._client.delete_item(TableName=self._table, Key=key)


def _ripe(deltas: Iterable[Delta], now: int) -> list[Delta]:
    """Return those of which the indexes show all by now."""
    return [delta for delta in deltas if delta.at <= now - SETTLING]


def _is_due(deltas: Sequence[Delta]) -> bool:
    """Return whether folding these would cost less than reading them again and again."""
    entries = sum(len(delta.entries) for delta in deltas)
    return len(deltas) >= _DUE_DELTAS or entries >= _DUE_ENTRIES


def _by_bucket(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Return the entries that each row counts, parents before their children."""
    touched: dict[str, list[Entry]] = {ROOT: []}
    for entry in entries:
        for name in path_to(entry.minute):
            touched.setdefault(name, []).append(entry)
    return dict(sorted(touched.items(), key=lambda item: len(item[0])))


def _counted(rows: dict[str, Bucket], touched: dict[str, list[Entry]]) -> dict[str, Bucket]:
    """Return the next version of every touched row, each stating its children's."""
    version = rows[ROOT].version + 1
    new = {
        name: rows.get(name, Bucket()).with_entries(name, entries)
        for name, entries in touched.items()
    }
    versions: dict[str, dict[str, int]] = {name: dict(new[name].versions) for name in new}
    for name in new:
        if name != ROOT:
            versions[parent_of(name)][name] = version
    return {
        name: replace(bucket, version=version, versions=versions[name])
        for name, bucket in new.items()
    }
