"""The published Python SDK `huaweicloudsdkces`, unchanged, against a running service."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from huaweicloudsdkces.v1 import (
    CesClient,
    CreateEventsRequest,
    CreateEventsRequestBody,
    EventItemDetail,
    ListEventDetailRequest,
    ListEventsRequest,
    MetricsDimension,
)
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from support.examples import long
from support.huawei import Key, load, make_client, make_key
from support.service import Service

from tools import ROOT

DOCUMENT = ROOT / "tests/conformance/documents/ces.json"
FIRST = 1_772_359_200_000
COUNT = 230


def occurrence(number: int) -> dict[str, object]:
    """Return an occurrence; three at a time share a millisecond."""
    return {
        "event_id": f"ev{FIRST + number // 3}{number:08}",
        "event_name": f"name_{number % 7}" if number % 2 else "loginFailed",
        "event_source": "portal.Auth" if number % 3 else "portal.Other",
        "time": FIRST + number // 3,
        "detail": {
            "content": f"Größe {number}",
            "group_id": "",
            "resource_id": f"r-{number}",
            "resource_name": "",
            "event_state": "normal",
            "event_level": ("Info", "Minor")[number % 3 == 0],
            "event_user": ("ops bot", "ada", "")[number % 3],
            "event_type": "EVENT.CUSTOM",
            "sub_event_type": "SUB_EVENT.CUSTOM",
            "dimensions": [],
        },
    }


OCCURRENCES = [occurrence(number) for number in range(COUNT)]
LOGINS = [each for each in reversed(OCCURRENCES) if each["event_name"] == "loginFailed"]


@pytest.fixture(scope="module")
def key(service: Service) -> Key:
    return make_key(service, "0123456789abcdef0123456789abcdef")


@pytest.fixture(scope="module")
def client(service: Service, key: Key, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a client for a project that holds OCCURRENCES."""
    file = tmp_path_factory.mktemp("load") / "events.json"
    file.write_text(json.dumps(OCCURRENCES))
    load(service, key, file, "ces")
    return make_client(service, CesClient, key)


@pytest.fixture
def reporting(service: Service, scope: str) -> Any:
    """Return a client for an empty project."""
    return make_client(service, CesClient, make_key(service, scope))


def details(client: Any, name: str = "loginFailed", **parameters: object) -> Any:
    request = ListEventDetailRequest(event_name=name, event_type="EVENT.CUSTOM", **parameters)
    return client.list_event_detail(request)


def item(name: str, **detail: object) -> CreateEventsRequestBody:
    return CreateEventsRequestBody(
        event_name=name,
        event_source="billing.Worker",
        time=int(time.time() * 1000),
        detail=EventItemDetail(**detail),
    )


@pytest.mark.parametrize("size", [1, 3, 100])
def test_lists_every_name_once(client: Any, size: int) -> None:
    names: list[str] = []
    answer = client.list_events(ListEventsRequest(limit=size, start="0"))
    while answer.events:
        names += [row.event_name for row in answer.events]
        answer = client.list_events(ListEventsRequest(limit=size, start=str(len(names))))
    assert len(names) == answer.meta_data.total
    assert sorted(names) == sorted({str(each["event_name"]) for each in OCCURRENCES})


def test_counts_within_a_range(client: Any) -> None:
    request = ListEventsRequest(event_name="loginFailed", _from=FIRST + 1, to=FIRST + 2)
    (row,) = client.list_events(request).events
    assert row.to_dict() == {
        "event_name": "loginFailed",
        "event_type": "EVENT.CUSTOM",
        "sub_event_type": None,
        "event_count": 3,
        "latest_occur_time": FIRST + 2,
        "latest_event_source": "portal.Auth",
    }


def test_a_name_may_hold_anything(client: Any) -> None:
    name = "disk full/é 盘~*+&=%"
    request = ListEventsRequest(event_name=name, event_type="EVENT.CUSTOM", _from=1, to=2)
    assert client.list_events(request).events == []
    assert details(client, "odd name/with+é~", event_user="").event_info == []


@pytest.mark.parametrize("size", [*long(1), 7, 50, 100])
def test_shows_every_occurrence_once(client: Any, size: int) -> None:
    found: list[object] = []
    answer = details(client, limit=size, start=0)
    while len(found) < answer.meta_data.total:
        assert answer.event_info
        found += [info.to_dict() for info in answer.event_info]
        answer = details(client, limit=size, start=len(found))
    assert found == LOGINS


