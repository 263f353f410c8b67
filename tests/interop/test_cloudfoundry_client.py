"""The published Python client `cloudfoundry-client`, unchanged, against a running service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cloudfoundry_client.client import CloudFoundryClient
from cloudfoundry_client.errors import InvalidStatusCode
from support.service import Service

COUNT = 230
TYPES = ("audit.app.create", "audit.app.update", "app.crash")
START = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)


def resource(number: int) -> dict[str, object]:
    """Return an event; three at a time share a second."""
    guid, timestamp = f"guid-{number:03}", f"{START + timedelta(seconds=number // 3):%FT%TZ}"
    entity = {
        "type": TYPES[number % len(TYPES)],
        "actor": "uaa-id-1",
        "actor_type": "user",
        "actor_name": "user@example.com",
        "actee": f"app-{number % 4}",
        "actee_type": "app",
        "actee_name": f"Näme {number % 4}",
        "timestamp": timestamp,
        "metadata": {"request": {"number": number, "big": 2**70}},
        "space_guid": f"space-{number % 5}",
        "organization_guid": f"organization-{number % 2}",
    }
    metadata = {"guid": guid, "url": f"/v2/events/{guid}", "created_at": timestamp}
    return {"metadata": metadata | {"updated_at": None}, "entity": entity}


RESOURCES = [resource(number) for number in range(COUNT)]


@pytest.fixture(scope="module")
def client(service: Service, tmp_path_factory: pytest.TempPathFactory) -> CloudFoundryClient:
    """Return a client that is logged in with a key of a scope that holds RESOURCES."""
    made = service.polylog(
        "keys", "create", "--scope", "cf", "--permissions", "read,write", "--json"
    )
    credentials = json.loads(made.out)
    file = tmp_path_factory.mktemp("load") / "events.json"
    file.write_text(json.dumps(RESOURCES))
    token = ("--token", credentials["token"])
    loaded = service.polylog("load", str(file), "--format", "cloudfoundry", *token)
    assert loaded.status == 0, loaded.err
    client = CloudFoundryClient(service.credentials.url + "/cf")
    client.init_with_user_credentials(credentials["key_id"], credentials["secret_key"])
    return client


def numbers(resources: Iterator[dict[str, dict[str, object]]]) -> list[int]:
    return [int(str(found["metadata"]["guid"])[-3:]) for found in resources]


def test_lists_everything_to_the_end_in_order(client: CloudFoundryClient) -> None:
    assert numbers(client.v2.event.list()) == list(range(COUNT))


@pytest.mark.parametrize("size", [1, 7, 100])
def test_follows_pages_of_any_size(client: CloudFoundryClient, size: int) -> None:
    options = {"results-per-page": size, "order-direction": "desc"}
    found = client.v2.event.list(**options, actee="app-1", type="app.crash")
    expected = [number for number in reversed(range(COUNT)) if number % 12 == 5]
    assert numbers(found) == expected


def test_knows_the_total_before_reading_on(client: CloudFoundryClient) -> None:
    assert client.v2.event.list(type="app.crash").total_results == len(range(2, COUNT, 3))


def test_gives_events_as_they_were(client: CloudFoundryClient) -> None:
    assert list(client.v2.event.list()) == RESOURCES


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"type": "app.crash"}, [n for n in range(COUNT) if n % 3 == 2]),
        ({"type": list(TYPES[:2])}, [n for n in range(COUNT) if n % 3 != 2]),
        ({"actee": ["app-0", "app-3"]}, [n for n in range(COUNT) if n % 4 in (0, 3)]),
        ({"space_guid": "space-2"}, [n for n in range(COUNT) if n % 5 == 2]),
        ({"organization_guid": "organization-1"}, [n for n in range(COUNT) if n % 2]),
        ({"actee": "app-1", "type": "app.crash"}, [n for n in range(COUNT) if n % 12 == 5]),
        ({"timestamp": "2026-03-01T10:00:02Z"}, [6, 7, 8]),
        ({"timestamp": {">": "2026-03-01T10:01:15Z"}}, [228, 229]),
        ({"timestamp": {">=": "2026-03-01 10:01:15+00:00"}}, [225, 226, 227, 228, 229]),
        ({"timestamp": {"<": "2026-03-01T11:00:01+01:00"}}, [0, 1, 2]),
        ({"timestamp": {">": "2026-03-01T10:00:00Z", "<=": "2026-03-01T10:00:01Z"}}, [3, 4, 5]),
        ({"type": "nothing"}, []),
        ({"type": "a;;b & c=ä+#%"}, []),
    ],
    ids=str,
)
def test_filters_by(
    client: CloudFoundryClient, filters: dict[str, object], expected: list[int]
) -> None:
    assert numbers(client.v2.event.list(**filters)) == expected


def test_lists_by_type(client: CloudFoundryClient) -> None:
    assert numbers(client.v2.event.list_by_type("app.crash"))[:3] == [2, 5, 8]


def test_gets_the_first(client: CloudFoundryClient) -> None:
    assert client.v2.event.get_first(actee="app-3") == RESOURCES[3]


def test_gets_one(client: CloudFoundryClient) -> None:
    assert client.v2.event.get("guid-017") == RESOURCES[17]


def test_meets_the_error_it_knows_for_a_missing_event(client: CloudFoundryClient) -> None:
    with pytest.raises(InvalidStatusCode) as caught:
        client.v2.event.get("nope")
    assert caught.value.status_code == 404
    assert caught.value.body["error_code"] == "CF-EventNotFound"
    assert caught.value.request_id


def test_meets_the_error_it_knows_for_a_refused_filter(client: CloudFoundryClient) -> None:
    with pytest.raises(InvalidStatusCode) as caught:
        list(client.v2.event.list(actor="x"))
    assert caught.value.status_code == 400
    assert caught.value.body["code"] == 10005


def test_renews_a_token_that_is_refused(client: CloudFoundryClient, service: Service) -> None:
    renewed = CloudFoundryClient(service.credentials.url + "/cf")
    renewed.init_with_token(client.refresh_token)
    renewed._access_token = "stale"
    assert renewed.v2.event.get("guid-001") == RESOURCES[1]


def test_cannot_log_in_with_a_wrong_secret(service: Service) -> None:
    stranger = CloudFoundryClient(service.credentials.url + "/cf")
    with pytest.raises(Exception, match="Bad credentials"):
        stranger.init_with_user_credentials(service.credentials.key_id, "wrong")
