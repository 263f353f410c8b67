"""Audit events of Kubernetes: in lines, and as the API server posts them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import strategies
from support.memory import MemoryEventStore, MemoryKeyStore
from support.trails import FOLDER, trail

from polylog.api.auth import Restriction
from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Request, Response
from polylog.dialects.native import DIALECT
from polylog.intake.documents import read_document
from polylog.intake.formats.kubernetes import FORMAT, is_event, is_list, read_event
from polylog.model.errors import InvalidParameter
from polylog.model.event import Entity, Event
from polylog.model.filter import EVERYTHING
from polylog.model.times import SYSTEM_CLOCK, parse_iso8601

# Documents that tests take apart.
Json = Any

LINES = [json.loads(line) for line in (FOLDER / "kubernetes.ndjson").read_text().splitlines()]
POSTED = (FOLDER / "kubernetes_webhook.json").read_bytes()
RECEIVED, DELETED, EXECUTED, PATCHED, FORBIDDEN, PROBED = LINES
UID = "6a7f6c12-7a8e-4a2c-9a43-0e1f2c4b5d60"


def changed(**members: object) -> Json:
    return {**DELETED, **members}


def test_a_completed_request_is_read() -> None:
    assert read_event(DELETED) == Event(
        id=f"{UID}/ResponseComplete",
        time=parse_iso8601("2026-03-01T12:00:00.264518Z"),
        type="delete pods",
        source="192.0.2.7",
        message="/api/v1/namespaces/shop/pods/web-1",
        severity="info",
        status="200",
        actor=Entity(id="ada@example.com", type="User", name="ada@example.com"),
        target=Entity(id="pods/shop/web-1", type="pods", name="web-1"),
        project_id="shop",
        data=DELETED,
    )


def test_each_stage_of_a_request_is_an_event() -> None:
    event = read_event(RECEIVED)
    assert event.id == f"{UID}/RequestReceived"
    assert (event.status, event.severity) == (None, None)


def test_a_subresource_is_part_of_the_type() -> None:
    event = read_event(EXECUTED)
    assert event.type == "create pods/exec"
    assert event.target == Entity(id="pods/shop/web-2", type="pods", name="web-2")


def test_the_impersonated_user_is_in_the_data() -> None:
    event = read_event(EXECUTED)
    assert event.actor.name == "ada@example.com"
    name = "system:serviceaccount:shop:deployer"
    assert event.data_object["impersonatedUser"] == {
        **EXECUTED["impersonatedUser"],
        "username": name,
    }


def test_the_first_address_is_the_source() -> None:
    assert read_event(EXECUTED).source == "192.0.2.7"


def test_a_service_account_has_its_uid() -> None:
    name = "system:serviceaccount:kube-system:node-controller"
    uid = "5d3c9c3e-7f0d-4c19-9c5e-2b0f6a1e7d84"
    assert read_event(PATCHED).actor == Entity(id=uid, type="ServiceAccount", name=name)


def test_a_resource_of_the_cluster_has_no_namespace() -> None:
    event = read_event(PATCHED)
    assert event.target == Entity(id="nodes/node-1", type="nodes", name="node-1")
    assert event.project_id is None


def test_a_forbidden_request_is_an_error_with_its_reason() -> None:
    event = read_event(FORBIDDEN)
    assert (event.status, event.severity) == ("403", "error")
    assert event.message == FORBIDDEN["responseStatus"]["message"]


@pytest.mark.parametrize(("code", "severity"), [(101, "info"), (399, "info"), (400, "error")])
def test_status_400_and_above_is_an_error(code: int, severity: str) -> None:
    event = read_event(changed(responseStatus={"code": code}))
    assert (event.status, event.severity) == (str(code), severity)


def test_a_request_for_no_resource_has_only_its_verb() -> None:
    event = read_event(PROBED)
    assert (event.type, event.target, event.message) == ("get", Entity(), "/readyz?verbose=")


def test_a_list_of_a_resource_has_no_id() -> None:
    event = read_event(changed(verb="list", objectRef={"resource": "pods", "namespace": "shop"}))
    assert (event.type, event.target) == ("list pods", Entity(type="pods"))


def test_without_a_time_of_the_stage_that_of_the_request_counts() -> None:
    event = read_event(changed(stageTimestamp=None))
    assert event.time == parse_iso8601("2026-03-01T12:00:00.25Z")


def test_lines_and_a_list_have_the_same_events() -> None:
    """Items of a list lack kind and API version, as Go writes them."""
    items = json.loads(POSTED)["items"]
    assert not [item for item in items if "kind" in item or "apiVersion" in item]
    assert trail("kubernetes_webhook.json") == trail("kubernetes.ndjson")
    assert trail("kubernetes.ndjson") == [read_event(line) for line in LINES]


@pytest.mark.parametrize("name", ["kind", "apiVersion"])
def test_null_is_the_same_as_missing(name: str) -> None:
    assert read_event(changed(**{name: None})) == read_event(DELETED)


def test_numbers_are_kept_exactly() -> None:
    large = 2**70
    (event,) = read_document(
        json.dumps(changed(requestObject={"n": large, "f": 1e-7})).encode(), FORMAT, "demo"
    )
    assert isinstance(event, Event)
    assert event.data_object["requestObject"] == {"n": large, "f": 1e-7}


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (5, "event must be an object"),
        ([], "event must be an object"),
        (
            changed(kind="EventList"),
            "kind must be 'Event' but was 'EventList'",
        ),
        (
            changed(apiVersion="audit.k8s.io/v1beta1"),
            "apiVersion must be 'audit.k8s.io/v1' but was 'audit.k8s.io/v1beta1'",
        ),
        (changed(auditID=None), "auditID is required: the id of the request"),
        (changed(auditID=5), "auditID must be the id of the request but was '5'"),
        (changed(stage=""), "stage is required: a stage of the request like ResponseComplete"),
        (changed(verb=None), "verb is required: a verb like delete"),
        (
            changed(stageTimestamp=None, requestReceivedTimestamp=None),
            "stageTimestamp is required: a time like 2026-03-01T12:00:00.25Z",
        ),
        (
            changed(stageTimestamp="now"),
            "stageTimestamp must be a time like 2026-03-01T12:00:00.25Z but was 'now'",
        ),
    ],
)
def test_a_missing_or_bad_member_is_named(wire: Json, reason: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        read_event(wire)
    assert str(raised.value) == reason


LONG = "x" * 300


def test_texts_longer_than_keys_stay_in_the_data() -> None:
    """Clients choose what they ask for, and the audit log has it even if nothing is there."""
    wire = changed(
        auditID=LONG,
        user={"username": LONG, "uid": LONG},
        objectRef={"resource": LONG, "namespace": LONG, "name": LONG},
        sourceIPs=[LONG],
    )
    event = read_event(wire)
    assert len(event.id) == 64
    assert event.id != read_event({**wire, "stage": "Panic"}).id
    assert event.type == f"delete {LONG}"[:256]
    assert event.actor == Entity(type="User", name=LONG)
    assert event.target == Entity(type=LONG, name=LONG)
    assert (event.source, event.project_id, event.data) == (None, None, wire)


_OPTIONAL = (
    *("user", "sourceIPs", "objectRef", "responseStatus", "requestURI", "impersonatedUser"),
    *("annotations", "requestObject", "level"),
)
_anything = strategies.json_values() | st.builds(
    dict,
    username=strategies.json_values(),
    uid=strategies.json_values(),
    resource=strategies.texts(max_size=300),
    name=strategies.texts(max_size=300),
    code=strategies.json_values(),
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(_OPTIONAL, _anything)))
def test_no_other_member_makes_it_refuse_a_record(members: dict[str, JsonValue]) -> None:
    wire = {**changed(), **members}
    assert read_event(wire).data == wire


@pytest.mark.parametrize("wire", LINES)
def test_an_event_is_recognized_alone_and_from_a_list(wire: Json) -> None:
    item = {name: wire[name] for name in wire if name not in ("kind", "apiVersion")}
    assert is_event(wire)
    assert is_event(item)


@pytest.mark.parametrize(
    "wire",
    [
        *(None, 5, "auditID", [], {}, {"kind": "Event", "apiVersion": "v1"}),
        {"auditID": "a"},
        {"auditID": "a", "stage": "Panic", "apiVersion": "audit.k8s.io/v1beta1"},
        {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": []},
    ],
)
def test_nothing_else_is_recognized(wire: Json) -> None:
    assert not is_event(wire)


def test_a_list_is_recognized() -> None:
    document = json.loads(POSTED)
    assert is_list(document)
    assert not any(map(is_list, [DELETED, [document], None, {"kind": "EventList"}]))


class Webhook:
    """The native API, and an API server that posts to it as a kubeconfig says."""

    def __init__(self) -> None:
        self.store = MemoryEventStore()
        keys = MemoryKeyStore()
        self.services = Services(self.store, keys, SYSTEM_CLOCK)
        key = keys.create("demo", frozenset({"read", "write"}), Restriction(), expires_at=None)
        # client-go makes the query itself; it drops the query of the kubeconfig's address.
        self.request = Request(
            "POST",
            "/v1/events",
            (("timeout", "30s"),),
            {
                "authorization": f"Bearer {key.token}",
                "accept": "application/json, */*",
                "content-type": "application/json",
                "user-agent": "kube-apiserver/v1.34.1 (linux/amd64) kubernetes/93248f9",
            },
        )

    def post(self, body: bytes, **changes: Any) -> Response:
        return serve(DIALECT, replace(self.request, body=body, **changes), self.services)

    @property
    def stored(self) -> int:
        return self.store.count("demo", EVERYTHING)


@pytest.fixture
def webhook() -> Webhook:
    return Webhook()


def batch(number: int) -> bytes:
    """Return a list of this many events, each of a different request."""
    document = json.loads(POSTED)
    items = [{**document["items"][1], "auditID": f"{UID}-{n}"} for n in range(number)]
    return json.dumps({**document, "items": items}).encode()


def statuses(response: Response) -> list[str]:
    return [each["status"] for each in json.loads(response.body)["results"]]


def test_a_batch_that_comes_again_is_stored_once(webhook: Webhook) -> None:
    body = batch(400)
    first, second = webhook.post(body), webhook.post(body)
    assert (first.status, second.status) == (200, 200)
    assert statuses(first) == ["stored"] * 400
    assert statuses(second) == ["duplicate"] * 400
    assert webhook.stored == 400


def test_a_batch_that_came_in_part_is_completed(webhook: Webhook) -> None:
    webhook.post(batch(150))
    assert webhook.post(batch(400)).status == 200
    assert webhook.stored == 400


@pytest.mark.parametrize(
    "content_type",
    [
        *("application/json", "application/json; charset=utf-8", "", "text/plain"),
        *("application/octet-stream", "application/x-ndjson", "application/vnd.example+json"),
        "application/x-www-form-urlencoded",
    ],
)
def test_a_batch_of_a_named_format_is_stored_with_any_content_type(
    webhook: Webhook, content_type: str
) -> None:
    headers = {**webhook.request.headers, "content-type": content_type}
    response = webhook.post(POSTED.strip(), headers=headers, query=(("format", "kubernetes"),))
    assert (response.status, webhook.stored) == (200, len(LINES))


def test_a_batch_without_a_content_type_is_stored(webhook: Webhook) -> None:
    headers = {"authorization": webhook.request.headers["authorization"]}
    assert webhook.post(POSTED, headers=headers, query=()).status == 200
    assert webhook.stored == len(LINES)


def test_a_refused_event_does_not_hold_back_the_others(webhook: Webhook) -> None:
    """After an error, the API server would send the whole batch again and drop it in the end."""
    document = json.loads(POSTED)
    del document["items"][0]["verb"]
    response = webhook.post(json.dumps(document).encode())
    assert response.status == 200
    assert statuses(response) == ["invalid", *["stored"] * (len(LINES) - 1)]


def test_a_batch_of_one_bad_event_is_answered_with_success(webhook: Webhook) -> None:
    body = json.dumps({**json.loads(POSTED), "items": [{}]}).encode()
    assert (webhook.post(body).status, webhook.stored) == (200, 0)


def test_lines_of_the_log_backend_are_the_same_events(webhook: Webhook) -> None:
    webhook.post(POSTED)
    headers = {**webhook.request.headers, "content-type": "application/x-ndjson"}
    lines = (FOLDER / "kubernetes.ndjson").read_bytes()
    response = webhook.post(lines, headers=headers, query=(("format", "kubernetes"),))
    assert statuses(response) == ["duplicate"] * len(LINES)
