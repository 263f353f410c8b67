"""Folds deltas into the buckets, and clears away those that were folded a while ago.

One transaction counts entries in every row that they touch, and marks their deltas in the head.
Each row must still have the version that was read. So a fold happens once or not at all, even if it
dies or if two run at a time. A later run deletes marked deltas, when no reader can still hold an
older head.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from polylog.dynamo.arrivals.log import stretches
from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.delta import SETTLING, Delta, Entry
from polylog.dynamo.tally.facets import partition_of
from polylog.dynamo.tally.head import Head, Mark, read_head, read_root
from polylog.dynamo.tally.kinds import Kinds
from polylog.dynamo.tally.levels import ROOT, parent_of, path_to
from polylog.dynamo.tally.registry import Scopes
from polylog.dynamo.tally.rows import RowsTooLargeError, read_buckets, write_new, write_rows
from polylog.model.errors import Unavailable
from polylog.model.times import SECOND, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item

# How long a reader may hold a head. Deltas that this head does not mark must still be there.
HOLDING: Final = 2 * SECOND

# Reading 64 small deltas, or 40 KB of entries in a busy scope, costs little. Folding half as many
# would take 0.2 write units more for each event stored alone, and 0.1 for one in a batch.
_DUE_DELTAS: Final = 64
_DUE_ENTRIES: Final = 1000

# DynamoDB takes 100 actions in a transaction.
_MAX_ROWS: Final = 95
_MAX_DELTAS: Final = 200

# Each facet's tally is folded in a transaction of its own.
_MAX_FACETS: Final = 50

# How many rows to try, the next number if a transaction gets too large. One minute touches five.
_MOST_ROWS: Final = (_MAX_ROWS, 40, 15, 5)


@dataclass(frozen=True, slots=True)
class Share:
    """What one fold takes: the entries of each delta up to some minute, by the delta's row.

    `marks` says up to which minute, None means the whole delta.
    """

    entries: Mapping[str, tuple[Entry, ...]]
    marks: Mapping[str, str | None]

    @classmethod
    def of(cls, head: Head, deltas: Iterable[Delta], most_rows: int = _MAX_ROWS) -> Share:
        """Take from the deltas, in their order, as much as can be folded together."""
        taken: dict[str, tuple[Entry, ...]] = {}
        marks: dict[str, str | None] = {}
        rows: set[str] = set()
        facets: set[str] = set()
        for delta in list(deltas)[:_MAX_DELTAS]:
            pending = sorted(head.unfolded(delta), key=lambda entry: entry.time)
            for minute, group in groupby(pending, key=lambda entry: entry.minute):
                entries = tuple(group)
                facets.update(facet for entry in entries for facet in entry.facets)
                if len(rows.union(path_to(minute))) > most_rows or (
                    taken and len(facets) > _MAX_FACETS
                ):
                    return cls(taken, marks)
                rows.update(path_to(minute))
                taken[delta.row] = taken.get(delta.row, ()) + entries
                marks[delta.row] = minute
            marks[delta.row] = None
        return cls(taken, marks)

    @property
    def completed(self) -> int:
        """How many deltas are wholly taken."""
        return sum(until is None for until in self.marks.values())

    def all(self, since: int) -> Iterator[Entry]:
        """Yield the entries from the time `since` on."""
        for entries in self.entries.values():
            yield from (entry for entry in entries if entry.time >= since)

    def facets(self) -> list[str]:
        """Return the facets that any of the entries has."""
        every = (each.facets for entries in self.entries.values() for each in entries)
        return sorted({facet for facets in every for facet in facets})

    def of_facet(self, facet: str, own: Head) -> Share:
        """Return what the tally of a facet has not folded yet, by the marks of its own head."""
        entries, marks = {}, {}
        for row, until in self.marks.items():
            there = own.marks.get(row)
            if there is not None and there.until is None:
                continue
            entries[row] = tuple(
                entry
                for entry in self.entries.get(row, ())
                if facet in entry.facets and (there is None or entry.minute > (there.until or ""))
            )
            if entries[row]:
                marks[row] = until
        return Share(entries, marks)


class Folder:
    """Folds the tally of one scope at a time.

    `facets` names the facets that events are also tallied by.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Clock,
        *,
        facets: Iterable[str] = (),
        retention: Retention = FOR_EVER,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._facets = frozenset(facets)
        self._retention = retention
        self._scopes = Scopes(client, table)

    def compact(self, scope: str, seconds: int) -> None:
        """Fold until readers of the head have little to read, or the time is up.

        It leaves a few small deltas: folding them would cost more than reading them.
        """
        end = self._clock.now() + seconds * SECOND
        while self._clock.now() < end:
            head = read_head(self._client, self._table, scope)
            if not head.bucket.version:
                self._scopes.add(scope)
            unfolded = [delta for delta in head.deltas if not head.is_folded(delta)]
            ripe = _ripe(unfolded, self._clock.now())
            if _is_due(ripe):
                if not self.fold(scope):
                    self._clock.sleep(1)
            elif _is_due(unfolded):
                self._clock.sleep(1)
            elif len(unfolded) < len(head.deltas):
                self._clear(scope, head, self._clock.now())
                self._clock.sleep(1)
            else:
                return

    def fold(self, scope: str) -> bool:
        """Fold once; return whether there may be more to do at once.

        It also returns False if somebody else folded meanwhile: they go on.
        """
        head, now = read_head(self._client, self._table, scope), self._clock.now()
        forgotten = self._clear(scope, head, now)
        pending = [d for d in _ripe(head.deltas, now) if not head.is_folded(d)]
        kept = {row: mark for row, mark in head.marks.items() if row not in forgotten}
        for most_rows in _MOST_ROWS:
            share = Share.of(head, pending, most_rows)
            if not share.marks:
                return False  # The head is not small: the next fold drops the forgotten marks.
            with suppress(RowsTooLargeError):
                is_done = self._fold_share(scope, head, kept, share)
                return is_done and share.completed < len(pending)
        raise Unavailable("rows of the tally have grown too large")

    def _fold_share(self, scope: str, head: Head, kept: Mapping[str, Mark], share: Share) -> bool:
        """Fold a share everywhere, facets first: a delta folded in the scope is folded in all."""
        if not all(self._fold_facet(scope, facet, head, share) for facet in share.facets()):
            return False
        taken = max(delta.last for delta in head.deltas)
        watermark = head.watermark.risen(taken, self._clock.now())
        tallied = replace(head, marks=kept, tallied=head.facets(self._facets), watermark=watermark)
        return self._count(scope, tallied, share)

    def _fold_facet(self, scope: str, facet: str, head: Head, share: Share) -> bool:
        """Fold into a facet's tally what it lacks; return False if somebody else was faster.

        The write demands that the scope's head did not move on. Otherwise the deltas, and the marks
        that this head has for them, may be gone already.
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
        """Count a share in every row that it touches; return False if one was changed meanwhile."""
        kinds = Kinds(head.bucket.kinds())
        touched = _by_bucket(entry.counted(kinds) for entry in share.all(head.cleared))
        names = [name for name in touched if name != ROOT]
        rows = (
            read_buckets(self._client, self._table, partition, names, self._clock) if names else {}
        )
        rows[ROOT] = head.bucket
        new = _counted(rows, touched)
        group, now = new[ROOT].version, self._clock.now()
        marks = {row: Mark(until, group, now) for row, until in share.marks.items()}
        root = replace(head, bucket=new[ROOT], marks={**head.marks, **marks})
        return write_rows(self._client, self._table, partition, rows, new, root, above)

    def _clear(self, scope: str, head: Head, now: int) -> set[str]:
        """Delete the deltas that were folded a while ago; the arrival log keeps their entries.

        Returns the marks that the head no longer needs.
        """
        groups: dict[int, set[str]] = defaultdict(set)
        for row, mark in head.marks.items():
            if mark.until is None and mark.at <= now - HOLDING:
                groups[mark.group].add(row)
        for rows in groups.values():
            deltas = [delta for delta in head.deltas if delta.row in rows]
            # If some are gone, an earlier run has written the log rows: deletes come after them.
            if len(deltas) == len(rows):
                self._log(scope, deltas)
            self._delete(scope, deltas)
        return {row for rows in groups.values() for row in rows}

    def _log(self, scope: str, deltas: Sequence[Delta]) -> None:
        for stretch in stretches(deltas):
            # An earlier run may have written the row, and died before it deleted the deltas.
            write_new(self._client, self._table, stretch.item(scope, self._retention))

    def _delete(self, scope: str, deltas: Sequence[Delta]) -> None:
        for delta in deltas:
            key: Item = {"scope": {"S": scope}, "row": {"S": delta.row}}
            with failures_as_unavailable():
                self._client.delete_item(TableName=self._table, Key=key)


def _ripe(deltas: Iterable[Delta], now: int) -> list[Delta]:
    """Return the deltas whose events the indexes show by now."""
    return [delta for delta in deltas if delta.at <= now - SETTLING]


def _is_due(deltas: Sequence[Delta]) -> bool:
    """Return whether folding these deltas costs less than reading them again and again."""
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
