"""Cloud Foundry v3: audit events both ways and compared with v2, parameters, pages, the sample."""

from __future__ import annotations

import json
from collections.abc import Iterator
from operator import eq, ge, gt, le, lt
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import strategies
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Pairs, Request, Response
from polylog.dialects import DIALECTS, cloudfoundry, format_named, load
from polylog.dialects.cloudfoundry.wire import read_event as read_v2
from polylog.dialects.cloudfoundry.wire import render_event as render_v2
from polylog.dialects.cloudfoundry_v3 import DIALECT
from polylog.dialects.cloudfoundry_v3.errors import UnknownParameters
from polylog.dialects.cloudfoundry_v3.listing import ListParams
from polylog.dialects.cloudfoundry_v3.wire import read_event, render_event
from polylog.dynamo.events.items import Draft, read_item
from polylog.intake.documents import read_document
from polylog.model.errors import InvalidParameter
from polylog.model.event import Entity, Event
from polylog.model.predicate import predicate
from polylog.model.times import SECOND, Clock, format_seconds
from tools import ROOT

# Documents that tests take apart.
Json = Any

BASE = "https://log.example.com/cf/v3"
APP, SPACE = "aaaaaaaa-0000-4000-8000-00000000000a", "dddddddd-0000-4000-8000-00000000000d"
ORGANIZATION, GUID = "eeeeeeee-0000-4000-8000-00000000000e", "00000000-0000-4000-8000-000000000003"
CREATED, LATER = "2026-03-01T10:00:01Z", "2026-03-01T10:00:04Z"
UPDATE: Json = {
    "guid": GUID,
    "created_at": CREATED,
    "updated_at": CREATED,
    "type": "audit.app.update",
    "actor": {"guid": "uaa-id-1", "type": "user", "name": "ada@example.com"},
    "target": {"guid": APP, "type": "app", "name": "shop"},
    "data": {"request": {"recursive": True}},
    "space": {"guid": SPACE},
    "organization": {"guid": ORGANIZATION},
    "links": {"self": {"href": f"{BASE}/audit_events/{GUID}"}},
}
SAMPLE = ROOT / "tests/samples/cloudfoundry-v3.json"
PARTS = ("actor", "target", "space", "organization")
LONG = "x" * 257


def changed(member: str, *, to: JsonValue) -> Json:
    """Return the update with one member set to another value."""
    return {**UPDATE, member: to}


# Reading and rendering


@given(strategies.cloudfoundry_audit_events(BASE))
@example(UPDATE)
def test_an_audit_event_renders_as_it_was_read(wire: JsonValue) -> None:
    assert render_event(read_event(wire), BASE) == wire


@given(strategies.cloudfoundry_audit_events(BASE))
def test_an_audit_event_survives_text_and_storage_exactly(wire: JsonValue) -> None:
    """From one request's body to another's, through a stored item."""
    offered: Any = read_document(
        json.dumps({"resources": [wire]}).encode(), format_named("cloudfoundry-v3"), "demo"
    )
    kept = read_item(Draft.of(*offered).item("demo", 1, 1))
    body = Response.of(render_event(kept, BASE)).body
    assert json.dumps(json.loads(body), sort_keys=True) == json.dumps(wire, sort_keys=True)


def test_members_stand_in_the_order_of_the_document() -> None:
    assert json.dumps(render_event(read_event(UPDATE), BASE)) == json.dumps(UPDATE)


def test_an_audit_event_becomes_a_canonical_event() -> None:
    assert read_event(UPDATE) == Event(
        id=GUID,
        time=1_772_359_201 * SECOND,
        type="audit.app.update",
        actor=Entity(id="uaa-id-1", type="user", name="ada@example.com"),
        target=Entity(id=APP, type="app", name="shop"),
        project_id=SPACE,
        organization_id=ORGANIZATION,
        data={"request": {"recursive": True}},
    )


def test_a_later_update_is_kept() -> None:
    assert read_event(changed("updated_at", to=LATER)).attributes == {"updated_at": LATER}


def test_links_begin_with_the_address_of_the_request() -> None:
    elsewhere = {"self": {"href": f"https://api.example.org/v3/audit_events/{GUID}"}}
    assert render_event(read_event(changed("links", to=elsewhere)), BASE) == UPDATE


@pytest.mark.parametrize("member", ["updated_at", "data", "links", *PARTS])
def test_null_and_missing_members_are_the_same(member: str) -> None:
    without = {name: value for name, value in UPDATE.items() if name != member}
    assert read_event(changed(member, to=None)) == read_event(without)


