"""The compact function: which scopes it folds, from records of the tally table's stream."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import dynamo_store

from polylog.aws import compact
from polylog.aws.compact import compact_handler
from polylog.dynamo.deadlines import LAST_REQUEST_SECONDS
from polylog.dynamo.events.items import partition_key
from polylog.dynamo.maintenance import watch
from polylog.dynamo.maintenance.fold import Folder, Work
from polylog.dynamo.maintenance.seal import Sealer
from polylog.dynamo.tally.head import read_head
from polylog.dynamo.tally.registry import Scopes
from polylog.model import times
from polylog.model.errors import TimedOut, Unavailable
from polylog.model.event import Event
from polylog_cli.local.tables import ENVIRONMENT
from tools.clocks import StoppedClock

DUE = 8
"""The number of deltas that are folded here: fewer than usual."""

VARIABLES = {
    **ENVIRONMENT,
    "EVENTS_TABLE": "EventsTable",
    "TALLY_TABLE": "TallyTable",
    "INDEX_SHARDS": "1",
    "WRITTEN_SHARDS": "1",
    "RETENTION_DAYS": "10",
    "TALLIED_FACETS": "",
    "POWERTOOLS_METRICS_NAMESPACE": "Polylog",
    "POWERTOOLS_SERVICE_NAME": "polylog",
    "POWERTOOLS_METRICS_DISABLED": "false",
}


def record(scope: str, row: str = "head/delta/0000000000000001") -> dict[str, object]:
    keys = {"scope": {"S": scope}, "row": {"S": row}}
    return {"eventName": "INSERT", "dynamodb": {"Keys": keys}}


def wake_up(scope: str) -> dict[str, object]:
    return record(f"{scope}|wake", "wake/young")


def counted(client: DynamoDBClient, scope: str) -> dict[str, int]:
    return read_head(client, "TallyTable", scope).bucket.totals()


def metrics(printed: str) -> list[dict[str, Any]]:
    """Return what a run reported to CloudWatch, by the name of the metric."""
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return [
        {each["Name"]: line[each["Name"]] for each in told["Metrics"]}
        for line in lines
        for told in line.get("_aws", {}).get("CloudWatchMetrics", ())
    ]


@pytest.fixture
def woken(moto: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> DynamoDBClient:
    """Return a client of tables with two scopes that have deltas to fold, and no waiting."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(watch, "_DUE_DELTAS", DUE)
    monkeypatch.setattr(compact, "SYSTEM_CLOCK", StoppedClock(times.now()).clock)
    store = dynamo_store(moto)
    for scope in ("one", "two"):
        for number in range(DUE):
            store.put(scope, [Event(id=f"e{number}", time=number, type="t")])
    return moto


def test_it_folds_only_the_scopes_of_its_records(woken: DynamoDBClient) -> None:
    compact_handler()({"Records": [record("one"), record("one")]}, None)
    assert counted(woken, "one") == {"system:t": DUE}
    assert counted(woken, "two") == {}


class Ending:
    """An invocation that has no time left for a request."""

    def get_remaining_time_in_millis(self) -> int:
        return 1000 * LAST_REQUEST_SECONDS


def test_without_time_for_a_request_it_fails_so_that_its_records_come_again(
    woken: DynamoDBClient,
) -> None:
    with pytest.raises(TimedOut):
        compact_handler()({"Records": [record("one")]}, Ending())
    assert counted(woken, "one") == {}


def test_a_schedule_folds_the_rest_of_every_scope_and_drops_expired_events(
    woken: DynamoDBClient,
) -> None:
    handler = compact_handler()
    handler({"Records": [record("one"), record("two")]}, None)
    store = dynamo_store(woken)
    store.put("two", [Event(id="last", time=times.now(), type="t")])
    handler({}, None)
    assert counted(woken, "one") == {}
    assert counted(woken, "two") == {"system:t": 1}
    assert read_head(woken, "TallyTable", "two").recent == ()


