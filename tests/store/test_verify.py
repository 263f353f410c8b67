"""Verifying: it agrees with a log that is right, and finds what is wrong in another."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import TABLES, dynamo_store, settle

from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.recount import Drift
from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.tally import kinds
from polylog.dynamo.tally.head import read_head
from polylog.dynamo.tally.summary import Newest
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Compare, Op
from polylog.model.times import Clock
from polylog_cli.local.tables import connect

pytestmark = pytest.mark.engine

HOUR = 3_600_000_000

_numbers = count(1)


@pytest.fixture
def scope(engine: DynamoDBClient) -> str:
    """Return a scope with 30 settled events and 3 young ones."""
    scope, now = f"verify-{next(_numbers)}", 10**15
    store = dynamo_store(engine, shards=3, clock=lambda: now)
    store.put(scope, [Event(id=f"e{n}", time=n * HOUR, type="ab"[n % 2]) for n in range(30)])
    settle(engine, scope)
    store.put(scope, [Event(id=f"young{n}", time=n, type="c") for n in range(3)])
    return scope


def test_it_agrees_with_a_log_that_is_right(engine: DynamoDBClient, scope: str) -> None:
    report = Verifier(engine, TABLES, 3).verify(scope)
    assert (report.settled, report.young, report.drifts) == (30, 3, ())
    assert report.rows == 1 + 1 + 1 + 2 + 30


def test_it_agrees_where_kinds_are_counted_together(
    engine: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "MAX_KINDS", 2)
    scope, now = f"verify-{next(_numbers)}", 10**15
    store = dynamo_store(engine, clock=lambda: now)
    store.put(scope, [Event(id=f"e{n}", time=n, type=f"t{n}") for n in range(5)])
    settle(engine, scope)
    assert kinds.OTHER in read_head(engine, "TallyTable", scope).bucket.totals()
    assert Verifier(engine, TABLES, 1).verify(scope).drifts == ()


def test_it_finds_an_event_that_is_gone(engine: DynamoDBClient, scope: str) -> None:
    engine.delete_item(TableName="EventsTable", Key={"pk": {"S": f"{scope}/e1"}})
    assert Verifier(engine, TABLES, 3).verify(scope).drifts == (
        Drift(None, "1970", "system:b", 14, 15),
        Drift(None, "1970-01", "system:b", 14, 15),
        Drift(None, "1970-01-01", "system:b", 11, 12),
        Drift(None, "1970-01-01T01", "system:b", 0, 1),
        Drift(None, "1970-01-01T01:00", "system:b", 0, 1),
    )


def test_it_finds_a_row_that_is_gone(engine: DynamoDBClient, scope: str) -> None:
    key = {"scope": {"S": scope}, "row": {"S": "hour/1970-01-02T00"}}
    engine.delete_item(TableName="TallyTable", Key=key)
    assert read_head(engine, "TallyTable", scope).bucket.version > 0
    assert Verifier(engine, TABLES, 3).verify(scope).drifts == (
        Drift(None, "1970-01-02T00:00", "system:a", 1, 0),
    )


def damaged(engine: DynamoDBClient, scope: str, row: str) -> None:
    engine.delete_item(TableName="TallyTable", Key={"scope": {"S": scope}, "row": {"S": row}})


@pytest.mark.parametrize(
    "row", ["head/all", "year/1970", "month/1970-01", "day/1970-01-01", "hour/1970-01-01T05"]
)
def test_it_repairs_a_row_that_is_gone(engine: DynamoDBClient, scope: str, row: str) -> None:
    damaged(engine, scope, row)
    verifier = Verifier(engine, TABLES, 3)
    assert verifier.verify(scope).drifts
    report = verifier.repair(scope)
    assert (report.settled, report.young, report.drifts) == (30, 3, ())
    assert dynamo_store(engine, 3).count(scope, EVERYTHING) == 33


def test_it_repairs_counts_of_lost_events(engine: DynamoDBClient, scope: str) -> None:
    for number in (1, 29):
        engine.delete_item(TableName="EventsTable", Key={"pk": {"S": f"{scope}/e{number}"}})
    report = Verifier(engine, TABLES, 3).repair(scope)
    assert (report.settled, report.drifts) == (28, ())
    groups = dynamo_store(engine, 3).groups(scope, Compare("type", Op.EQ, "b"))
    assert [(group.count, group.time) for group in groups] == [(13, 27 * HOUR)]


def test_it_repairs_a_newest_event_that_is_wrong(engine: DynamoDBClient, scope: str) -> None:
    head = read_head(engine, "TallyTable", scope)
    wrong = Newest(10**15, 10**6, "wrong")
    bucket = replace(head.bucket, newest={"": {**head.bucket.newest[""], "system:a": wrong}})
    engine.put_item(TableName="TallyTable", Item=replace(head, bucket=bucket).item(scope))
    verifier = Verifier(engine, TABLES, 3)
    (drift,) = verifier.verify(scope).drifts
    assert (drift.bucket, drift.what, drift.row) == ("", "newest system:a", 10**6)
    assert verifier.repair(scope).drifts == ()


def test_a_recount_that_a_fold_disturbs_begins_again(engine: DynamoDBClient, scope: str) -> None:
    folds = iter([True])

    class Disturbing:
        """A client that folds once between the reads of a recount."""

        def __getattr__(self, name: str) -> Any:
            if name == "batch_get_item" and next(folds, False):
                Folder(engine, "TallyTable", Clock()).fold(scope)
            return getattr(engine, name)

    disturbing: Any = Disturbing()
    report = Verifier(disturbing, TABLES, 3).verify(scope)
    assert (report.settled, report.young, report.drifts) == (33, 0, ())


def test_a_log_that_is_written_and_folded_all_the_time_is_verified(
    engine: DynamoDBClient, scope: str
) -> None:
    """Events come before each read of a recount, into days that exist and into new ones."""
    scope = f"{scope}-busy"
    store, stored = dynamo_store(engine, shards=3), list[Event]()

    def write(**_: object) -> None:
        if len(stored) == 40:
            return
        number = len(stored)
        event = Event(id=f"w{number}", time=number * 7 * HOUR, type="a", project_id="p")
        store.put(scope, [event])
        stored.append(event)
        Folder(engine, "TallyTable", Clock()).fold(scope)

    for _ in range(10):
        write()
    busy = connect(engine.meta.endpoint_url)
    for operation in ("Query", "BatchGetItem", "GetItem"):
        busy.meta.events.register(f"before-call.dynamodb.{operation}", write)
    report = Verifier(busy, TABLES, 3).verify(scope)
    assert report.drifts == ()
    assert len(stored) == 40
    key = {"pk": {"S": f"{scope}/w3"}}
    settle(engine, scope)
    engine.delete_item(TableName="EventsTable", Key=key)
    found = Verifier(engine, TABLES, 3).verify(scope).drifts
    assert {drift.bucket for drift in found} >= {"1970-01-01T21", "1970-01-01T21:00"}


def test_no_number_is_given_twice_after_a_repair(engine: DynamoDBClient, scope: str) -> None:
    damaged(engine, f"{scope}|seq", "seq")
    Folder(engine, "TallyTable", Clock()).fold(scope)
    Verifier(engine, TABLES, 3).repair(scope)
    (outcome,) = dynamo_store(engine, 3).put(scope, [Event(id="next", time=0, type="a")])
    assert outcome.seq == 34
