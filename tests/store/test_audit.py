"""Recounting a random day: it agrees with a tally that is right, and finds errors in another."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import TABLES, dynamo_store, settle

from polylog.dynamo.events.items import partition_key
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance import audit
from polylog.dynamo.maintenance.audit import Auditor
from polylog.dynamo.maintenance.recount import Books, Drift
from polylog.dynamo.retention import DAY, FOR_EVER, Retention
from polylog.model.event import Event
from polylog.model.times import Clock

pytestmark = pytest.mark.engine

HOUR = 3_600_000_000

_numbers = count(1)


@pytest.fixture
def scope(engine: DynamoDBClient) -> str:
    """Return a scope with 20 settled events of one day, in two shards, and a young one."""
    scope, now = f"audit-{next(_numbers)}", 10**15
    store = dynamo_store(engine, shards=2, clock=lambda: now)
    store.put(scope, [Event(id=f"e{n}", time=n * HOUR, type="ab"[n % 2]) for n in range(20)])
    settle(engine, scope)
    store.put(scope, [Event(id="young", time=5, type="c")])
    return scope


def drifts(
    engine: DynamoDBClient, scope: str, now: int = 10**15, retention: Retention = FOR_EVER
) -> tuple[Drift, ...]:
    return Auditor(engine, TABLES, 2, Clock(lambda: now), retention).audit(scope)


def lose_an_event(engine: DynamoDBClient, scope: str) -> None:
    engine.delete_item(TableName="EventsTable", Key={"pk": {"S": partition_key(scope, "e3")}})


def test_it_agrees_with_a_tally_that_is_right(engine: DynamoDBClient, scope: str) -> None:
    assert drifts(engine, scope) == ()


def test_it_finds_no_day_in_an_empty_log(engine: DynamoDBClient) -> None:
    assert drifts(engine, f"audit-{next(_numbers)}") == ()


def test_a_lost_event_is_found_in_its_hour_its_day_and_its_month(
    engine: DynamoDBClient, scope: str
) -> None:
    lose_an_event(engine, scope)
    assert [
        (d.bucket, d.what, d.events, d.row) for d in sorted(drifts(engine, scope), key=str)
    ] == [
        ("1970-01-01", "system:b", 9, 10),
        ("1970-01-01T03", "system:b", 0, 1),
        ("1970-01-01T03:00", "system:b", 0, 1),
    ]


def test_today_is_not_counted(engine: DynamoDBClient, scope: str) -> None:
    lose_an_event(engine, scope)
    assert drifts(engine, scope, now=DAY - 1) == ()
    assert drifts(engine, scope, now=DAY) != ()


def test_a_day_that_is_about_to_expire_is_not_counted(engine: DynamoDBClient, scope: str) -> None:
    lose_an_event(engine, scope)
    assert drifts(engine, scope, now=3 * DAY, retention=Retention(3)) == ()
    assert drifts(engine, scope, now=3 * DAY, retention=Retention(4)) != ()


def test_a_day_of_too_many_events_is_not_counted(
    engine: DynamoDBClient, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_an_event(engine, scope)
    monkeypatch.setattr(audit, "_MOST_EVENTS", 19)
    assert drifts(engine, scope) == ()
    monkeypatch.setattr(audit, "_MOST_EVENTS", 20)
    assert drifts(engine, scope) != ()


def test_it_ends_when_its_time_is_up(
    engine: DynamoDBClient, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_an_event(engine, scope)
    monkeypatch.setattr(audit, "_LIMITS", Limits(items=20_000, seconds=0))
    assert drifts(engine, scope) == ()


def test_every_day_has_its_turn(engine: DynamoDBClient) -> None:
    scope, now = f"audit-{next(_numbers)}", 10**15
    store = dynamo_store(engine, shards=2, clock=lambda: now)
    store.put(scope, [Event(id=f"e{n}", time=n * 20 * DAY, type="a") for n in range(2)])
    settle(engine, scope)
    for n in range(2):
        key = {"pk": {"S": partition_key(scope, f"e{n}")}}
        engine.delete_item(TableName="EventsTable", Key=key)
    found = {drift.bucket[:10] for _ in range(25) for drift in drifts(engine, scope)}
    assert {name for name in found if len(name) == 10} == {"1970-01-01", "1970-01-21"}


def test_a_fold_into_a_day_does_not_disturb_its_recount(
    engine: DynamoDBClient, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows and its events are read as of the same moment."""
    settled, folds = Books.settled, list[str]()

    def fold_before(books: Books, *arguments: Any) -> Any:
        name = f"late{len(folds)}"
        dynamo_store(engine, shards=2).put(scope, [Event(id=name, time=7, type="a")])
        settle(engine, scope)
        folds.append(name)
        return settled(books, *arguments)

    monkeypatch.setattr(Books, "settled", fold_before)
    assert drifts(engine, scope) == ()
    lose_an_event(engine, scope)
    assert {drift.what for drift in drifts(engine, scope)} == {"system:b"}
    assert len(folds) == 3
