"""The published Python client `waldur-api-client`, unchanged, against a running service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import support.waldur  # noqa: F401 -- Before the client.
from support.examples import long
from support.service import Service
from waldur_api_client import AuthenticatedClient
from waldur_api_client.api.events import (
    events_count,
    events_count_count,
    events_count_retrieve,
    events_event_groups_count,
    events_event_groups_retrieve,
    events_list,
    events_retrieve,
    events_scope_types_count,
    events_scope_types_retrieve,
)
from waldur_api_client.api.events_stats import events_stats_count, events_stats_list
from waldur_api_client.errors import UnexpectedStatus
from waldur_api_client.models.backend_resource_req_o_enum import BackendResourceReqOEnum
from waldur_api_client.models.event import Event
from waldur_api_client.models.event_field_enum import EventFieldEnum

COUNT = 230
START = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
TYPES = ("project_update_succeeded", "role_granted", "ssh_key_creation_succeeded")
USERS = tuple(UUID(int=10**30 + number) for number in range(4))
CUSTOMERS = tuple(UUID(int=2 * 10**30 + number) for number in range(2))
PROJECTS = tuple(UUID(int=3 * 10**30 + number) for number in range(5))
KEY = UUID(int=4 * 10**30)
OLDEST_FIRST = [BackendResourceReqOEnum.CREATED]


def wire(number: int) -> dict[str, object]:
    """Return an event; fifty at a time share a moment."""
    created = START + timedelta(seconds=number // 50, microseconds=number // 100)
    return {
        "uuid": UUID(int=5 * 10**30 + number).hex,
        "created": f"{created.replace(tzinfo=None).isoformat()}Z",
        "event_type": TYPES[number % len(TYPES)],
        "message": f"Számla {number}, 100%; <b>",
        "context": {
            "ip_address": "192.0.2.7",
            "user_uuid": USERS[number % 4].hex,
            "user_username": f"user-{number % 4}",
            "customer_uuid": CUSTOMERS[number % 2].hex,
            "project_uuid": PROJECTS[number % 5].hex,
            "auth_method": "pat" if number % 7 == 0 else "session",
            "pat_uuid": KEY.hex if number % 7 == 0 else None,
            "big": 2**70,
        },
    }


EVENTS = [wire(number) for number in range(COUNT)]
SEQS: dict[int, int] = {}


@contextmanager
def connected(url: str, token: str) -> Iterator[AuthenticatedClient]:
    with AuthenticatedClient(base_url=url, token=token) as client:
        yield client


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[AuthenticatedClient]:
    """Yield a client with a key for a scope that holds EVENTS."""
    made = service.polylog(
        "keys", "create", "--scope", "waldur-client", "--permissions", "read,write", "--json"
    )
    token = json.loads(made.out)["token"]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{service.credentials.url}/v1/events?format=waldur"
    results = httpx.post(url, headers=headers, json=EVENTS, timeout=30).json()["results"]
    assert {result["status"] for result in results} == {"stored"}
    SEQS.update({number: result["seq"] for number, result in enumerate(results)})
    with connected(service.credentials.url, token) as client:
        yield client


def numbers(events: list[Event]) -> list[int]:
    return [event.uuid.int - 5 * 10**30 for event in events]


def test_lists_everything_once_newest_first_though_times_tie(client: AuthenticatedClient) -> None:
    assert numbers(events_list.sync_all(client=client)) == list(reversed(range(COUNT)))


def test_lists_everything_once_oldest_first(client: AuthenticatedClient) -> None:
    assert numbers(events_list.sync_all(client=client, o=OLDEST_FIRST)) == list(range(COUNT))


@pytest.mark.parametrize("size", [10, 49, 300, *long(1, 7)])
def test_walks_pages_of_any_size(client: AuthenticatedClient, size: int) -> None:
    found: list[int] = []
    for page in range(1, -(-COUNT // size) + 1):
        found += numbers(events_list.sync(client=client, page=page, page_size=size))
    assert found == list(reversed(range(COUNT)))
    with pytest.raises(UnexpectedStatus) as caught:
        events_list.sync(client=client, page=-(-COUNT // size) + 1, page_size=size)
    assert caught.value.status_code == 404


def test_returns_events_unchanged(client: AuthenticatedClient) -> None:
    response = events_list.sync_detailed(client=client, page_size=300, o=OLDEST_FIRST)
    assert (
        response.content == json.dumps(EVENTS, ensure_ascii=False, separators=(",", ":")).encode()
    )
    first = response.parsed[0]
    assert (first.created, first.message) == (START, EVENTS[0]["message"])
    assert first.context.to_dict() == EVENTS[0]["context"]


def test_its_list_can_be_loaded_unchanged(
    client: AuthenticatedClient, service: Service, tmp_path: Path
) -> None:
    file = tmp_path / "dump.json"
    file.write_bytes(events_list.sync_detailed(client=client, page_size=300).content)
    loaded = service.polylog("load", str(file), "--format", "waldur", "--token", client.token)
    assert (loaded.status, loaded.err.strip()) == (0, f"{COUNT} duplicate")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"event_type": [TYPES[1]]}, [n for n in range(COUNT) if n % 3 == 1]),
        ({"event_type": list(TYPES[:2])}, [n for n in range(COUNT) if n % 3 != 2]),
        ({"feature": ["projects"]}, [n for n in range(COUNT) if n % 3 != 2]),
        ({"feature": ["ssh", "projects"], "event_type": [TYPES[2]]}, list(range(2, COUNT, 3))),
        ({"user_uuid": USERS[1]}, list(range(1, COUNT, 4))),
        ({"customer_uuid": CUSTOMERS[1]}, list(range(1, COUNT, 2))),
        ({"project_uuid": PROJECTS[4]}, list(range(4, COUNT, 5))),
        ({"related_user_uuid": USERS[3]}, list(range(3, COUNT, 4))),
        ({"user_uuid": USERS[1], "event_type": [TYPES[1]]}, list(range(1, COUNT, 12))),
        ({"scope": f"https://x/api/projects/{PROJECTS[2]}/"}, list(range(2, COUNT, 5))),
        ({"auth_method": "pat"}, list(range(0, COUNT, 7))),
        ({"pat_uuid": str(KEY)}, list(range(0, COUNT, 7))),
        ({"message": "SZÁMLA 22"}, [22, *range(220, 230)]),
        ({"message": "101, 100%; <b>"}, [101]),
        ({"created_from": START.timestamp() + 4}, list(range(200, 230))),
        ({"created_to": START.timestamp() + 1}, list(range(50))),
        ({"event_type": ["none"]}, []),
    ],
    ids=str,
)
def test_filters_by(
    client: AuthenticatedClient, filters: dict[str, object], expected: list[int]
) -> None:
    assert numbers(events_list.sync_all(client=client, o=OLDEST_FIRST, **filters)) == expected
    # The client's own function has no filters, although the API does.
    parameters = events_list._get_kwargs(**filters)["params"]
    answer = client.get_httpx_client().get("/api/events/count/", params=parameters)
    assert answer.json() == {"count": len(expected)}


def test_shows_the_members_that_it_asked_for(client: AuthenticatedClient) -> None:
    found = events_list.sync(client=client, field=[EventFieldEnum.MESSAGE], page_size=2)
    assert [event.to_dict() for event in found] == [
        {"message": EVENTS[number]["message"]} for number in (229, 228)
    ]


def test_counts(client: AuthenticatedClient) -> None:
    assert events_count_retrieve.sync(client=client).count == COUNT
    assert events_count.sync(client=client) == COUNT
    assert events_count_count.sync(client=client) == COUNT


def test_gets_one_by_number(client: AuthenticatedClient) -> None:
    assert numbers([events_retrieve.sync(SEQS[17], client=client)]) == [17]


def test_gets_the_error_it_knows_for_a_missing_event(client: AuthenticatedClient) -> None:
    with pytest.raises(UnexpectedStatus) as caught:
        events_retrieve.sync(10**15, client=client)
    assert caught.value.status_code == 404
    assert json.loads(caught.value.content) == {"detail": "Not found."}


def test_knows_the_groups_of_event_types(client: AuthenticatedClient) -> None:
    groups = events_event_groups_retrieve.sync(client=client).additional_properties
    assert {"projects", "customers", "users", "resources", "ssh"} <= set(groups)
    assert "project_update_succeeded" in groups["projects"]
    assert events_event_groups_count.sync(client=client) == len(groups)


def test_knows_the_kinds_of_scopes(client: AuthenticatedClient) -> None:
    kinds = events_scope_types_retrieve.sync(client=client)
    assert {"core.user", "structure.customer", "structure.project"} <= set(kinds)
    assert events_scope_types_count.sync(client=client) == len(kinds)


def test_counts_by_month(client: AuthenticatedClient) -> None:
    months = events_stats_list.sync_all(client=client)
    assert [month.to_dict() for month in months] == [{"year": 2026, "month": 3, "count": COUNT}]
    assert events_stats_count.sync(client=client) == 1


@pytest.mark.parametrize(
    ("token", "detail"),
    [
        ("wrong", "Invalid token."),
        ("a b", "Invalid token. Token string should not contain spaces."),
    ],
)
def test_gets_the_error_it_knows_for_a_bad_token(service: Service, token: str, detail: str) -> None:
    stranger = connected(service.credentials.url, token)
    with stranger as client, pytest.raises(UnexpectedStatus) as caught:
        events_list.sync(client=client)
    assert caught.value.status_code == 401
    assert json.loads(caught.value.content) == {"detail": detail}


def test_reads_the_same_below_the_familys_path(
    client: AuthenticatedClient, service: Service
) -> None:
    with connected(f"{service.credentials.url}/waldur", client.token) as below:
        assert numbers(events_list.sync_all(client=below)) == list(reversed(range(COUNT)))


@pytest.fixture(scope="module")
def ordinary(client: AuthenticatedClient, service: Service) -> Iterator[AuthenticatedClient]:
    """Yield a client with a key that is confined to one project."""
    options = ("--scope", "waldur-client", "--permissions", "read", "--project", PROJECTS[2].hex)
    made = service.polylog("keys", "create", *options, "--json")
    with connected(service.credentials.url, json.loads(made.out)["token"]) as ordinary:
        yield ordinary


def test_an_ordinary_user_sees_nothing_without_a_scope(ordinary: AuthenticatedClient) -> None:
    assert events_list.sync_all(client=ordinary) == []
    assert events_count.sync(client=ordinary) == 0


def test_an_ordinary_user_sees_their_own_project(ordinary: AuthenticatedClient) -> None:
    scope = f"https://waldur.example.com/api/projects/{PROJECTS[2]}/"
    found = events_list.sync_all(client=ordinary, scope=scope, o=OLDEST_FIRST)
    assert numbers(found) == list(range(2, COUNT, 5))


def test_an_ordinary_user_may_not_name_another_project(ordinary: AuthenticatedClient) -> None:
    scope = f"/api/projects/{PROJECTS[3]}/"
    with pytest.raises(UnexpectedStatus) as caught:
        events_list.sync(client=ordinary, scope=scope)
    assert json.loads(caught.value.content) == [f"Can't restore object from url: {scope}"]
