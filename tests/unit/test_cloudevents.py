"""How CloudEvents are read into events."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from polylog.intake.formats.cloudevents import is_binary, read_binary, read_event
from polylog.intake.streams import MAX_PIECE
from polylog.model.errors import ApiError, InvalidParameter
from polylog.model.event import Entity, Event
from polylog.model.times import parse_iso8601

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "A234-1234-1234",
    "source": "/mycontext",
    "type": "com.example.someevent",
    "time": "2018-04-05T17:31:00Z",
}
TIME = parse_iso8601("2018-04-05T17:31:00Z")


def event(**values: Any) -> Event:
    defaults: dict[str, Any] = {
        "id": "A234-1234-1234",
        "source": "/mycontext",
        "type": "com.example.someevent",
        "time": TIME,
    }
    return Event(**defaults | values)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, event()),
        ({"data": {"a": [1, None]}}, event(data={"a": [1, None]})),
        ({"data": None}, event()),
        ({"subject": "app-1"}, event(target=Entity(id="app-1"))),
        (
            {"subject": "a", "targettype": "app", "targetname": "shop"},
            event(target=Entity(id="a", type="app", name="shop")),
        ),
        ({"actorid": "u", "actorname": "ada"}, event(actor=Entity(id="u", name="ada"))),
        (
            {"organizationid": "o", "projectid": "p", "severity": "info", "message": "saved"},
            event(organization_id="o", project_id="p", severity="info", message="saved"),
        ),
        (
            {"origin": "custom", "status": "ok", "category": "c"},
            event(origin="custom", status="ok", category="c"),
        ),
        ({"sequence": "00042"}, event()),
        (
            {"datacontenttype": "text/plain", "data": "hi", "dataschema": "urn:x"},
            event(data="hi", attributes={"datacontenttype": "text/plain", "dataschema": "urn:x"}),
        ),
        (
            {"comexampleextension1": "value", "comexampleothervalue": 5, "flag": True},
            event(
                attributes={
                    "comexampleextension1": "value",
                    "comexampleothervalue": "5",
                    "flag": "true",
                }
            ),
        ),
        ({"unset": None}, event()),
        ({"data_base64": "aGk="}, event(data="aGk=", attributes={"dataencoding": "base64"})),
    ],
)
def test_it_is_read_into_an_event(more: dict[str, Any], expected: Event) -> None:
    assert read_event(EVENT | more) == expected


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"specversion": "0.3"}, "specversion must be '1.0'"),
        ({"id": ""}, "id is required"),
        ({"source": None}, "source is required"),
        ({"type": None}, "type is required"),
        ({"time": None}, "time is required"),
        ({"time": "noon"}, "time must be a time like .* but was 'noon'"),
        ({"id": 5}, "id must be a string"),
        ({"origin": "moon"}, "origin must be 'system' or 'custom'"),
        ({"ext": {"a": 1}}, "ext must be a text, a whole number, or true or false"),
        ({"data_base64": "%"}, "data_base64 must be base64"),
    ],
)
def test_the_refusal_of_a_bad_one_names_its_attribute(more: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read_event(EVENT | more)


HEADERS = {f"ce-{name}": value for name, value in EVENT.items()}


def binary(content_type: str, body: bytes, **more: str) -> Event | ApiError:
    headers = HEADERS | {"content-type": content_type} | more
    assert is_binary(headers)
    return read_binary(headers, body, "demo")


def test_in_headers_the_body_is_the_data() -> None:
    expected = event(data={"a": 1})
    assert binary("application/json", b'{"a":1}') == expected


def test_in_headers_a_text_is_the_data() -> None:
    expected = event(data="hi", attributes={"datacontenttype": "text/plain"})
    assert binary("text/plain; charset=utf-8", b"hi") == expected


def test_in_headers_data_that_is_not_text_is_kept_in_base64() -> None:
    attributes = {"datacontenttype": "image/png", "dataencoding": "base64"}
    assert binary("image/png", b"\x89P") == event(data="iVA=", attributes=attributes)


def test_in_headers_characters_beyond_ascii_are_escaped() -> None:
    read = binary("", b"", **{"ce-message": "Caf%C3%A9"})
    assert read == event(message="Café")


def test_in_headers_bad_data_is_an_error() -> None:
    assert str(binary("application/json", b"{")).startswith("not JSON")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_in_headers_no_more_data_is_read_than_an_event_may_have(content_type: str) -> None:
    text = b"[" * (MAX_PIECE + 1)
    reason = f"the data has more than {MAX_PIECE} bytes"
    assert str(binary(content_type, text)) == reason
    assert str(binary(content_type, text[1:])) != reason


def test_other_requests_have_no_event_in_their_headers() -> None:
    assert not is_binary({"content-type": "application/cloudevents+json"})


def coded(content: bytes) -> str:
    return base64.b64encode(content).decode()


SAME = {
    "JSON": (
        EVENT | {"data": {"a": 1}},
        EVENT | {"data": {"a": 1}, "datacontenttype": "application/json"},
        EVENT | {"data": {"a": 1}, "datacontenttype": "Application/JSON; Charset=UTF-8"},
        EVENT | {"data_base64": coded(b'{"a": 1}')},
        EVENT | {"data_base64": coded(b'{"a": 1}'), "datacontenttype": "application/json"},
        ("application/json", b'{"a":1}'),
        ("application/json;charset=utf-8", b'{ "a": 1 }'),
        ("", b'{"a":1}'),
    ),
    "another kind of JSON": (
        EVENT | {"data": [1], "datacontenttype": "text/json"},
        EVENT | {"data_base64": coded(b"[1]"), "datacontenttype": "TEXT/json"},
        ("text/json; charset=utf-8", b"[1]"),
    ),
    "a text": (
        EVENT | {"data": "hé", "datacontenttype": "text/plain"},
        EVENT | {"data_base64": coded("hé".encode()), "datacontenttype": "text/plain"},
        ("text/plain; charset=utf-8", "hé".encode()),
        ('Text/Plain;charset="UTF-8"', "hé".encode()),
    ),
    "bytes that are a text": (
        EVENT | {"data": "hi", "datacontenttype": "application/octet-stream"},
        EVENT | {"data_base64": coded(b"hi"), "datacontenttype": "application/octet-stream"},
        ("application/octet-stream", b"hi"),
    ),
    "bytes without a type": (EVENT | {"data_base64": coded(b"\xff")}, ("", b"\xff")),
}


@pytest.mark.parametrize("ways", SAME.values(), ids=SAME)
def test_it_is_the_same_event_in_every_mode(ways: tuple[Any, ...]) -> None:
    read = [binary(*way) if isinstance(way, tuple) else read_event(way) for way in ways]
    assert read == [read[0]] * len(ways)


def test_a_text_that_is_not_utf8_is_kept_in_base64() -> None:
    attributes = {"datacontenttype": "text/plain;charset=latin1", "dataencoding": "base64"}
    assert binary("text/plain; charset=latin1", b"\xe9") == event(
        data=coded(b"\xe9"), attributes=attributes
    )


def test_bytes_that_claim_to_be_json_must_be_json() -> None:
    wire = EVENT | {"data_base64": coded(b"{"), "datacontenttype": "application/json"}
    with pytest.raises(InvalidParameter, match="data_base64 must be JSON"):
        read_event(wire)
