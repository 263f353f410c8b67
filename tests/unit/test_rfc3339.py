"""RFC 3339 lets `t` and `z` be lower case: everything that reads a time accepts them."""

from __future__ import annotations

import json

import pytest
from pydantic import JsonValue

from polylog.aws.messages import Message, read_message
from polylog.dialects import format_named
from polylog.dialects.cloudfoundry import q
from polylog.dialects.native.keys import NewKey
from polylog.language.parser import parse
from polylog.model.errors import validated
from polylog.model.event import Event
from polylog.model.times import parse_iso8601

TIME = "2026-03-01T12:00:00.25Z"
AT = parse_iso8601(TIME)

EVENTS: dict[str, JsonValue] = {
    "cloudevents": {"specversion": "1.0", "id": "e", "source": "/s", "type": "t", "time": TIME},
    "cloudfoundry": {
        "metadata": {"guid": "e", "created_at": TIME, "updated_at": TIME},
        "entity": {
            **{"type": "t", "actor": "", "actor_type": "", "actor_name": ""},
            **{"actee": "", "actee_type": "", "actee_name": "", "timestamp": TIME},
        },
    },
    "eventbridge": {"id": "e", "time": TIME, "source": "s", "detail-type": "t", "detail": {}},
    "native": {"id": "e", "time": TIME, "type": "t"},
    "waldur": {
        "uuid": "0" * 32,
        "created": TIME,
        "event_type": "t",
        "message": "m",
        "context": {},
    },
}
"""An event of each format that writes times as RFC 3339 does."""


def small(wire: JsonValue) -> JsonValue:
    """Return the same with lower-case `t` and `z` in its times."""
    lowered: JsonValue = json.loads(json.dumps(wire).replace(TIME, TIME.lower()))
    return lowered


@pytest.mark.parametrize("name", EVENTS)
def test_events_of_each_format_are_the_same(name: str) -> None:
    format = format_named(name)
    event = format.read(EVENTS[name])
    assert (format.read(small(EVENTS[name])), event.time) == (event, AT)


def test_notifications_of_sns_are_the_same() -> None:
    notification = {
        **{"Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:::t"},
        **{"Timestamp": TIME.lower(), "Message": '{"type": "t"}'},
    }
    (event,) = read_message(Message("m", 0, json.dumps(notification), {}), "demo")[1]
    assert isinstance(event, Event)
    assert event.time == AT


@pytest.mark.parametrize("value", [TIME, f'"{TIME}"', f"'{TIME}'", f"({TIME} OR {TIME})"])
def test_filters_are_the_same_in_quotes_and_without(value: str) -> None:
    assert parse(f"time = {value.replace(TIME, TIME.lower())}") == parse(f"time = {value}")


@pytest.mark.parametrize("form", ["timestamp>={}", "timestamp IN {},2026-03-02"])
def test_the_filters_of_cloud_foundry_are_the_same(form: str) -> None:
    assert q.parse(form.format(TIME.lower())) == q.parse(form.format(TIME))


def test_the_ends_of_keys_are_the_same() -> None:
    key = validated(NewKey, {"permissions": ["read"], "expires_at": TIME.lower()})
    assert key.expires_at == AT
