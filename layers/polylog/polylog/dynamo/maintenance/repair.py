"""A repair corrects the rows of a tally from the events, a day at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from polylog.dynamo.maintenance.recount import Books, MovedError, rows_of, time_of
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.head import Head, read_root
from polylog.dynamo.tally.kinds import Kinds
from polylog.dynamo.tally.levels import (
    ROOT,
    Level,
    ancestors_of,
    first_minute,
    hours_of,
)
from polylog.dynamo.tally.rows import write_rows
from polylog.dynamo.tally.summary import Newest, newest_of
from polylog.model.times import EARLIEST

_ATTEMPTS: Final = 20

_UNKNOWN: Final = Newest(EARLIEST, 0, None)


def repair(books: Books, bucket: str) -> None:
    """Recount the first day of a bucket, and write the day's rows and those above it.

    It writes them in one transaction, so readers see all of it or nothing. Folds that do not touch
    the day do not disturb it. Raises `MovedError` if the day was changed meanwhile.
    """
    moment = books.moment()
    day = Level.DAY.bucket(first_minute(bucket or max(moment.head.bucket.children, default="")))
    names = [day, *hours_of(day)]
    before = books.rows(names)
    entries, _ = books.settled(moment, time_of(day))
    for _ in range(_ATTEMPTS):
        head = read_root(books.client, books.table, books.scope)
        old = {ROOT: head.bucket, **books.rows([*ancestors_of(day)[1:], *names])}
        if _versions(old, names) != _versions(before, names):
            raise MovedError
        new, root = _repaired(books, day, entries, old, head)
        if write_rows(books.client, books.table, books.scope, old, new, root):
            return
    raise MovedError


def _versions(rows: Mapping[str, Bucket], names: Iterable[str]) -> list[int]:
    return [rows.get(name, Bucket()).version for name in names]


def _repaired(
    books: Books, day: str, entries: Sequence[Entry], old: Mapping[str, Bucket], head: Head
) -> tuple[dict[str, Bucket], Head]:
    """Return the rows of a day that count these entries, those above it, and the head."""
    new = {name: Bucket() for name in old}
    version = head.bucket.version + 1
    if entries:
        new |= rows_of(day, entries, Kinds(head.bucket.kinds()))
    hours = {name: row for name, row in new.items() if Level.of(name) is Level.HOUR}
    new[day] = _stating(day, new.get(day, Bucket()), hours, hours, version)
    child = day
    for name in reversed(ancestors_of(day)):
        there = old.get(name, Bucket())
        changed = {child: new[child]}
        new[name] = _stating(name, there, {**books.stated(there), **changed}, changed, version)
        child = name
    new[ROOT] = replace(new[ROOT], version=version)
    settled = head.settled | books.lost
    return new, replace(head, bucket=new[ROOT], settled=settled)


def _stating(
    name: str,
    bucket: Bucket,
    rows: Mapping[str, Bucket],
    changed: Mapping[str, Bucket],
    version: int,
) -> Bucket:
    """Return a bucket that agrees with its children's rows. Other children stay as they are."""
    stated = {child: row.totals() for child, row in rows.items()}
    children = {child: counts for child, counts in {**bucket.children, **stated}.items() if counts}
    versions = {**bucket.versions, **dict.fromkeys(changed, version)}
    latest = bucket.newest.get(name, {})
    kinds = {kind for counts in children.values() for kind in counts}
    found = newest_of(each for row in rows.values() for each in row.latest().items())
    newest = {kind: found.get(kind, latest.get(kind, _UNKNOWN)) for kind in kinds}
    versions = {child: number for child, number in versions.items() if child in children}
    return Bucket(version, children, versions, {name: newest} if newest else {})
