"""ministack, which imitates AWS: in a process and a virtual environment of its own.

It pins a different botocore from the tests'. Its functions are processes of its own Python, so that
has boto3, as Lambda's has. They may do what the roles of the stack allow.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.deployment import Account, until
from tools import ROOT

VENV = ROOT / ".venv" / "ministack"
LOCK = ROOT / "tests" / "e2e" / "deployed" / "ministack.lock"
SERVER = ROOT / "tests" / "e2e" / "deployed" / "ministack_server.py"
HOST = "127.0.0.1"
REGION = "eu-central-1"
START_SECONDS = 60


@contextmanager
def running_ministack(directory: Path) -> Iterator[Account]:
    """Run the emulator until the block ends, with its state in memory; yield it as an account."""
    python, port = _set_up(), _free_port()
    log = directory / "ministack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, SERVER],
            env=_environment(port, directory),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            until(lambda: _answers(process, port, log), START_SECONDS)
            yield Account(_credentials(port), log)
        finally:
            process.kill()  # When asked to end, it waits half a minute for every open connection.
            process.wait()


def _set_up() -> Path:
    """Return the virtual environment's Python; a change of the lock file makes a new one."""
    python, done = VENV / "bin" / "python", VENV / LOCK.name
    if not done.exists() or done.read_bytes() != LOCK.read_bytes():
        uv = (Path(sys.executable).parent / "uv", "--quiet")
        subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, VENV], check=True)
        subprocess.run(
            [*uv, "pip", "sync", "--require-hashes", "--python", python, LOCK], check=True
        )
        done.write_bytes(LOCK.read_bytes())
    return python


def _environment(port: int, directory: Path) -> dict[str, str]:
    """Return the emulator's environment, which its functions inherit."""
    temporary = directory / "tmp"
    temporary.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "TMPDIR": str(temporary),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AUTH": "true",  # Refuses what a policy does not allow.
    }


def _credentials(port: int) -> dict[str, str]:
    """Return the environment in which AWS is the emulator, for a user who may do everything."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return inherited | {
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
