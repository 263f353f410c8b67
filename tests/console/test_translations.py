"""The commands that the console offers find the events of the question, in a real service."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import httpx
import pytest
from support.page import require_page
from support.service import Service

from tools import ROOT

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = f"{NOW - timedelta(days=2):%Y-%m-%d}"
APP = "0a1b2c3d-4e5f-4061-b2c3-d4e5f6a7b8c9"
HEX = "0a1b2c3d4e5f4061b2c3d4e5f6a7b8c9"
TYPES = ("audit.app.create", "audit.app.update", "app.crash", "a,b;c%2C", "role_granted")
LEVELS = ("error", "warning", "", "it's")


def events() -> Iterator[dict[str, object]]:
    """Yield events of every kind, in the two days around midnight, some between whole seconds."""
    for number in range(80):
        fraction = (0, 0, 250, 999_999)[number % 4]
        time = datetime.fromisoformat(f"{DAY}T00:00:00+00:00") + timedelta(
            seconds=(number - 40) * 600, microseconds=fraction
        )
        yield {
            "id": f"event-{number}",
            "time": time.isoformat().replace("+00:00", "Z"),
            "type": TYPES[number % 5],
            "origin": ("system", "custom")[number % 3 == 1],
            "source": ("ci", "it's & more", "")[number % 3],
            "message": ("Out of memory", "Started", f"number {number}")[number % 3],
            "severity": LEVELS[number % 4],
            "status": ("done", "1")[number % 2],
            "category": ("Management", "Insight")[number % 20 == 7],
            "actor": {
                "id": (HEX, "ada")[number % 2],
                "name": ("ada", "bot", "svc")[number % 3],
                "type": ("user", "AWSService")[number % 3 == 2],
            },
            "target": {
                "id": (APP, "i-1", "other")[number % 3],
                "name": ("storefront", "i-1", "elsewhere")[2 if number % 3 == 2 else number % 2],
                "type": ("app", "route")[number % 2],
            },
            "organization_id": (HEX, "org,1")[number % 2],
            **({"project_id": "space-1"} if number % 5 else {}),
            "links": ["i-2"] if number % 11 == 0 else [],
            "data": {"readOnly": "true" if number % 2 else "false", "auth_method": "saml"},
        }


CASES = {
    "everything": "",
    "one type": "type = app.crash",
    "a type that needs escapes": 'type = "a,b;c%2C"',
    "several types": 'type = (app.crash OR "a,b;c%2C")',
    "several plain types": "type = (app.crash OR audit.app.create)",
    "an application": f"target.id = {APP}",
    "an application by its name": 'target.name = "storefront"',
    "a resource": "target.id = i-1 OR target.name = i-1 OR links : i-1",
    "a linked resource": "target.id = i-2",
    "an application yesterday": f"target.id = {APP} AND time >= {DAY} AND time < {DAY}T12:00",
    "a time between seconds": f"time >= {DAY}T00:00:00.000250Z AND time <= {DAY}T01:00:00Z",
    "a time that ends between seconds": f"time >= {DAY} AND time < {DAY}T00:20:00.000300Z",
    "neither of two targets": f"NOT target.id = ({APP} OR other)",
    "no project": 'project_id = ""',
    "any project": "project_id:*",
    "an organization": f"organization_id = {HEX}",
    "an organization with a comma": 'organization_id = "org,1"',
    "an actor": f"actor.id = {HEX}",
    "a user": 'actor.name = "ada"',
    "a person": 'actor.name = "svc" AND actor.type != AWSService',
    "a part of the message": 'message : "OUT of"',
    "a word": "ada",
    "a severity": 'type = app.crash AND severity = "error"',
    "what has an apostrophe": '''type = app.crash AND severity = "it's"''',
    "an origin": "type = app.crash AND origin = custom",
    "a source": "source = ci",
    "a source and a user": 'type = role_granted AND source = ci AND actor.name = "ada"',
    "a status": 'type = role_granted AND status = "1"',
    "an id": "id = event-7",
    "ids": "id = (event-7 OR event-8)",
    "a read only call": 'data.readOnly = "true"',
    "a login": "data.auth_method = saml",
    "an insight": "category = Insight",
    "no insight": "NOT category = Insight AND type = app.crash",
    "types from a letter on": "type >= b",
    "types before a letter": 'type < "audit.b" AND type != app.crash',
    "a type of target": "type = app.crash AND target.type = app",
    "a wildcard": 'type = "audit.*"',
    "both of two lists": "type = (app.crash OR role_granted) AND type = (app.crash OR x)",
    "not that not": "NOT (NOT type = app.crash)",
    "conditions side by side": "type = app.crash project_id = space-1",
    "a contradiction": "type = app.crash AND type = role_granted",
}
NAMES = {
    "an id by its name": 'target.name = "elsewhere"',
    "ids by a name": 'target.name = ("elsewhere" OR x) AND type = (app.crash OR role_granted)',
    "a name that others share an id with": 'target.name = "storefront"',
}
"""Questions that other APIs are asked by the ids that the events have."""

ORDERS = ("asc", "desc")


@dataclass(frozen=True)
class Log:
    """A scope with the events, and the questions as the console asks them."""

    url: str
    scope: str
    token: str
    asked: dict[str, Any] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)

    def native(self, filter: str) -> list[dict[str, Any]]:
        answer = httpx.get(
            f"{self.url}/v1/events",
            params={"filter": filter, "page_size": 1000},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        events: list[dict[str, Any]] = answer.json()["events"]
        return events

    def sentences(self) -> Iterator[dict[str, Any]]:
        """Yield the questions of all cases, as the console knows them."""
        for number, filter in enumerate({**CASES, **NAMES}.values()):
            yield {"filter": filter, "text": filter, "order": ORDERS[number % 2]}
        for filter in NAMES.values():
            ids = sorted({each["target"]["id"] for each in self.native(filter)})
            yield {"filter": filter, "text": filter, "order": "asc", "ids": {"target": ids}}

    def of(self, name: str) -> list[Any]:
        """Return what an API is asked in each case."""
        written = (each for asked in self.asked.values() for each in asked["translations"])
        return [each for each in written if each["name"] == name]

    def found(self, translation: Any) -> list[set[object]]:
        """Return what the commands find, or nothing where they are known to find other events."""
        written, answers = translation["written"], ANSWERS[translation["name"]]
        differences = written.get("differences", [])
        if "cannot" in written or any(self.native(each["filter"]) for each in differences):
            return []
        found = (json.loads(self.run(command)) for command in written["commands"])
        return [{answers.name(event) for answer in found for event in answers.events(answer)}]

    def run(self, command: str) -> str:
        """Run a command like somebody who has pasted it into a shell; each runs once."""
        if command in self.printed:
            return self.printed[command]
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        environment = {"PATH": path, "TOKEN": self.token, "HOME": "/"}
        done = subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return self.printed.setdefault(command, done.stdout)


@pytest.fixture(scope="module")
def log(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Log:
    require_page()
    options = ("--scope", "translations", "--permissions", "read,write", "--json")
    made = json.loads(service.polylog("keys", "create", *options).out)
    log = Log(made["url"], made["scope"], made["token"])
    stored = httpx.post(
        f"{log.url}/v1/events",
        json=list(events()),
        headers={"Authorization": f"Bearer {log.token}"},
        timeout=60,
    )
    assert {each["status"] for each in stored.json()["results"]} == {"stored"}
    log.asked.update(translated(tmp_path_factory.mktemp("translations"), log))
    return log


def translated(built: Path, log: Log) -> dict[str, Any]:
    """Return each case as the console writes it for the APIs."""
    asked = {
        **{"origin": log.url, "scope": log.scope, "isConfined": False},
        **{"now": NOW.isoformat(), "sentences": list(log.sentences())},
    }
    vite = ("build", "--ssr", "test/translations.ts", "--outDir", str(built), "--logLevel", "error")
    node("node_modules/vite/bin/vite.js", *vite)
    written = json.loads(node(str(built / "translations.js"), given=json.dumps(asked)))
    by_ids = (f"{name}, by ids" for name in NAMES)
    return dict(zip([*CASES, *NAMES, *by_ids], written, strict=True))


def node(*arguments: str, given: str = "") -> str:
    path = os.pathsep.join((str(ROOT / ".venv/node/bin"), os.environ["PATH"]))
    command = [shutil.which("node", path=path) or "node", *arguments]
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, cwd=ROOT / "console", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Answers:
    """How an API lists events: under which member, and how it names each."""

    events: Callable[[Any], list[Any]]
    name: Callable[[Any], object]
    of: Callable[[dict[str, Any]], object] = itemgetter("id")
    """How it names an event of Polylog's own API."""


