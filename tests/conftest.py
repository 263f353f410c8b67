"""What the tests share: the template's tables in a DynamoDB, and a new scope in them for each."""

from __future__ import annotations

import gc
import signal
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from _pytest.nodeid import coerce_node_id
from mypy_boto3_dynamodb import DynamoDBClient
from support.aws import imitated, make_quick
from support.examples import is_long, load_profiles
from support.interception import Intercept, interceptions
from support.logs import Logs
from support.memory import MemoryEventStore
from support.service import Service, running_service
from support.stores import MakePoorStore, MakeStore, dynamo_store
from xdist.scheduler import LoadFileScheduling

from polylog.dynamo.limits import Limits
from polylog.model.store import EventStore
from polylog_cli.local.dynamodb import dynamodb_local
from polylog_cli.local.tables import connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT
from tools.meter import Meter

load_profiles()
make_quick()
gc.disable()


def pytest_configure() -> None:
    """Let what the tests start hear Ctrl-C: a process started in the background ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Give each test an id of its own: xdist runs only one of those that share an id."""
    for item in items:
        if not item.nodeid.endswith(item.name):  # It is one of schemathesis's.
            item._id = coerce_node_id(item.nodeid + item.name.removeprefix(item.originalname))
    ids = Counter(item.nodeid for item in items)
    assert [id for id, number in ids.items() if number > 1] == []


def pytest_collection_finish() -> None:
    """Collect garbage from now on, but not what is there already: it stays until the end."""
    gc.freeze()
    gc.enable()


SERVED = (
    *("tests/e2e/test_examples.py", "tests/e2e/test_readme.py", "tests/e2e/test_run.py"),
    *("tests/interop/test_aws", "tests/interop/test_cedana", "tests/interop/test_cloudfoundry"),
    *("tests/interop/test_huawei", "tests/interop/test_waldur", "tests/console/test_translations"),
)
"""How the paths begin of test files that ask one `polylog run`."""

DEPLOYED = "tests/e2e/deployed/"
"""How the paths begin of test files that ask one stack; the last one deletes it."""

BROWSER = "tests/console/browser/"
"""How the paths begin of test files that share a browser, and a service of their own."""

LARGE = ("tests/store/test_read_costs", "tests/console/browser/test_large")
"""How the paths begin of test files that ask one log of many events, which is slow to load."""


class Files(LoadFileScheduling):
    """Hands out tests by file, and all files that share something to the same worker."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(LARGE):
            return "asks the large log"
        if nodeid.startswith(BROWSER):
            return "looks into the browser"
        if nodeid.startswith(DEPLOYED):
            return "asks the stack"
        return "asks the service" if nodeid.startswith(SERVED) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Files:
    return Files(config, log)


@pytest.fixture(scope="session", autouse=True)
def java() -> Iterator[None]:
    """Let Java compile less thoroughly: in a short run, thorough compiling does not pay off."""
    with pytest.MonkeyPatch.context() as patch:
        if not is_long():
            patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")
        yield


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


@pytest.fixture(scope="session")
def logs(engine: DynamoDBClient) -> Logs:
    client = connect(engine.meta.endpoint_url)
    return Logs(client, Meter(client))


@pytest.fixture
def calls(engine: DynamoDBClient) -> Iterator[list[str]]:
    """Yield the operations that DynamoDB Local was asked for since the test began."""
    seen: list[str] = []

    def record(model: Any, **_: object) -> None:
        seen.append(model.name)

    engine.meta.events.register("before-call.dynamodb", record)
    yield seen
    engine.meta.events.unregister("before-call.dynamodb", record)


@pytest.fixture
def moto() -> Iterator[DynamoDBClient]:
    """Yield a client of moto's DynamoDB, with the template's tables, all empty."""
    with imitated() as client:
        yield client


@pytest.fixture
def intercept() -> Iterator[Intercept]:
    """Yield a function that attaches a handler to a client's event, which must then happen."""
    with interceptions() as intercept:
        yield intercept


_numbers = count(1)


@pytest.fixture
def scope() -> str:
    """Return a scope that no other test uses."""
    return f"scope-{next(_numbers)}"


@pytest.fixture(params=["memory", "moto", pytest.param("engine", marks=pytest.mark.engine)])
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    """Return a function from a number of shards to a store where `scope` is empty, of each kind."""
    if request.param == "memory":
        return lambda shards: MemoryEventStore()
    client = request.getfixturevalue(request.param)
    return lambda shards: dynamo_store(client, shards)


@pytest.fixture(params=["memory", pytest.param("engine", marks=pytest.mark.engine)])
def make_poor(request: pytest.FixtureRequest) -> MakePoorStore:
    """Return a function from how much one answer may read to a store over the same events."""
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


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("run") / "data", "--no-sample") as running:
        yield running
