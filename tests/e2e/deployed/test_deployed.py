"""The deployed stack: every way in, every API, and what happens to events it cannot store.

The tests run on an emulator of AWS, and in an account if the environment names a stack there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from support.deployment import Account, Deployment, Event, new_event, new_type, texts, until
from support.gateway import routes_of_template
from support.page import require_page
from support.stacks import resources_of

from polylog.dialects import DIALECTS
from polylog.dialects.native.wire import read_event
from polylog.model import times
from tools.cross_reading import render

pytestmark = pytest.mark.long

WAIT_SECONDS = 90
BY_TOKEN = {"ces", "dws"}
SCHEMES = {"cloudfoundry": "bearer", "cloudfoundry-v3": "bearer", "waldur": "Token"}
LISTS = {
    "cedana": "/v2/events?time=86400&operation={type}",
    "ces": "/V1.0/{scope}/event/{type}?event_type=EVENT.SYS",
    "cloudfoundry": "/cf/v2/events?q=type:{type}",
    "cloudfoundry-v3": "/cf/v3/audit_events?types={type}",
    "dws": "/v2/{scope}/events?limit=100",
    "native": '/v1/events?filter=type="{type}"',
    "waldur": "/api/events/?event_type={type}",
}
MEMBERS = {
    "ces": "event_info",
    "cloudfoundry": "resources",
    "cloudfoundry-v3": "resources",
    "dws": "events",
    "native": "events",
}


def as_cloud_event(event: Event) -> Event:
    return {"specversion": "1.0", **event}


WAYS: dict[str, Callable[[Deployment, Event], None]] = {
    "queue": lambda stack, event: stack.send(event),
    "topic": lambda stack, event: stack.publish(event),
    "bus": lambda stack, event: stack.put_event("tests", "any", as_cloud_event(event)),
    "bucket": lambda stack, event: stack.drop(f"{uuid4().hex}.ndjson", json.dumps(event) + "\n"),
}


def listed(deployment: Deployment, dialect: str, type: str) -> list[Any]:
    """Return the events of a type as a dialect lists them."""
    if dialect == "cloudtrail":
        found: list[Any] = deployment.look_up("EventName", type).json()["Events"]
        return found
    headers = {"Authorization": f"{SCHEMES.get(dialect, 'Bearer')} {deployment.token}"}
    if dialect in BY_TOKEN:
        headers = {"X-Auth-Token": deployment.token}
    target = LISTS[dialect].format(scope=deployment.scope, type=type)
    body = deployment.get(target, **headers).json()
    found = body[MEMBERS[dialect]] if dialect in MEMBERS else body
    return [each for each in found if each["name"] == type] if dialect == "dws" else found


def assert_served_once(deployment: Deployment, type: str) -> None:
    """Check that every API has the one event of a type once, in its own form."""
    assert deployment.count(type) == 1
    [native] = listed(deployment, "native", type)
    event = read_event(native).model_copy(update={"seq": native["seq"]})
    url = deployment.get("/cf/").json()["links"]["self"]["href"].removesuffix("/cf")
    for dialect in DIALECTS:
        expected = json.loads(json.dumps(render(dialect, event, deployment.scope, url)))
        assert listed(deployment, dialect, type) == [expected], dialect


def hand_in(stack: Deployment, way: str, event: Event) -> None:
    """Send an event by a way in; skips the test if that leads into another scope."""
    if way == "bus" and stack.settings("IngestFunction")["INGEST_SCOPE"] != stack.scope:
        pytest.skip("POLYLOG_TOKEN has another scope than the stack's IngestScope")
    WAYS[way](stack, event)


class TestAnEvent:
    def test_that_is_posted_is_served_once_by_every_api(self, deployment: Deployment) -> None:
        type = new_type("http")
        deployment.post([new_event(type)])
        assert_served_once(deployment, type)

    @pytest.mark.parametrize("way", WAYS)
    def test_that_is_handed_in_is_served_once_by_every_api(
        self, stack: Deployment, way: str
    ) -> None:
        type = new_type(way)
        hand_in(stack, way, new_event(type))
        until(lambda: stack.count(type), WAIT_SECONDS)
        assert_served_once(stack, type)

    def test_that_is_handed_in_three_times_is_counted_once(self, stack: Deployment) -> None:
        type = new_type("thrice")
        events = [(way, new_event(type)) for way in WAYS for _ in range(3)]
        for way, event in events * 3:
            hand_in(stack, way, event)
        until(lambda: stack.count(type), WAIT_SECONDS, lambda count: count == len(events))
        until(stack.waiting, WAIT_SECONDS, lambda waiting: not waiting)
        assert stack.count(type) == len(events)

    def test_of_other_services_is_served_under_its_detail_type(self, stack: Deployment) -> None:
        type = new_type("service")
        stack.put_event("tests.doors", type, {"floor": 3})
        until(lambda: stack.count(type), WAIT_SECONDS)
        assert_served_once(stack, type)
        [event] = listed(stack, "native", type)
        assert (event["source"], event["data"]) == ("tests.doors", {"floor": 3})


class TestAMessage:
    def test_that_cannot_be_stored_is_put_aside_with_the_reason(self, stack: Deployment) -> None:
        marker = uuid4().hex
        stack.send(f"no JSON: {marker}", format="waldur")
        letter = until(lambda: stack.dead_letter(marker), WAIT_SECONDS)
        assert letter["Body"] == f"no JSON: {marker}"
        attributes = texts(letter)
        assert "not JSON" in attributes.pop("reason")
        assert attributes.pop("message_id")
        assert int(attributes.pop("sent_at")) <= times.now() // 1000
        assert attributes == {"scope": stack.scope, "format": "waldur"}

    def test_that_contradicts_an_event_changes_nothing(self, stack: Deployment) -> None:
        type = new_type("conflict")
        event = new_event(type)
        stack.post([event])
        stack.send(event | {"message": "another"})
        letter = until(lambda: stack.dead_letter(event["id"]), WAIT_SECONDS)
        assert "conflict" in texts(letter)["reason"]
        assert_served_once(stack, type)
        assert "message" not in listed(stack, "native", type)[0]

    def test_is_stored_whatever_else_is_sent(self, stack: Deployment) -> None:
        type, marker = new_type("mixed"), uuid4().hex
        for number in range(5):
            stack.send(f"{{ {marker} {number}")
            stack.send(new_event(type))
        until(lambda: stack.count(type), WAIT_SECONDS, lambda count: count == 5)
        for number in range(5):
            until(lambda n=number: stack.dead_letter(f"{marker} {n}"), WAIT_SECONDS)

    def test_that_no_table_takes_is_put_aside_after_its_last_try(
        self, emulated: Deployment
    ) -> None:
        type = new_type("nowhere")
        event = new_event(type)
        begin = times.now()
        with emulated.set("IngestFunction", EVENTS_TABLE="nowhere", MAX_RECEIVES="2"):
            emulated.send(event)
            letter = until(lambda: emulated.dead_letter(event["id"]), WAIT_SECONDS)
        assert texts(letter)["reason"] == "the database did not answer in time, or refused"
        assert times.now() - begin >= 4 * times.SECOND  # It rests before the second try.
        emulated.send(letter["Body"], **texts(letter))
        until(lambda: emulated.count(type), WAIT_SECONDS)
        assert_served_once(emulated, type)


class TestAnObject:
    def test_gets_a_result_that_says_what_became_of_its_lines(self, stack: Deployment) -> None:
        type, name = new_type("object"), f"{uuid4().hex}.ndjson"
        event = new_event(type)
        stack.drop(name, "\n".join([json.dumps(event), "{", json.dumps(event), ""]))
        result = until(lambda: stack.import_result(name), WAIT_SECONDS)
        counts = {status: number for status, number in result["counts"].items() if number}
        assert counts == {"stored": 1, "duplicate": 1, "invalid": 1}
        assert [refused["line"] for refused in result["refused"]] == [2]
        assert_served_once(stack, type)


class TestTheTally:
    def test_is_folded_when_its_stream_wakes_the_function(self, stack: Deployment) -> None:
        type = new_type("stream")
        for _ in range(40):
            stack.post([new_event(type)])
        until(stack.deltas, WAIT_SECONDS, lambda deltas: deltas < 32)
        assert stack.count(type) == 40

    def test_is_folded_by_the_schedule_however_little_there_is(self, stack: Deployment) -> None:
        type = new_type("schedule")
        stack.post([new_event(type)])

        def tidied() -> int:
            stack.invoke("CompactFunction", "{}")
            return stack.deltas()

        until(tidied, WAIT_SECONDS, lambda deltas: deltas == 0)
        assert stack.count(type) == 1

    def test_agrees_with_the_events(self, stack: Deployment) -> None:
        verify = ("polylog", "verify", "--stack", stack.stack, "--scope", stack.scope)
        print(stack.account.run(*verify))


class TestThePage:
    def test_is_served_with_all_its_files(self, deployment: Deployment) -> None:
        require_page()
        page = deployment.get("/")
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        files = re.findall(r'"(/console/assets/[^"]+)"', page.text)
        kept = {deployment.get(file).headers["Cache-Control"] for file in files}
        assert kept == {"public, max-age=31536000, immutable"}


class TestMinistackLacks:
    """If one of these fails, the emulator has closed a gap: remove what made up for it."""

    def test_the_routes_of_an_http_api(self, emulated: Deployment) -> None:
        client = emulated.client("apigatewayv2")
        api = resources_of(emulated.account, emulated.stack)["Api"][1]
        routes = client.get_routes(ApiId=api)["Items"]
        assert len(routes) == len(routes_of_template())  # Only the routes that the tests made.

    def test_the_arn_of_a_secret(self, emulated: Deployment) -> None:
        assert not emulated.outputs["PepperSecretArn"].startswith("arn:")

    def test_alarms_that_compute(self, unfit: tuple[str, ...]) -> None:
        assert unfit


class TestMinistack:
    def test_refuses_what_no_policy_allows(self, emulated: Deployment) -> None:
        iam = emulated.client("iam")
        iam.create_user(UserName="nobody")
        key = iam.create_access_key(UserName="nobody")["AccessKey"]
        nobody = Account(
            {
                **emulated.account.environment,
                "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            }
        )
        with pytest.raises(ClientError, match="not authorized"):
            nobody.client("dynamodb").describe_table(TableName=emulated.outputs["EventsTableName"])