def test_the_rest_of_a_scope_is_folded_after_some_wake_ups(woken: DynamoDBClient) -> None:
    handler, store = compact_handler(), dynamo_store(woken)
    handler({"Records": [record("one")]}, None)
    store.put("one", [Event(id="last", time=7, type="t")])
    for _ in range(4):
        assert counted(woken, "one") == {"system:t": DUE}
        handler({"Records": [wake_up("one")]}, None)
    handler({"Records": [wake_up("one")]}, None)
    assert counted(woken, "one") == {"system:t": DUE + 1}
    head = read_head(woken, "TallyTable", "one")
    assert (head.deltas, head.recent) == ((), ())


def test_a_scope_that_is_never_done_does_not_hold_up_the_others(
    woken: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, turns = Folder.work, list[str]()

    def never_done(folder: Folder, scope: str) -> Work:
        turns.append(scope)
        return Work.SOON if scope == "one" else work(folder, scope)

    monkeypatch.setattr(Folder, "work", never_done)
    compact_handler()({"Records": [record("one"), record("two")]}, None)
    assert turns[:4] == ["one", "two", "one", "two"]
    assert counted(woken, "two") == {"system:t": DUE}
    assert len(turns) == pytest.approx(compact.RUN_SECONDS / compact.PAUSE_SECONDS, rel=0.2)
    woke = woken.query(
        TableName="TallyTable",
        KeyConditionExpression="#scope = :scope",
        ExpressionAttributeNames={"#scope": "scope"},
        ExpressionAttributeValues={":scope": {"S": "one|wake"}},
    )
    assert woke["Count"] == 1


def test_a_schedule_seals_a_scope_that_is_written_all_the_time(
    woken: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, sealed = compact_handler(), list[str]()
    handler({"Records": [record("one")]}, None)
    monkeypatch.setattr(Folder, "work", lambda *_: Work.SOON)
    monkeypatch.setattr(Sealer, "seal", lambda _, scope: sealed.append(scope))
    handler({}, None)
    assert sealed.count("one") >= compact.SETTLE_SECONDS / 2


def test_it_accepts_records_of_an_unknown_scope(woken: DynamoDBClient) -> None:
    compact_handler()({"Records": [record("none")]}, None)
    assert read_head(woken, "TallyTable", "none").deltas == ()


def test_a_scope_that_fails_does_not_hold_up_the_others(
    woken: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Folder.work

    def fail_for_one(folder: Folder, scope: str) -> Work:
        if scope == "one":
            raise Unavailable
        return work(folder, scope)

    monkeypatch.setattr(Folder, "work", fail_for_one)
    with pytest.raises(Unavailable):
        compact_handler()({"Records": [record("one"), record("two")]}, None)
    assert counted(woken, "two") == {"system:t": DUE}


def test_it_reports_the_largest_number_of_kinds_in_a_scope(
    woken: DynamoDBClient, capsys: pytest.CaptureFixture[str]
) -> None:
    store = dynamo_store(woken)
    store.put("two", [Event(id=f"k{n}", time=n, type=f"t{n}") for n in range(3)])
    compact_handler()({"Records": [record("one"), record("two")]}, None)
    told = capsys.readouterr().out
    assert metrics(told) == [{"Kinds": [4.0]}]
    assert '"Namespace":"Polylog","Dimensions":[["service"]]' in told


def test_a_schedule_reports_that_tallies_and_events_agree(
    woken: DynamoDBClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "0")
    Scopes(woken, "TallyTable").add("one")
    compact_handler()({}, None)
    assert metrics(capsys.readouterr().out) == [{"Kinds": [1.0], "TallyDrift": [0.0]}]


def test_a_schedule_reports_a_tally_that_is_wrong(
    woken: DynamoDBClient,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "0")
    Scopes(woken, "TallyTable").add("one")
    woken.delete_item(TableName="EventsTable", Key={"pk": {"S": partition_key("one", "e7")}})
    compact_handler()({}, None)
    (told,) = metrics(capsys.readouterr().out)
    assert told["TallyDrift"][0] > 0
    assert "a tally is wrong" in caplog.messages
