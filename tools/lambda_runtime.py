"""Lambda on this machine: runs a function with AWS's runtime interface emulator and client.

The emulator comes with the SAM command line. The interpreter is bare: a function can import only
Python's standard library, its own code, its layer, and the packages that Lambda's Python includes.
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
"""The packages that Lambda's Python includes, by their names in site-packages."""

Folders = tuple[Path, Path]
"""The folder of the layer, and the folder of the packages that Lambda's Python includes."""

START_SECONDS = 60
ANSWER_SECONDS = 60
LIMIT_SECONDS = 900
"""The longest that Lambda lets a function run; an import of events stops shortly before it."""

# The folders are in the order in which Lambda searches them.
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
    """Fill a folder with the packages that Lambda's Python includes, and no others."""
    for pattern in OF_THE_RUNTIME:
        for found in INSTALLED.glob(pattern):
            (directory / found.name).symlink_to(found)
    return directory


@dataclass(frozen=True, slots=True)
class Stage:
    """A moment at which a function asked for work, and the modules it had loaded by then.

    `cpu_seconds` is the processor time it had used, `seconds` the time since Python started.
    """

    cpu_seconds: float
    seconds: float
    modules: frozenset[str]


@dataclass(frozen=True)
class Running:
    """A function that you can invoke; its process starts with the first invocation."""

    url: str
    directory: Path

    @property
    def log(self) -> Path:
        """The file with its log."""
        return self.directory / "log"

    def invoke(self, event: Any) -> Any:
        """Return the answer to an event.

        It prints the function's log, which pytest shows if the test fails.
        """
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
        """Return the files that code was read from so far. The function must be traced."""
        return [Path(line) for line in (self.directory / "trace").read_text().splitlines()]

    def stages(self) -> list[Stage]:
        """Return when it asked for work: once it was ready, and after each answer."""
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
    """Run a function with its layer until the block ends; `variables` are added to its own.

    Its log and notes go into `directory`. Tracing makes it slower. Everything listens on loopback
    only.
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
    """The functions of a build; each starts when you first invoke it."""

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
        """Return the answer of a function to an event."""
        return self.running(name).invoke(event)

    def running(self, name: str) -> Running:
        """Return a running function; the first call starts it."""
        if name not in self._running:
            directory = self._directory / name
            directory.mkdir()
            self._running[name] = self._started.enter_context(
                running_function(self.functions[name], self.folders, directory, self._variables)
            )
        return self._running[name]

    def close(self) -> None:
        """Stop all functions."""
        self._started.close()


def _environment(function: Function) -> dict[str, str]:
    """Return the variables that Lambda sets, and those of the template."""
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
