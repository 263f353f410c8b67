"""The published Python client `cloudfoundry-client`, unchanged, against a running service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
    """Return a client that has logged in with a key for a scope that holds RESOURCES."""
    file = tmp_path_factory.mktemp("load") / "events.json"
    file.write_text(json.dumps(RESOURCES))
    return loaded_client(service, "cf", file, "cloudfoundry")


@pytest.fixture(scope="module")
def v3_client(service: Service, tmp_path_factory: pytest.TempPathFactory) -> CloudFoundryClient:
    """Return a client of a scope that holds the same events, loaded from a dump of v3."""
    file = tmp_path_factory.mktemp("load") / "page.json"
    events = [as_v3(each, "https://api.example.org/v3") for each in RESOURCES]
    file.write_text(json.dumps({"pagination": {"total_results": COUNT}, "resources": events}))
    return loaded_client(service, "cf-v3", file, "cloudfoundry-v3")


def loaded_client(service: Service, scope: str, file: Path, format: str) -> CloudFoundryClient:
    """Return a client that has logged in with a key for a scope into which a file was loaded."""
    made = service.polylog(
        "keys", "create", "--scope", scope, "--permissions", "read,write", "--json"
    )
    credentials = json.loads(made.out)
    token = ("--token", credentials["token"])
    loaded = service.polylog("load", str(file), "--format", format, *token)
    assert loaded.status == 0, loaded.err
    client = CloudFoundryClient(service.credentials.url + "/cf")
    client.init_with_user_credentials(credentials["key_id"], credentials["secret_key"])
    return client


def numbers(resources: Iterator[dict[str, dict[str, object]]]) -> list[int]:
    return [int(str(found["metadata"]["guid"])[-3:]) for found in resources]


def numbers_of_v3(resources: Iterator[dict[str, object]]) -> list[int]:
    return [int(str(found["guid"])[-3:]) for found in resources]


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


def test_returns_events_unchanged(client: CloudFoundryClient) -> None:
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


def test_gets_the_error_it_knows_for_a_missing_event(client: CloudFoundryClient) -> None:
    with pytest.raises(InvalidStatusCode) as caught:
        client.v2.event.get("nope")
    assert caught.value.status_code == 404
    assert caught.value.body["error_code"] == "CF-EventNotFound"
    assert caught.value.request_id


def test_gets_the_error_it_knows_for_a_refused_filter(client: CloudFoundryClient) -> None:
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


class TestAuditEvents:
    """`client.v3.audit_events`, over events that were loaded as v2 and as v3."""

    def test_are_listed_to_the_end_in_order(self, client: CloudFoundryClient) -> None:
        assert numbers_of_v3(client.v3.audit_events.list()) == list(range(COUNT))

    @pytest.mark.parametrize("size", [1, 7, 100, 5000])
    def test_come_in_pages_of_any_size(self, client: CloudFoundryClient, size: int) -> None:
        found = client.v3.audit_events.list(
            per_page=size, order_by="-created_at", target_guids="app-1", types="app.crash"
        )
        expected = [number for number in reversed(range(COUNT)) if number % 12 == 5]
        assert numbers_of_v3(found) == expected

    def test_are_counted_before_reading_on(self, client: CloudFoundryClient) -> None:
        events = client.v3.audit_events
        assert events.list(types="app.crash").total_results == len(range(2, COUNT, 3))
        assert (len(events), events.len(target_guids="app-1,app-2")) == (COUNT, 115)

    def test_are_the_events_that_were_loaded_as_v2(
        self, client: CloudFoundryClient, service: Service
    ) -> None:
        base = f"{service.credentials.url}/cf/v3"
        assert list(client.v3.audit_events.list()) == [as_v3(each, base) for each in RESOURCES]

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"types": "app.crash"}, [n for n in range(COUNT) if n % 3 == 2]),
            ({"types": list(TYPES[:2])}, [n for n in range(COUNT) if n % 3 != 2]),
            ({"target_guids": ["app-0", "app-3"]}, [n for n in range(COUNT) if n % 4 in (0, 3)]),
            ({"target_guids[not]": "app-0"}, [n for n in range(COUNT) if n % 4]),
            (
                {"target_guids[not]": ["app-0", "app-3"]},
                [n for n in range(COUNT) if n % 4 in (1, 2)],
            ),
            ({"space_guids": "space-2"}, [n for n in range(COUNT) if n % 5 == 2]),
            ({"organization_guids": "organization-1"}, [n for n in range(COUNT) if n % 2]),
            ({"guids": ["guid-017", "guid-003", "nope"]}, [3, 17]),
            (
                {"target_guids": "app-1", "types": "app.crash"},
                [n for n in range(COUNT) if n % 12 == 5],
            ),
            ({"created_ats": "2026-03-01T10:00:02Z"}, [6, 7, 8]),
            (
                {"created_ats": ["2026-03-01T10:00:02Z", "2026-03-01T10:00:00Z"]},
                [0, 1, 2, 6, 7, 8],
            ),
            ({"created_ats[gt]": "2026-03-01T10:01:15Z"}, [228, 229]),
            ({"created_ats[gte]": "2026-03-01T10:01:15Z"}, [225, 226, 227, 228, 229]),
            (
                {
                    "created_ats[gt]": "2026-03-01T10:00:00Z",
                    "created_ats[lte]": "2026-03-01T10:00:01Z",
                },
                [3, 4, 5],
            ),
            ({"updated_ats[lt]": "2026-03-01T10:00:01Z"}, [0, 1, 2]),
            ({"types": "nothing"}, []),
            ({"types": "a;;b & c=ä+#%"}, []),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("size", [2, 50])
    def test_are_filtered_by(
        self, client: CloudFoundryClient, filters: dict[str, object], expected: list[int], size: int
    ) -> None:
        found = client.v3.audit_events.list(per_page=size, **filters)
        assert found.total_results == len(expected)
        assert numbers_of_v3(found) == expected

    def test_are_shown_one_by_one(self, client: CloudFoundryClient, service: Service) -> None:
        expected = as_v3(RESOURCES[17], f"{service.credentials.url}/cf/v3")
        assert client.v3.audit_events.get("guid-017") == expected
        assert client.v3.audit_events["guid-017"] == expected
        assert client.v3.audit_events.get_first(guids="guid-017") == expected

    def test_give_the_error_the_client_knows_for_a_missing_one(
        self, client: CloudFoundryClient
    ) -> None:
        with pytest.raises(InvalidStatusCode) as caught:
            client.v3.audit_events.get("nope")
        assert caught.value.status_code == 404
        assert caught.value.body["errors"][0]["code"] == 10010
        assert caught.value.request_id

    def test_give_the_error_the_client_knows_for_a_refused_filter(
        self, client: CloudFoundryClient
    ) -> None:
        with pytest.raises(InvalidStatusCode) as caught:
            client.v3.audit_events.list(actor_guids="x")
        assert caught.value.status_code == 400
        assert caught.value.body["errors"][0]["title"] == "CF-BadQueryParameter"

    def test_are_the_same_loaded_from_a_v3_dump(
        self, client: CloudFoundryClient, service: Service, tmp_path: Path
    ) -> None:
        """All pages of one dump, one per line; events that are there are not stored again."""
        dump = tmp_path / "dump.ndjson"
        events = client.v3.audit_events
        pages = [list(events.list(types=type)) for type in TYPES]
        lines = [json.dumps({"pagination": {}, "resources": page}) for page in pages]
        dump.write_text("\n".join(lines))
        token = client._access_token
        loaded = service.polylog("load", str(dump), "--format", "cloudfoundry-v3", "--token", token)
        assert loaded.status == 0, loaded.err
        assert f"{COUNT} duplicate" in loaded.err
        assert len(events) == COUNT

    def test_are_found_in_v2_when_loaded_as_v3(self, v3_client: CloudFoundryClient) -> None:
        assert list(v3_client.v2.event.list()) == RESOURCES
        assert len(v3_client.v3.audit_events) == COUNT


def as_v3(resource: Any, base: str) -> dict[str, object]:
    """Return an event of v2 as v3 shows it."""
    metadata, entity = resource["metadata"], resource["entity"]
    names = ("guid", "type", "name")
    actor = (entity["actor"], entity["actor_type"], entity["actor_name"])
    target = (entity["actee"], entity["actee_type"], entity["actee_name"])
    return {
        "guid": metadata["guid"],
        "created_at": entity["timestamp"],
        "updated_at": entity["timestamp"],
        "type": entity["type"],
        "actor": dict(zip(names, actor, strict=True)),
        "target": dict(zip(names, target, strict=True)),
        "data": entity["metadata"],
        "space": {"guid": entity["space_guid"]},
        "organization": {"guid": entity["organization_guid"]},
        "links": {"self": {"href": f"{base}/audit_events/{metadata['guid']}"}},
    }
