"""The published Python SDK `huaweicloudsdkdws`, unchanged, against a running service."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkdws.v2 import DwsClient, ListEventsRequest
from support.examples import long
from support.huawei import Key, load, make_client, make_key
from support.service import Service

from tools import ROOT

DOCUMENT = ROOT / "tests/conformance/documents/dws.json"
PROJECT = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
COUNT = 230


def response(number: int) -> dict[str, object]:
    """Return an event; three at a time share a millisecond."""
    return {
        "category": "management",
        "description": "Restart of cluster %s failed",
        "event_id": f"event-{number:03}",
        "name": "restartClusterFail",
        "display_name": "Cluster restart failed",
        "name_space": "dws",
        "severity": "warning",
        "source_type": "cluster",
        "occur_time": 1_772_359_200_000 + number // 3,
        "project_id": PROJECT,
        "source_id": f"cluster-{number % 4}",
        "source_name": f"wh-{number % 4}",
        "status": 1 + number % 2,
        "subject": "Warehouse notice",
        "context": f"Größe {number}",
    }


RESPONSES = [response(number) for number in range(COUNT)]


@dataclass(frozen=True)
class Loaded:
    """A key for a project that holds RESPONSES, and its client."""

    service: Service
    key: Key
    client: Any

    def list(self, **parameters: object) -> Any:
        return self.client.list_events(ListEventsRequest(**parameters))

    def refusal(self, client: Any, **parameters: object) -> Any:
        with pytest.raises(ClientRequestException) as caught:
            client.list_events(ListEventsRequest(**parameters))
        return caught.value


@pytest.fixture(scope="module")
def loaded(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    key = make_key(service, PROJECT)
    file = tmp_path_factory.mktemp("load") / "events.json"
    file.write_text(json.dumps({"events": RESPONSES, "count": COUNT}))
    load(service, key, file, "dws")
    return Loaded(service, key, make_client(service, DwsClient, key))


def test_returns_events_unchanged(loaded: Loaded) -> None:
    answer = loaded.list()
    assert answer.count == COUNT
    assert [event.to_dict() for event in answer.events] == RESPONSES[::-1]


@pytest.mark.parametrize("size", [7, 100, 230, 1000, *long(1, 2)])
def test_pages_of_any_size_show_every_event_once(loaded: Loaded, size: int) -> None:
    """As users write it: page after page, until they have as many events as `count` says."""
    found: list[str] = []
    answer = loaded.list(limit=size, offset=0)
    while len(found) < answer.count:
        assert answer.events
        found += [event.event_id for event in answer.events]
        answer = loaded.list(limit=size, offset=len(found) // size)
    assert found == [event["event_id"] for event in reversed(RESPONSES)]


def test_a_page_beyond_the_end_is_empty(loaded: Loaded) -> None:
    answer = loaded.list(limit=100, offset=3)
    assert (answer.events, answer.count) == ([], COUNT)


def test_gets_the_error_it_knows_for_a_bad_limit(loaded: Loaded) -> None:
    refusal = loaded.refusal(loaded.client, limit=0)
    assert (refusal.status_code, refusal.error_code) == (400, "DWS.5038")
    assert refusal.error_msg == "limit must be an integer greater than 0"
    assert len(refusal.request_id) == 32


def test_a_wrong_secret_is_refused(loaded: Loaded) -> None:
    client = make_client(loaded.service, DwsClient, loaded.key, sk="wrong")
    refusal = loaded.refusal(client)
    assert (refusal.status_code, refusal.error_code) == (401, "APIGW.0301")
    assert "verify aksk signature fail" in refusal.error_msg
    assert f"|/v2/{PROJECT}/events/|" in refusal.error_msg


def test_an_unknown_key_is_refused(loaded: Loaded) -> None:
    client = make_client(loaded.service, DwsClient, loaded.key, ak="AKTESTKEY0000000001")
    refusal = loaded.refusal(client)
    assert refusal.status_code == 401
    assert refusal.error_msg.endswith("ak AKTESTKEY0000000001 not exist")


def test_a_foreign_project_is_refused(loaded: Loaded) -> None:
    client = make_client(loaded.service, DwsClient, loaded.key, project_id="f" * 32)
    refusal = loaded.refusal(client)
    assert (refusal.status_code, refusal.error_code) == (403, "DWS.0015")
    assert refusal.request_id


def test_returns_the_documents_own_response(service: Service) -> None:
    document = json.loads(DOCUMENT.read_text())
    key = make_key(service, document["events"][0]["project_id"])
    assert load(service, key, DOCUMENT, "dws") == "1 stored"
    answer = make_client(service, DwsClient, key).list_events(ListEventsRequest())
    assert answer.to_json_object() == document
    url = f"{key['url']}/v2/{key['scope']}/events"
    answer = httpx.get(url, headers={"X-Auth-Token": key["token"]})
    assert answer.text == json.dumps(document, separators=(",", ":"))


def test_an_event_of_another_project_is_not_loaded(service: Service) -> None:
    key = make_key(service, "another")
    token = ("--token", key["token"])
    done = service.polylog("load", str(DOCUMENT), "--format", "dws", *token)
    assert done.status == 1
    assert "project_id must be 'another', the scope that it was sent to" in done.err