@pytest.mark.parametrize("member", ["guid", "created_at", "type"])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_member_that_must_not_be_missing_is_named(member: str, is_there: bool) -> None:
    kept = [name for name in UPDATE if name != member or is_there]
    wire = {name: UPDATE[name] for name in kept} | ({member: None} if is_there else {})
    with pytest.raises(InvalidParameter, match=f"^{member} is required$"):
        read_event(wire)


@pytest.mark.parametrize(
    ("member", "value", "parameter", "reason"),
    [
        ("guid", "", "guid", "must not be empty"),
        ("guid", LONG, "guid", "must have at most 256 characters"),
        ("type", 5, "type", "must be a string"),
        ("created_at", "soon", "created_at", "must be a time like .*'soon'"),
        ("updated_at", 5, "updated_at", "must be a time like .*'5'"),
        ("actor", "ada", "actor", "must be an object"),
        ("actor", {"guid": 5}, "actor.guid", "must be a string"),
        ("target", {"kind": "app"}, "target.kind", "is not known"),
        ("space", [], "space", "must be an object"),
        ("data", [], "data", "must be an object"),
        ("colour", "red", "colour", "is not known"),
    ],
)
def test_a_bad_member_is_named(member: str, value: JsonValue, parameter: str, reason: str) -> None:
    with pytest.raises(InvalidParameter, match=reason) as raised:
        read_event(changed(member, to=value))
    assert raised.value.parameter == parameter


@pytest.mark.parametrize("wire", [None, 5, "event", []])
def test_only_an_object_is_an_audit_event(wire: JsonValue) -> None:
    with pytest.raises(InvalidParameter, match="event must be an object"):
        read_event(wire)


@pytest.mark.parametrize("part", PARTS)
def test_an_id_that_is_too_long_for_an_index_is_kept_as_an_attribute(part: str) -> None:
    wire = changed(part, to={**UPDATE[part], "guid": LONG})
    event = read_event(wire)
    assert event.attributes == {f"{part}_guid": LONG}
    assert render_event(event, BASE) == wire


def test_a_fraction_of_a_second_is_kept_but_not_shown() -> None:
    event = read_event({**UPDATE, "created_at": "2026-03-01T10:00:01.999Z", "updated_at": None})
    assert event.time % SECOND == 999_000
    assert render_event(event, BASE) == UPDATE


def test_an_event_from_elsewhere_takes_the_empty_forms() -> None:
    event = Event(id="a b?", time=1, type="login", target=Entity(id="door"), data=[1])
    assert render_event(event, BASE) == {
        "guid": "a b?",
        "created_at": "1970-01-01T00:00:00Z",
        "updated_at": "1970-01-01T00:00:00Z",
        "type": "login",
        "actor": None,
        "target": {"guid": "door", "type": "", "name": None},
        "data": {"data": [1]},
        "space": None,
        "organization": None,
        "links": {"self": {"href": f"{BASE}/audit_events/a%20b%3F"}},
    }


# The two versions


@given(strategies.cloudfoundry_audit_events(BASE))
def test_an_event_read_as_v3_can_be_read_as_v2(wire: Json) -> None:
    shown: Json = render_v2(read_event(wire))
    actor, target = wire["actor"] or {}, wire["target"] or {}
    assert shown["entity"] == {
        "type": wire["type"],
        "actor": actor.get("guid", ""),
        "actor_type": actor.get("type", ""),
        "actor_name": actor.get("name"),
        "actee": target.get("guid", ""),
        "actee_type": target.get("type", ""),
        "actee_name": target.get("name") or "",
        "timestamp": wire["created_at"],
        "metadata": wire["data"],
        "space_guid": (wire["space"] or {}).get("guid", ""),
        "organization_guid": (wire["organization"] or {}).get("guid", ""),
    }


@given(strategies.cloudfoundry_resources())
def test_an_event_read_as_v2_can_be_read_as_v3(wire: Json) -> None:
    shown: Json = render_event(read_v2(wire), BASE)
    entity = wire["entity"]
    assert shown == {
        "guid": wire["metadata"]["guid"],
        "created_at": entity["timestamp"],
        "updated_at": wire["metadata"]["updated_at"] or entity["timestamp"],
        "type": entity["type"],
        "actor": {
            "guid": entity["actor"],
            "type": entity["actor_type"],
            "name": entity["actor_name"],
        },
        "target": {
            "guid": entity["actee"],
            "type": entity["actee_type"],
            "name": entity["actee_name"],
        },
        "data": entity["metadata"],
        "space": {"guid": entity["space_guid"]} if entity["space_guid"] else None,
        "organization": (
            {"guid": entity["organization_guid"]} if entity["organization_guid"] else None
        ),
        "links": shown["links"],
    }


def test_an_event_is_the_same_from_either_version() -> None:
    event = read_event(UPDATE)
    assert read_v2(json.loads(json.dumps(render_v2(event)))) == event


# Recognizing documents


