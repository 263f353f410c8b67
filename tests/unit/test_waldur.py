"""Waldur: events both ways, objects they are attached to, parameters, pages, errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import strategies
from support.memory import UNRESTRICTED, MemoryEventStore, MemoryKeyStore

from polylog.api.auth import Restriction
from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Pairs, Request, Response
from polylog.dialects.waldur import DIALECT
from polylog.dialects.waldur.filters import FilterParams
from polylog.dialects.waldur.groups import catalogue
from polylog.dialects.waldur.scopes import normal_url
from polylog.dialects.waldur.wire import FIELDS, read_event, render_event, uuid_of
from polylog.dynamo.events.items import Draft, read_item
from polylog.intake.documents import Format, read_document
from polylog.model.errors import ApiError, InvalidParameter, TooBroad, Unavailable
from polylog.model.event import Entity, Event
from polylog.model.filter import Compare, Op, conjunction
from polylog.model.times import SECOND, Clock

# Documents that tests take apart.
Json = Any

USER = "5d0e8c1f2b3a4c5d9e6f7a8b9c0d1e2f"
CUSTOMER = "9a8b7c6d5e4f4a3b8c2d1e0f9a8b7c6d"
PROJECT = "1f2e3d4c5b6a4978a8b7c6d5e4f30211"
KELP: Json = {
    "uuid": "0b6f1c9e5a7d4c3f8e2a1d0c9b8a7f6e",
    "created": "2026-05-04T08:15:30.250000Z",
    "event_type": "project_update_succeeded",
    "message": "Project Kelp was renamed.",
    "context": {
        "ip_address": "192.0.2.7",
        "user_uuid": USER,
        "user_username": "mia",
        "customer_uuid": CUSTOMER,
        "project_uuid": PROJECT,
    },
}


def dashed(digits: str) -> str:
    return str(UUID(digits))


# Reading and rendering


@given(strategies.waldur_events())
@example(KELP)
def test_an_event_renders_as_it_was_read(wire: JsonValue) -> None:
    assert render_event(read_event(wire)) == wire


@given(strategies.waldur_events())
def test_an_event_survives_text_and_storage_exactly(wire: JsonValue) -> None:
    """From one request's body to another's, through a stored item."""
    offered: Any = read_document(json.dumps([wire]).encode(), Format(read_event), "demo")
    kept = read_item(Draft.of(*offered).item("demo", 1, 1))
    body = Response.of(render_event(kept)).body
    assert json.dumps(json.loads(body), sort_keys=True) == json.dumps(wire, sort_keys=True)


@given(strategies.stored_events())
def test_any_event_renders_as_clients_can_read_it(event: Event) -> None:
    rendered: Json = json.loads(Response.of(render_event(event)).body)
    assert tuple(rendered) == FIELDS
    assert UUID(rendered["uuid"]).hex == rendered["uuid"]
    assert datetime.fromisoformat(rendered["created"]).tzinfo is not None
    assert isinstance(rendered["message"], str)
    assert isinstance(rendered["context"], dict)


def test_an_event_becomes_a_canonical_event() -> None:
    assert read_event(KELP) == Event(
        id=KELP["uuid"],
        time=1_777_882_530 * SECOND + 250_000,
        type="project_update_succeeded",
        message="Project Kelp was renamed.",
        actor=Entity(id=USER, name="mia"),
        organization_id=CUSTOMER,
        project_id=PROJECT,
        links=(f"/api/customers/{CUSTOMER}/", f"/api/projects/{PROJECT}/", f"/api/users/{USER}/"),
        data=KELP["context"],
    )


def test_uuids_of_any_form_are_found_as_hex_and_kept_as_they_are() -> None:
    context = {"user_uuid": dashed(USER).upper(), "customer_uuid": "sea-lab", "project_uuid": ""}
    event = read_event(KELP | {"uuid": dashed(KELP["uuid"]).upper(), "context": context})
    assert (event.id, event.actor.id) == (KELP["uuid"], USER)
    assert (event.organization_id, event.project_id) == ("sea-lab", None)
    assert event.data == context
    assert event.links == (f"/api/users/{USER}/",)


@pytest.mark.parametrize("value", [None, 5, True, [], {}, "x" * 257])
def test_a_value_that_cannot_be_a_key_is_kept_only_in_the_context(value: JsonValue) -> None:
    wire = KELP | {"context": {"user_uuid": value, "customer_uuid": value, "project_uuid": value}}
    event = read_event(wire)
    assert (event.actor.id, event.organization_id, event.project_id) == (None, None, None)
    assert render_event(event) == wire


@pytest.mark.parametrize(
    ("created", "rendered"),
    [
        ("2026-05-04T08:15:30+00:00", "2026-05-04T08:15:30Z"),
        ("2026-05-04T08:15:30.25Z", "2026-05-04T08:15:30.250000Z"),
        ("2026-05-04T10:15:30.000001+02:00", "2026-05-04T08:15:30.000001Z"),
    ],
)
def test_times_have_six_digits_or_none_and_a_z(created: str, rendered: str) -> None:
    assert render_event(read_event(KELP | {"created": created}))["created"] == rendered


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("uuid", "mia", "must be a UUID but was 'mia'"),
        ("uuid", None, "must be a string"),
        ("created", "soon", "must be a time like .*'soon'"),
        ("created", 1777882530, "must be a time like .*'1777882530'"),
        ("event_type", "", "must not be empty"),
        ("event_type", "x" * 257, "must have at most 256 characters"),
        ("message", None, "must be a string"),
        ("context", None, "must be an object"),
        ("context", [], "must be an object"),
        ("scopes", "abc", "must be a list"),
        ("scopes", ["abc"], "must be like https://host/api/customers/<uuid>/ but was 'abc'"),
        ("colour", "red", "is not known"),
    ],
)
def test_a_bad_member_is_named(member: str, value: JsonValue, reason: str) -> None:
    with pytest.raises(InvalidParameter, match=f"{member} .*{reason}") as raised:
        read_event(KELP | {member: value})
    assert raised.value.parameter == member


@pytest.mark.parametrize("member", FIELDS)
def test_a_missing_member_is_named(member: str) -> None:
    with pytest.raises(InvalidParameter, match=f"{member} is required"):
        read_event({name: value for name, value in KELP.items() if name != member})


def test_an_event_from_elsewhere_takes_the_empty_forms() -> None:
    rendered = render_event(Event(id="a b", time=1, type="login", source="s", severity="high"))
    assert rendered == {
        "uuid": uuid_of("a b"),
        "created": "1970-01-01T00:00:00.000001Z",
        "event_type": "login",
        "message": "",
        "context": {},
    }


@pytest.mark.parametrize(
    ("event_id", "expected"),
    [
        (KELP["uuid"], KELP["uuid"]),
        (dashed(KELP["uuid"]).upper(), KELP["uuid"]),
        ("a b", "1eb8f3825c00517a82c0c9a6b240e6d5"),
    ],
)
def test_an_id_has_a_uuid_that_stays(event_id: str, expected: str) -> None:
    assert uuid_of(event_id) == expected


def test_ids_have_different_uuids() -> None:
    assert len({uuid_of(name) for name in ("", "a", "A", "a ", "ä")}) == 5


@pytest.mark.parametrize(
    ("data", "expected"),
    [(None, {}), ({}, {}), ([], {"data": []}), ("text", {"data": "text"}), (0, {"data": 0})],
)
def test_data_that_is_not_an_object_is_put_into_one(data: JsonValue, expected: JsonValue) -> None:
    rendered = render_event(Event(id="1", time=0, type="t", data=data))
    assert json.dumps(rendered["context"]) == json.dumps(expected)


# Objects that events are attached to


@pytest.mark.parametrize(
    "url",
    [
        f"/api/customers/{CUSTOMER}/",
        f"/api/customers/{dashed(CUSTOMER).upper()}/",
        f"https://waldur.example.com/api/customers/{CUSTOMER}/",
        f"HTTP://[::1]:8080/waldur/api/customers/{dashed(CUSTOMER)}/",
        f"/waldur/api/customers/{CUSTOMER}/",
    ],
)
def test_an_object_has_one_url(url: str) -> None:
    assert normal_url(url) == f"/api/customers/{CUSTOMER}/"


@pytest.mark.parametrize(
    "url",
    [
        *("", "abc", "/", "/api/customers/", "/api/customers/1/", f"/api/{CUSTOMER}/"),
        f"/api/customers/{CUSTOMER}",
        f"/api/customers/{CUSTOMER}//",
        f"/api/customers/{CUSTOMER}/?x=1",
        f"/api/customers/{CUSTOMER[:-1]}-/",
        f"/other/api/customers/{CUSTOMER}/",
        f" /api/customers/{CUSTOMER}/",
        f"//host/api/customers/{CUSTOMER}/",
    ],
)
def test_anything_but_an_objects_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be like"):
        normal_url(url)


@pytest.mark.parametrize(
    ("scopes", "links"),
    [
        ([], ()),
        ([f"https://h/api/keys/{dashed(USER)}/"], (f"/api/keys/{USER}/",)),
        ([f"/api/keys/{USER}/", f"https://h/api/keys/{USER}/"], (f"/api/keys/{USER}/",)),
        (
            [f"/api/openstack-tenants/{USER}/", f"/api/keys/{USER}/"],
            (f"/api/openstack-tenants/{USER}/", f"/api/keys/{USER}/"),
        ),
    ],
)
def test_scopes_say_what_an_event_is_attached_to(
    scopes: list[JsonValue], links: tuple[str, ...]
) -> None:
    event = read_event(KELP | {"scopes": scopes})
    assert event.links == links
    assert render_event(event) == KELP


KEYS = MemoryKeyStore()


def ask(
    store: MemoryEventStore,
    target: str = "/api/events/",
    query: Pairs = (),
    restriction: Restriction = UNRESTRICTED,
    **headers: str,
) -> Response:
    key = KEYS.create("demo", frozenset({"read"}), restriction)
    names = {"authorization": f"Token {key.token}"} | headers
    request = Request("GET", target, query, names, url="https://h")
    return serve(DIALECT, request, Services(store, KEYS, clock=Clock(lambda: 0)))


def filled(*events: Event) -> MemoryEventStore:
    store = MemoryEventStore()
    store.put("demo", events)
    return store


OF_CUSTOMER = Restriction(organization_id=CUSTOMER)
OF_BOTH = Restriction(organization_id=CUSTOMER, project_id=PROJECT)


@pytest.mark.parametrize(
    ("restriction", "scope", "status"),
    [
        (OF_CUSTOMER, f"/api/customers/{CUSTOMER}/", 200),
        (OF_CUSTOMER, f"/api/projects/{PROJECT}/", 400),
        (OF_BOTH, f"/api/customers/{CUSTOMER}/", 200),
        (OF_BOTH, f"/api/projects/{PROJECT}/", 200),
        (OF_BOTH, f"/api/users/{USER}/", 400),
        (Restriction(organization_id="sea-lab"), f"/api/customers/{CUSTOMER}/", 400),
    ],
)
def test_a_restricted_key_may_name_its_own_objects(
    restriction: Restriction, scope: str, status: int
) -> None:
    response = ask(filled(read_event(KELP)), "/api/events/", (("scope", scope),), restriction)
    assert response.status == status
    shown = {200: [KELP], 400: [f"Can't restore object from url: {scope}"]}
    assert json.loads(response.body) == shown[status]


def test_a_restricted_key_sees_only_its_own_events_of_an_object() -> None:
    """An event may be attached to a customer without being about that customer."""
    other = KELP | {"uuid": USER, "context": {}, "scopes": [f"/api/customers/{CUSTOMER}/"]}
    store = filled(read_event(KELP), read_event(other))
    scope = (("scope", f"/api/customers/{CUSTOMER}/"),)
    assert json.loads(ask(store, "/api/events/count/", scope).body) == {"count": 2}
    assert json.loads(ask(store, "/api/events/count/", scope, OF_CUSTOMER).body) == {"count": 1}
    assert ask(store, "/api/events/2/", scope, OF_CUSTOMER).status == 404


def test_an_event_of_another_api_is_found_by_the_uuid_that_lists_show() -> None:
    store = filled(Event(id=dashed(USER), time=0, type="audit.app.create"))
    (listed,) = json.loads(ask(store).body)
    assert listed["uuid"] == USER
    assert json.loads(ask(store, f"/api/events/{USER}/").body) == listed


# Parameters


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("5", 5), (" 5 ", 5), ("+5", 5), ("-5", -5), ("5.9", 5), ("-5.9", -5), ("5e1", 50)),
        *(("0.5", 0), ("-0.5", 0), (".5", 0), ("5.", 5), ("50e-1", 5), ("1E-999999999", 0)),
        *(("-62135596800", -62135596800), ("253402300799", 253402300799)),
    ],
)
def test_a_time_is_cut_to_whole_seconds(text: str, seconds: int) -> None:
    params = FilterParams.parse((("created_from", text), ("created_to", text)), {})
    start = seconds * SECOND
    wanted = [Compare("time", Op.GE, start), Compare("time", Op.LT, start)]
    assert params.filter == conjunction(wanted)


@pytest.mark.parametrize("text", ["x", "1 2", "0x10", "NaN", "-inf", "sNaN", "1e", "--1", "1,5"])
def test_anything_but_a_number_is_refused(text: str) -> None:
    response = ask(MemoryEventStore(), "/api/events/", (("created_to", text),))
    assert (response.status, response.body) == (400, b'{"created_to":["Enter a number."]}')


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("253402300800", "253402300800"),
        ("-62135596801", "-62135596801"),
        ("1e99", "1E+99"),
        ("1e999999999999999999", "1E+999999999999999999"),
        ("9" * 200, "9" * 100),
    ],
)
def test_a_time_outside_the_calendar_is_refused(text: str, shown: str) -> None:
    response = ask(MemoryEventStore(), "/api/events/", (("created_from", text),))
    assert response.status == 400
    assert json.loads(response.body) == [f'Value "{shown}" should be valid UNIX timestamp.']


@pytest.mark.parametrize("text", ["5d0e8c1f", USER + "0", USER[:-1] + "g", "{" + USER + "}"])
def test_anything_but_a_uuid_is_refused(text: str) -> None:
    response = ask(MemoryEventStore(), "/api/events/", (("user_uuid", text),))
    assert (response.status, response.body) == (400, b'{"user_uuid":["Enter a valid UUID."]}')


@pytest.mark.parametrize("text", ["Created", " created", "created;", "-", "--created", "?created"])
def test_another_order_is_refused(text: str) -> None:
    response = ask(MemoryEventStore(), "/api/events/", (("o", text),))
    sentence = f"Select a valid choice. {text} is not one of the available choices."
    assert json.loads(response.body) == {"o": [sentence]}


@given(st.lists(st.tuples(st.sampled_from(sorted(FilterParams.model_fields)), strategies.texts())))
def test_no_text_causes_a_fault(pairs: list[tuple[str, str]]) -> None:
    assert ask(filled(read_event(KELP)), "/api/events/", tuple(pairs)).status in (200, 400)


def test_a_group_may_share_types_with_another() -> None:
    shared = catalogue().types_of(["projects"]) & catalogue().types_of(["customers"])
    assert shared == {"role_granted", "role_revoked", "role_updated"}


# Pages

LINK = re.compile(r'<([^>,]*)>; rel="(\w+)"')


def links(response: Response) -> dict[str, str]:
    header = dict(response.headers)["Link"]
    found = LINK.findall(header)
    assert ", ".join(f'<{url}>; rel="{name}"' for url, name in found) == header
    return {name: url for url, name in found}


def pages(store: MemoryEventStore, query: Pairs, link: str) -> Iterator[Json]:
    """Yield the page of a query and all pages that its links lead to."""
    while True:
        response = ask(store, "/api/events/", query)
        yield json.loads(response.body)
        if link not in links(response):
            return
        parts = urlsplit(links(response)[link])
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))


def uuids(found: Iterator[Json]) -> list[str]:
    return [event["uuid"] for page in found for event in page]


def tied(times: list[int]) -> MemoryEventStore:
    return filled(*(Event(id=f"{k:032x}", time=time, type="t") for k, time in enumerate(times)))


small_logs = st.lists(st.integers(0, 3), max_size=9)
sizes = st.integers(1, 4)


@given(small_logs, sizes)
def test_following_next_shows_every_event_once_in_order(times: list[int], size: int) -> None:
    query = (("page_size", str(size)), ("o", "created"))
    expected = [f"{k:032x}" for k in sorted(range(len(times)), key=times.__getitem__)]
    assert uuids(pages(tied(times), query, "next")) == expected


@given(small_logs, sizes)
def test_the_newest_first_is_the_exact_reverse(times: list[int], size: int) -> None:
    store, query = tied(times), (("page_size", str(size)),)
    ascending = uuids(pages(store, (*query, ("o", "created")), "next"))
    assert uuids(pages(store, query, "next")) == ascending[::-1]


@given(small_logs, sizes)
def test_going_back_from_the_last_page_shows_the_same_pages(times: list[int], size: int) -> None:
    store, query = tied(times), (("page_size", str(size)),)
    forwards = list(pages(store, query, "next"))
    assert list(pages(store, (*query, ("page", "last")), "prev")) == forwards[::-1]


@given(small_logs, sizes, st.integers(1, 10))
def test_every_page_states_total_and_neighbours(times: list[int], size: int, number: int) -> None:
    query = (("page_size", str(size)), ("page", str(number)))
    response = ask(tied(times), "/api/events/", query)
    whole = len(range(0, len(times), size)) or 1
    if number > whole:
        assert (response.status, response.body) == (404, b'{"detail":"Invalid page."}')
        return
    assert dict(response.headers)["X-Result-Count"] == str(len(times))
    found = links(response)
    assert ("prev" in found, "next" in found) == (number > 1, number < whole)
    assert {"first", "last"} <= set(found)


def test_a_page_holds_at_most_300() -> None:
    response = ask(tied([0] * 301), "/api/events/", (("page_size", "1000"),))
    assert len(json.loads(response.body)) == 300
    assert links(response)["last"] == "https://h/api/events/?page=2&page_size=1000"


def test_a_parameter_of_bytes_that_are_not_utf_8_stays_in_links() -> None:
    response = ask(tied([0]), "/api/events/", (("x", "\udcff"),))
    assert links(response)["first"] == "https://h/api/events/?x=%FF"


def test_a_redirect_keeps_path_and_query() -> None:
    response = ask(MemoryEventStore(), "/api/events/ä\r\nb", (("x", "\udcff,"), ("y", "")))
    location = dict(response.headers)["Location"]
    assert (response.status, location) == (301, "/api/events/%C3%A4%0D%0Ab/?x=%FF%2C&y=")


# Errors


class Failing(MemoryEventStore):
    """A store that fails every question."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def find(self, query: object) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "start"),
    [
        (TooBroad(), 400, '{"created_from":["Too many events would have to be read: narrow'),
        (Unavailable(), 503, '{"detail":"Service temporarily unavailable, try again later."}'),
        (ApiError(), 500, '{"detail":"A server error occurred."}'),
        (RuntimeError("secret"), 500, '{"detail":"A server error occurred."}'),
    ],
)
def test_an_error_has_the_form_of_the_api(error: Exception, status: int, start: str) -> None:
    response = ask(Failing(error))
    assert response.status == status
    assert response.body.decode().startswith(start)


def test_a_page_that_is_too_large_names_its_size() -> None:
    token = KEYS.create("demo", frozenset({"read"})).token
    request = Request("GET", "/api/events/", headers={"authorization": f"Token {token}"})
    services = Services(tied([0]), KEYS, Clock(lambda: 0), can_deliver=lambda response: False)
    response = serve(DIALECT, request, services)
    assert response.status == 400
    assert list(json.loads(response.body)) == ["page_size"]
