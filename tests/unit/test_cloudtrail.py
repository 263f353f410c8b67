"""CloudTrail's LookupEvents: every attribute, pages to the end, and records kept unchanged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from support import strategies
from support.amazon import LOOKUP, signature
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.auth import Credential, Restriction
from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Request, Response
from polylog.dialects.cloudtrail import DIALECT
from polylog.dialects.cloudtrail.errors import render_error
from polylog.dialects.cloudtrail.lookup import LookupAttribute, meanings
from polylog.dialects.cloudtrail.wire import render_event
from polylog.dynamo.events.items import Draft, read_item
from polylog.dynamo.search.leaves import wanted
from polylog.intake.documents import read_document
from polylog.intake.formats.cloudtrail import FORMAT, read_event
from polylog.model.errors import InternalError, SignatureExpired, Throttled, TimedOut, TooBroad
from polylog.model.event import Entity, Event
from polylog.model.filter import FIELDS, fields_of
from polylog.model.times import SECOND, Clock
from tools import ROOT

NOW = 1_772_452_800
HOST = "log.example.com"
RECORDS = json.loads((ROOT / "tests/samples/cloudtrail.json").read_text("utf-8"))["Records"]

# Documents that tests take apart.
Json = Any


def record(number: int) -> Json:
    """Return a record; three at a time share a second, and every seventh is an Insight."""
    made = RECORDS[number % 7] | {"eventID": f"record-{number:03}"}
    return made | {"eventTime": f"2026-03-01T12:00:{number // 3:02}Z"}


FOREIGN = (
    Event(
        id="foreign-1",
        time=(NOW - 86_400) * SECOND + 250_000,
        type="volume.snapshot",
        source="storage",
        message="Volume data-1 was saved",
        actor=Entity(id="u-7", type="user", name="mateo"),
        target=Entity(id="v-1", type="volume", name="data-1"),
        links=("https://log.example.com/volumes/v-1",),
        data={"size_gb": 40},
        attributes={"a": "b"},
    ),
    Event(id="foreign-2", time=(NOW - 86_400) * SECOND, type="tick"),
)
EVENTS = [*(read_event(record(number)) for number in range(60)), *FOREIGN]


@dataclass
class Caller:
    """A log in memory, and a key for it."""

    services: Services
    key: Credential

    def ask(self, body: Json = (), **headers: str) -> Response:
        """Ask for events with a signed request."""
        text = json.dumps(dict(body)).encode()
        made = LOOKUP | headers
        made |= signature(self.key, f"http://{HOST}/", text, NOW, made)
        lower = {name.lower(): value for name, value in made.items()} | {"host": HOST}
        return serve(DIALECT, Request("POST", "/", (), lower, text), self.services)

    def page(self, **body: Json) -> Json:
        response = self.ask(body)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def walk(self, **body: Json) -> Iterator[Json]:
        """Yield all pages."""
        page = self.page(**body)
        yield page
        while "NextToken" in page:
            page = self.page(**body, NextToken=page["NextToken"])
            yield page

    def refusal(self, **body: Json) -> tuple[str, str]:
        response = self.ask(body)
        assert response.status == 400
        said = json.loads(response.body)
        return said["__type"], said["message"]


def caller_of(store: MemoryEventStore, scope: str = "demo", **restricted: str) -> Caller:
    keys = MemoryKeyStore()
    key = keys.create(scope, frozenset(["read"]), Restriction(**restricted))
    return Caller(Services(store, keys, Clock(lambda: NOW * SECOND)), key)


@pytest.fixture(scope="module")
def store() -> MemoryEventStore:
    store = MemoryEventStore()
    assert all(outcome.status.is_in_log for outcome in store.put("demo", EVENTS))
    return store


@pytest.fixture
def caller(store: MemoryEventStore) -> Caller:
    return caller_of(store)


def ids(pages: Iterator[Json] | list[Json]) -> list[str]:
    return [event["EventId"] for page in pages for event in page["Events"]]


def expected(is_wanted: Any) -> list[str]:
    """Return the ids of events as they are shown, the newest first, without Insights."""
    numbered = [(event.time, number, event) for number, event in enumerate(EVENTS)]
    ordered = [event for _, _, event in sorted(numbered, key=lambda each: each[:2], reverse=True)]
    shown = [render_event(event) for event in ordered if event.category != "Insight"]
    return [str(each["EventId"]) for each in shown if is_wanted(each)]


def by(key: str, value: str) -> Json:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def has_resource(member: str, value: str) -> Any:
    return lambda shown: any(each.get(member) == value for each in shown["Resources"])


BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"
LOOKUPS = [
    *(("EventId", value, lambda s, v=value: s["EventId"] == v) for value in ("record-003", "x")),
    *(
        (key, value, lambda s, k=key, v=value: s.get(k) == v)
        for key, value in [
            ("EventName", "CreateBucket"),
            ("EventName", "volume.snapshot"),
            ("EventSource", "s3.amazonaws.com"),
            ("EventSource", "storage"),
            ("ReadOnly", "true"),
            ("ReadOnly", "false"),
            ("Username", "mateo"),
            ("Username", "saanvi"),
            ("Username", "root"),
            ("Username", "ec2.amazonaws.com"),
            ("AccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
            ("AccessKeyId", "none"),
        ]
    ),
    *(
        (member, value, has_resource(member, value))
        for member, value in [
            ("ResourceType", "AWS::S3::Bucket"),
            ("ResourceType", "AWS::EC2::Instance"),
            ("ResourceType", "volume"),
            ("ResourceType", "none"),
            ("ResourceName", "amzn-s3-demo-bucket"),
            ("ResourceName", BUCKET),
            ("ResourceName", "i-0598c7d356eba48d7"),
            ("ResourceName", "v-1"),
            ("ResourceName", "https://log.example.com/volumes/v-1"),
        ]
    ),
]


@pytest.mark.parametrize("size", [1, 7, 50])
@pytest.mark.parametrize(("key", "value", "is_wanted"), LOOKUPS)
def test_an_attribute_finds_every_event_that_shows_it(
    caller: Caller, key: str, value: str, is_wanted: Any, size: int
) -> None:
    assert ids(caller.walk(MaxResults=size, **by(key, value))) == expected(is_wanted)


@pytest.mark.parametrize("key", sorted({key for key, _, _ in LOOKUPS}))
def test_no_attribute_needs_to_read_all_events(key: str) -> None:
    """Columns answer each, or else leaves do."""
    attribute = LookupAttribute(AttributeKey=key, AttributeValue="true")
    for filter in meanings(attribute):
        assert fields_of(filter) <= FIELDS.keys() or wanted(filter)


@pytest.mark.parametrize("size", [1, 4, 49, 50])
def test_pages_of_any_size_show_every_event_once(caller: Caller, size: int) -> None:
    assert ids(caller.walk(MaxResults=size)) == expected(lambda shown: True)


@pytest.mark.parametrize("size", [1, 5])
def test_events_that_are_left_out_leave_no_gap(caller: Caller, size: int) -> None:
    pages = list(caller.walk(MaxResults=size))
    assert {len(page["Events"]) for page in pages[:-2]} == {size}


@pytest.mark.parametrize("budget", [2, 5, 17])
@pytest.mark.parametrize("attribute", [{}, by("ResourceType", "AWS::S3::Bucket")])
def test_a_lookup_that_reads_too_much_comes_in_short_pages(budget: int, attribute: Json) -> None:
    store = MemoryEventStore(budget)
    store.put("demo", EVENTS)
    pages = list(caller_of(store).walk(**attribute))
    whole = MemoryEventStore()
    whole.put("demo", EVENTS)
    assert ids(pages) == ids(caller_of(whole).walk(**attribute))
    assert len(pages) > 2


def test_insights_are_listed_separately(caller: Caller) -> None:
    found = ids(caller.walk(EventCategory="insight", MaxResults=2))
    assert found == [f"record-{number:03}" for number in range(55, 0, -7)]


def test_without_a_size_a_page_has_50(caller: Caller) -> None:
    assert len(caller.page()["Events"]) == 50


def test_both_ends_of_the_time_are_included(caller: Caller) -> None:
    start = NOW - 86_400 + 3
    found = ids(caller.walk(StartTime=start, EndTime=start + 1))
    assert found == ["record-014", "record-012", "record-011", "record-010", "record-009"]


def test_a_fraction_of_a_second_counts(caller: Caller) -> None:
    at = NOW - 86_400 + 0.25
    assert ids(caller.walk(StartTime=at, EndTime=at)) == ["foreign-1"]


def test_a_page_that_cannot_be_delivered_is_cut(caller: Caller) -> None:
    small = replace(caller.services, can_deliver=lambda response: len(response.body) < 9_000)
    found = Caller(small, caller.key)
    assert ids(found.walk()) == expected(lambda shown: True)
    assert len(list(found.walk())) > 5


@pytest.mark.parametrize(
    "other",
    [
        by("Username", "mateo"),
        by("EventName", "Decrypt"),
        {"StartTime": 1},
        {"EndTime": NOW},
        {"EventCategory": "insight"},
    ],
)
def test_a_token_is_bound_to_the_lookup(caller: Caller, other: Json) -> None:
    token = caller.page(MaxResults=1)["NextToken"]
    name, message = caller.refusal(NextToken=token, **other)
    assert name == "InvalidNextTokenException"
    assert message == "NextToken was given for another filter, order or key."


def test_pages_may_differ_in_size(caller: Caller) -> None:
    first = caller.page(MaxResults=3)
    rest = caller.page(NextToken=first["NextToken"], MaxResults=50)
    assert ids([first, rest]) == expected(lambda shown: True)[:53]


def test_a_token_belongs_to_its_confined_key(store: MemoryEventStore) -> None:
    token = caller_of(store).page(MaxResults=1)["NextToken"]
    confined = caller_of(store, project_id="eu-central-1")
    assert confined.refusal(NextToken=token)[0] == "InvalidNextTokenException"


def test_a_confined_key_sees_only_its_part(store: MemoryEventStore) -> None:
    found = ids(caller_of(store, project_id="us-east-1").walk(MaxResults=2))
    assert found == [f"record-{number:03}" for number in range(58, 0, -7)]


def test_the_list_ends_where_events_have_expired() -> None:
    store = MemoryEventStore()
    store.put("demo", EVENTS)
    caller = caller_of(store)
    token = caller.page(MaxResults=50)["NextToken"]
    store.floor = NOW * SECOND
    assert caller.page(NextToken=token) == {"Events": []}


@pytest.mark.parametrize("wire", RECORDS)
def test_a_record_comes_back_byte_for_byte(wire: Json) -> None:
    text = json.dumps(wire, ensure_ascii=False, separators=(",", ":"))
    (offered,) = read_document(text.encode(), FORMAT, "demo")
    kept = read_item(Draft.of(offered).item("demo", 1, 1))
    assert render_event(kept)["CloudTrailEvent"] == text


@given(strategies.stored_events())
def test_any_event_is_shown_as_a_record(event: Event) -> None:
    shown = render_event(event)
    record = json.loads(str(shown["CloudTrailEvent"]))
    again = read_event({"CloudTrailEvent": shown["CloudTrailEvent"]})
    assert (again.id, again.type, again.time) == (event.id, event.type, event.time)
    assert (shown["EventId"], record["eventID"]) == (event.id, event.id)


def test_an_event_of_another_api_is_shown_whole() -> None:
    shown = render_event(FOREIGN[0])
    assert json.loads(str(shown.pop("CloudTrailEvent"))) == {
        "eventVersion": "1.11",
        "userIdentity": {"type": "user", "principalId": "u-7", "userName": "mateo"},
        "eventTime": "2026-03-01T12:00:00.250000Z",
        "eventSource": "storage",
        "eventName": "volume.snapshot",
        "additionalEventData": {
            "message": "Volume data-1 was saved",
            "target": {"id": "v-1", "type": "volume", "name": "data-1"},
            "attributes": {"a": "b"},
            "data": {"size_gb": 40},
        },
        "eventID": "foreign-1",
        "resources": [
            {"ARN": "v-1", "type": "volume"},
            {"ARN": "https://log.example.com/volumes/v-1"},
        ],
        "eventType": "ActivityLog",
        "eventCategory": "ActivityAuditLog",
    }
    assert shown == {
        "EventId": "foreign-1",
        "EventName": "volume.snapshot",
        "EventTime": 1_772_366_400.25,
        "EventSource": "storage",
        "Username": "mateo",
        "Resources": [
            {"ResourceType": "volume", "ResourceName": "v-1"},
            {"ResourceName": "https://log.example.com/volumes/v-1"},
        ],
    }


def test_members_that_an_event_lacks_are_left_out() -> None:
    assert render_event(FOREIGN[1]).keys() == {
        *("EventId", "EventName", "EventTime", "Resources", "CloudTrailEvent")
    }


def test_a_truth_value_of_old_records_is_a_text() -> None:
    old = read_event(RECORDS[0] | {"readOnly": "true", "eventVersion": "1.01"})
    assert render_event(old)["ReadOnly"] == "true"


def test_a_record_under_another_id_is_an_event_with_data() -> None:
    event = Event(id="mine", time=0, type="t", data=RECORDS[0])
    shown = json.loads(str(render_event(event)["CloudTrailEvent"]))
    assert shown["additionalEventData"] == {"data": RECORDS[0]}


def test_a_body_that_is_too_long_is_refused(caller: Caller) -> None:
    response = caller.ask({"NextToken": "x" * 70_000})
    assert response.status == 413
    assert json.loads(response.body)["__type"] == "SerializationException"


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (Throttled(), 429, "ThrottlingException"),
        (TimedOut(), 503, "ServiceUnavailable"),
        (InternalError(), 500, "InternalFailure"),
        (TooBroad(), 400, "InvalidTimeRangeException"),
    ],
)
def test_sdks_know_when_to_try_again(error: Any, status: int, name: str) -> None:
    response = render_error(error)
    assert (response.status, json.loads(response.body)["__type"]) == (status, name)


@pytest.mark.parametrize(
    ("signed_at", "message"),
    [
        (0, "Signature expired: 19700101T000000Z is too long before 19700101T010000Z (15 min.)."),
        (
            7200,
            "Signature not yet current: 19700101T020000Z is too long after 19700101T010000Z"
            " (15 min.).",
        ),
    ],
)
def test_a_wrong_clock_is_reported(signed_at: int, message: str) -> None:
    response = render_error(SignatureExpired(signed_at * SECOND, 3600 * SECOND))
    assert json.loads(response.body) == {"__type": "InvalidSignatureException", "message": message}
