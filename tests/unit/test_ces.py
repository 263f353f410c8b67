"""Cloud Eye: occurrences both ways, the identity of reports, and questions without an answer."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from pydantic import JsonValue
from support import strategies
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.auth import Permission, Restriction
from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Request, Response
from polylog.aws.environment import fits_lambda
from polylog.dialects.ces import DIALECT
from polylog.dialects.ces.report import MAX_BYTES, MAX_EVENTS
from polylog.dialects.ces.wire import read_event, render_event
from polylog.dynamo.events.items import Draft, read_item
from polylog.dynamo.events.writer import _ITEM_BYTES, _MAX_ACTIONS, _MAX_BYTES
from polylog.intake.documents import read_document
from polylog.model import times
from polylog.model.errors import InvalidParameter, TooBroad, Unavailable
from polylog.model.event import Entity, Event
from polylog.model.filter import Filter
from polylog.model.query import EventQuery, Page
from polylog.model.store import Group, Status
from polylog.model.times import Clock

# Documents that tests take apart.
Json = Any

NOW = strategies.NOON
NOW_MS = NOW // 1000
LOGIN: Json = {
    "event_id": "ev1767323400000k3Xq9ZtB",
    "event_name": "loginFailed",
    "event_source": "portal.Other",
    "time": 1767323400000,
    "detail": {
        "content": "three wrong passwords",
        "group_id": "rg1606377637506DmVOENVyL",
        "resource_id": "acct-17",
        "resource_name": "portal",
        "event_state": "warning",
        "event_level": "Minor",
        "event_user": "ops",
        "event_type": "EVENT.CUSTOM",
        "sub_event_type": "SUB_EVENT.CUSTOM",
        "dimensions": [{"name": "instance_id", "value": "1"}],
    },
}
REPORT: Json = {
    "event_name": "deploy",
    "event_source": "ci.Pipeline",
    "time": NOW_MS,
    "detail": {"event_state": "normal", "event_level": "Info"},
}
EMPTY_DETAIL: Json = {
    **dict.fromkeys(LOGIN["detail"], ""),
    **{"event_type": "EVENT.SYS", "sub_event_type": "SUB_EVENT.OPS", "dimensions": []},
}


def detailed(wire: Json, **detail: JsonValue) -> Json:
    """Return the occurrence with other members in its detail."""
    return wire | {"detail": wire["detail"] | detail}


# Reading and rendering


@given(strategies.ces_occurrences())
@example(LOGIN)
def test_an_occurrence_renders_as_it_was_read(wire: JsonValue) -> None:
    assert render_event(read_event(wire)) == wire


@given(strategies.ces_occurrences())
def test_an_occurrence_survives_text_and_storage_exactly(wire: JsonValue) -> None:
    assert DIALECT.format is not None
    offered: Json = read_document(json.dumps([wire]).encode(), DIALECT.format, "demo")
    kept = read_item(Draft.of(*offered).item("demo", 1, 1))
    body = Response.of(render_event(kept)).body
    assert json.dumps(json.loads(body), sort_keys=True) == json.dumps(wire, sort_keys=True)


@given(strategies.stored_events())
def test_any_event_renders(event: Event) -> None:
    wire: Json = render_event(event)
    assert wire["event_name"] == event.type
    assert wire["detail"].keys() >= EMPTY_DETAIL.keys() - {"content", "group_id"}
    json.dumps(wire)


def test_members_that_an_event_lacks_are_empty() -> None:
    wire: Json = render_event(Event(id="1", time=999, type="x"))
    assert wire == {
        "event_id": "1",
        "event_name": "x",
        "event_source": "",
        "time": 0,
        "detail": EMPTY_DETAIL,
    }
    assert list(wire) == list(LOGIN)
    assert list(wire["detail"]) == list(LOGIN["detail"])


def test_an_occurrence_becomes_a_canonical_event() -> None:
    assert read_event(LOGIN) == Event(
        id="ev1767323400000k3Xq9ZtB",
        time=1767323400000_000,
        type="loginFailed",
        origin="custom",
        source="portal.Other",
        message="three wrong passwords",
        severity="Minor",
        status="warning",
        actor=Entity(name="ops"),
        target=Entity(id="acct-17", name="portal"),
        attributes={
            "group_id": "rg1606377637506DmVOENVyL",
            "dimensions": '[{"name":"instance_id","value":"1"}]',
        },
    )


def test_unknown_members_are_kept_as_data() -> None:
    event = read_event(detailed(LOGIN, colour={"red": 2**70}))
    assert event.data == {"colour": {"red": 2**70}}


def test_data_of_another_api_goes_into_the_detail_but_replaces_nothing() -> None:
    data = {"content": "mine", "request": {"name": "shop"}}
    wire: Json = render_event(Event(id="1", time=0, type="x", data=data))
    assert wire["detail"] == EMPTY_DETAIL | {"request": {"name": "shop"}}


def test_a_reported_event_loads_from_an_answer_as_the_same_event() -> None:
    reported = read_event(REPORT)
    assert read_event(json.loads(json.dumps(render_event(reported)))) == reported


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        (LOGIN | {"event_name": ""}, "event_name must not be empty"),
        (LOGIN | {"time": "soon"}, "time must be an integer but was 'soon'"),
        (LOGIN | {"time": 10**15}, "time must be <= 253402300799999"),
        (LOGIN | {"detail": None}, "detail must be an object"),
        (LOGIN | {"colour": "red"}, "colour is not known"),
        (detailed(LOGIN, event_type="SYS"), "detail.event_type must be 'EVENT.SYS' or"),
        (detailed(LOGIN, resource_id="x" * 257), "detail.resource_id must have at most 256"),
    ],
)
def test_anything_but_an_occurrence_is_refused(wire: Json, message: str) -> None:
    with pytest.raises(InvalidParameter, match=f"^{message}"):
        read_event(wire)


# The identity of events without an id


def test_an_id_is_made_of_the_time_and_a_hash() -> None:
    assert re.fullmatch(rf"ev{NOW_MS}[0-9A-Za-z]{{8}}", read_event(REPORT).id)


def test_an_id_stays_the_same_in_later_versions() -> None:
    assert read_event(REPORT).id == "ev1772366400000TRpA1LVv"


@pytest.mark.parametrize(
    "same",
    [
        detailed(REPORT, content="more"),
        detailed(REPORT, group_id="rg1", dimensions=[{"name": "a", "value": "b"}]),
        detailed(REPORT, event_user="", resource_id=None, event_type="EVENT.CUSTOM"),
        detailed(REPORT, sub_event_type="SUB_EVENT.CUSTOM"),
    ],
)
def test_these_do_not_change_the_id(same: Json) -> None:
    assert read_event(same).id == read_event(REPORT).id


@pytest.mark.parametrize(
    "other",
    [
        REPORT | {"time": NOW_MS + 1},
        REPORT | {"event_name": "Deploy"},
        REPORT | {"event_source": "ci.pipeline"},
        detailed(REPORT, event_type="EVENT.SYS"),
        detailed(REPORT, sub_event_type="SUB_EVENT.PLAN"),
        detailed(REPORT, event_state="warning"),
        detailed(REPORT, event_level="Minor"),
        detailed(REPORT, event_user="ops"),
        detailed(REPORT, resource_id="ops"),
        detailed(REPORT, resource_name="ops"),
    ],
)
def test_these_change_the_id(other: Json) -> None:
    assert read_event(other).id != read_event(REPORT).id


# Answers


class Service:
    """A log, and keys for scope `demo`."""

    def __init__(self, store: MemoryEventStore | None = None) -> None:
        self.store = store or MemoryEventStore()
        self.keys = MemoryKeyStore()
        self.services = Services(self.store, self.keys, Clock(lambda: NOW), fits_lambda)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        restriction: Restriction | None = None,
        **query: object,
    ) -> Response:
        permissions: frozenset[Permission] = frozenset({"read", "write"})
        key = self.keys.create("demo", permissions, restriction or Restriction())
        pairs = tuple((name.rstrip("_"), str(value)) for name, value in query.items())
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"x-auth-token": key.token}
        request = Request(method, f"/V1.0/demo/{path}", pairs, headers, content)
        return serve(DIALECT, request, self.services)

    def get(self, path: str = "events", **query: object) -> Json:
        response = self.send("GET", path, **query)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def refusal(self, method: str, path: str, body: object = None, **query: object) -> Json:
        response = self.send(method, path, body, **query)
        document = json.loads(response.body)
        assert document["http_code"] == str(response.status)
        assert document["message"] == {
            "details": document["error_msg"],
            "code": document["error_code"],
        }
        return response.status, document["error_code"], document["error_msg"]


def event(number: int, **members: object) -> Event:
    return Event.model_validate(
        {"id": str(number), "time": NOW + number * 1000, "type": "x", **members}
    )


def test_a_time_within_a_millisecond_belongs_to_it() -> None:
    service = Service()
    service.store.put("demo", [event(1, time=NOW + 999)])
    assert service.get(to=NOW_MS)["meta_data"] == {"total": 1}
    assert service.get(from_=NOW_MS)["meta_data"] == {"total": 1}
    assert service.get(from_=NOW_MS + 1)["meta_data"] == {"total": 0}


def test_rows_of_the_same_millisecond_are_ordered_by_type_and_name() -> None:
    service = Service()
    rows = (("b", "system", 5), ("a", "system", 9), ("c", "custom", 1), ("z", "custom", 1000))
    service.store.put(
        "demo",
        [
            event(number, type=name, origin=origin, time=NOW + late)
            for number, (name, origin, late) in enumerate(rows)
        ],
    )
    found = [(row["event_name"], row["event_type"]) for row in service.get()["events"]]
    assert found == [
        ("z", "EVENT.CUSTOM"),
        ("c", "EVENT.CUSTOM"),
        ("a", "EVENT.SYS"),
        ("b", "EVENT.SYS"),
    ]


def test_rows_are_read_to_the_end_by_their_number() -> None:
    service = Service()
    service.store.put("demo", [event(number, type=f"e{number}") for number in range(250)])
    pages = [service.get(start=start)["events"] for start in (0, 100, 200, 300)]
    names = [row["event_name"] for page in pages for row in page]
    assert names == [f"e{number}" for number in reversed(range(250))]


def test_details_are_read_to_the_end_by_their_number() -> None:
    service = Service()
    log = [
        event(number, origin="custom", actor=Entity(name=f"user-{number % 3}"), source="s")
        for number in range(250)
    ]
    service.store.put("demo", log)
    answers = [
        service.get("event/x", event_type="EVENT.CUSTOM", start=start, limit=70)
        for start in range(0, 281, 70)
    ]
    assert {answer["meta_data"]["total"] for answer in answers} == {250}
    for answer in answers:
        assert answer["event_users"] == ["user-0", "user-1", "user-2"]
        assert answer["event_sources"] == ["s"]
    ids = [info["event_id"] for answer in answers for info in answer["event_info"]]
    assert ids == [str(number) for number in reversed(range(250))]


def test_an_event_of_another_api_is_found_by_its_name() -> None:
    service = Service()
    service.store.put("demo", [event(1, type="audit.app.create", actor=Entity(name="ada"))])
    answer = service.get("event/audit.app.create", event_type="EVENT.SYS", event_user="ada")
    assert answer["event_users"] == ["ada"]


class GroupStore(MemoryEventStore):
    """A store with more types than it counts one by one."""

    def groups(self, scope: str, filter: Filter) -> tuple[Group, ...]:
        return (Group("system", "x", 1, NOW, None), Group(None, None, 5, NOW, "s"))


def test_names_that_are_counted_together_are_not_hidden() -> None:
    status, code, message = Service(GroupStore()).refusal("GET", "events")
    assert (status, code) == (400, "ces.0013")
    assert message.startswith("event_name must be given")


class BrokenStore(MemoryEventStore):
    """A store that fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def groups(self, scope: str, filter: Filter) -> tuple[Group, ...]:
        raise self.error

    def find(self, query: EventQuery) -> Page:
        raise self.error


