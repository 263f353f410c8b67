"""Writers, folders and readers at once, with a small delay in every call, as over a network."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support import soak
from support.examples import long
from support.soak import (
    FACETS,
    QUESTIONS,
    ROLES,
    SHARDS,
    SPAWN,
    START_SECONDS,
    Soak,
)
from support.stores import TABLES, dynamo_store, settle

from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.tally.head import read_head

pytestmark = pytest.mark.engine

SHORT, LONG = 5, 20


def check(client: DynamoDBClient, world: Soak, reads: list[soak.Read]) -> None:
    version = read_head(client, "TallyTable", world.scope).bucket.version
    print(Counter(read.what for read in reads), "events", world.in_all(), "version", version)
    assert [read for read in reads if not read.is_true()] == []
    assert {read.what for read in reads} >= set(soak.ASK)
    assert version > (3 if world.seconds == LONG else 0)
    check_settled(client, world)
    fold_all(client, world.scope)
    check_settled(client, world)


def check_settled(client: DynamoDBClient, world: Soak) -> None:
    report = Verifier(client, TABLES, SHARDS).verify(world.scope)
    assert (report.settled + report.young, report.drifts) == (world.in_all(), ())
    store = dynamo_store(client, SHARDS, facets=FACETS)
    totals = [store.count(world.scope, filter) for filter in QUESTIONS]
    assert totals == [world.in_all(question) for question in range(len(QUESTIONS))]


def fold_all(client: DynamoDBClient, scope: str) -> None:
    """Fold until nothing is left."""
    settle(client, scope)


@pytest.mark.parametrize("seconds", [SHORT, *long(LONG)])
def test_every_read_in_threads_was_true_at_some_moment(
    engine: DynamoDBClient, scope: str, seconds: int
) -> None:
    world = Soak(engine.meta.endpoint_url, scope, seconds)
    soak.enter(world)
    check(engine, world, soak.act(ROLES))


@pytest.mark.parametrize(
    ("seconds", "processes"), [(SHORT, 2), pytest.param(LONG, len(ROLES), marks=pytest.mark.long)]
)
def test_every_read_in_processes_was_true_at_some_moment(
    engine: DynamoDBClient, scope: str, seconds: int, processes: int
) -> None:
    world = Soak(engine.meta.endpoint_url, scope, seconds)
    casts = [ROLES[number::processes] for number in range(processes)]
    with ProcessPoolExecutor(processes, SPAWN, soak.enter, (world,)) as pool:
        acts = [pool.submit(soak.act, cast) for cast in casts]
        reads = [read for act in acts for read in act.result(START_SECONDS + 10 * LONG)]
    check(engine, world, reads)
