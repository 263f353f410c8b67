"""Runs the service to soak: `polylog run` in its own process, with its own data folder."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tools import ROOT

_COMMAND: Final = str(Path(sys.executable).with_name("polylog"))
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 30
_SMALL_MB: Final = 4


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its address, its tables, and its process."""

    data: Path
    address: str
    token: str
    scope: str
    dynamodb: str
    pid: int

    def verify(self) -> tuple[bool, str]:
        """Run `polylog verify`; return whether every count is right, and what it printed."""
        command = (_COMMAND, "verify", "--scope", self.scope, "--data", str(self.data))
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode == 0, (done.stdout + done.stderr).strip()

    def resident_mb(self) -> dict[str, int]:
        """Return the memory of the service and of the processes it started, in MB by command."""
        listed = subprocess.run(
            ("ps", "-A", "-o", "pid=,ppid=,rss=,comm="), capture_output=True, text=True, check=True
        )
        family, taken = {str(self.pid)}, defaultdict[str, int](int)
        rows = sorted((line.split(None, 3) for line in listed.stdout.splitlines()), key=_pid)
        for pid, parent, kilobytes, command in rows:  # A process is younger than its parent.
            if family & {pid, parent}:
                family.add(pid)
                taken[Path(command).name] += int(kilobytes) // 1024
        return {command: size for command, size in taken.items() if size > _SMALL_MB}


def _pid(row: list[str]) -> int:
    return int(row[0])


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Service]:
    """Run the service until the block ends, with a new data folder inside `folder`."""
    data = folder / "data"
    command = (_COMMAND, "run", "--port", "0", "--no-sample", "--data", str(data), *options)
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
    try:
        running = _wait(process, data / "running.json", log)
        credentials = json.loads((data / "credentials.json").read_text())
        yield Service(
            data,
            urlsplit(running["url"]).netloc,
            credentials["token"],
            credentials["scope"],
            running["dynamodb"],
            process.pid,
        )
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(process: subprocess.Popen[bytes], running: Path, log: Path) -> Any:
    deadline = time.monotonic() + _START_SECONDS
    while not running.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the service does not start:\n{log.read_text()}")
        time.sleep(0.05)
    return json.loads(running.read_text())
