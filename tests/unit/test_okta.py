"""Events of Okta's System Log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import strategies
from support.trails import FOLDER, trail

from polylog.intake.documents import read_document
from polylog.intake.formats.okta import FORMAT, is_event, read_event
from polylog.model.errors import InvalidParameter
from polylog.model.event import Entity, Event
from polylog.model.times import parse_iso8601

# Documents that tests take apart.
Json = Any

LOGIN, REMOVED, FAILED = json.loads((FOLDER / "okta.json").read_text())
ADA = Entity(id="00uttidj01jqL21aM1d6", type="User", name="Ada Lovelace")


def test_an_event_is_read() -> None:
    assert read_event(REMOVED) == Event(
        id="e1bd3b7a-598c-11ef-8478-2b7584bf8d5a",
        time=parse_iso8601("2026-03-01T12:05:07.001Z"),
        type="group.user_membership.remove",
        source="2001:db8::7",
        message="Remove user from group membership",
        severity="INFO",
        status="SUCCESS",
        actor=ADA,
        target=Entity(id="00ub0oNGTSWTBKOLGLNR", type="User", name="Bob Example"),
        data=REMOVED,
    )


@pytest.mark.parametrize("targets", [None, [], [None]])
def test_it_may_have_no_target(targets: JsonValue) -> None:
    assert read_event({**LOGIN, "target": targets}).target == Entity()


def test_without_a_name_another_id_is_shown() -> None:
    actor = Entity(id="unknown", type="User", name="mallory@example.org")
    assert read_event(FAILED).actor == actor


def test_its_outcome_and_severity_stay_unchanged() -> None:
    event = read_event(FAILED)
    assert (event.status, event.severity) == ("FAILURE", "WARN")


@pytest.mark.parametrize("name", ["outcome", "client", "actor", "severity", "displayMessage"])
def test_null_is_the_same_as_missing(name: str) -> None:
    plain = {key: value for key, value in LOGIN.items() if key != name}
    event = read_event({**LOGIN, name: None})
    assert event.model_copy(update={"data": plain}) == read_event(plain)


def test_numbers_are_kept_exactly() -> None:
    text = json.dumps({**LOGIN, "debugContext": {"debugData": {"n": 2**70, "f": 1e-7}}}).encode()
    (event,) = read_document(text, FORMAT, "demo")
    assert isinstance(event, Event)
    assert event.data_object["debugContext"] == {"debugData": {"n": 2**70, "f": 1e-7}}


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (None, "event must be an object"),
        ({**LOGIN, "uuid": None}, "uuid is required: the id of the event"),
        ({**LOGIN, "uuid": 5}, "uuid must be the id of the event but was '5'"),
        ({**LOGIN, "eventType": ""}, "eventType is required: a type like user.session.start"),
        (
            {**LOGIN, "published": None},
            "published is required: a time like 2026-03-01T12:00:00.25Z",
        ),
        (
            {**LOGIN, "published": "today"},
            "published must be a time like 2026-03-01T12:00:00.25Z but was 'today'",
        ),
    ],
)
def test_a_missing_or_bad_member_is_named(wire: Json, reason: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        read_event(wire)
    assert str(raised.value) == reason


def test_texts_longer_than_keys_stay_in_the_data() -> None:
    long = "x" * 300
    entity = {"id": long, "type": "User", "displayName": long}
    wire = {
        **{**LOGIN, "uuid": long, "eventType": long, "client": {"ipAddress": long}},
        **{"actor": entity, "target": [entity]},
    }
    event = read_event(wire)
    assert (len(event.id), event.type) == (64, long[:256])
    assert event.actor == event.target == Entity(type="User", name=long)
    assert (event.source, event.data) == (None, wire)


_anything = strategies.json_values() | st.builds(
    dict,
    id=strategies.texts(max_size=300),
    type=strategies.json_values(),
    displayName=strategies.json_values(),
    ipAddress=strategies.texts(max_size=300),
    result=strategies.json_values(),
)


@given(
    st.dictionaries(
        st.sampled_from(sorted({*LOGIN} - {"uuid", "published", "eventType"})),
        _anything | st.lists(_anything, max_size=2),
    )
)
def test_no_other_member_makes_it_refuse_a_record(members: dict[str, JsonValue]) -> None:
    wire = {**LOGIN, **members}
    assert read_event(wire).data == wire


def test_a_whole_file_is_read() -> None:
    assert trail("okta.json") == [read_event(wire) for wire in (LOGIN, REMOVED, FAILED)]


def test_an_event_is_recognized() -> None:
    assert all(map(is_event, [LOGIN, REMOVED, FAILED]))


@pytest.mark.parametrize(
    "wire", [None, 5, [], {}, {"uuid": "u", "eventType": "t"}, {**LOGIN, "published": None}]
)
def test_nothing_else_is_recognized(wire: Json) -> None:
    assert not is_event(wire)
