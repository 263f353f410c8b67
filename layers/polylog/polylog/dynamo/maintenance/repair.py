"""Corrects the rows of a tally from the events, a day at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from polylog.dynamo.maintenance.recount import Books, MovedError, rows_of
from polylog.dynamo.retention import DAY
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.delta import Newest, newest_of
from polylog.dynamo.tally.levels import (
    ROOT,
    Level,
    ancestors_of,
    first_minute,
    hours_of,
    start_of,
)
from polylog.dynamo.tally.rows import write_rows
from polylog.model.filter import Compare, Op, conjunction
from polylog.model.times import EARLIEST

_UNKNOWN: Final = Newest(EARLIEST, 0, None)


def repair(books: Books, bucket: str) -> None:
    """Recount the first day of a bucket, and write the day's rows and those above it.

    One transaction does it, so readers see all of it or nothing. Raises `MovedError` if the tally
    was changed meanwhile.
    """
    head = books.head()
    day = Level.DAY.bucket(first_minute(bucket or max(head.bucket.children, default="")))
    start = start_of(day)
    end = Compare("time", Op.LT, start + DAY)
    filter = conjunction([books.events(max(head.cleared, start)), end])
    entries = list(books.settled(filter, version=head.bucket.version))

    old = {ROOT: head.bucket, **books.rows([*ancestors_of(day)[1:], day, *hours_of(day)])}
    new = {name: Bucket() for name in old}
    version = head.bucket.version + 1
    if entries:
        new |= rows_of(day, entries)
    hours = {name: row for name, row in new.items() if Level.of(name) is Level.HOUR}
    new[day] = _stating(day, new.get(day, Bucket()), hours, hours, version)
    child = day
    for name in reversed(ancestors_of(day)):
        there = old.get(name, Bucket())
        changed = {child: new[child]}
        new[name] = _stating(name, there, {**books.stated(there), **changed}, changed, version)
        child = name
    new[ROOT] = replace(new[ROOT], version=version)
    head = replace(head, bucket=new[ROOT])
    if not write_rows(books.client, books.table, books.partition, old, new, head):
        raise MovedError


def _stating(
    name: str,
    bucket: Bucket,
    rows: Mapping[str, Bucket],
    changed: Mapping[str, Bucket],
    version: int,
) -> Bucket:
    """Return a bucket that agrees with its children's rows; other children stay as they are."""
    stated = {child: row.totals() for child, row in rows.items()}
    children = {child: counts for child, counts in {**bucket.children, **stated}.items() if counts}
    versions = {**bucket.versions, **dict.fromkeys(changed, version)}
    latest = bucket.newest.get(name, {})
    kinds = {kind for counts in children.values() for kind in counts}
    found = newest_of(each for row in rows.values() for each in row.latest().items())
    newest = {kind: found.get(kind, latest.get(kind, _UNKNOWN)) for kind in kinds}
    versions = {child: number for child, number in versions.items() if child in children}
    return Bucket(version, children, versions, {name: newest} if newest else {})
