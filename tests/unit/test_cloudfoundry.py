"""Cloud Foundry: event resources both ways, parameters, page urls, headers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from operator import eq, ge, gt, le, lt
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import strategies
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Pairs, Request, Response
from polylog.dialects.cloudfoundry import DIALECT
from polylog.dialects.cloudfoundry.errors import CannotOrderBy
from polylog.dialects.cloudfoundry.listing import ListParams
from polylog.dialects.cloudfoundry.q import parse
from polylog.dialects.cloudfoundry.wire import escape, read_event, render_event
from polylog.dynamo.events.items import Draft, read_item
from polylog.intake.documents import Format, read_document
from polylog.model.errors import InvalidParameter
from polylog.model.event import Entity, Event
from polylog.model.predicate import predicate
from polylog.model.times import SECOND, Clock, format_seconds

# Documents that tests take apart.
Json = Any

APP = "aaaaaaaa-0000-4000-8000-00000000000a"
CREATED, LATER = "2026-03-01T10:00:01Z", "2026-03-01T10:00:02Z"
CRASH: Json = {
    "metadata": {
        "guid": "00000000-0000-4000-8000-000000000003",
        "url": "/v2/events/00000000-0000-4000-8000-000000000003",
        "created_at": CREATED,
        "updated_at": None,
    },
    "entity": {
        "type": "app.crash",
        "actor": APP,
        "actor_type": "app",
        "actor_name": "shop",
        "actee": APP,
        "actee_type": "app",
        "actee_name": "shop",
        "timestamp": CREATED,
        "metadata": {"index": 0, "exit_status": 137, "reason": "CRASHED"},
        "space_guid": "dddddddd-0000-4000-8000-00000000000d",
        "organization_guid": "eeeeeeee-0000-4000-8000-00000000000e",
    },
}


def changed(*path: str, to: JsonValue) -> Json:
    """Return the crash with one member set to another value."""
    wire = json.loads(json.dumps(CRASH))
    part, member = path
    wire[part][member] = to
    return wire


# Reading and rendering


@given(strategies.cloudfoundry_resources())
@example(CRASH)
def test_a_resource_renders_as_it_was_read(wire: JsonValue) -> None:
    assert render_event(read_event(wire)) == wire


@given(strategies.cloudfoundry_resources())
def test_a_resource_survives_text_and_storage_exactly(wire: JsonValue) -> None:
    """From one request's body to another's, through a stored item."""
    offered: Any = read_document(json.dumps([wire]).encode(), Format(read_event), "demo")
    kept = read_item(Draft.of(*offered).item("demo", 1, 1))
    body = Response.of(render_event(kept)).body
    assert json.dumps(json.loads(body), sort_keys=True) == json.dumps(wire, sort_keys=True)


def test_a_username_of_null_is_kept() -> None:
    """Servers since 2017 send it for actors without a name."""
    wire = changed("entity", "actor_username", to=None)
    assert render_event(read_event(wire)) == wire


def test_members_stand_in_the_order_of_the_document() -> None:
    assert json.dumps(render_event(read_event(CRASH))) == json.dumps(CRASH)


def test_a_resource_becomes_a_canonical_event() -> None:
    assert read_event(CRASH) == Event(
        id=CRASH["metadata"]["guid"],
        time=1_772_359_201 * SECOND,
        type="app.crash",
        actor=Entity(id=APP, type="app", name="shop"),
        target=Entity(id=APP, type="app", name="shop"),
        project_id=CRASH["entity"]["space_guid"],
        organization_id=CRASH["entity"]["organization_guid"],
        data=CRASH["entity"]["metadata"],
    )


@pytest.mark.parametrize("member", ["actor", "actee", "space_guid", "organization_guid"])
def test_an_empty_guid_is_not_an_id(member: str) -> None:
    event = read_event(changed("entity", member, to=""))
    kept = (event.actor.id, event.target.id, event.project_id, event.organization_id)
    assert kept.count(None) == 1


@pytest.mark.parametrize(
    ("path", "value", "attributes"),
    [
        (("metadata", "created_at"), "2026-03-01T10:00:01Z", {}),
        (
            ("metadata", "created_at"),
            "2026-03-01T10:00:02Z",
            {"created_at": "2026-03-01T10:00:02Z"},
        ),
        (
            ("metadata", "updated_at"),
            "2026-03-01T10:00:01Z",
            {"updated_at": "2026-03-01T10:00:01Z"},
        ),
        (("entity", "actor_username"), "ada", {"actor_username": "ada"}),
        (("entity", "actor_username"), "", {"actor_username": ""}),
    ],
)
def test_members_that_only_this_api_has_become_attributes(
    path: tuple[str, str], value: str, attributes: Mapping[str, str]
) -> None:
    assert read_event(changed(*path, to=value)).attributes == attributes


@pytest.mark.parametrize(
    ("path", "value", "parameter", "reason"),
    [
        (("metadata", "guid"), "", "metadata.guid", "must not be empty"),
        (("metadata", "guid"), "x" * 257, "metadata.guid", "must have at most 256 characters"),
        (("metadata", "created_at"), "soon", "metadata.created_at", "must be a time like .*'soon'"),
        (("metadata", "updated_at"), 5, "metadata.updated_at", "must be a time like .*'5'"),
        (("entity", "timestamp"), None, "entity.timestamp", "must be a time like .*'None'"),
        (("entity", "timestamp"), "2026-13-01", "entity.timestamp", "must be a time like"),
        (("entity", "timestamp"), 20140101, "entity.timestamp", "must be a time like .*'20140101'"),
        (("entity", "type"), "", "entity.type", "must not be empty"),
        (("entity", "type"), None, "entity.type", "must be a string"),
        (("entity", "actor"), "x" * 257, "entity.actor", "must have at most 256 characters"),
        (("entity", "actee_name"), None, "entity.actee_name", "must be a string"),
        (("entity", "metadata"), [], "entity.metadata", "must be an object"),
        (("entity", "colour"), "red", "entity.colour", "is not known"),
    ],
)
def test_a_bad_member_is_named(
    path: tuple[str, str], value: JsonValue, parameter: str, reason: str
) -> None:
    with pytest.raises(InvalidParameter, match=reason) as raised:
        read_event(changed(*path, to=value))
    assert raised.value.parameter == parameter


@pytest.mark.parametrize("part", ["metadata", "entity"])
def test_a_missing_part_is_named(part: str) -> None:
    with pytest.raises(InvalidParameter, match=f"{part} is required"):
        read_event({name: value for name, value in CRASH.items() if name != part})


@pytest.mark.parametrize("wire", [None, 5, "event", []])
def test_only_an_object_is_a_resource(wire: JsonValue) -> None:
    with pytest.raises(InvalidParameter, match="event must be an object"):
        read_event(wire)


def test_a_fraction_of_a_second_is_kept_but_not_shown() -> None:
    event = read_event(changed("entity", "timestamp", to="2026-03-01T10:00:01.999Z"))
    assert event.time % SECOND == 999_000
    rendered: Json = render_event(event)
    assert rendered["entity"]["timestamp"] == CREATED


def test_an_event_from_elsewhere_takes_the_empty_forms() -> None:
    assert render_event(Event(id="a b", time=1, type="login", origin="custom", source="s")) == {
        "metadata": {
            "guid": "a b",
            "url": "/v2/events/a%20b",
            "created_at": "1970-01-01T00:00:00Z",
            "updated_at": None,
        },
        "entity": {
            "type": "login",
            "actor": "",
            "actor_type": "",
            "actor_name": None,
            "actee": "",
            "actee_type": "",
            "actee_name": "",
            "timestamp": "1970-01-01T00:00:00Z",
            "metadata": {},
            "space_guid": "",
            "organization_guid": "",
        },
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, {}),
        ({}, {}),
        ({"data": 1}, {"data": 1}),
        ([], {"data": []}),
        ("text", {"data": "text"}),
        (0, {"data": 0}),
        (False, {"data": False}),
    ],
)
def test_data_that_is_not_an_object_is_put_into_one(data: JsonValue, expected: JsonValue) -> None:
    rendered: Json = render_event(Event(id="1", time=0, type="t", data=data))
    assert json.dumps(rendered["entity"]["metadata"]) == json.dumps(expected)


# Parameters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5),
        (" 5 ", 5),
        ("\t5\n", 5),
        ("+3", 3),
        ("-3", -3),
        ("0", 0),
        ("010", 10),
        ("-010", -10),
        ("0_10", 10),
        ("08", 8),
        ("00", 0),
        ("1_000", 1000),
    ],
)
def test_an_integer_is_decimal_with_blanks_a_sign_and_underscores(text: str, expected: int) -> None:
    assert ListParams.parse((("orphan-relations", text),), {}).orphan_relations == expected


@pytest.mark.parametrize(
    "text",
    [
        *("1.5", "5e1", "", " ", "five", "1 0", "+ 3", "--3", "1__0", "_1", "1_"),
        *("0x10", "0b1", "0o7", "0d1", "0__7", "ff", "\u00a05", "5\u2003"),
        *("٣", "５", "5\x00"),  # noqa: RUF001 - digits of other scripts are the point
    ],
)
def test_anything_but_a_decimal_integer_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="must be an integer") as raised:
        ListParams.parse((("page", text),), {})
    assert raised.value.parameter == "page"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ((("page", "0"),), "page must be >= 1"),
        ((("page", "-1"),), "page must be >= 1"),
        ((("results-per-page", "0"),), "results-per-page must be >= 1"),
        ((("results-per-page", "101"),), "results-per-page must be <= 100"),
        ((("inline-relations-depth", "4"),), "inline-relations-depth must be <= 3"),
        ((("order-direction", "up"),), "order-direction must be 'asc' or 'desc' but was 'up'"),
        ((("order-direction", "ASC"),), "order-direction must be 'asc' or 'desc' but was 'ASC'"),
        (
            (("page", "0"), ("order-direction", "up"), ("results-per-page", "101")),
            "results-per-page must be <= 100",
        ),
    ],
)
def test_a_parameter_beyond_its_range_is_refused(pairs: Pairs, expected: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        ListParams.parse(pairs, {})
    assert str(raised.value) == expected


@pytest.mark.parametrize("fields", [("id",), ("timestamp", "id"), ("actor", "timestamp")])
def test_only_the_last_order_by_must_be_known(fields: tuple[str, ...]) -> None:
    pairs = tuple(("order-by", field) for field in fields)
    assert ListParams.parse(pairs, {}).order_by == fields


@pytest.mark.parametrize("fields", [("actor",), ("id", "type"), ("",), ("timestamp,id",)])
def test_another_order_by_is_refused(fields: tuple[str, ...]) -> None:
    with pytest.raises(CannotOrderBy) as raised:
        ListParams.parse(tuple(("order-by", field) for field in fields), {})
    assert raised.value.field == fields[-1]


def cut(time: int) -> int:
    return time // SECOND


@given(
    st.sampled_from([(":", eq), (">", gt), (">=", ge), ("<", lt), ("<=", le), (" IN ", eq)]),
    st.integers(-2, 2),
    st.integers(-3 * SECOND, 3 * SECOND),
)
def test_a_timestamp_compares_times_cut_to_the_second(
    operator: tuple[str, Any], second: int, time: int
) -> None:
    """For values without a fraction, query.rb has the same result."""
    symbol, holds = operator
    filter = parse(f"timestamp{symbol}{format_seconds(second * SECOND)}")
    event = Event(id="1", time=time, type="t")
    assert predicate(filter)(event) == holds(cut(time), second)


# Pages


@pytest.mark.parametrize("text", [*":,/=?@!$'()*~-._", "aZ09"])
def test_these_stay_as_they_are_in_urls(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" ", "%20"),
        ("+", "%2B"),
        (";", "%3B"),
        ("&", "%26"),
        ("#[]", "%23%5B%5D"),
        ('%"<>', "%25%22%3C%3E"),
        ("\\^{}", "%5C%5E%7B%7D"),
        ("`|", "%60%7C"),
        ("é", "%C3%A9"),
        ("🎉\n", "%F0%9F%8E%89%0A"),
    ],
)
def test_these_are_escaped_in_urls(text: str, expected: str) -> None:
    assert escape(text) == expected


KEYS = MemoryKeyStore()
TOKEN = KEYS.create("demo", frozenset({"read"})).token


def ask(store: MemoryEventStore, query: Pairs = (), **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    names = {"authorization": f"bearer {TOKEN}"} | names
    request = Request("GET", "/cf/v2/events", query, names)
    return serve(DIALECT, request, Services(store, KEYS, clock=Clock(lambda: 0)))


def pages(store: MemoryEventStore, query: Pairs, link: str) -> Iterator[Json]:
    """Yield the page of a query and all pages that its links lead to."""
    while True:
        page = json.loads(ask(store, query).body)
        yield page
        if page[link] is None:
            return
        query = tuple(parse_qsl(urlsplit(page[link]).query, keep_blank_values=True))


def guids(found: list[Json]) -> list[str]:
    return [resource["metadata"]["guid"] for page in found for resource in page["resources"]]


def filled(times: list[int]) -> MemoryEventStore:
    store = MemoryEventStore()
    store.put("demo", [Event(id=str(k), time=time, type="t") for k, time in enumerate(times)])
    return store


small_logs = st.lists(st.integers(0, 3), max_size=9)
sizes = st.integers(1, 4)


@given(small_logs, sizes)
def test_following_next_url_shows_every_event_once_in_order(times: list[int], size: int) -> None:
    found = pages(filled(times), (("results-per-page", str(size)),), "next_url")
    assert guids(list(found)) == [str(k) for k in sorted(range(len(times)), key=times.__getitem__)]


@given(small_logs, sizes)
def test_descending_is_the_exact_reverse(times: list[int], size: int) -> None:
    store, query = filled(times), (("results-per-page", str(size)),)
    ascending = guids(list(pages(store, query, "next_url")))
    backwards = guids(list(pages(store, (*query, ("order-direction", "desc")), "next_url")))
    assert backwards == ascending[::-1]


@given(small_logs, sizes, st.integers(1, 8))
def test_every_page_states_the_exact_totals(times: list[int], size: int, number: int) -> None:
    query = (("results-per-page", str(size)), ("page", str(number)))
    page = json.loads(ask(filled(times), query).body)
    whole = len(range(0, len(times), size)) or 1
    assert (page["total_results"], page["total_pages"]) == (len(times), whole)
    assert (page["prev_url"] is None, page["next_url"] is None) == (number == 1, number >= whole)


def test_prev_url_leads_back_to_the_first_page() -> None:
    query = (("results-per-page", "1"), ("page", "3"))
    assert guids(list(pages(filled([0, 1, 2]), query, "prev_url"))) == ["2", "1", "0"]


ORDER = "order-by=timestamp&order-by=id&order-direction=asc"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ((), f"{ORDER}&page=2&results-per-page=1"),
        (
            (("q", "type:t;;"), ("q", ""), ("q", "type IN t,t;;")),
            f"{ORDER}&page=2&q=type:t%3B%3B&q=&q=type%20IN%20t,t%3B%3B&results-per-page=1",
        ),
        (
            (("include-relations", "c"), ("exclude-relations", "a,b")),
            "exclude-relations=a&exclude-relations=b&include-relations=c&"
            f"{ORDER}&page=2&results-per-page=1",
        ),
        (
            (("orphan-relations", "1"), ("inline-relations-depth", "01"), ("order-by", "id")),
            f"inline-relations-depth=1&{ORDER}&orphan-relations=1&page=2&results-per-page=1",
        ),
    ],
)
def test_next_url_carries_every_parameter_in_effect(query: Pairs, expected: str) -> None:
    store = MemoryEventStore()
    store.put("demo", [Event(id=name, time=0, type="t;") for name in ("1", "2")])
    page = json.loads(ask(store, (*query, ("results-per-page", "1"))).body)
    assert page["next_url"] == f"/v2/events?{expected}"


def test_a_bad_q_is_reported_before_a_bad_size() -> None:
    """The server's order of checks (model_controller.rb)."""
    response = ask(MemoryEventStore(), (("q", "actor:x"), ("results-per-page", "101")))
    description = "The query parameter is invalid: actor"
    assert json.loads(response.body)["description"] == description


