"""Messages that other services wrap: EventBridge's events, and what SNS publishes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from polylog.aws.messages import Message, read_message
from polylog.intake.offers import Offered
from polylog.model.errors import InvalidBody, InvalidParameter
from polylog.model.event import Entity, Event
from polylog.model.times import parse_iso8601

SCOPE = "queue-scope"
SENT_AT = parse_iso8601("2026-03-01T12:00:05Z")
ARN = "arn:aws:ec2:eu-central-1:123456789012:instance/i-1"

# As in the EventBridge user guide, "AWS service event metadata".
BRIDGED: dict[str, Any] = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2026-03-01T12:00:00Z",
    "region": "eu-central-1",
    "resources": [ARN],
    "detail": {"instance-id": "i-1", "state": "terminated"},
}
CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/doors",
    "type": "door.open",
    "time": "2026-03-01T12:00:00Z",
}
# As in the SNS developer guide, "HTTP/HTTPS notification JSON format".
NOTIFICATION: dict[str, Any] = {
    "Type": "Notification",
    "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:events",
    "Subject": "My First Message",
    "Timestamp": "2026-03-01T12:00:04.250Z",
    "SignatureVersion": "1",
    "Signature": "EXAMPLEw6JRN",
}


def notified(published: object, **attributes: object) -> dict[str, Any]:
    text = published if isinstance(published, str) else json.dumps(published)
    return {**NOTIFICATION, "Message": text, "MessageAttributes": attributes}


def text(value: str) -> dict[str, str]:
    return {"Type": "String", "Value": value}


def read(body: object, name: str = "m-1", **attributes: str) -> tuple[str, list[Offered]]:
    return read_message(Message(name, SENT_AT, json.dumps(body), attributes), SCOPE)


def event(body: object) -> Event:
    (found,) = read(body)[1]
    assert isinstance(found, Event)
    return found


def refusal(body: object) -> str:
    (found,) = read(body)[1]
    assert isinstance(found, InvalidParameter)
    return str(found)


def test_an_event_of_event_bridge_is_read() -> None:
    assert event(BRIDGED) == Event(
        id="6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        time=parse_iso8601("2026-03-01T12:00:00Z"),
        type="EC2 Instance State-change Notification",
        source="aws.ec2",
        target=Entity(id=ARN),
        links=(ARN,),
        data={"instance-id": "i-1", "state": "terminated"},
        attributes={"account": "123456789012", "region": "eu-central-1"},
    )


def test_a_replayed_event_is_the_same_event() -> None:
    assert event({**BRIDGED, "replay-name": "again"}) == event(BRIDGED)


def test_it_is_the_same_event_in_another_message() -> None:
    assert read(BRIDGED, "m-1") == read(BRIDGED, "m-2")


@pytest.mark.parametrize("resources", [[], ["a", "b"], ["x" * 257], [""]])
def test_only_a_single_short_resource_is_a_target(resources: list[str]) -> None:
    found = event({**BRIDGED, "resources": resources})
    assert (found.target, found.links) == (Entity(), tuple(resources))


def test_resources_may_be_missing() -> None:
    wire = {name: value for name, value in BRIDGED.items() if name != "resources"}
    assert (event(wire).target, event(wire).links) == (Entity(), ())


@pytest.mark.parametrize("name", ["id", "time", "source", "detail"])
def test_a_missing_member_is_named(name: str) -> None:
    wire = {key: value for key, value in BRIDGED.items() if key != name}
    assert refusal(wire) == f"{name} is required"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"id": ""}, "id must not be empty"),
        ({"id": 5}, "id must be a string"),
        ({"time": None}, "time must be a time like 2026-03-01T12:00:00.25Z but was 'None'"),
        ({"detail-type": None}, "type must be a string"),
        ({"source": []}, "source must be a string"),
        ({"account": 5}, "attributes.account must be a string"),
        ({"resources": "a"}, "links must be a list"),
        ({"resources": [1]}, "links must be a string"),
    ],
)
def test_a_bad_member_is_refused(more: dict[str, Any], reason: str) -> None:
    assert refusal(BRIDGED | more) == reason


def test_a_cloud_event_in_the_detail_is_the_event() -> None:
    assert event({**BRIDGED, "detail": CLOUD_EVENT}) == event(CLOUD_EVENT)


def test_a_wrong_cloud_event_in_the_detail_is_refused() -> None:
    assert refusal({**BRIDGED, "detail": {"specversion": "0.3"}}) == "specversion must be '1.0'"


@pytest.mark.parametrize(
    "body", [CLOUD_EVENT, BRIDGED, [BRIDGED, CLOUD_EVENT], {"events": [CLOUD_EVENT]}]
)
def test_a_notification_carries_the_same_as_a_message(body: object) -> None:
    assert read(notified(body)) == read(body)


def test_an_event_without_id_and_time_has_those_of_the_notification() -> None:
    """It may come through several queues, whose messages have different ids."""
    sent_at = parse_iso8601("2026-03-01T12:00:04.250Z")
    name = NOTIFICATION["MessageId"]
    assert event(notified({"type": "a"})) == Event(id=name, time=sent_at, type="a")
    ids = [each.id for each in read(notified([{"type": "a"}]))[1] if isinstance(each, Event)]
    assert ids == [f"{name}-1"]


def test_its_attributes_mean_the_same_as_those_of_a_message() -> None:
    scope, found = read(notified([], scope=text("team-1"), format=text("waldur")))
    assert (scope, found) == ("team-1", [])
    with pytest.raises(InvalidParameter, match=r"^format must be one of"):
        read(notified(CLOUD_EVENT, format=text("syslog")))


def test_attributes_of_the_message_count_if_the_notification_has_none() -> None:
    assert read(notified(CLOUD_EVENT), scope="team-1")[0] == "team-1"
    assert read(notified(CLOUD_EVENT, scope=text("team-2")), scope="team-1")[0] == "team-2"
    one = notified(CLOUD_EVENT, format=text("cloudevents"))
    assert read(one, format="syslog") == read(CLOUD_EVENT)


@pytest.mark.parametrize(
    "attribute",
    [
        {"Type": "Binary", "Value": "dGVhbQ=="},
        {"Type": "Number", "Value": "5"},
        {"Type": "String"},
        {"Type": "String", "Value": None},
        {"Type": "String", "Value": 5},
        "team-1",
        None,
    ],
)
def test_an_attribute_that_is_not_a_text_is_ignored(attribute: object) -> None:
    assert read(notified(CLOUD_EVENT, scope=attribute))[0] == SCOPE


@pytest.mark.parametrize("attributes", [None, [], "text", 5])
def test_it_may_have_no_attributes(attributes: object) -> None:
    notification = {**notified(CLOUD_EVENT), "MessageAttributes": attributes}
    assert read(notification) == read(CLOUD_EVENT)


def test_the_body_of_a_notification_cannot_choose_its_scope() -> None:
    assert refusal(notified({**CLOUD_EVENT, "scope": {"a": 1}})).startswith("scope must be")
    assert read(notified({"scope": "other", "events": [CLOUD_EVENT]}))[0] == SCOPE


@pytest.mark.parametrize("published", ["", "Server is down", "{"])
def test_plain_text_that_was_published_is_refused(published: str) -> None:
    with pytest.raises(InvalidBody, match=r"^not JSON"):
        read(notified(published))


def test_a_notification_with_an_impossible_time_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"^Timestamp must be a time"):
        read({**notified(CLOUD_EVENT), "Timestamp": "yesterday"})


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation", None])
def test_other_messages_of_sns_are_not_events(kind: str | None) -> None:
    assert refusal({**notified(CLOUD_EVENT), "Type": kind}) == "type is required"


def test_a_notification_in_a_notification_is_not_an_event() -> None:
    assert refusal(notified(notified(CLOUD_EVENT))) == "type is required"
