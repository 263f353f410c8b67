"""A `polylog run` in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from polylog_cli.client.credentials import Credentials
from polylog_cli.local.home import Home
from support.command import Outcome, polylog
from tools import ROOT

COMMAND = str(Path(sys.executable).parent / "polylog")
START_SECONDS = 120


@dataclass(frozen=True)
class Service:
    """A `polylog run` in a process of its own, its data folder, and a file with its output."""

    home: Home
    credentials: Credentials
    process: subprocess.Popen[bytes]
    log: Path

    def polylog(self, *arguments: str) -> Outcome:
        """Run the command against the service."""
        return polylog(*arguments, "--data", str(self.home.path))


def start_polylog(*arguments: str, folder: Path = ROOT) -> Outcome:
    """Run the command in a process of its own until it ends."""
    command = [COMMAND, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return Outcome(done.returncode, done.stdout, done.stderr)


@contextmanager
def running_service(
    data: Path, *options: str, command: Sequence[str] = (COMMAND,), folder: Path = ROOT
) -> Iterator[Service]:
    """Run the service on a free port until the block ends."""
    command = [*command, "run", "--port", "0", "--data", str(data), *options]
    home = Home(data)
    with (data.parent / f"{data.name}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + START_SECONDS
            while home.read_running() is None:
                assert process.poll() is None, Path(log.name).read_text()
                assert time.monotonic() < deadline, Path(log.name).read_text()
                time.sleep(0.05)
            yield Service(home, Credentials.read(home.credentials), process, Path(log.name))
        finally:
            process.terminate()
            process.wait(30)
