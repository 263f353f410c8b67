"""What the tests share: the template's tables in a DynamoDB, and scopes of their own in them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from memory import MemoryEventStore
from moto import mock_aws
from mypy_boto3_dynamodb import DynamoDBClient

from polylog import times
from polylog.dynamo.budget import Limits
from polylog.dynamo.schema import Shards, Tables
from polylog.dynamo.store import DynamoEventStore
from polylog.store import EventStore
from polylog_cli.credentials import Credentials
from polylog_cli.engine import dynamodb_local
from polylog_cli.home import Home
from polylog_cli.local import connect, create_tables
from polylog_cli.template import Template

ROOT = Path(__file__).parent.parent

# How long an example takes says more of what else the machine does than of the code.
settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")

TABLES = Tables(events="EventsTable", tally="TallyTable")
LIMITS = Limits(items=100_000, seconds=60)


def pytest_configure() -> None:
    """Let what the tests start hear Ctrl-C, which processes in the background are born deaf to."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def dynamo_store(
    client: DynamoDBClient,
    shards: int = 1,
    limits: Limits = LIMITS,
    clock: Callable[[], int] = times.now,
    **options: Any,
) -> DynamoEventStore:
    """Return a store over a client, which never sleeps."""
    return DynamoEventStore(
        client,
        TABLES,
        shards=Shards(shards, shards),
        limits=limits,
        clock=clock,
        sleep=lambda seconds: None,
        **options,
    )


MakeStore = Callable[[int], EventStore]


@pytest.fixture(scope="session")
def template() -> Template:
    return Template.read(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def engine(template: Template) -> Iterator[DynamoDBClient]:
    """Yield a client of DynamoDB Local, in memory, with the template's tables."""
    with dynamodb_local(None) as url:
        client = connect(url)
        create_tables(client, template)
        yield client


@pytest.fixture
def calls(engine: DynamoDBClient) -> Iterator[list[str]]:
    """Yield the operations asked of DynamoDB Local since the test began."""
    seen: list[str] = []

    def record(model: Any, **_: object) -> None:
        seen.append(model.name)

    engine.meta.events.register("before-call.dynamodb", record)
    yield seen
    engine.meta.events.unregister("before-call.dynamodb", record)


@pytest.fixture
def moto(template: Template, monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    """Yield a client of moto's DynamoDB, with the template's tables."""
    with mock_aws():
        client = connect(None)
        create_tables(client, template)
        yield client


_numbers = count(1)


@pytest.fixture
def scope() -> str:
    """Return a scope that no other test uses."""
    return f"scope-{next(_numbers)}"


@pytest.fixture(params=["memory", "moto", pytest.param("engine", marks=pytest.mark.engine)])
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    """Return a function from a number of shards to an empty-scoped store, of every kind in turn."""
    if request.param == "memory":
        return lambda shards: MemoryEventStore()
    client = request.getfixturevalue(request.param)
    return lambda shards: dynamo_store(client, shards)


MakePoorStore = Callable[[int], EventStore]


@pytest.fixture(params=["memory", pytest.param("engine", marks=pytest.mark.engine)])
def make_poor(request: pytest.FixtureRequest) -> MakePoorStore:
    """Return a function from how much one answer may read to a store, over the same events."""
    if request.param == "engine":
        client = request.getfixturevalue("engine")
        return lambda budget: dynamo_store(client, limits=Limits(budget, 60))
    memory = MemoryEventStore()

    def make(budget: int) -> EventStore:
        memory.budget = budget
        return memory

    return make


@pytest.fixture
def store(make_store: MakeStore) -> EventStore:
    return make_store(1)


COMMAND = str(Path(sys.executable).parent / "polylog")
START_SECONDS = 120


@dataclass(frozen=True)
class Service:
    """A `polylog run` in a process of its own, and the data folder it was given."""

    home: Home
    credentials: Credentials

    def polylog(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command against the service."""
        data = ("--data", str(self.home.path))
        command = [COMMAND, *arguments, *data]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@contextmanager
def running_service(data: Path, *options: str) -> Iterator[Service]:
    """Run the service on a free port until the block ends."""
    command = [COMMAND, "run", "--port", "0", "--data", str(data), *options]
    home = Home(data)
    with (data.parent / f"{data.name}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + START_SECONDS
            while home.read_running() is None:
                assert process.poll() is None, Path(log.name).read_text()
                assert time.monotonic() < deadline, Path(log.name).read_text()
                time.sleep(0.05)
            yield Service(home, Credentials.read(home.credentials))
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("run") / "data", "--no-sample") as running:
        yield running