def test_its_own_resources_are_recognized() -> None:
    assert all(map(DIALECT.format.is_event, json.loads(SAMPLE.read_text())["resources"]))


@pytest.mark.parametrize(
    "wire",
    [
        None,
        [],
        [UPDATE],
        json.loads(SAMPLE.read_text()),
        {"guid": GUID, "created_at": CREATED, "type": "app", "name": "shop"},
        render_v2(read_event(UPDATE)),
    ],
    ids=["null", "an empty list", "a list", "a page", "an app", "a v2 event"],
)
def test_other_documents_are_not_recognized(wire: JsonValue) -> None:
    assert not DIALECT.format.is_event(wire)


@pytest.mark.parametrize("wire", [UPDATE, {"specversion": "1.0"}, {"metadata": {}}, "text"])
def test_v2_recognizes_only_its_own(wire: JsonValue) -> None:
    own = json.loads(json.dumps(render_v2(read_event(UPDATE))))
    recognizes = cloudfoundry.DIALECT.format.is_event
    assert (recognizes(own), recognizes(wire)) == (True, False)


# Loading dumps


@pytest.mark.parametrize(
    "document",
    [UPDATE, [UPDATE], {"pagination": {}, "resources": [UPDATE]}],
    ids=["a resource", "a list", "a page"],
)
def test_a_dump_is_read(document: JsonValue) -> None:
    format = format_named("cloudfoundry-v3")
    assert read_document(json.dumps(document).encode(), format, "demo") == [read_event(UPDATE)]


def test_the_whole_sample_is_read() -> None:
    page = json.loads(SAMPLE.read_text())
    read: Any = read_document(SAMPLE.read_bytes(), format_named("cloudfoundry-v3"), "demo")
    api = "https://api.sys.example.com/v3"
    assert [render_event(event, api) for event in read] == page["resources"]


# Parameters


def parsed(*pairs: tuple[str, str]) -> ListParams:
    return ListParams.parse(pairs, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", ("a",)),
        ("a,b", ("a", "b")),
        ("", ("",)),
        ("a,,b,", ("a", "", "b", "")),
        ("a%2Cb,c", ("a,b", "c")),
        ("100%,a+b, c", ("100%", "a+b", " c")),
    ],
)
def test_a_list_is_split_at_commas_and_decoded(text: str, expected: tuple[str, ...]) -> None:
    assert parsed(("types", text)).types == expected


@pytest.mark.parametrize(
    ("pairs", "names"),
    [
        ((("q", "type:x"),), ["q"]),
        ((("types", "x"), ("b", ""), ("a", ""), ("b", "")), ["b", "a"]),
        ((("types[not]", "x"),), ["types[not]"]),
        ((("created_ats[]", "x"),), ["created_ats[]"]),
        ((("guid", "x"),), ["guid"]),
    ],
)
def test_unknown_parameters_are_named(pairs: Pairs, names: list[str]) -> None:
    with pytest.raises(UnknownParameters) as raised:
        parsed(*pairs)
    assert raised.value.names == names


@pytest.mark.parametrize("text", ["0" * 5000 + "1", "1" * 5000, "１", "1\n"])  # noqa: RUF001
def test_an_odd_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="page must be a positive integer"):
        parsed(("page", text))


@given(
    st.sampled_from(
        [("", eq), ("[gt]", gt), ("[gte]", ge), ("[lt]", lt), ("[lte]", le)],
    ),
    st.integers(-2, 2),
    st.integers(-3 * SECOND, 3 * SECOND),
    st.none() | st.integers(-3, 3),
)
def test_times_compare_cut_to_the_second(
    operator: tuple[str, Any], second: int, time: int, changed: int | None
) -> None:
    """base_list_fetcher.rb has the same result."""
    suffix, holds = operator
    updated = {} if changed is None else {"updated_at": format_seconds(changed * SECOND)}
    event = Event(id="1", time=time, type="t", attributes=updated)
    text = format_seconds(second * SECOND)

    def passes(name: str) -> bool:
        return predicate(parsed((f"{name}_ats{suffix}", text)).filter)(event)

    at = time // SECOND
    expected = (holds(at, second), holds(at if changed is None else changed, second))
    assert (passes("created"), passes("updated")) == expected


# Pages

KEYS = MemoryKeyStore()
TOKEN = KEYS.create("demo", frozenset({"read"})).token


def ask(store: MemoryEventStore, query: Pairs = (), path: str = "/cf/v3/audit_events") -> Response:
    headers = {"authorization": f"bearer {TOKEN}"}
    request = Request("GET", path, query, headers, url="https://log.example.com")
    return serve(DIALECT, request, Services(store, KEYS, clock=Clock(lambda: 0)))


