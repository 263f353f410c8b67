"""Every function of the build, under Lambda's own runtime, with the events that AWS sends."""

from __future__ import annotations

import base64
import gzip
import json
import sys
import sysconfig
from collections.abc import Callable
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.amazon import sign
from support.page import contents, require_page
from support.samples import FOLDER, FUNCTIONS, REQUESTS, Payload, sample
from support.stores import dynamo_store

from polylog.api.auth import PERMISSIONS, Restriction
from polylog.dynamo.tally.head import read_head
from polylog.model.event import Event
from polylog.model.store import EventStore
from polylog_cli.local.home import Home
from polylog_cli.local.log import local_keys
from polylog_cli.local.template import Template
from tools.cross_reading import EVENT, SCOPE, render
from tools.lambda_runtime import Stack

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime is for Linux"),
]

PYTHON = sysconfig.get_path("stdlib")
CLOSED = {"cloudtrail": 400}
"""What an API answers to an invalid key, if not 401."""

PACKAGES = {"site-packages", "dist-packages"}

URL = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
"""The address that the samples were sent to."""

PAGE_OF_V3 = (
    f"{URL}/cf/v3/audit_events?created_ats%5Bgte%5D=2026-03-01T00%3A00%3A00Z"
    "&order_by=-created_at&page=1&per_page=50&types=volume.snapshot"
)


@pytest.fixture(scope="module")
def token(tables: DynamoDBClient, home: Home) -> str:
    """Return a token for the scope that the samples ask for."""
    keys = local_keys(tables, home)
    return keys.create(SCOPE, frozenset(PERMISSIONS), Restriction(), expires_at=None).token


def deliver(stack: Stack, name: str, token: str) -> Any:
    """Return what the function of a sample answers to it, with this token in place of its own."""
    event = sample(name)
    headers = event.get("headers", {})
    headers |= {header: value.replace("TOKEN", token) for header, value in headers.items()}
    if "x-amz-target" in headers:
        sign(event, token)
    return stack.invoke(FUNCTIONS[name], event)


def ask(stack: Stack, name: str, token: str) -> tuple[int, Any]:
    """Return status and body of the answer to a request."""
    answer = deliver(stack, name, token)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture(scope="module")
def posted(stack: Stack, token: str) -> Event:
    """Return the event that was stored through the native API, with its number."""
    status, body = ask(stack, "events_post", token)
    assert (status, [each["status"] for each in body["results"]]) == (200, ["stored"])
    return EVENT.model_copy(update={"seq": body["results"][0]["seq"]})


@pytest.fixture(scope="module")
def store(tables: DynamoDBClient) -> EventStore:
    """Return a store of the same tables."""
    return dynamo_store(tables)


class TestSamples:
    def test_are_all_files_of_the_folder(self) -> None:
        assert {file.stem for file in FOLDER.iterdir()} == set(FUNCTIONS)

    def test_exist_for_every_function(self, template: Template) -> None:
        assert {function.name for function in template.functions} == set(FUNCTIONS.values())

    @pytest.mark.parametrize("name", REQUESTS)
    def test_come_through_a_route_of_their_function(self, template: Template, name: str) -> None:
        (function,) = (each for each in template.functions if each.name == FUNCTIONS[name])
        assert sample(name)["routeKey"].removeprefix("ANY ") in function.routes

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_are_handled_by_the_built_code(
        self, stack: Stack, token: str, posted: Event, name: str
    ) -> None:
        deliver(stack, name, token)
        running, layer = stack.running(FUNCTIONS[name]), stack.folders[0]
        code_uri = stack.functions[FUNCTIONS[name]].code_uri
        read, allowed = running.imported(), (PYTHON, code_uri, *stack.folders)
        assert [file for file in read if not any(map(file.is_relative_to, allowed))] == []
        assert [file for file in read if PACKAGES.intersection(file.parts)] == []
        assert any(file.is_relative_to(layer / "polylog") for file in read)


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("cedana", lambda shown: [shown]),
        (
            "ces",
            lambda shown: {
                "event_name": "volume.snapshot",
                "event_type": "EVENT.SYS",
                "sub_event_type": "SUB_EVENT.OPS",
                "event_users": ["ada"],
                "event_sources": ["storage"],
                "event_info": [shown],
                "meta_data": {"total": 1},
            },
        ),
        (
            "cloudfoundry",
            lambda shown: {
                "total_results": 1,
                "total_pages": 1,
                "prev_url": None,
                "next_url": None,
                "resources": [shown],
            },
        ),
        (
            "cloudfoundry-v3",
            lambda shown: {
                "pagination": {
                    "total_results": 1,
                    "total_pages": 1,
                    "first": {"href": PAGE_OF_V3},
                    "last": {"href": PAGE_OF_V3},
                    "next": None,
                    "previous": None,
                },
                "resources": [shown],
            },
        ),
        ("cloudtrail", lambda shown: {"Events": [shown]}),
        ("dws", lambda shown: {"events": [shown], "count": 1}),
        ("events", lambda shown: {"events": [shown], "total_size": 1}),
        ("waldur", lambda shown: [shown]),
    ],
)
def test_an_api_shows_the_event_that_another_api_stored(
    stack: Stack, token: str, posted: Event, name: str, frame: Callable[[Any], Any]
) -> None:
    assert ask(stack, name, token) == (
        200,
        frame(render({"events": "native"}.get(name, name), posted, url=URL)),
    )


def test_an_event_that_was_posted_before_is_not_stored_again(
    stack: Stack, token: str, posted: Event
) -> None:
    result = {"id": posted.id, "seq": posted.seq, "status": "duplicate"}
    assert ask(stack, "events_post", token) == (200, {"results": [result]})


@pytest.mark.parametrize("name", REQUESTS)
def test_an_api_refuses_an_invalid_key(stack: Stack, name: str) -> None:
    status, _ = ask(stack, name, "TOKEN")
    assert status == CLOSED.get(name, 401)


def test_the_page_goes_through_lambda_as_bytes(stack: Stack) -> None:
    """The API routes it by `$default`, like all paths that no other function owns."""
    require_page()
    event = sample("events") | {"rawPath": "/", "rawQueryString": "", "routeKey": "$default"}
    answer = stack.invoke("EventsFunction", event)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert answer["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(answer["body"])) == contents()["index.html"]


def records_of(scope: str) -> Payload:
    """Return the stream's sample for another scope."""
    event = sample("stream")
    for record in event["Records"]:
        record["dynamodb"]["Keys"]["scope"]["S"] = scope
    return event


def test_records_of_the_stream_fold_the_deltas_of_their_scope(
    stack: Stack, tables: DynamoDBClient, store: EventStore, scope: str
) -> None:
    for number in range(65):
        store.put(scope, [Event(id=f"e{number}", time=number, type="t")])
    assert stack.invoke("CompactFunction", records_of(scope)) is None
    assert read_head(tables, "TallyTable", scope).bucket.totals() == {"system:t": 65}


def test_the_schedule_folds_what_the_stream_left(
    stack: Stack, tables: DynamoDBClient, store: EventStore, scope: str
) -> None:
    store.put(scope, [Event(id="e", time=0, type="t")])
    stack.invoke("CompactFunction", records_of(scope))
    assert read_head(tables, "TallyTable", scope).bucket.totals() == {}
    assert stack.invoke("CompactFunction", sample("schedule")) is None
    assert read_head(tables, "TallyTable", scope).bucket.totals() == {"system:t": 1}
