"""Verifying: agrees with a log that is right, and finds what is not."""

from __future__ import annotations

from itertools import count

import pytest
from conftest import TABLES, dynamo_store
from mypy_boto3_dynamodb import DynamoDBClient

from polylog.dynamo import buckets
from polylog.dynamo.fold import HOLDING, SETTLING, Folder
from polylog.dynamo.head import read_head
from polylog.dynamo.verify import Drift, Verifier
from polylog.event import Event

pytestmark = pytest.mark.engine

HOUR = 3_600_000_000

_numbers = count(1)


@pytest.fixture
def scope(engine: DynamoDBClient) -> str:
    """Return a scope with 30 settled events and 3 young ones."""
    scope, now = f"verify-{next(_numbers)}", 10**15
    store = dynamo_store(engine, shards=3, clock=lambda: now)
    folder = Folder(engine, "TallyTable", lambda: now)
    store.put(scope, [Event(id=f"e{n}", time=n * HOUR, type="ab"[n % 2]) for n in range(30)])
    now += SETTLING
    folder.fold(scope)
    now += HOLDING
    folder.fold(scope)
    store.put(scope, [Event(id=f"young{n}", time=n, type="c") for n in range(3)])
    return scope


def test_it_agrees_with_a_log_that_is_right(engine: DynamoDBClient, scope: str) -> None:
    report = Verifier(engine, TABLES, 3).verify(scope)
    assert (report.settled, report.young, report.drifts) == (30, 3, ())
    assert report.rows == 1 + 1 + 1 + 2 + 30


def test_it_agrees_where_kinds_are_counted_together(
    engine: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "MAX_KINDS", 2)
    scope, now = f"verify-{next(_numbers)}", 10**15
    store = dynamo_store(engine, clock=lambda: now)
    store.put(scope, [Event(id=f"e{n}", time=n, type=f"t{n}") for n in range(5)])
    now += SETTLING
    Folder(engine, "TallyTable", lambda: now).fold(scope)
    assert Verifier(engine, TABLES, 1).verify(scope).drifts == ()


def test_it_finds_an_event_that_is_gone(engine: DynamoDBClient, scope: str) -> None:
    engine.delete_item(TableName="EventsTable", Key={"pk": {"S": f"{scope}/e1"}})
    assert Verifier(engine, TABLES, 3).verify(scope).drifts == (
        Drift("1970", "system:b", 14, 15),
        Drift("1970-01", "system:b", 14, 15),
        Drift("1970-01-01", "system:b", 11, 12),
        Drift("1970-01-01T01", "system:b", 0, 1),
        Drift("1970-01-01T01:00", "system:b", 0, 1),
    )


def test_it_finds_a_row_that_is_gone(engine: DynamoDBClient, scope: str) -> None:
    key = {"scope": {"S": scope}, "row": {"S": "hour/1970-01-02T00"}}
    engine.delete_item(TableName="TallyTable", Key=key)
    assert read_head(engine, "TallyTable", scope).bucket.version > 0
    assert Verifier(engine, TABLES, 3).verify(scope).drifts == (
        Drift("1970-01-02T00:00", "system:a", 1, 0),
    )
