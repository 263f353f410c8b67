"""Runs `polylog run` in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from polylog_cli.client.credentials import Credentials
from polylog_cli.local.home import Home
from tools import ROOT

_START_SECONDS: Final = 120


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[Home, Credentials]]:
    """Run the service on a free port until the block ends, with its data and log in `folder`."""
    home = Home(folder / "data")
    command = (str(Path(sys.executable).with_name("polylog")), "run", "--port", "0")
    log = folder / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            (*command, "--data", str(home.path), *options), cwd=ROOT, stdout=output, stderr=output
        ) as process,
    ):
        try:
            deadline = time.monotonic() + _START_SECONDS
            while home.read_running() is None:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield home, Credentials.read(home.credentials)
        finally:
            process.terminate()
