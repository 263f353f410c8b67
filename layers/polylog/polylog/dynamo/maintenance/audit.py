"""Recounts single days, chosen at random, so that somebody notices a wrong tally."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from polylog.dynamo.events.reader import Reader
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance.recount import Books, Drift, MovedError, compare, rows_of
from polylog.dynamo.retention import DAY, Retention
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.levels import ROOT, Level, minute_of, parent_of, start_of
from polylog.dynamo.tally.tree import StaleRowsError, Tree
from polylog.model.errors import TooBroad
from polylog.model.filter import Compare, Filter, Op, conjunction
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MOST_EVENTS: Final = 20_000
_LIMITS: Final = Limits(items=_MOST_EVENTS, seconds=15)
"""How large a day may be, and how long counting it may take."""


class Auditor:
    """Recounts a day of one scope at a time."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        shards: int,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._client = client
        self._tables = tables
        self._shards = shards
        self._clock = clock
        self._retention = retention

    def audit(self, scope: str) -> tuple[Drift, ...]:
        """Return what is wrong with the tally of one past day.

        It returns nothing if there is no such day, if all days are too large, or if a fold changes
        the day meanwhile: another run takes another day.
        """
        clock = self._clock
        reader = Reader(self._client, self._tables.events, self._shards, _LIMITS, clock)
        reader = reader.until(_LIMITS.deadline(clock))
        books = Books(self._client, self._tables.tally, reader, clock, scope)
        try:
            tree = _tree(books)
            day = next(self._days(tree, ROOT), None)
            # The index may have lagged. A second count tells.
            if day is None or not _drifts(books, tree, day):
                return ()
            return _drifts(books, _tree(books), day)
        except (MovedError, StaleRowsError, TooBroad):
            return ()

    def _days(self, tree: Tree, name: str) -> Iterator[str]:
        """Yield the days in a bucket that may be counted, in any order.

        The first day that is kept is left out, since it is about to expire.
        """
        now = self._clock.now()
        floor, today = _day_of(self._retention.floor(now)), _day_of(now)
        bucket = tree.bucket(name)
        for child in random.sample(list(bucket.children), len(bucket.children)):
            level = Level.of(child)
            if level < Level.DAY:
                yield from self._days(tree, child) if child <= level.bucket(today) else ()
            elif floor < child < today and bucket.children[child]:
                yield from [child] if sum(bucket.children[child].values()) <= _MOST_EVENTS else ()


def _day_of(time_us: int) -> str:
    return Level.DAY.bucket(minute_of(time_us))


def _tree(books: Books) -> Tree:
    return Tree(books.head().bucket, {}, books.rows)


def _drifts(books: Books, tree: Tree, day: str) -> tuple[Drift, ...]:
    """Return what is wrong with a day; raises `MovedError` if a fold changes it meanwhile."""
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
    start = start_of(day)
    return conjunction([Compare("time", Op.GE, start), Compare("time", Op.LT, start + DAY)])