ANSWERS = {
    "native": Answers(itemgetter("events"), itemgetter("id")),
    "cloudfoundry": Answers(itemgetter("resources"), lambda event: event["metadata"]["guid"]),
    "cloudfoundry-v3": Answers(itemgetter("resources"), itemgetter("guid")),
    "cloudtrail": Answers(itemgetter("Events"), itemgetter("EventId")),
    "cedana": Answers(lambda answer: answer, itemgetter("id"), itemgetter("seq")),
    "waldur": Answers(
        lambda answer: answer,
        itemgetter("uuid"),
        lambda event: uuid5(NAMESPACE_OID, event["id"]).hex,
    ),
    "dws": Answers(itemgetter("events"), itemgetter("event_id")),
    "ces": Answers(itemgetter("event_info"), itemgetter("event_id")),
}


@pytest.mark.parametrize("case", CASES)
def test_each_command_finds_the_events_of_the_question(log: Log, case: str) -> None:
    events = log.native(CASES[case])
    assert [each["name"] for each in log.asked[case]["translations"]] != []
    for each in log.asked[case]["translations"]:
        answers = ANSWERS[each["name"]]
        expected = {answers.of(event) for event in events}
        assert [found for found in log.found(each) if found != expected] == [], each


@pytest.mark.parametrize("case", NAMES)
def test_by_ids_each_command_finds_the_events_of_a_name(log: Log, case: str) -> None:
    events = log.native(NAMES[case])
    for each in log.asked[f"{case}, by ids"]["translations"]:
        expected = {ANSWERS[each["name"]].of(event) for event in events}
        assert [found for found in log.found(each) if found != expected] == [], each


@pytest.mark.parametrize("name", ["cloudfoundry", "cloudfoundry-v3"])
def test_an_api_without_names_is_asked_by_ids(log: Log, name: str) -> None:
    written = log.asked["an id by its name, by ids"]["translations"]
    assert any(log.found(each) for each in written if each["name"] == name)


@pytest.mark.parametrize("name", ANSWERS)
def test_each_api_can_ask_some_questions(log: Log, name: str) -> None:
    """Otherwise the test above would prove nothing about this API."""
    assert any(log.found(each) for each in log.of(name))


@pytest.mark.parametrize("case", ["several types", "a word", "an application yesterday"])
def test_the_command_line_prints_the_events_of_the_question(log: Log, case: str) -> None:
    line = log.asked[case]["commandLine"].replace("polylog query", "polylog query --json")
    printed = [json.loads(event)["id"] for event in log.run(line).splitlines()]
    listed = [event["id"] for event in log.native(CASES[case])]
    assert sorted(printed) == sorted(listed)
    assert listed
