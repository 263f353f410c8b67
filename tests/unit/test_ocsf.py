"""Events in OCSF: they are valid by the published schema, and nothing is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from pydantic_core import to_json
from support import strategies
from support.trails import FILES, FOLDER, trail

from polylog.intake.formats import kubernetes
from polylog.model.event import Entity, Event
from polylog_cli.output.ocsf import VERSION, render_event

# Documents that tests take apart.
Json = Any

SCHEMA = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
API_ACTIVITY = Draft202012Validator(SCHEMA.get_class_schema(class_name="api_activity"))

EVENT = Event(id="e-1", seq=7, time=1_772_366_400_250_001, type="volume.delete")


def changed(**members: object) -> Event:
    return EVENT.model_copy(update=members)


def rendered(event: Event) -> Json:
    """Return the event as it is written, after checking it with the schema."""
    document = json.loads(to_json(render_event(event)))
    API_ACTIVITY.validate(document)
    return document


def test_the_schema_has_the_class_that_events_name() -> None:
    assert SCHEMA.lookup_class_name_from_uid(class_uid=6003) == "api_activity"


def test_the_schema_refuses_what_it_does_not_know() -> None:
    """Otherwise the other tests would pass for anything."""
    document = rendered(EVENT)
    assert not API_ACTIVITY.is_valid({**document, "kind": "Event"})
    assert not API_ACTIVITY.is_valid({**document, "severity_id": 7})
    assert not API_ACTIVITY.is_valid({**document, "actor": {}})


@given(strategies.stored_events())
def test_any_event_is_valid(event: Event) -> None:
    document = rendered(event)
    assert document["metadata"]["uid"] == event.id
    assert document.get("unmapped", {}).get("data") == json.loads(to_json(event.data))


@pytest.mark.parametrize("name", FILES)
def test_events_of_audit_logs_are_valid(name: str) -> None:
    for event in trail(name):
        assert isinstance(event, Event)
        rendered(event)


def test_an_event_of_kubernetes() -> None:
    record = json.loads((FOLDER / "kubernetes.ndjson").read_text().splitlines()[4])
    event = kubernetes.read_event(record)
    assert rendered(event.model_copy(update={"seq": 12})) == {
        "activity_id": 3,
        "activity_name": "Update",
        "category_uid": 6,
        "category_name": "Application Activity",
        "class_uid": 6003,
        "class_name": "API Activity",
        "type_uid": 600303,
        "type_name": "API Activity: Update",
        "time": 1_772_366_580_000,
        "message": record["responseStatus"]["message"],
        "severity_id": 4,
        "severity": "High",
        "status_code": "403",
        "status_id": 2,
        "status": "Failure",
        "actor": {
            "user": {
                "uid": "bob@example.com",
                "name": "bob@example.com",
                "type_id": 1,
                "type": "User",
            }
        },
        "api": {"operation": "update deployments/scale"},
        "src_endpoint": {"ip": "198.51.100.9"},
        "resources": [
            {
                "uid": "deployments/shop/web",
                "name": "web",
                "type": "deployments",
                "role_id": 1,
                "role": "Target",
            }
        ],
        "metadata": {
            "version": "1.8.0",
            "product": {"name": "Polylog", "vendor_name": "Polylog"},
            "uid": "ac0f4a57-1d5a-4a86-9a8a-1f0b3c7722c9/ResponseComplete",
            "original_event_uid": "ac0f4a57-1d5a-4a86-9a8a-1f0b3c7722c9/ResponseComplete",
            "original_time": "2026-03-01T12:03:00.000990Z",
            "event_code": "update deployments/scale",
            "sequence": 12,
        },
        "unmapped": {"severity": "error", "project_id": "shop", "data": record},
    }


def test_members_that_an_event_lacks_are_unknown_or_left_out() -> None:
    document = rendered(EVENT)
    assert document["actor"] == {"user": {"name": "Unknown"}}
    assert document["src_endpoint"] == {"name": "Unknown"}
    assert (document["severity_id"], document["severity"]) == (0, "Unknown")
    absent = {"message", "status", "status_id", "status_code", "resources", "unmapped"}
    assert not absent & document.keys()


def test_empty_texts_are_left_out() -> None:
    empty = Entity(name="", type="")
    texts = ("source", "message", "severity", "status", "category")
    event = changed(actor=empty, target=empty, **dict.fromkeys(texts, ""))
    assert rendered(event) == rendered(EVENT)


def test_members_without_a_place_are_unmapped() -> None:
    event = changed(
        origin="custom",
        category="audit",
        organization_id="org-1",
        project_id="space-1",
        target=Entity(type="volume"),
        links=("https://log.example.com/v-1",),
        attributes={"lang": "en", "none": None},
        data=[1, None],
    )
    assert rendered(event)["unmapped"] == {
        "origin": "custom",
        "category": "audit",
        "target_type": "volume",
        "organization_id": "org-1",
        "project_id": "space-1",
        "links": ["https://log.example.com/v-1"],
        "attributes": {"lang": "en", "none": None},
        "data": [1, None],
    }


def test_numbers_are_kept_exactly() -> None:
    data = {"large": 2**70, "small": 1e-7, "none": None}
    assert rendered(changed(data=data))["unmapped"]["data"] == data


@pytest.mark.parametrize(
    ("type", "number", "name"),
    [
        ("CreateBucket", 1, "Create"),
        ("repo.add_member", 1, "Create"),
        ("resource_creation_succeeded", 1, "Create"),
        ("create pods/exec", 1, "Create"),
        ("GetObject", 2, "Read"),
        ("git.clone", 2, "Read"),
        ("ListTagsForResource", 2, "Read"),
        ("audit.app.update", 3, "Update"),
        ("PutBucketPolicy", 3, "Update"),
        ("audit.app.delete-request", 4, "Delete"),
        ("org.remove_member", 4, "Delete"),
        ("DELETE", 4, "Delete"),
        ("deletecollection pods", 4, "Delete"),
        ("user.session.start", 99, "user.session.start"),
        ("ConsoleLogin", 99, "ConsoleLogin"),
        ("Targeted", 99, "Targeted"),
        ("🎉", 99, "🎉"),
    ],
)
def test_a_word_of_the_type_gives_the_activity(type: str, number: int, name: str) -> None:
    document = rendered(changed(type=type))
    assert (document["activity_id"], document["activity_name"]) == (number, name)
    assert document["type_uid"] == 600300 + number


@pytest.mark.parametrize(
    ("severity", "number", "name"),
    [
        ("INFO", 1, "Informational"),
        ("notice", 2, "Low"),
        ("Warning", 3, "Medium"),
        ("error", 4, "High"),
        ("Critical", 5, "Critical"),
        ("fatal", 6, "Fatal"),
        ("unknown", 0, "Unknown"),
        ("purple", 99, "purple"),
    ],
)
def test_severities_are_those_of_the_schema(severity: str, number: int, name: str) -> None:
    document = rendered(changed(severity=severity))
    assert (document["severity_id"], document["severity"]) == (number, name)
    assert document["unmapped"] == {"severity": severity}


@pytest.mark.parametrize(
    ("status", "severity", "number", "name"),
    [
        ("200", None, 1, "Success"),
        ("101", None, 1, "Success"),
        ("399", None, 1, "Success"),
        ("400", None, 2, "Failure"),
        ("599", None, 2, "Failure"),
        ("999", None, 99, "999"),
        ("SUCCESS", "INFO", 1, "Success"),
        ("Success", "error", 1, "Success"),
        ("FAILURE", "WARN", 2, "Failure"),
        ("DENY", None, 2, "Failure"),
        ("UNKNOWN", None, 0, "Unknown"),
        ("AccessDenied", "error", 2, "Failure"),
        ("AccessDenied", "purple", 99, "AccessDenied"),
        ("CHALLENGE", "INFO", 99, "CHALLENGE"),
    ],
)
def test_statuses_are_those_of_the_schema(
    status: str, severity: str | None, number: int, name: str
) -> None:
    document = rendered(changed(status=status, severity=severity))
    assert (document["status_id"], document["status"]) == (number, name)
    assert document["status_code"] == status


@pytest.mark.parametrize(
    ("type", "number", "name"),
    [("User", 1, "User"), ("SYSTEM", 3, "System"), ("AssumedRole", 99, "AssumedRole")],
)
def test_types_of_users_are_those_of_the_schema(type: str, number: int, name: str) -> None:
    user = rendered(changed(actor=Entity(id="u-1", type=type)))["actor"]["user"]
    assert user == {"uid": "u-1", "type_id": number, "type": name}


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("::ffff:192.0.2.7", "::ffff:c000:207"),
    ],
)
def test_an_address_becomes_the_ip(source: str, address: str) -> None:
    document = rendered(changed(source=source))
    assert document["src_endpoint"] == {"ip": address}
    assert "service" not in document["api"]


@pytest.mark.parametrize("source", ["ec2.amazonaws.com", "/doors", "fe80::1%eth0", "192.0.2"])
def test_any_other_source_is_a_service(source: str) -> None:
    document = rendered(changed(source=source))
    assert document["src_endpoint"] == {"name": "Unknown"}
    assert document["api"]["service"] == {"name": source}


def test_a_record_of_cloudtrail_has_its_address_in_the_data() -> None:
    event = changed(source="ec2.amazonaws.com", data={"sourceIPAddress": "192.0.2.7"})
    document = rendered(event)
    assert document["src_endpoint"] == {"ip": "192.0.2.7"}
    assert document["api"]["service"] == {"name": "ec2.amazonaws.com"}
