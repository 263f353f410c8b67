"""Cedana: events both ways, the window, and what is cut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import strategies
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Pairs, Request, Response
from polylog.aws.environment import MAX_RESPONSE_BYTES, fits_lambda
from polylog.dialects.cedana import DIALECT
from polylog.dialects.cedana.wire import read_event, render_event
from polylog.dynamo.events.items import Draft, read_item
from polylog.intake.documents import Format, read_document
from polylog.model.errors import ApiError, InvalidParameter, TimedOut, TooBroad, Unavailable
from polylog.model.event import Entity, Event
from polylog.model.filter import EVERYTHING
from polylog.model.query import EventQuery, Page, Window
from polylog.model.times import EARLIEST, SECOND, Clock

# Documents that tests take apart.
Json = Any

SAVED: Json = {
    "id": 1,
    "status": "success",
    "operation": "checkpoint",
    "resource_type": "pod",
    "message": "saved",
    "metadata": {"pod": "p-1", "gpus": 2},
    "source": "controller",
    "timestamp": 1_799_999_990,
}
NOW = 1_800_000_000 * SECOND + 250_000


# Reading and rendering


@given(strategies.cedana_events())
@example(SAVED)
def test_an_event_renders_as_it_was_read(wire: JsonValue) -> None:
    assert render_event(read_event(wire)) == wire


@given(strategies.cedana_events())
def test_an_event_survives_text_and_storage_exactly(wire: JsonValue) -> None:
    """From one request's body to another's, through a stored item."""
    offered: Any = read_document(json.dumps([wire]).encode(), Format(read_event), "demo")
    kept = read_item(Draft.of(*offered).item("demo", 1, 1))
    body = Response.of(render_event(kept)).body
    assert json.dumps(json.loads(body), sort_keys=True) == json.dumps(wire, sort_keys=True)


def test_members_stand_in_the_order_of_the_document() -> None:
    assert json.dumps(render_event(read_event(SAVED))) == json.dumps(SAVED)


def test_an_event_becomes_a_canonical_event() -> None:
    assert read_event(SAVED) == Event(
        id="1",
        time=1_799_999_990 * SECOND,
        type="checkpoint",
        source="controller",
        message="saved",
        status="success",
        target=Entity(type="pod"),
        data={"pod": "p-1", "gpus": 2},
    )


def test_an_event_from_elsewhere_takes_the_empty_forms() -> None:
    rendered = render_event(Event(id="a", seq=7, time=1_999_999, type="login", origin="custom"))
    assert json.dumps(rendered) == json.dumps(
        {
            "id": 7,
            "status": "",
            "operation": "login",
            "resource_type": "",
            "message": "",
            "metadata": None,
            "source": "",
            "timestamp": 1,
        }
    )


@pytest.mark.parametrize(
    ("event_id", "number"),
    [
        ("5", 5),
        ("0", 0),
        ("-5", -5),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", 7),
        ("1" * 250, 7),
        ("05", 7),
        ("-0", 7),
        ("+5", 7),
        ("5.0", 7),
        (" 5", 7),
        ("٣", 7),
        ("5\n", 7),
    ],
)
def test_the_number_of_arrival_replaces_an_id_that_is_not_a_64_bit_integer(
    event_id: str, number: int
) -> None:
    assert render_event(Event(id=event_id, seq=7, time=0, type="t"))["id"] == number


def test_a_time_before_1970_is_shown_as_1970() -> None:
    assert render_event(Event(id="1", time=EARLIEST, type="t"))["timestamp"] == 0


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("id", "1", "must be an integer but was '1'"),
        ("id", 1.0, "must be an integer but was '1.0'"),
        ("id", True, "must be an integer but was 'True'"),
        ("id", None, "must be an integer but was 'None'"),
        ("id", 2**63, "must be <= 9223372036854775807"),
        ("id", -(2**63) - 1, "must be >= -9223372036854775808"),
        ("status", None, "must be a string"),
        ("operation", "", "must not be empty"),
        ("operation", "x" * 257, "must have at most 256 characters"),
        ("resource_type", 5, "must be a string"),
        ("message", None, "must be a string"),
        ("source", "x" * 257, "must have at most 256 characters"),
        ("timestamp", -1, "must be >= 0"),
        ("timestamp", 10**12, "must be <= 253402300799"),
        ("timestamp", 1.5, "must be an integer but was '1.5'"),
        ("timestamp", "2026-03-01", "must be an integer but was '2026-03-01'"),
        ("colour", "red", "is not known"),
    ],
)
def test_a_bad_member_is_named(member: str, value: JsonValue, reason: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        read_event(SAVED | {member: value})
    assert (raised.value.parameter, raised.value.reason) == (member, reason)


@pytest.mark.parametrize("member", SAVED)
def test_a_missing_member_is_named(member: str) -> None:
    """Also for a member that takes any JSON value: null is a value."""
    with pytest.raises(InvalidParameter, match=f"^{member} is required$"):
        read_event({name: value for name, value in SAVED.items() if name != member})


@pytest.mark.parametrize("wire", [None, 5, "event", []])
def test_only_an_object_is_an_event(wire: JsonValue) -> None:
    with pytest.raises(InvalidParameter, match="event must be an object"):
        read_event(wire)


# The list

KEYS = MemoryKeyStore()
TOKEN = KEYS.create("demo", frozenset({"read"})).token


def ask(
    store: MemoryEventStore, query: Pairs = (), *, now: int = NOW, most_bytes: int = 10**9
) -> Response:
    request = Request("GET", "/v2/events", query, {"authorization": f"Bearer {TOKEN}"})
    services = Services(
        store, KEYS, Clock(lambda: now), lambda response: len(response.body) <= most_bytes
    )
    return serve(DIALECT, request, services)


def filled(times: list[int]) -> MemoryEventStore:
    store = MemoryEventStore()
    store.put("demo", [Event(id=f"e{k}", time=time, type="t") for k, time in enumerate(times)])
    return store


def ids(response: Response) -> list[int]:
    return [event["id"] for event in json.loads(response.body)]


seconds = st.integers(0, 40)
lengths = st.integers(-5, 45) | st.sampled_from([2**31 - 1, -(2**31)])
moments = st.integers(-3 * SECOND, 40 * SECOND)


@given(st.lists(moments, max_size=9), moments.filter(lambda now: now >= 0), lengths)
def test_the_window_is_by_the_timestamps_shown(times: list[int], now: int, length: int) -> None:
    response = ask(filled(times), (("time", str(length)),), now=now)
    newest_first = sorted(enumerate(times, 1), key=lambda pair: (-pair[1], -pair[0]))
    second = now // SECOND
    expected = [
        seq for seq, time in newest_first if max(0, second - length) <= time // SECOND <= second
    ]
    assert (response.status, ids(response)) == (200, expected)


def test_without_a_time_the_window_is_an_hour() -> None:
    times = [NOW - 3601 * SECOND, NOW - 3600 * SECOND, NOW]
    assert ids(ask(filled(times))) == [3, 2]


# What is cut


def is_cut(response: Response) -> bool:
    return ("X-Truncated", "true") in response.headers


@given(st.integers(0, 12), st.integers(150, 1500))
def test_the_newest_that_fit_are_returned_and_a_cut_is_marked(count: int, most: int) -> None:
    store = filled([NOW - k * SECOND for k in range(count)])
    whole = ask(store)
    cut = ask(store, most_bytes=most)
    events = json.loads(whole.body)
    fitting = [n for n in range(count + 1) if len(Response.of(events[:n]).body) <= most]
    assert json.loads(cut.body) == events[: max(fitting)]
    assert is_cut(cut) == (len(whole.body) > most)
    assert not is_cut(whole)


def test_an_event_too_large_for_any_answer_is_an_error_and_not_an_empty_list() -> None:
    response = ask(filled([NOW]), most_bytes=50)
    assert (response.status, json.loads(response.body)["code"]) == (500, "500")


class CountingEventStore(MemoryEventStore):
    """Remembers how many events were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    def find(self, query: EventQuery) -> Page:
        page = super().find(query)
        self.read += len(page.events)
        return page


