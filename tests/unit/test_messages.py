"""How messages are read into events, bare or of other APIs, and which scope they belong to."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json
from support import strategies

from polylog.aws.messages import Message, read_message
from polylog.intake.documents import MAX_DEPTH, MAX_TOGETHER
from polylog.intake.offers import Offered
from polylog.model.errors import ApiError, InvalidBody, InvalidParameter, RequestTooLarge
from polylog.model.event import Event
from tools import cross_reading

SENT_AT = strategies.NOON + 250_000
SCOPE = "queue-scope"


def message(body: object, name: str = "m-1", **attributes: str) -> Message:
    text = body if isinstance(body, str) else json.dumps(body)
    return Message(name, SENT_AT, text, attributes)


def offered(body: object, **attributes: str) -> list[Offered]:
    return read_message(message(body, **attributes), SCOPE)[1]


def events(body: object, **attributes: str) -> list[Event]:
    return [each for each in offered(body, **attributes) if isinstance(each, Event)]


def refusals(body: object, **attributes: str) -> list[str]:
    return [str(each) for each in offered(body, **attributes) if isinstance(each, ApiError)]


OPENED = {"id": "e-1", "time": "2026-03-01T12:00:00Z", "type": "door.open"}
CLOUD_EVENT = {**OPENED, "specversion": "1.0", "source": "/doors"}


@pytest.mark.parametrize("body", [OPENED, [OPENED], {"events": [OPENED]}])
def test_one_event_comes_in_three_forms(body: object) -> None:
    assert events(body) == [Event(id="e-1", time=strategies.NOON, type="door.open")]


def test_an_event_without_id_and_time_gets_those_of_its_message() -> None:
    assert events({"type": "a"}) == [Event(id="m-1", time=SENT_AT, type="a")]


def test_an_event_without_an_id_keeps_its_own_time() -> None:
    (event,) = events({"type": "a", "time": "2026-03-01T12:00:00Z"})
    assert (event.id, event.time) == ("m-1", strategies.NOON)


def test_an_event_with_an_id_needs_a_time() -> None:
    (reason,) = refusals({"type": "a", "id": "e-1"})
    assert reason.startswith("time is required with an id")


@pytest.mark.parametrize("envelope", [lambda wires: wires, lambda wires: {"events": wires}])
def test_events_of_one_message_are_told_apart_by_their_place(envelope: Any) -> None:
    """Events with an id count too, so that the others' ids do not depend on which have one."""
    wires = [{"type": "a"}, OPENED, {"type": "a"}]
    assert [event.id for event in events(envelope(wires))] == ["m-1-1", "e-1", "m-1-3"]


def test_the_place_includes_events_that_cannot_be_read() -> None:
    first, second = offered([{"type": ""}, {"type": "a"}])
    assert isinstance(first, InvalidParameter)
    assert isinstance(second, Event)
    assert second.id == "m-1-2"


def test_a_repeated_message_has_the_same_events() -> None:
    body = [{"type": "a"}, {"type": "a"}]
    assert events(body) == events(body)


def test_another_message_with_the_same_body_has_different_events() -> None:
    _, (one,) = read_message(message({"type": "a"}, "m-1"), SCOPE)
    _, (other,) = read_message(message({"type": "a"}, "m-2"), SCOPE)
    assert one != other


def test_members_with_null_are_refused_as_elsewhere() -> None:
    assert refusals({"type": "a", "id": None, "time": None}) != []


@pytest.mark.parametrize("body", [CLOUD_EVENT, [CLOUD_EVENT]])
@pytest.mark.parametrize("attributes", [{}, {"format": "cloudevents"}])
def test_a_cloud_event_is_known_by_its_form(body: object, attributes: dict[str, str]) -> None:
    (event,) = events(body, **attributes)
    assert event == Event(id="e-1", time=strategies.NOON, type="door.open", source="/doors")


def test_a_cloud_event_may_have_an_extension_named_events() -> None:
    (event,) = events({**CLOUD_EVENT, "events": "3"})
    assert event.attributes == {"events": "3"}


def test_forms_may_be_mixed() -> None:
    assert [event.id for event in events([CLOUD_EVENT, {"type": "a"}])] == ["e-1", "m-1-2"]


def test_a_cloud_event_needs_its_own_id() -> None:
    """Only its source can give it an id."""
    assert refusals({"specversion": "1.0", "type": "a", "source": "/"}) == ["id is required"]


@pytest.mark.parametrize("name", cross_reading.RENDERED)
@pytest.mark.parametrize("is_listed", [False, True])
def test_events_of_every_api_are_read(name: str, is_listed: bool) -> None:
    wire = json.loads(to_json(cross_reading.render(name, cross_reading.EVENT)))
    body = [wire] if is_listed else wire
    scope, (event,) = read_message(message(body, format=name, scope=cross_reading.SCOPE), SCOPE)
    assert scope == cross_reading.SCOPE
    assert isinstance(event, Event)
    assert json.loads(to_json(cross_reading.render(name, event))) == wire


@pytest.mark.parametrize(
    ("name", "envelope"),
    [("ces", "event_info"), ("cloudfoundry", "resources"), ("dws", "events")],
)
def test_a_list_response_of_an_api_is_read(name: str, envelope: str) -> None:
    wire = json.loads(to_json(cross_reading.render(name, cross_reading.EVENT)))
    body = {envelope: [wire, wire], "total": 2}
    assert len(events(body, format=name, scope=cross_reading.SCOPE)) == 2


