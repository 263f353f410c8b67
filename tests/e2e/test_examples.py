"""The programs in examples/, run against a service as people run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from uuid import uuid4

import pytest
from support.service import Service

from tools import ROOT

EXAMPLES = ROOT / "examples"
DAY = "2019-05-04"


@pytest.fixture
def environment(service: Service) -> Mapping[str, str]:
    """The variables that say where the service is, in a scope of its own for each test."""
    made = service.polylog(
        "keys", "create", "--scope", str(uuid4()), "--permissions", "read,write", "--json"
    )
    token = json.loads(made.out)["token"]
    return os.environ | {"POLYLOG_URL": service.credentials.url, "POLYLOG_TOKEN": token}


def run(environment: Mapping[str, str], name: str, *arguments: str, sent: str = "") -> list[str]:
    """Return the lines that a program prints."""
    program = [str(EXAMPLES / name)] if name.endswith(".sh") else [sys.executable, EXAMPLES / name]
    return subprocess.run(
        [*program, *arguments],
        input=sent,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


def crash(name: str, time: str) -> str:
    event = {"id": str(uuid4()), "time": time, "type": "app.crash", "target": {"name": name}}
    return json.dumps(event)


def test_send_says_what_happened_to_each_event(environment: Mapping[str, str]) -> None:
    lines = run(environment, "send.py", "door.open", "door.shut")
    assert [line.split()[:2] for line in lines] == [
        ["stored", "door.open"],
        ["stored", "door.shut"],
    ]


def test_the_shell_sends_a_line_for_each_event(environment: Mapping[str, str]) -> None:
    lines = [crash("shop", f"{DAY}T10:00:00Z"), crash("cart", f"{DAY}T11:00:00Z")]
    (answer,) = run(environment, "send.sh", sent="\n".join(lines))
    assert [each["status"] for each in json.loads(answer)["results"]] == ["stored", "stored"]


def test_crashes_lists_those_of_the_day_the_most_frequent_first(
    environment: Mapping[str, str],
) -> None:
    times = {
        "shop": [f"{DAY}T00:00:00Z", f"{DAY}T23:59:59Z"],
        "cart": [f"{DAY}T12:00:00Z", "2019-05-05T00:00:00Z"],
    }
    lines = [crash(name, time) for name, each in times.items() for time in each]
    run(environment, "send.sh", sent="\n".join(lines))
    counted = run(environment, "crashes.py", DAY)
    assert [line.split() for line in counted] == [["2", "shop"], ["1", "cart"]]


def test_follow_prints_the_events_after_a_number(environment: Mapping[str, str]) -> None:
    run(environment, "send.py", "door.open", "door.shut")
    command = [sys.executable, str(EXAMPLES / "follow.py"), "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        lines = [following.stdout.readline().split() for _ in range(2)]
        following.terminate()
    assert [(seq, type) for seq, _, type in lines] == [("1", "door.open"), ("2", "door.shut")]