@pytest.mark.parametrize("path", ["events", "event/x"])
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TooBroad(), 400, "ces.0013"),
        (Unavailable(), 503, "ces.0007"),
        (RuntimeError("secret"), 500, "ces.0007"),
    ],
)
def test_a_failure_has_the_form_of_the_api(
    path: str, error: Exception, status: int, code: str
) -> None:
    refusal = Service(BrokenStore(error)).refusal("GET", path, event_type="EVENT.SYS")
    assert refusal[:2] == (status, code)
    assert "secret" not in refusal[2]


def test_an_answer_too_large_to_carry_names_what_to_narrow() -> None:
    service = Service()
    service.store.put("demo", [event(n, message="x" * 100_000) for n in range(99)])
    status, code, message = service.refusal("GET", "event/x", event_type="EVENT.SYS")
    assert (status, code) == (400, "ces.0006")
    assert message.startswith("limit must be smaller")


# Reports


def test_a_report_is_stored_under_the_ids_of_its_answer() -> None:
    service = Service()
    response = service.send("POST", "events", [REPORT, REPORT | {"event_name": "b"}])
    ids = [each["event_id"] for each in json.loads(response.body)]
    assert [service.store.get("demo", each) is not None for each in ids] == [True, True]


def test_an_event_twice_in_a_report_is_stored_once() -> None:
    service = Service()
    answer = json.loads(service.send("POST", "events", [REPORT, REPORT]).body)
    assert answer[0] == answer[1]
    assert service.get()["events"][0]["event_count"] == 1