def test_the_format_native_is_our_own() -> None:
    assert events({"type": "a"}, format="native") == events({"type": "a"})


@pytest.mark.parametrize("name", ["", "Native", "syslog", "x" * 5000, "../native"])
def test_an_unknown_format_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^format must be one of cedana, ces, "):
        offered(OPENED, format=name)


@pytest.mark.parametrize("scope", ["a", "team-1", "A.b_c-9", "x" * 64])
def test_the_attribute_scope_says_where_events_belong(scope: str) -> None:
    assert read_message(message(OPENED, scope=scope), SCOPE)[0] == scope


def test_without_it_they_belong_to_the_scope_of_the_queue() -> None:
    assert read_message(message(OPENED), SCOPE)[0] == SCOPE


@pytest.mark.parametrize("scope", ["", "a/b", "a|seq", "ä", "x" * 65, "a b", "a\n"])
def test_a_scope_that_cannot_be_is_refused(scope: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^scope must have 1 to 64"):
        offered(OPENED, scope=scope)


def test_a_body_cannot_choose_its_scope() -> None:
    assert refusals({**OPENED, "scope": "other"}) == ["scope is not known"]
    assert read_message(message({"scope": "other", "events": [OPENED]}), SCOPE)[0] == SCOPE


def test_an_event_of_dws_that_names_another_scope_is_refused() -> None:
    wire = json.loads(to_json(cross_reading.render("dws", cross_reading.EVENT)))
    assert refusals(wire, format="dws") == [
        "project_id must be 'queue-scope', the scope that it was sent to"
    ]


def test_an_empty_array_has_no_events() -> None:
    assert offered([]) == offered({"events": []}) == []


@pytest.mark.parametrize("body", ["null", "true", "17", '"text"', "[1]", "[[]]", "[null]"])
def test_only_an_object_is_an_event(body: str) -> None:
    assert refusals(body) == ["event must be an object"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "text",
        "{",
        '{"type":"a"} x',
        "[NaN]",
        "[Infinity]",
        r'{"type":"\ud800"}',
        "[" * 999,
    ],
)
@pytest.mark.parametrize("attributes", [{}, {"format": "waldur"}])
def test_a_body_that_is_not_json_is_refused(body: str, attributes: dict[str, str]) -> None:
    with pytest.raises(InvalidBody, match=r"^not JSON: "):
        offered(body, **attributes)


@pytest.mark.parametrize("attributes", [{}, {"format": "waldur"}])
def test_more_events_than_a_message_may_have_are_refused_together(
    attributes: dict[str, str],
) -> None:
    assert len(offered([1] * MAX_TOGETHER, **attributes)) == MAX_TOGETHER
    too_many = [1] * (MAX_TOGETHER + 1)
    with pytest.raises(RequestTooLarge, match=r"^more than 10000 events at once$"):
        offered(too_many, **attributes)


@pytest.mark.parametrize(
    ("envelope", "attributes"), [("events", {}), ("resources", {"format": "cloudfoundry"})]
)
def test_more_events_than_a_list_response_may_have_are_refused_together(
    envelope: str, attributes: dict[str, str]
) -> None:
    too_many = [1] * (MAX_TOGETHER + 1)
    with pytest.raises(RequestTooLarge, match=r"^more than 10000 events at once$"):
        offered({envelope: too_many}, **attributes)


def test_an_event_that_nests_too_deep_does_not_stop_the_others() -> None:
    deep = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)
    first, second = offered(f'[{{"type":"a","data":{deep}}},{{"type":"b"}}]')
    assert str(first) == f"event must not nest deeper than {MAX_DEPTH} levels"
    assert isinstance(second, Event)


ATTRIBUTES = st.dictionaries(
    st.sampled_from(["scope", "format", "other"]),
    st.sampled_from(["demo", "a/b", "native", "cloudevents", *cross_reading.RENDERED])
    | st.text(max_size=9),
)
FORMS = ("specversion", "detail-type", "events", "event_info", "resources", "metadata", "entity")
MEMBERS = ("id", "type", "time", "source", "detail", "uuid", "created", "context", "occur_time")
NOTIFIED = ("Type", "MessageId", "TopicArn", "Message", "Timestamp", "MessageAttributes")
KNOWN = st.sampled_from(FORMS) | st.sampled_from(MEMBERS) | st.sampled_from(NOTIFIED)
VALUES = strategies.json_values() | st.sampled_from(
    ["Notification", "1.0", "2026-03-01T12:00:00Z", '{"type":"a"}', 0, -1, 10**30, 1e300, "", []]
)


@given(
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KNOWN, inner, max_size=9),
    ),
    ATTRIBUTES,
)
def test_no_json_makes_it_fail(body: Any, attributes: dict[str, str]) -> None:
    """Any body becomes events and refusals, or is refused as a whole."""
    with suppress(ApiError):
        scope, found = read_message(message(json.dumps(body), **attributes), SCOPE)
        assert scope == attributes.get("scope", SCOPE)
        assert all(isinstance(each, Event | ApiError) for each in found)


@given(st.text(st.characters(), max_size=20), ATTRIBUTES)
def test_no_text_makes_it_fail(body: str, attributes: dict[str, str]) -> None:
    with suppress(ApiError):
        read_message(message(body, **attributes), SCOPE)
