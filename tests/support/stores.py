"""Stores over a DynamoDB, as the tests ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient

from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tables import Shards, Tables
from polylog.model import times
from polylog.model.store import EventStore
from polylog.model.times import SECOND, Clock
from tools.clocks import StoppedClock

TABLES = Tables(events="EventsTable", tally="TallyTable")
LIMITS = Limits(items=100_000, seconds=60)


MakeStore = Callable[[int], EventStore]


MakePoorStore = Callable[[int], EventStore]


def dynamo_store(
    client: DynamoDBClient,
    shards: int = 1,
    limits: Limits = LIMITS,
    clock: Clock | Callable[[], int] = times.now,
    **options: Any,
) -> DynamoEventStore:
    """Return a store over a client, which never sleeps."""
    return DynamoEventStore(
        client,
        TABLES,
        shards=Shards(shards, shards),
        limits=limits,
        clock=clock if isinstance(clock, Clock) else clock_of(clock),
        **options,
    )


def clock_of(now: Callable[[], int]) -> Clock:
    """Return a clock that shows what a function returns, in microseconds, and never sleeps."""
    return Clock(now, lambda: now() / SECOND, sleep=lambda seconds: None)


def settle(client: DynamoDBClient, scope: str, **options: Any) -> None:
    """Fold everything in a scope, and wait until the indexes show it, by a clock of its own."""
    folder = Folder(client, TABLES.tally, StoppedClock(times.now()).clock, **options)
    assert folder.settle(scope, 3600)
