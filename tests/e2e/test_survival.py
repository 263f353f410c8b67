"""What `polylog run` survives and how it ends otherwise: its parts die, or its disk fills up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL
from threading import Timer

import httpx
import pytest
from support.service import COMMAND, Service, running_service

from polylog_cli.local.compaction import _start
from polylog_cli.local.disk import NEEDED_BYTES
from polylog_cli.local.template import Template
from tools import ROOT

JAVA = "DynamoDBLocal.jar"
FOLDING = "polylog_cli.local.compaction"

ON_A_DISK_LIKE_THAT = """
import shutil, sys
from pathlib import Path
from types import SimpleNamespace
free = Path(sys.argv.pop(1))
shutil.disk_usage = lambda folder: SimpleNamespace(free=int(free.read_text()))
from polylog_cli.main import app
app()
"""


class Disk:
    """The command on a disk with as much free space as a file says."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "free"
        self.command = (sys.executable, "-c", ON_A_DISK_LIKE_THAT, str(self._file))

    def has(self, free: int) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(str(free))
        new.replace(self._file)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def post(service: Service, id: str) -> httpx.Response:
    """Send an event through the native API."""
    event = {"id": id, "time": "2026-03-01T12:00:00Z", "type": "door.open"}
    headers = {"Authorization": f"Bearer {service.credentials.token}"}
    url = f"{service.credentials.url}/v1/events"
    return httpx.post(url, headers=headers, json=event, timeout=60)


def report(service: Service) -> httpx.Response:
    """Send an event through Cloud Eye's API."""
    detail = {"event_state": "normal", "event_level": "Info"}
    now = time.time_ns() // 1_000_000
    event = {"event_name": "e", "event_source": "a.B", "time": now, "detail": detail}
    headers = {"X-Auth-Token": service.credentials.token}
    url = f"{service.credentials.url}/V1.0/{service.credentials.scope}/events"
    return httpx.post(url, headers=headers, json=[event], timeout=60)


def get(service: Service) -> httpx.Response:
    headers = {"Authorization": f"Bearer {service.credentials.token}"}
    return httpx.get(f"{service.credentials.url}/v1/events", headers=headers, timeout=60)


def ids(service: Service) -> set[str]:
    return {event["id"] for event in get(service).json()["events"]}


def parts(service: int, name: str) -> list[int]:
    """Return the running processes of a kind that a service has started."""
    listed = subprocess.check_output(
        ["ps", "-A", "-ww", "-o", "ppid=,pid=,stat=,command="], text=True
    )
    processes = [line.split(maxsplit=3) for line in listed.splitlines()]
    return [
        int(pid)
        for parent, pid, state, command in processes
        if int(parent) == service and name in command and not state.startswith("Z")
    ]


def has_ended(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return state.stdout.strip()[:1] in ("", "Z")


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_service_survives_one_death_of_dynamodb_but_not_a_second(tmp_path: Path) -> None:
    with running_service(tmp_path / "data", "--no-sample") as service:
        assert post(service, "before").is_success
        (first,) = parts(service.process.pid, JAVA)
        os.kill(first, SIGKILL)
        answers: list[httpx.Response] = []
        until(lambda: answers.append(get(service)) or answers[-1].is_success)
        failed = [answer for answer in answers if not answer.is_success]
        assert {(each.status_code, each.headers["Retry-After"]) for each in failed} <= {(503, "1")}
        assert post(service, "after").is_success
        assert ids(service) == {"before", "after"}
        (second,) = parts(service.process.pid, JAVA)
        folding = parts(service.process.pid, FOLDING)
        os.kill(second, SIGKILL)
        assert service.process.wait(60) == 1
    assert service.log.read_text().splitlines()[-1] == (
        "polylog: DynamoDB Local died twice in 5 minutes; "
        f"{tmp_path}/data/dynamodb/dynamodb.log may say why"
    )
    assert service.home.read_running() is None
    assert [has_ended(pid) for pid in folding] == [True]


@pytest.mark.long
def test_a_service_in_memory_ends_when_its_dynamodb_dies() -> None:
    command = [COMMAND, "run", "--memory", "--port", "0", "--no-sample"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        watchdog = Timer(60, process.kill)
        watchdog.start()
        process.stdout.readline()
        for java in parts(process.pid, JAVA):
            os.kill(java, SIGKILL)
        _, errors = process.communicate()
        watchdog.cancel()
    assert process.returncode == 1
    assert errors.splitlines()[-1] == (
        "polylog: DynamoDB Local died, and the events that it held in memory are lost"
    )


@pytest.mark.long
def test_folding_starts_again_when_it_was_killed_and_ends_with_a_killed_service(
    tmp_path: Path,
) -> None:
    with running_service(tmp_path / "data", "--no-sample") as service:
        (first,) = parts(service.process.pid, FOLDING)
        os.kill(first, SIGKILL)
        until(lambda: parts(service.process.pid, FOLDING) not in ([], [first]))
        (second,) = parts(service.process.pid, FOLDING)
        service.process.kill()
        until(lambda: has_ended(second))


@pytest.mark.long
def test_folding_without_dynamodb_ends_with_one_sentence(
    template: Template, capfd: pytest.CaptureFixture[str]
) -> None:
    (function,) = (each for each in template.functions if each.module == "compact")
    with _start(function, "http://127.0.0.1:1") as process:
        assert process.wait(60) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("The folding process does not find the tally: ")


def test_a_service_on_a_full_disk_refuses_events_until_there_is_room(
    tmp_path: Path, disk: Disk
) -> None:
    disk.has(NEEDED_BYTES)
    with running_service(tmp_path / "data", "--no-sample", command=disk.command) as service:
        assert post(service, "before").is_success
        disk.has(NEEDED_BYTES - 1)
        until(lambda: not post(service, "now").is_success)
        for answer in (post(service, "late"), report(service), post(service, "late")):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert "late" not in ids(service)
        disk.has(NEEDED_BYTES)
        until(lambda: report(service).is_success)
        assert post(service, "late").is_success
        assert {"before", "late"} < ids(service)
    printed = service.log.read_text().splitlines()
    assert [line.split(":")[0] for line in printed[-2:]] == [
        "Events are refused until there is more room",
        "Events are stored again",
    ]


def test_a_service_does_not_start_on_a_full_disk(tmp_path: Path, disk: Disk) -> None:
    disk.has(NEEDED_BYTES - 1)
    command = [*disk.command, "run", "--port", "0", "--data", str(tmp_path / "data")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    said = f"199 MB are free for {tmp_path}/data, 200 MB are needed"
    assert done.stderr.startswith(f"polylog: {said}; make room")