def test_a_page_of_thousands_of_digits_is_refused() -> None:
    response = ask(MemoryEventStore(), (("page", "9" * 5000),))
    assert response.status == 400


# Headers


def header(name: str, **given: str) -> str:
    return dict(ask(MemoryEventStore(), (), **given).headers)[name]


def test_a_request_without_an_id_gets_a_uuid() -> None:
    made = header("X-VCAP-Request-ID")
    assert str(UUID(made)) == made


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"x_vcap_request_id": "abc-1_2"}, "abc-1_2"),
        ({"x_request_id": "abc"}, "abc"),
        ({"x_vcap_request_id": "vcap", "x_request_id": "other"}, "vcap"),
        ({"x_request_id": "a b/c:d\n<é>"}, "abcd"),
        ({"x_request_id": "x" * 300}, "x" * 255),
        ({"x_request_id": " " * 50 + "x" * 300}, "x" * 255),
    ],
)
def test_a_given_id_precedes_the_uuid(given: dict[str, str], kept: str) -> None:
    start, made = header("X-VCAP-Request-ID", **given).split("::")
    assert (start, str(UUID(made))) == (kept, made)


def test_an_id_without_a_word_character_is_ignored() -> None:
    made = header("X-VCAP-Request-ID", x_request_id=":: /")
    assert str(UUID(made)) == made


def test_request_ids_differ() -> None:
    assert header("X-VCAP-Request-ID") != header("X-VCAP-Request-ID")


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (f"bearer {TOKEN}", {"X-USER-GUID": TOKEN.partition(".")[0]}),
        ("bearer junk", {}),
        ("", {}),
    ],
    ids=["a key", "junk", "nothing"],
)
def test_the_user_is_named_when_known(authorization: str, expected: dict[str, str]) -> None:
    headers = dict(ask(MemoryEventStore(), authorization=authorization).headers)
    del headers["X-VCAP-Request-ID"]
    assert headers == expected | {
        "Content-Type": "application/json;charset=utf-8",
        "X-Content-Type-Options": "nosniff",
    }