def pages(store: MemoryEventStore, query: Pairs, link: str) -> Iterator[Json]:
    """Yield the page of a query and all pages that its links lead to."""
    while True:
        page = json.loads(ask(store, query).body)
        yield page
        if page["pagination"][link] is None:
            return
        query = tuple(parse_qsl(urlsplit(page["pagination"][link]["href"]).query))


def guids(found: list[Json]) -> list[str]:
    return [resource["guid"] for page in found for resource in page["resources"]]


def filled(times: list[int]) -> MemoryEventStore:
    store = MemoryEventStore()
    store.put("demo", [Event(id=str(k), time=time, type="t") for k, time in enumerate(times)])
    return store


small_logs = st.lists(st.integers(0, 3), max_size=9)
sizes = st.integers(1, 4)


@given(small_logs, sizes)
def test_following_next_shows_every_event_once_in_order(times: list[int], size: int) -> None:
    found = pages(filled(times), (("per_page", str(size)),), "next")
    assert guids(list(found)) == [str(k) for k in sorted(range(len(times)), key=times.__getitem__)]


@given(small_logs, sizes)
def test_descending_is_the_exact_reverse(times: list[int], size: int) -> None:
    store, query = filled(times), (("per_page", str(size)),)
    ascending = guids(list(pages(store, query, "next")))
    backwards = guids(list(pages(store, (*query, ("order_by", "-created_at")), "next")))
    assert backwards == ascending[::-1]


@given(small_logs, sizes, st.integers(1, 8))
def test_every_page_states_the_exact_totals(times: list[int], size: int, number: int) -> None:
    query = (("per_page", str(size)), ("page", str(number)))
    pagination = json.loads(ask(filled(times), query).body)["pagination"]
    whole = len(range(0, len(times), size)) or 1
    assert (pagination["total_results"], pagination["total_pages"]) == (len(times), whole)
    is_end = (pagination["previous"] is None, pagination["next"] is None)
    assert is_end == (number == 1, number >= whole)


def test_previous_leads_back_to_the_first_page() -> None:
    query = (("per_page", "1"), ("page", "3"))
    assert guids(list(pages(filled([0, 1, 2]), query, "previous"))) == ["2", "1", "0"]


@pytest.mark.parametrize("link", ["first", "last", "next", "previous"])
def test_a_link_carries_every_parameter_as_it_was_given(link: str) -> None:
    given_pairs = {
        "types": "a%2Cb,t&=#é",
        "target_guids[not]": "x +y",
        "created_ats[gte]": "1970-01-01T00:00:00Z",
        "updated_ats": "1970-01-01T00:00:00Z",
        "order_by": "+created_at",
        "per_page": "2",
        "page": "2",
    }
    store = MemoryEventStore()
    store.put("demo", [Event(id=str(k), time=0, type="t&=#é") for k in range(6)])
    page = json.loads(ask(store, tuple(given_pairs.items())).body)
    numbers = {"first": "1", "last": "3", "next": "3", "previous": "1"}
    address = urlsplit(page["pagination"][link]["href"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{BASE}/audit_events"
    assert dict(parse_qsl(address.query)) == given_pairs | {"page": numbers[link]}


def test_a_page_that_one_response_cannot_carry_is_refused() -> None:
    services = Services(filled([0]), KEYS, Clock(lambda: 0), lambda response: False)
    headers = {"authorization": f"bearer {TOKEN}"}
    response = serve(DIALECT, Request("GET", "/cf/v3/audit_events", (), headers), services)
    (error,) = json.loads(response.body)["errors"]
    assert (response.status, error["code"]) == (400, 10005)
    assert "Per page must be smaller" in error["detail"]


def test_an_event_is_reached_by_its_own_link() -> None:
    store = MemoryEventStore()
    store.put("demo", [Event(id="a/b c:d", time=0, type="t")])
    (shown,) = json.loads(ask(store).body)["resources"]
    assert shown["links"]["self"]["href"] == f"{BASE}/audit_events/a/b%20c%3Ad"
    path = "/cf/v3/audit_events/a/b c:d"
    assert json.loads(ask(store, path=path).body) == shown


# Where it is found


def test_its_package_is_found_by_its_name() -> None:
    assert "cloudfoundry-v3" in DIALECTS
    assert load("cloudfoundry-v3") is DIALECT


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/cf/v3", True),
        ("/cf/v3/", True),
        ("/cf/v3/apps", True),
        ("/cloudfoundry/v3/audit_events", True),
        ("/cf", False),
        ("/cf/", False),
        ("/cf/v2/events", False),
        ("/cf/v33", False),
        ("/v3", False),
    ],
)
def test_it_is_mounted_inside_the_mounts_of_v2(path: str, expected: bool) -> None:
    assert DIALECT.is_mounted_at(path) is expected
