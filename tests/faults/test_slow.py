"""A slow DynamoDB: every endpoint answers in time, correctly or with its own API's refusal."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import pytest
from support.proxied import SEEDED, Log, World, made
from werkzeug.test import Client, TestResponse

from polylog.dynamo.deadlines import LAST_REQUEST_SECONDS
from polylog.model import times

pytestmark = pytest.mark.engine

GATEWAY_SECONDS: Final = 28
"""API Gateway gives up after 30, and a function needs some of those to begin."""


@dataclass(frozen=True)
class Question:
    """How to ask an endpoint, when its answer is right, and what its refusal contains."""

    ask: Callable[[Log], TestResponse]
    is_right: Callable[[Any], bool]
    refusal: str


def cloudfoundry(path: str, is_right: Callable[[Any], bool]) -> Question:
    return Question(lambda log: log.ask(path, form="bearer"), is_right, "CF-ServiceUnavailable")


def waldur(path: str, is_right: Callable[[Any], bool]) -> Question:
    return Question(lambda log: log.ask(path, form="Token"), is_right, "try again later")


def huawei(path: str, refusal: str, is_right: Callable[[Any], bool]) -> Question:
    return Question(
        lambda log: log.ask(path.format(scope=log.scope), "X-Auth-Token", ""), is_right, refusal
    )


def native(path: str, is_right: Callable[[Any], bool], method: str = "GET") -> Question:
    return Question(lambda log: log.ask(path, method=method), is_right, "unavailable")


def log_in(log: Log) -> TestResponse:
    key_id, _, secret = log.token.partition(".")
    grant = {"grant_type": "password", "username": key_id, "password": secret}
    return Client(log.gateway).post("/cf/oauth/token", data=grant)


def report(log: Log) -> TestResponse:
    milliseconds = times.now() // 1000
    event = {"event_name": "a", "event_source": "b.C", "time": milliseconds, "detail": {}}
    return log.post(f"/V1.0/{log.scope}/events", [event], "X-Auth-Token")


def revoke(log: Log) -> TestResponse:
    return log.ask(f"/v1/keys/{log.token.partition('.')[0]}", method="DELETE")


def writing(number: int) -> Question:
    return Question(
        lambda log: log.post("/v1/events", made(number, "new")),
        lambda said: [each["status"] for each in said["results"]] == ["stored"] * number,
        "unavailable",
    )


def total(counted: list[dict[str, Any]]) -> int:
    return sum(each["count"] for each in counted)


QUESTIONS: Final = {
    "Cloud Foundry: list": cloudfoundry(
        "/cf/v2/events", lambda said: said["total_results"] == len(said["resources"]) == SEEDED
    ),
    "Cloud Foundry: one": cloudfoundry(
        "/cf/v2/events/e00000", lambda said: said["metadata"]["guid"] == "e00000"
    ),
    "Cloud Foundry v3: list": cloudfoundry(
        "/cf/v3/audit_events",
        lambda said: said["pagination"]["total_results"] == len(said["resources"]) == SEEDED,
    ),
    "Cloud Foundry v3: one": cloudfoundry(
        "/cf/v3/audit_events/e00000", lambda said: said["guid"] == "e00000"
    ),
    "Cloud Foundry: token": Question(
        log_in, lambda said: said["token_type"] == "bearer", "CF-ServiceUnavailable"
    ),
    "Waldur: list": waldur("/api/events/?page_size=100", lambda said: len(said) == SEEDED),
    "Waldur: count": waldur("/api/events/count/", lambda said: said == {"count": SEEDED}),
    "Waldur: groups": waldur("/api/events/event_groups/", lambda said: isinstance(said, dict)),
    "Waldur: stats": waldur("/api/events-stats/", lambda said: total(said) == SEEDED),
    "DWS: list": huawei(
        "/v2/{scope}/events",
        "DWS.0005",
        lambda said: said["count"] == len(said["events"]) == SEEDED,
    ),
    "Cloud Eye: list": huawei(
        "/V1.0/{scope}/events",
        "ces.0007",
        lambda said: sum(row["event_count"] for row in said["events"]) == SEEDED,
    ),
    "Cloud Eye: one": huawei(
        "/V1.0/{scope}/event/a?event_type=EVENT.SYS",
        "ces.0007",
        lambda said: said["meta_data"]["total"] == SEEDED // 2,
    ),
    "Cloud Eye: report": Question(report, lambda said: len(said) == 1, "ces.0007"),
    "Cedana: list": Question(
        lambda log: log.ask("/v2/events?time=7200"),
        lambda said: len(said) == SEEDED,
        "try again later",
    ),
    "native: list": native(
        "/v1/events?total_size=true",
        lambda said: said["total_size"] == len(said["events"]) == SEEDED,
    ),
    "native: search": native(
        "/v1/events?filter=id%3Ae0", lambda said: len(said["events"]) == SEEDED
    ),
    "native: one": native("/v1/events/e00000", lambda said: said["id"] == "e00000"),
    "native: count": native("/v1/events:count", lambda said: said["count"] == SEEDED),
    "native: groups": native("/v1/events:groups", lambda said: total(said["groups"]) == SEEDED),
    "native: groups by id": native(
        "/v1/events:groups?by=id", lambda said: total(said["groups"]) == SEEDED
    ),
    "native: histogram": native("/v1/events:histogram", lambda said: total(said["bars"]) == SEEDED),
    "native: tail": native("/v1/events:tail", lambda said: len(said["events"]) == SEEDED),
    "native: wait": native(
        f"/v1/events:tail?after={SEEDED}&wait=20", lambda said: said["events"] == []
    ),
    "native: export": native("/v1/events:export?page_size=1", lambda said: said["id"] == "e00011"),
    "native: write": writing(1),
    "native: write many": writing(400),
    "native: me": native("/v1/me", lambda said: said["scope"].startswith("proxied-")),
    "native: keys": native("/v1/keys", lambda said: len(said["keys"]) == 1),
    "native: new key": Question(
        lambda log: log.post("/v1/keys", {"permissions": ["read"]}),
        lambda said: said["scope"].startswith("proxied-"),
        "unavailable",
    ),
    "native: revoke": Question(revoke, lambda said: said is None, "unavailable"),
}


def problem(answer: TestResponse, question: Question) -> str:
    """Return what is wrong with an answer. It may be right, or ask the client to try again."""
    if answer.status_code < 300:
        said = None if answer.status_code == 204 else answer.get_json(force=True)
        return "" if question.is_right(said) else f"not right: {answer.text[:100]}"
    asks_again = answer.status_code == 503 and answer.headers.get("Retry-After") == "1"
    is_own = question.refusal in answer.text
    return "" if asks_again and is_own else f"{answer.status} {answer.text}"


def ask_all(world: World, ask: Callable[[Log, Question], str]) -> dict[str, str]:
    """Ask every question at once, each of a log of its own; return what is wrong."""
    logs = [world.log() for _ in QUESTIONS]
    with ThreadPoolExecutor(len(logs)) as pool:
        found = dict(zip(QUESTIONS, pool.map(ask, logs, QUESTIONS.values()), strict=True))
    return {name: wrong for name, wrong in found.items() if wrong}


def test_no_endpoint_asks_dynamodb_after_its_deadline(world: World) -> None:
    """Two calls begin before it, so every question that needs more is told to come again."""
    hasty = world.with_seconds(LAST_REQUEST_SECONDS + 1)
    answers: list[TestResponse] = []

    def ask(log: Log, question: Question) -> str:
        answer = question.ask(log)
        answers.append(answer)
        return problem(answer, question)

    hasty.proxy.slow_down(0.6)
    assert ask_all(hasty, ask) == {}
    assert 0 < len(world.proxy.calls) <= 2 * len(QUESTIONS)
    assert {answer.status_code for answer in answers} >= {200, 503}


@pytest.mark.long
@pytest.mark.parametrize("seconds", [1.2, 4.5, 8])
@pytest.mark.parametrize("most", [False, True], ids=["every call", "two calls of three"])
def test_every_endpoint_answers_in_time(world: World, seconds: float, most: bool) -> None:
    def ask(log: Log, question: Question) -> str:
        began = time.monotonic()
        answer = question.ask(log)
        took = time.monotonic() - began
        late = f"took {took:.0f} s" if took > GATEWAY_SECONDS else ""
        return late or problem(answer, question)

    world.proxy.slow_down(seconds, most=most)
    assert ask_all(world, ask) == {}
