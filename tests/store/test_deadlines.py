"""The deadline of a request, at the seam to DynamoDB: what is sent before it and after it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from mypy_boto3_dynamodb import DynamoDBClient
from support.interception import Intercept
from support.stores import dynamo_store

from polylog.dynamo.connection import CONFIG, get_all
from polylog.dynamo.deadlines import pause, until
from polylog.dynamo.store import DynamoEventStore
from polylog.model.errors import TimedOut, Unavailable
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Text
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import Interval
from polylog.model.times import Clock, Deadline
from polylog_cli.local.tables import connect
from tools.clocks import StoppedClock

NOBODY = "http://127.0.0.1:9"
"""Where nothing is ever sent, since each attempt is answered first."""

Send = Callable[[AWSRequest], AWSResponse]


class Line:
    """A network on which each attempt takes some seconds, and the number of attempts."""

    def __init__(self, seconds: float, send: Send) -> None:
        self.attempts = 0
        self.time = StoppedClock(0)
        self.client = connect(NOBODY, CONFIG)
        self._seconds = seconds
        self._send = send
        events: Any = self.client.meta.events
        events.register("before-send", self)

    def __call__(self, request: AWSRequest, **_: object) -> AWSResponse:
        self.attempts += 1
        self.time.sleep(self._seconds)
        return self._send(request)

    def deadline(self, seconds: float) -> Deadline:
        return self.time.clock.deadline(seconds)


def silence(request: AWSRequest) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=NOBODY)


def replying(status: int, body: bytes) -> Send:
    class Body:
        def stream(self, *_: object, **__: object) -> list[bytes]:
            return [body]

    return lambda request: AWSResponse(NOBODY, status, HTTPHeaders(), Body())


FULL = replying(500, b'{"__type": "InternalServerError"}')
UNPROCESSED = replying(200, b'{"Responses": {}, "UnprocessedKeys": {"T": {"Keys": [{}]}}}')

ASKED: list[Callable[[DynamoEventStore], object]] = [
    lambda store: store.put("s", [Event(id="e", time=1, type="t")]),
    lambda store: store.get("s", "e"),
    lambda store: store.get_by_seq("s", 1),
    lambda store: store.find(EventQuery("s", EVERYTHING, Order.ASCENDING, Window(9))),
    lambda store: store.find(EventQuery("s", EVERYTHING, Order.ASCENDING, Window(9), True)),
    lambda store: store.find(EventQuery("s", Text("a"), Order.ASCENDING, Window(9), True, True)),
    lambda store: store.count("s", EVERYTHING),
    lambda store: store.groups("s", EVERYTHING),
    lambda store: store.histogram("s", EVERYTHING, Interval.DAY),
    lambda store: store.tail("s", EVERYTHING, 0, 9),
    lambda store: store.latest("s"),
]


@pytest.mark.parametrize("ask", ASKED, ids=range(len(ASKED)))
def test_nothing_is_sent_after_the_deadline(ask: Callable[[DynamoEventStore], object]) -> None:
    line = Line(1, silence)
    with until(line.deadline(0)), pytest.raises(TimedOut):
        ask(dynamo_store(line.client))
    assert line.attempts == 0


def test_an_attempt_that_began_in_time_is_the_last_one() -> None:
    """Without a deadline, botocore waits and tries again."""
    line = Line(5, silence)
    with until(line.deadline(4)), pytest.raises(TimedOut):
        dynamo_store(line.client).get("s", "e")
    assert line.attempts == 1


def test_a_failure_after_the_deadline_is_not_tried_again() -> None:
    line = Line(5, FULL)
    with until(line.deadline(4)), pytest.raises(Unavailable):
        dynamo_store(line.client).get("s", "e")
    assert line.attempts == 1


def test_a_batch_is_asked_for_again_until_the_deadline() -> None:
    line = Line(1, UNPROCESSED)
    with until(line.deadline(3.5)), pytest.raises(TimedOut):
        list(get_all(line.client, "T", [{"pk": {"S": "k"}}], line.time.clock))
    assert line.attempts in (3, 4)


def test_the_deadline_ends_with_its_request(moto: DynamoDBClient) -> None:
    store = dynamo_store(moto)
    with until(Deadline(0, lambda: 1)), pytest.raises(TimedOut):
        store.count("s", EVERYTHING)
    assert store.count("s", EVERYTHING) == 0


def test_a_tail_returns_what_it_found_in_time(moto: DynamoDBClient, intercept: Intercept) -> None:
    """It reads its events by up to a hundred; the third request comes too late."""
    store = dynamo_store(moto)
    store.put("s", [Event(id=f"e{n}", time=n, type="t", message="m") for n in range(250)])
    requests = count(-2)
    intercept(moto, "before-call.dynamodb.BatchGetItem", lambda **_: late.append(next(requests)))
    late = [-1]
    with until(Deadline(0, lambda: late[-1])):
        found = store.tail("s", Text("m"), 0, 1000)
    assert [event.id for event in found.events] == [f"e{n}" for n in range(200)]
    assert (found.complete, found.is_held_back) == (200, False)


@pytest.mark.parametrize(("left", "slept"), [(1.5, 1.5), (0, 0), (-1, 0)])
def test_a_pause_is_no_longer_than_what_is_left(left: float, slept: float) -> None:
    paused: list[float] = []
    with until(Deadline(left, lambda: 0)):
        pause(60, Clock(sleep=paused.append))
    assert paused == [slept]
