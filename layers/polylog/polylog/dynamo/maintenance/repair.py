"""Makes the rows of a tally what the events come to, a day at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from polylog.dynamo.maintenance.recount import Books, MovedError, rows_of
from polylog.dynamo.retention import DAY
from polylog.dynamo.tally.bucket import Bucket, Newest, newest_of
from polylog.dynamo.tally.levels import ROOT, first_minute, minute_start, path_to
from polylog.dynamo.tally.rows import write_rows
from polylog.model.filter import Compare, Op, conjunction
from polylog.model.times import EARLIEST

_HOURS: Final = tuple(f"T{hour:02}" for hour in range(24))
_UNKNOWN: Final = Newest(EARLIEST, 0, None)


def repair(books: Books, bucket: str) -> None:
    """Count the day that a bucket begins with anew, and write its rows and those above it.

    One transaction: whoever reads meanwhile sees all of it or nothing. Raises `MovedError` when
    the tally was changed meanwhile.
    """
    head = books.head()
    minute = first_minute(bucket or max(head.bucket.children, default=""))
    *above, day = path_to(minute)[:4]
    start = minute_start(minute) // DAY * DAY
    end = Compare("time", Op.LT, start + DAY)
    filter = conjunction([books.events(max(head.cleared, start)), end])
    entries = list(books.settled(filter, version=head.bucket.version))

    old = {ROOT: head.bucket, **books.rows([*above[1:], day, *(day + hour for hour in _HOURS)])}
    new = {name: Bucket() for name in old}
    version = head.bucket.version + 1
    if entries:
        new |= rows_of(day, entries)
    hours = {name: row for name, row in new.items() if len(name) > len(day)}
    new[day] = _stating(day, new.get(day, Bucket()), hours, hours, version)
    child = day
    for name in reversed(above):
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
    """Return a bucket that says what its children's rows say; those not there are left alone."""
    stated = {child: row.totals() for child, row in rows.items()}
    children = {child: counts for child, counts in {**bucket.children, **stated}.items() if counts}
    versions = {**bucket.versions, **dict.fromkeys(changed, version)}
    latest = bucket.newest.get(name, {})
    kinds = {kind for counts in children.values() for kind in counts}
    found = newest_of(each for row in rows.values() for each in row.latest().items())
    newest = {kind: found.get(kind, latest.get(kind, _UNKNOWN)) for kind in kinds}
    versions = {child: number for child, number in versions.items() if child in children}
    return Bucket(version, children, versions, {name: newest} if newest else {})