def test_it_stops_reading_once_lambda_could_not_carry_more() -> None:
    """The limit counts quotes and backslashes twice, since Lambda wraps the body into JSON."""
    store = CountingEventStore()
    many = [Event(id=f"e{k}", time=NOW - k, type="t", message='"\\' * 5000) for k in range(1000)]
    store.put("demo", many)
    request = Request("GET", "/v2/events", (), {"authorization": f"Bearer {TOKEN}"})
    response = serve(DIALECT, request, Services(store, KEYS, Clock(lambda: NOW), fits_lambda))
    assert response.status == 200
    assert is_cut(response)
    count = len(ids(response))
    size = len(response.body) + response.body.count(b'"') + response.body.count(b"\\")
    assert MAX_RESPONSE_BYTES - size < size // count + 100
    assert store.read < len(many)


class TiringEventStore(MemoryEventStore):
    """Gives up after some pages."""

    def __init__(self, pages: int, error: ApiError) -> None:
        super().__init__()
        self.pages = pages
        self.error = error

    def find(self, query: EventQuery) -> Page:
        if self.pages == 0:
            raise self.error
        self.pages -= 1
        return super().find(query)


@pytest.mark.parametrize("error", [TooBroad(), TimedOut()], ids=repr)
def test_the_events_read_so_far_are_returned_and_marked(error: ApiError) -> None:
    store = TiringEventStore(2, error)
    store.put("demo", [Event(id=f"e{k}", time=NOW + k, type="t") for k in range(1000)])
    response = ask(store)
    assert (response.status, is_cut(response)) == (200, True)
    found = ids(response)
    assert found == list(range(1000, 1000 - len(found), -1))


class PoorEventStore(MemoryEventStore):
    """Reads at most 50 events for a page."""

    def find(self, query: EventQuery) -> Page:
        everything = EventQuery(
            query.scope, EVERYTHING, query.order, Window(50, after=query.window.after)
        )
        read = super().find(everything).events
        page = super().find(query)
        if any(event not in read for event in page.events):
            raise TooBroad
        return page


def test_a_few_events_of_a_rare_resource_type_are_returned_and_marked() -> None:
    """It finds a page of one, then one of four; the next sixteen are too far apart."""
    store = PoorEventStore()
    kinds = [Entity(type="rare" if k % 10 == 9 else "pod") for k in range(1000)]
    store.put(
        "demo",
        [Event(id=f"e{k}", time=NOW + k, type="t", target=kinds[k]) for k in range(1000)],
    )
    response = ask(store, (("resource_type", "rare"),))
    assert (response.status, is_cut(response)) == (200, True)
    assert ids(response) == [1000, 990, 980, 970, 960]


def test_a_window_that_cannot_be_read_at_all_says_how_to_narrow_it() -> None:
    response = ask(TiringEventStore(0, TooBroad()))
    document = json.loads(response.body)
    assert (response.status, document["code"], is_cut(response)) == (400, "400", False)
    assert document["message"].startswith("time must be smaller")


class SilentEventStore(MemoryEventStore):
    """A database that does not answer."""

    def find(self, query: EventQuery) -> Page:
        raise Unavailable("throttled")


def test_a_store_that_is_down_is_reported_as_the_document_says() -> None:
    response = ask(SilentEventStore())
    assert response.status == 500
    assert json.loads(response.body) == {"code": "500", "message": "Failed to fetch events"}
