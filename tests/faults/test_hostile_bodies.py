"""Bodies made to exhaust a function: each gets an answer that says what is wrong with it.

A long run sends them as large as the gateway lets through, and prints which took the most time and
the most memory.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import pytest
from support.aws import imitated
from support.hostile import (
    BODIES,
    DOCUMENT,
    LINE_BY_LINE,
    TARGETS,
    TOKEN,
    Came,
    Functions,
    Target,
    functions,
)

from polylog.api.http import Request
from polylog.dialects import DIALECTS, load
from polylog.model.errors import RouteNotFound
from polylog_cli.local.template import Template

SMALL: Final = 30_000
"""Bytes: enough for more events than a request may carry, and fewer than an event may have."""

LARGE: Final = 5_900_000
"""Bytes: Lambda carries 6 MB, including what the gateway puts around a body."""

MOST_SECONDS: Final = 3 * 2
"""Of CPU time: three times what it should take, because machines differ."""

MOST_MEGABYTES: Final = 200
SHOWN: Final = 10

TOO_MANY: Final = (413, "more than 1000 events at once")
TOO_DEEP: Final = (400, "not JSON: recursion limit exceeded at line 1 column ")
NO_VALUE: Final = (400, "not JSON: expected value at line 1 column ")
NO_TYPE: Final = (400, "type is required")
STORED: Final = (200, '"stored"')
NOTHING: Final = (200, '{"results":[]}')
NO_GRANT: Final = (400, "needs grant_type with username and password")
NO_KEY: Final = (401, "Bad credentials")

SAID: Final = {
    **dict.fromkeys(("numbers", "fractions", "texts", "numbers after a mark"), TOO_MANY),
    **dict.fromkeys(("empty objects", "empty arrays", "small objects", "small events"), TOO_MANY),
    **dict.fromkeys(("a list response", "a second list"), TOO_MANY),
    **dict.fromkeys(("open arrays", "open objects", "closed arrays", "closed objects"), TOO_DEEP),
    "lists in lists": TOO_DEEP,
    **dict.fromkeys(("commas", "zeros", "byte order marks", "gzip"), NO_VALUE),
    "white space": (400, "not JSON: EOF while parsing a value at line 15001 column 0"),
    "white space in an array": (200, "event must be an object"),
    "members": (400, "event has 2500 faults, too many to name"),
    "one member again": NO_TYPE,
    "data of members": STORED,
    "data of numbers": STORED,
    "data of objects": STORED,
    "attributes": (400, "event has 2497 faults, too many to name"),
    "links": (400, "links must be a string"),
    "permissions": NO_TYPE,
    "an actor": (400, "event has 2498 faults, too many to name"),
    "digits": (400, "not JSON: number out of range at line 1 column 4321"),
    "decimals": STORED,
    "an exponent": (400, "event must not hold a number beyond 1.8e308"),
    "a message": STORED,
    "a type": (400, "type must have at most 256 characters"),
    "a time": (400, "time must be a time like 2026-03-01T12:00:00.25Z but was '11"),
    "a name": NO_TYPE,
    "an open text": (400, "not JSON: EOF while parsing a string at line 1 column 30000"),
    "escapes": STORED,
    "backslashes": STORED,
    "notes": STORED,
    "no UTF-8": (400, "not JSON: invalid unicode code point at line 1 column 25"),
    "escaped surrogates": (400, "not JSON: lone leading surrogate in hex escape at line 1 "),
    "bytes of surrogates": (400, "not JSON: invalid unicode code point at line 1 column 25"),
    "a list response of Cloud Foundry": NO_TYPE,
    "a list response of Cloud Eye": NO_TYPE,
    "a late list": (200, "event must be an object"),
    "a list again": NOTHING,
    "events of numbers": (200, "type is required"),
    "events of members": (200, "event has 492 faults, too many to name"),
    "events of objects": STORED,
    "events of deep objects": STORED,
    **dict.fromkeys(("lines of numbers", "lines of objects", "a line of numbers"), TOO_MANY),
    **dict.fromkeys(("lines that are not JSON", "a line of a list"), TOO_MANY),
    **dict.fromkeys(("empty lines", "empty lines of a Mac", "blank lines"), NOTHING),
    **dict.fromkeys(("a line of blanks", "lines of arrays"), NOTHING),
    "a line of an event": STORED,
    "a line of digits": (200, "not JSON: number out of range at line 1 column 4321"),
    "a line of no UTF-8": (200, "not JSON: expected value at line 1 column 1"),
    "lines of events of numbers": (200, "type is required"),
    "lines of events of objects": STORED,
    **dict.fromkeys(("fields", "empty fields", "equal signs"), NO_GRANT),
    **dict.fromkeys(("a password", "a password of escapes", "a password of no UTF-8"), NO_KEY),
    **dict.fromkeys(("a password of bytes", "a user", "a refresh token"), NO_KEY),
    "a grant": (400, "use password or refresh_token"),
}
"""What the native API and the token endpoint answer to small bodies."""

OWN: Final = (DOCUMENT, LINE_BY_LINE, TOKEN)

REASONS: Final = re.compile(
    r"not JSON: .*at line \d+ column \d+"
    r"|more than \d+ (events|arrays and objects) at once"
    r"|has more than \d+ bytes|at most \d+ bytes|has \d+ bytes, more than \d+"
    r"|has \d+ faults|must (be|have|not)|is required|is not known|another event has this id"
    r"|needs grant_type|use password|Bad credentials"
    r"|Not found: |The API does not exist|credentials were not provided"
)
"""What an answer says that is not a success."""


@pytest.fixture(scope="module")
def served(template: Template) -> Iterator[Functions]:
    with imitated() as client, functions(client, template) as served:
        yield served


def identify(value: object) -> str:
    return value.name if isinstance(value, Target) else str(value)


def is_success(status: int, text: str) -> bool:
    return status in (200, 201) and ('"stored"' in text or text == NOTHING[1])


@pytest.mark.parametrize(
    ("target", "name"), [each for each in BODIES if each[0] in OWN], ids=identify
)
def test_a_small_one_is_told_what_is_wrong(served: Functions, target: Target, name: str) -> None:
    status, text = served.send(target, served.event(target, target.bodies[name](SMALL)))
    expected, reason = SAID[name]
    assert (status, reason in text) == (expected, True), text[:1000]


@pytest.mark.parametrize(
    ("target", "name"), [each for each in BODIES if each[0] not in OWN], ids=identify
)
def test_a_small_one_causes_no_fault_of_ours(served: Functions, target: Target, name: str) -> None:
    status, text = served.send(target, served.event(target, target.bodies[name](SMALL)))
    assert status < 500
    assert is_success(status, text) or REASONS.search(text), text[:1000]


def test_a_surrogate_in_the_gateways_own_text_is_not_json(served: Functions) -> None:
    event = served.event(DOCUMENT, b"") | {"body": '{"type":"\ud800"}'}
    status, text = served.send(DOCUMENT, event)
    assert (status, "not JSON" in text) == (400, True)


@pytest.mark.parametrize("name", DIALECTS)
def test_they_are_sent_to_every_post(name: str) -> None:
    dialect = load(name)
    posts = [endpoint for endpoint in dialect.endpoints if endpoint.method == "POST"]
    reached = []
    for target in TARGETS:
        try:
            reached.append(dialect.match(Request("POST", target.path.partition("?")[0]))[1])
        except RouteNotFound:
            continue
    assert [post.path for post in posts if post not in reached] == []


@pytest.mark.long
@pytest.mark.engine
@pytest.mark.skipif(not hasattr(os, "fork"), reason="each is sent by a process of its own")
def test_a_large_one_is_answered_within_time_and_memory(capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "support.hostile", str(LARGE)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"target"')]
    came = [Came(**json.loads(line)) for line in lines]
    with capsys.disabled():
        show("The slowest", sorted(came, key=lambda each: -each.seconds))
        show("The largest", sorted(came, key=lambda each: -each.megabytes))
    assert len(came) == len(BODIES)
    assert [each for each in came if each.status >= 500] == []
    assert [each for each in came if not is_explained(each)] == []
    assert [each for each in came if each.seconds > MOST_SECONDS] == []
    assert [each for each in came if each.megabytes > MOST_MEGABYTES] == []


def is_explained(came: Came) -> bool:
    return is_success(came.status, came.text) or REASONS.search(came.text) is not None


def show(title: str, came: list[Came]) -> None:
    print(f"\n{title} of {len(came)} bodies of {LARGE} bytes:")
    for each in came[:SHOWN]:
        took = f"{each.seconds:6.2f} s {each.megabytes:4.0f} MB"
        print(f"{took}  {each.status}  {each.body}, POST {each.target}")
