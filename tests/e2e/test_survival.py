"""What `polylog run` does when its parts die."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL

from support.service import running_service

FOLDING = "polylog_cli.local.compaction"


def parts(service: int, name: str) -> list[int]:
    """Return the processes of a kind that a service has started and that live."""
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
