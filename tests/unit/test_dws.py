"""DWS: event responses both ways, and pages as large as a response can carry."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from pydantic import JsonValue
from support import strategies
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Request, Response
from polylog.aws.environment import fits_lambda
from polylog.dialects.dws import DIALECT
from polylog.dialects.dws.wire import read_event, render_event
from polylog.dynamo.events.items import Draft, read_item
from polylog.intake.documents import read_document
from polylog.model.errors import InvalidParameter, TooBroad, Unavailable
from polylog.model.event import Entity, Event
from polylog.model.filter import Filter
from polylog.model.query import EventQuery, Page
from polylog.model.times import Clock

# Documents that tests take apart.
Json = Any

DELETED: Json = {
    "category": "management",
    "description": "Cluster %s deleted",
    "event_id": "f63ccf96-e3e0-474a-835a-fd1a779f68bd",
    "name": "deleteClusterSuccess",
    "display_name": "Cluster deleted",
    "name_space": "dws",
    "severity": "normal",
    "source_type": "cluster",
    "occur_time": 1664331248330,
    "project_id": "demo",
    "source_id": "9defa0ce-b11c-47b2-abbc-5cad09ced772",
    "source_name": "test-ty-820-1006",
    "status": 2,
    "subject": "DWS event notification",
    "context": "The cluster test-ty-820-1006 is deleted",
}
EMPTY: Json = {
    **dict.fromkeys(DELETED, ""),
    **{"event_id": "1", "name": "x", "occur_time": 0, "project_id": "demo", "status": 1},
}

# Reading and rendering


@given(strategies.dws_events("demo"))
@example(DELETED)
@example(EMPTY)
def test_an_event_renders_as_it_was_read(wire: JsonValue) -> None:
    assert render_event(read_event(wire), "demo") == wire


@given(strategies.dws_events("demo"))
def test_an_event_survives_text_and_storage_exactly(wire: JsonValue) -> None:
    assert DIALECT.format is not None
    offered: Json = read_document(json.dumps([wire]).encode(), DIALECT.format, "demo")
    kept = read_item(Draft.of(*offered).item("demo", 1, 1))
    body = Response.of(render_event(kept, "demo")).body
    assert json.dumps(json.loads(body), sort_keys=True) == json.dumps(wire, sort_keys=True)


@given(strategies.stored_events())
def test_any_event_renders(event: Event) -> None:
    wire = render_event(event, "demo")
    assert wire.keys() <= DELETED.keys()
    assert type(wire["status"]) in (int, type(None))
    assert isinstance(wire["occur_time"], int)
    json.dumps(wire)


def test_members_that_an_event_lacks_are_empty() -> None:
    assert render_event(Event(id="1", time=999, type="x"), "demo") == EMPTY


def test_members_stand_in_the_order_of_the_document() -> None:
    assert list(render_event(read_event(DELETED), "demo")) == list(DELETED)


def test_an_event_becomes_a_canonical_event() -> None:
    assert read_event(DELETED) == Event(
        id=DELETED["event_id"],
        time=1664331248330_000,
        type="deleteClusterSuccess",
        source="dws",
        message="The cluster test-ty-820-1006 is deleted",
        severity="normal",
        status="2",
        category="management",
        target=Entity(id=DELETED["source_id"], type="cluster", name="test-ty-820-1006"),
        attributes={
            "description": "Cluster %s deleted",
            "display_name": "Cluster deleted",
            "subject": "DWS event notification",
        },
    )


@pytest.mark.parametrize(
    ("status", "shown"),
    [("2", 2), ("-5", -5), ("failed", 1), ("", 1), ("1.5", 1), ("٣", 1), ("1_0", 1), ("9" * 30, 1)],
)
def test_a_status_is_a_number(status: str, shown: int) -> None:
    event = Event(id="1", time=0, type="x", status=status)
    assert render_event(event, "demo")["status"] == shown


def test_an_event_without_a_project_shows_that_of_the_request() -> None:
    wire = {name: value for name, value in DELETED.items() if name != "project_id"}
    assert render_event(read_event(wire), "demo") == DELETED


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event_id": None}, "event_id must be a string"),
        ({"event_id": ""}, "event_id must not be empty"),
        ({"name": 5}, "name must be a string"),
        ({"occur_time": "now"}, "occur_time must be an integer but was 'now'"),
        ({"occur_time": True}, "occur_time must be an integer but was 'True'"),
        ({"occur_time": 10**15}, "occur_time must be <= 253402300799999"),
        ({"status": "2"}, "status must be an integer but was '2'"),
        ({"source_id": "x" * 257}, "source_id must have at most 256 characters"),
        ({"colour": "red"}, "colour is not known"),
    ],
)
def test_anything_but_an_event_is_refused(change: Json, message: str) -> None:
    with pytest.raises(InvalidParameter, match=f"^{message}"):
        read_event(DELETED | change)


@pytest.mark.parametrize("member", ["event_id", "name", "occur_time"])
def test_members_that_an_event_needs_are_required(member: str) -> None:
    with pytest.raises(InvalidParameter, match=f"^{member} is required"):
        read_event({name: value for name, value in DELETED.items() if name != member})


def test_an_event_of_another_project_is_refused() -> None:
    assert DIALECT.format is not None
    text = json.dumps({"events": [DELETED | {"project_id": "other"}], "count": 1}).encode()
    (refused,) = read_document(text, DIALECT.format, "demo")
    assert str(refused) == "project_id must be 'demo', the scope that it was sent to"


# The list


class CountingStore(MemoryEventStore):
    """A store that remembers how many events it returned."""

    def __init__(self) -> None:
        super().__init__()
        self.returned = 0

    def find(self, query: EventQuery) -> Page:
        page = super().find(query)
        self.returned += len(page.events)
        return page


class Service:
    """A log with events, and a key."""

    def __init__(self, store: MemoryEventStore) -> None:
        keys = MemoryKeyStore()
        self._headers = {"x-auth-token": keys.create("demo", frozenset({"read"})).token}
        self.store = store
        self.services = Services(store, keys, Clock(lambda: 0), fits_lambda)

    def get(self, **query: int) -> Response:
        pairs = tuple((name, str(value)) for name, value in query.items())
        request = Request("GET", "/v2/demo/events", pairs, self._headers)
        return serve(DIALECT, request, self.services)

    def ids(self, **query: int) -> list[str]:
        return [event["event_id"] for event in json.loads(self.get(**query).body)["events"]]


def filled(count: int, message: str = "") -> Service:
    """Return a log of events; three at a time share a moment."""
    service = Service(CountingStore())
    service.store.put(
        "demo",
        [
            Event(id=str(number), time=number // 3, type="x", message=message)
            for number in range(count)
        ],
    )
    return service


@pytest.mark.parametrize("limit", [1, 2, 7, 500, 999, 1000, 1001, 1500, 1501, 9999])
def test_pages_of_any_size_show_every_event_once(limit: int) -> None:
    service = filled(1501 if limit > 7 else 40)
    everything = service.ids(limit=10**6)
    pages = -(-len(everything) // limit)
    found = [each for page in range(pages) for each in service.ids(limit=limit, offset=page)]
    assert found == everything == sorted(everything, key=int, reverse=True)


def test_a_page_that_is_too_large_names_the_largest_that_fits() -> None:
    service = filled(600, "x" * 25_000)
    refused = json.loads(service.get(limit=600).body)
    assert refused["error_code"] == "DWS.5038"
    message = refused["error_msg"]
    most = int(message.removeprefix("limit must be at most ").split()[0])
    assert message.endswith("here: a response cannot carry more of these events")
    assert service.get(limit=most).status == 200
    assert service.get(limit=most + 1).status == 400


def test_it_reads_no_more_than_it_could_send() -> None:
    service = filled(3_000, "x" * 5_000)
    assert service.get(limit=3_000).status == 400
    assert isinstance(service.store, CountingStore)
    assert service.store.returned <= 2000


def test_the_default_may_be_too_large_as_well() -> None:
    assert filled(1000, "x" * 10_000).get().status == 400


class BrokenStore(MemoryEventStore):
    """A store that fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def find(self, query: EventQuery) -> Page:
        raise self.error

    def count(self, scope: str, filter: Filter) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TooBroad(), 400, "DWS.5038"),
        (Unavailable(), 503, "DWS.0005"),
        (RuntimeError("secret"), 500, "DWS.0005"),
    ],
)
def test_a_failure_has_the_form_of_the_api(error: Exception, status: int, code: str) -> None:
    response = Service(BrokenStore(error)).get()
    document = json.loads(response.body)
    assert (response.status, document["error_code"]) == (status, code)
    assert document.keys() == {"error_code", "error_msg"}
    assert b"secret" not in response.body
    assert "X-Request-Id" in dict(response.headers)


def test_an_answer_too_large_to_carry_blames_the_limit() -> None:
    service = filled(3)
    service.services = replace(service.services, can_deliver=lambda response: False)
    assert json.loads(service.get().body)["error_code"] == "DWS.5038"
