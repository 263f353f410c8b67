"""An audit recounts a day that it chooses at random, to notice a wrong tally."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from polylog.dynamo.events.reader import Reader
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance.recount import Books, Drift, Recount
from polylog.dynamo.retention import Retention
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.levels import Level, minute_of, parent_of
from polylog.model.errors import TooBroad, Unavailable
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_MOST_EVENTS: Final = 20_000
_LIMITS: Final = Limits(items=_MOST_EVENTS, seconds=15)
"""How many events a day may have, and how long counting it may take."""


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

        It returns nothing if there is no such day, if all days are too large, or if the tally
        changes too quickly. The next run chooses another day.
        """
        clock = self._clock
        reader = Reader(self._client, self._tables.events, self._shards, _LIMITS, clock)
        reader = reader.within(_LIMITS.allow(clock))
        books = Books(self._client, self._tables.tally, reader, clock, scope)
        try:
            recount = Recount(books)
            days = list(self._days(recount))
            # The index may have lagged. A second count shows whether it did.
            if not days or not recount.day(day := random.choice(days)):
                return ()
            return tuple(Recount(books).day(day))
        except (Unavailable, TooBroad):
            return ()

    def _days(self, recount: Recount) -> Iterator[str]:
        """Yield the days that may be counted.

        The first day that is kept is left out, since it is about to expire.
        """
        now = self._clock.now()
        floor, today = _day_of(self._retention.floor(now)), _day_of(now)
        for day in recount.days():
            number = recount.upper[parent_of(day)].children.get(day, {})
            if floor < day < today and 0 < sum(number.values()) <= _MOST_EVENTS:
                yield day


def _day_of(time_us: int) -> str:
    return Level.DAY.bucket(minute_of(time_us))
