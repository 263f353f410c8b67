"""Lambda on this machine: a function as AWS's runtime interface emulator and client run it.

The emulator comes with the SAM command line. The interpreter is bare: nothing can be imported but
Python itself, the function, its layer, and what Lambda's Python brings along.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, create_server
from typing import Any

import boto3
import httpx

from polylog_cli.local.tables import ENVIRONMENT
from polylog_cli.local.template import Function, Template

INSTALLED = Path(boto3.__file__).parents[1]
ARCHITECTURE = {"x86_64": "x86_64"}.get(platform.machine(), "arm64")
EMULATOR = INSTALLED / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{ARCHITECTURE}"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

OF_THE_RUNTIME = (
    *("awslambdaric", "boto3", "botocore", "dateutil", "jmespath", "runtime_client.*.so"),
    *("s3transfer", "simplejson", "six.py", "snapshot_restore_py.py", "urllib3"),
)
"""What Lambda's Python brings along, as it lies in site-packages."""

Folders = tuple[Path, Path]
"""The layer, and what Lambda's Python brings along."""

START_SECONDS = 60
ANSWER_SECONDS = 60
LIMIT_SECONDS = 900
"""How long Lambda lets a function run at most; imports end when little of it is left."""

# Folders are in the order in which Lambda looks into them.
BOOTSTRAP = """
import time
start = time.perf_counter()
import sys
stages, trace, function, layer, runtime, handler = sys.argv[1:]
sys.path[:] = [function, layer, *sys.path, runtime]
if trace:
    files = open(trace, "w", buffering=1)
    def note(event, arguments):
        if event == "open" and str(arguments[0]).endswith((".py", ".pyc")):
            print(arguments[0], file=files)
        elif event == "import" and arguments[1]:
            print(arguments[1], file=files)
    sys.addaudithook(note)
from awslambdaric import __main__ as client
class Client(client.LambdaRuntimeClient):
    def wait_next_invocation(self):
        seconds = time.process_time(), time.perf_counter() - start
        with open(stages, "a") as file:
            print(*seconds, *sys.modules, file=file)
        return super().wait_next_invocation()
client.LambdaRuntimeClient = Client
client.main(["bootstrap", handler])
"""


def make_runtime(directory: Path) -> Path:
    """Fill a folder with what Lambda's Python brings along, and nothing else of site-packages."""
    for pattern in OF_THE_RUNTIME:
        for found in INSTALLED.glob(pattern):
            (directory / found.name).symlink_to(found)
    return directory


@dataclass(frozen=True, slots=True)
class Stage:
    """A function that asks for work, with these modules loaded.

    `cpu_seconds` is what it took of the processor so far, `seconds` is how long Python runs.
    """

    cpu_seconds: float
    seconds: float
    modules: frozenset[str]


@dataclass(frozen=True)
class Running:
    """A function that can be invoked; its process begins with the first invocation."""

    url: str
    directory: Path

    @property
    def log(self) -> Path:
        """What it logged."""
        return self.directory / "log"

    def invoke(self, event: Any) -> Any:
        """Return the answer to an event; what the function logged is shown if the test fails."""
        path = "/2015-03-31/functions/function/invocations"
        try:
            answer = httpx.post(f"{self.url}{path}", json=event, timeout=ANSWER_SECONDS)
        finally:
            print(self.log.read_text())
        assert answer.is_success, answer.text
        payload = answer.json()
        assert not (isinstance(payload, dict) and "errorType" in payload), payload
        return payload

    def imported(self) -> list[Path]:
        """Return the files that code was read from so far; of a function that is traced."""
        return [Path(line) for line in (self.directory / "trace").read_text().splitlines()]

    def stages(self) -> list[Stage]:
        """Return when it asked for work: first when it was ready, then after each answer."""
        lines = (self.directory / "stages").read_text().splitlines()
        split = (line.split() for line in lines)
        return [Stage(float(cpu), float(all), frozenset(names)) for cpu, all, *names in split]


@contextmanager
def running_function(
    function: Function,
    folders: Folders,
    directory: Path,
    variables: Mapping[str, str],
    *,
    is_traced: bool = True,
) -> Iterator[Running]:
    """Run a function with its layer until the block ends, with these variables beside its own.

    `directory` takes what it writes. Tracing takes time. Nothing listens beyond loopback.
    """
    emulator = directory / "emulator"
    shutil.copy(EMULATOR, emulator)
    emulator.chmod(0o700)
    api, address = _free_addresses()
    running = Running(f"http://{address}", directory)
    trace = str(directory / "trace") if is_traced else ""
    command = [
        *(str(emulator), "--log-level", "warn"),
        *("--runtime-api-address", api, "--runtime-interface-emulator-address", address),
        *(sys.executable, "-I", "-S", "-B", "-c", BOOTSTRAP, str(directory / "stages"), trace),
        *map(str, (function.code_uri, *folders)),
        f"{function.module}.{function.attribute}",
    ]
    environment = {**_environment(function), **variables}
    with running.log.open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_it_listens(process, address, running.log)
            yield running
        finally:
            process.terminate()
            process.wait(30)


class Stack:
    """The functions of a build, each run from when it is invoked first."""

    def __init__(
        self, build: Path, runtime: Path, directory: Path, variables: Mapping[str, str]
    ) -> None:
        self.functions = {
            each.name: each for each in Template.read(build / "template.yaml").functions
        }
        self.folders = (build / "PolylogLayer" / "python", runtime)
        self._directory = directory
        self._variables = variables
        self._started = ExitStack()
        self._running: dict[str, Running] = {}

    def invoke(self, name: str, event: Any) -> Any:
        """Return a function's answer to an event."""
        return self.running(name).invoke(event)

    def running(self, name: str) -> Running:
        """Return a function that runs."""
        if name not in self._running:
            directory = self._directory / name
            directory.mkdir()
            self._running[name] = self._started.enter_context(
                running_function(self.functions[name], self.folders, directory, self._variables)
            )
        return self._running[name]

    def close(self) -> None:
        """End all functions."""
        self._started.close()


def _environment(function: Function) -> dict[str, str]:
    """Return what Lambda sets, and what the template does."""
    return {
        **ENVIRONMENT,
        "AWS_REGION": ENVIRONMENT["AWS_DEFAULT_REGION"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{VERSION}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(LIMIT_SECONDS),
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "LANG": "en_US.UTF-8",
        "LAMBDA_TASK_ROOT": str(function.code_uri),
        "TZ": ":UTC",
        **function.environment,
    }


def _free_addresses() -> tuple[str, str]:
    with ExitStack() as stack:
        servers = [stack.enter_context(closing(create_server(("127.0.0.1", 0)))) for _ in "ab"]
        first, second = (f"127.0.0.1:{server.getsockname()[1]}" for server in servers)
        return first, second


def _wait_until_it_listens(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            create_connection((host, int(port)), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