def test_lists_users_and_sources(client: Any) -> None:
    answer = details(client, limit=1)
    assert answer.event_users == ["", "ada", "ops bot"]
    assert answer.event_sources == ["portal.Auth", "portal.Other"]


def test_filters_occurrences(client: Any) -> None:
    answer = details(client, event_user="ops bot", event_level="Minor", event_state="normal")
    assert {info.event_source for info in answer.event_info} == {"portal.Other"}
    assert answer.meta_data.total == len(
        [number for number in range(COUNT) if number % 2 == 0 and number % 3 == 0]
    )


def test_shows_reported_events_at_once(reporting: Any) -> None:
    dimension = MetricsDimension(name="instance_id", value="i-1")
    reported = item(
        "nightlyJobFailed",
        content="job \u00fc 17 failed",
        event_state="warning",
        event_level="Major",
        event_user="ops bot",
        event_type="EVENT.CUSTOM",
        dimensions=[dimension],
    )
    answer = reporting.create_events(CreateEventsRequest(body=[reported]))
    assert answer.status_code == 201
    (told,) = answer.body
    (row,) = reporting.list_events(ListEventsRequest()).events
    assert (row.event_name, row.event_count) == ("nightlyJobFailed", 1)
    (info,) = details(reporting, "nightlyJobFailed").event_info
    assert (info.event_id, info.time) == (told.event_id, reported.time)
    assert info.detail.content == "job ü 17 failed"
    assert [each.to_dict() for each in info.detail.dimensions] == [dimension.to_dict()]


def test_counts_a_repeated_report_once(reporting: Any) -> None:
    request = CreateEventsRequest(body=[item("a"), item("b")])
    first, second = (reporting.create_events(request).body for _ in range(2))
    assert first == second
    rows = reporting.list_events(ListEventsRequest()).events
    assert [row.event_count for row in rows] == [1, 1]


def test_names_what_is_wrong_in_a_report(reporting: Any) -> None:
    request = CreateEventsRequest(body=[item("good"), item("bad", event_level="high")])
    with pytest.raises(ClientRequestException) as caught:
        reporting.create_events(request)
    assert (caught.value.status_code, caught.value.error_code) == (400, "ces.0014")
    assert caught.value.error_msg.startswith("[1].detail.event_level must be")
    assert reporting.list_events(ListEventsRequest()).events == []


def test_a_wrong_secret_is_refused(service: Service, key: Key) -> None:
    stranger = make_client(service, CesClient, key, sk="wrong")
    with pytest.raises(ClientRequestException) as caught:
        stranger.create_events(CreateEventsRequest(body=[item("x")]))
    assert (caught.value.status_code, caught.value.error_code) == (401, "APIGW.0301")


def test_a_foreign_project_is_refused(service: Service, key: Key) -> None:
    stranger = make_client(service, CesClient, key, project_id="f" * 32)
    with pytest.raises(ClientRequestException) as caught:
        stranger.list_events(ListEventsRequest())
    assert (caught.value.status_code, caught.value.error_code) == (403, "ces.0017")


def test_a_header_of_the_users_own_is_signed(client: Any) -> None:
    invoker = client.list_events_invoker(ListEventsRequest(limit=1))
    assert invoker.add_header("X-Note", "two  blanks").invoke().events


def test_returns_the_rows_of_the_document(service: Service, scope: str, tmp_path: Path) -> None:
    """The document's total, 10, is neither the number of rows nor that of all occurrences."""
    document = json.loads(DOCUMENT.read_text())
    occurrences = [
        {
            "event_name": row["event_name"],
            "event_source": row["latest_event_source"],
            "time": row["latest_occur_time"] - number,
            "detail": {"event_type": row["event_type"]},
        }
        for row in document["events"]
        for number in range(row["event_count"])
    ]
    key, file = make_key(service, scope), tmp_path / "events.json"
    file.write_text(json.dumps(occurrences))
    assert load(service, key, file, "ces") == "15 stored"
    url = f"{key['url']}/V1.0/{scope}/events"
    answer = httpx.get(url, headers={"X-Auth-Token": key["token"]})
    assert answer.text == json.dumps(document, separators=(",", ":"))


def test_an_answer_with_details_can_be_loaded(
    service: Service, client: Any, key: Key, scope: str, tmp_path: Path
) -> None:
    file = tmp_path / "details.json"
    file.write_text(json.dumps(details(client).to_json_object()))
    other = make_key(service, scope)
    assert load(service, other, file, "ces") == "100 stored"
    found = details(make_client(service, CesClient, other)).to_json_object()["event_info"]
    assert {each["event_id"] for each in found} == {each["event_id"] for each in LOGINS[:100]}