def test_a_report_may_be_as_large_as_one_transaction() -> None:
    """There is room for items besides their content, and for one action of the tally."""
    assert MAX_EVENTS < _MAX_ACTIONS
    assert MAX_BYTES + MAX_EVENTS * _ITEM_BYTES <= _MAX_BYTES


def test_the_largest_report_is_accepted() -> None:
    service = Service()
    detail = {"content": "x" * 4096, "resource_name": "ä" * 128, "event_user": "u" * 64}
    wires = [detailed(REPORT | {"event_name": f"e{n}"}, **detail) for n in range(MAX_EVENTS)]
    assert service.send("POST", "events", wires).status == 201


def test_a_report_of_more_bytes_is_refused() -> None:
    wires = [
        detailed(REPORT | {"event_name": f"e{n}"}, more="x" * 200_000)
        for n in range(MAX_BYTES // 200_000 + 1)
    ]
    assert Service().refusal("POST", "events", wires) == (
        400,
        "ces.0014",
        "a report may have at most 2500000 bytes",
    )


def test_an_event_that_is_too_large_is_refused() -> None:
    wires = [REPORT, detailed(REPORT, more="x" * 300_000)]
    assert Service().refusal("POST", "events", wires)[2] == "[1] must have at most 262144 bytes"


def test_a_number_out_of_range_is_refused() -> None:
    service = Service()
    text = json.dumps([REPORT]).replace('"Info"', '"Info", "more": 1e999').encode()
    key = service.keys.create("demo", frozenset({"write"}))
    request = Request(
        "POST", "/V1.0/demo/events", (), headers={"x-auth-token": key.token}, body=text
    )
    assert b"[0] must not hold a number beyond" in serve(DIALECT, request, service.services).body


@pytest.mark.parametrize("restriction", [Restriction("org-1"), Restriction(None, "space-1")])
def test_a_key_that_is_confined_cannot_report(restriction: Restriction) -> None:
    service = Service()
    response = service.send("POST", "events", [REPORT], restriction)
    assert response.status == 403
    assert service.get()["events"] == []


class ExpiringStore(MemoryEventStore):
    """A store that keeps nothing from before tomorrow."""

    def __init__(self) -> None:
        super().__init__()
        self.floor = NOW + 24 * 60 * 60 * times.SECOND


def test_an_event_that_the_log_refuses_is_not_called_stored() -> None:
    status, code, message = Service(ExpiringStore()).refusal("POST", "events", [REPORT])
    assert (status, code, message) == (400, "ces.0014", "[0]: the event is too old")


def test_an_answer_can_be_loaded_and_stores_nothing_new() -> None:
    service = Service()
    service.send("POST", "events", [REPORT])
    answer = service.send("GET", "event/deploy", event_type="EVENT.CUSTOM").body
    assert DIALECT.format is not None
    (offered,) = read_document(answer, DIALECT.format, "demo")
    assert isinstance(offered, Event)
    (outcome,) = service.store.put("demo", [offered])
    assert outcome.status is Status.DUPLICATE
