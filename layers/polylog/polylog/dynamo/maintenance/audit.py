"""Counts single days again, chosen at random, so that a wrong tally does not stay unnoticed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from polylog.dynamo.events.items import Tables
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance.recount import Books, Drift, MovedError, compare, rows_of
from polylog.dynamo.retention import DAY, Retention
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.levels import (
    LENGTHS,
    ROOT,
    first_minute,
    minute_of,
    minute_start,
    parent_of,
)
from polylog.dynamo.tally.tree import StaleRowsError, Tree
from polylog.model.errors import TooBroad
from polylog.model.filter import Compare, Filter, Op, conjunction

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MOST_EVENTS: Final = 20_000
_LIMITS: Final = Limits(items=_MOST_EVENTS, seconds=15)
"""How large a day may be, and how long counting it may take."""

_NAME: Final = LENGTHS["day"]


class Auditor:
    """Recounts a day of one scope at a time; `clock` gives microseconds since the epoch."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        shards: int,
        clock: Callable[[], int],
        retention: Retention,
    ) -> None:
        self._client = client
        self._tables = tables
        self._shards = shards
        self._clock = clock
        self._retention = retention

    def audit(self, scope: str) -> tuple[Drift, ...]:
        """Return what is wrong with the tally of one past day.

        Nothing as well when there is no such day, when all are too large, or when the day is
        folded into meanwhile: another run takes another day.
        """
        reader = Reader(self._client, self._tables.events, self._shards, _LIMITS)
        reader = reader.until(_LIMITS.deadline())
        books = Books(self._client, self._tables.tally, reader, scope)
        try:
            tree = _tree(books)
            day = next(self._days(tree, ROOT), None)
            # What the index showed late is there when it is counted once more.
            if day is None or not _drifts(books, tree, day):
                return ()
            return _drifts(books, _tree(books), day)
        except (MovedError, StaleRowsError, TooBroad):
            return ()

    def _days(self, tree: Tree, name: str) -> Iterator[str]:
        """Yield the days in a bucket that may be counted, in any order.

        The first day that is kept is left out with those before it: it is about to expire.
        """
        now = self._clock()
        floor, today = minute_of(self._retention.floor(now))[:_NAME], minute_of(now)[:_NAME]
        bucket = tree.bucket(name)
        for child in random.sample(list(bucket.children), len(bucket.children)):
            if len(child) < _NAME:
                yield from self._days(tree, child) if child <= today[: len(child)] else ()
            elif floor < child < today and bucket.children[child]:
                yield from [child] if sum(bucket.children[child].values()) <= _MOST_EVENTS else ()


def _tree(books: Books) -> Tree:
    return Tree(books.head().bucket, {}, books.rows)


def _drifts(books: Books, tree: Tree, day: str) -> tuple[Drift, ...]:
    """Return what is wrong with a day; raises `MovedError` when it is folded into meanwhile."""
    row, month = tree.bucket(day), parent_of(day)
    tree.fetch_all(list(row.versions))
    there = {day: row, **{hour: tree.bucket(hour) for hour in row.versions}}
    there[month] = Bucket(children={day: tree.bucket(month).children[day]})
    entries = list(books.settled(_within(day)))
    if _tree(books).bucket(day).version != row.version:
        raise MovedError
    expected = rows_of(day, entries)
    expected[month] = Bucket(children={day: expected[day].totals()})
    return tuple(compare(expected, there))


def _within(day: str) -> Filter:
    start = minute_start(first_minute(day))
    return conjunction([Compare("time", Op.GE, start), Compare("time", Op.LT, start + DAY)])
