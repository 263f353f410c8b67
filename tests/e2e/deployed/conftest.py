"""The deployed stacks that the tests ask: one on an emulator, and one in an account."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from support.deployment import Account, Deployment
from support.gaps import leave_out_what_is_refused, make_up_for_gaps
from support.gateway import BASE_PATH, address_of, names_known
from support.ministack import HOST, running_ministack
from support.stacks import deploy, functions_of, outputs_of

from tools.builds import build_here

STACK, NEIGHBOUR = "polylog", "neighbour"
SCOPE = "deployed"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    directory = tmp_path_factory.mktemp("ministack")
    with running_ministack(directory) as account, names_known(HOST):
        yield account


@pytest.fixture(scope="session")
def built() -> Iterator[Path]:
    """Yield a copy of what `sam build` builds for this machine's Python."""
    kept = build_here()
    with TemporaryDirectory(dir=kept.parent) as copy:
        yield shutil.copytree(kept, Path(copy), dirs_exist_ok=True)


@pytest.fixture(scope="session")
def unfit(built: Path) -> tuple[str, ...]:
    """The names of the resources that are left out of the built template."""
    return leave_out_what_is_refused(built)


@pytest.fixture(scope="session")
def emulated(emulator: Account, built: Path, unfit: tuple[str, ...]) -> Iterator[Deployment]:
    """Yield the stack, deployed to the emulator, with a key that the command creates."""
    with deployed(emulator, STACK, built) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def neighbour(emulator: Account, built: Path, unfit: tuple[str, ...]) -> Iterator[Deployment]:
    """Yield another stack of the same build, in the same account."""
    with deployed(emulator, NEIGHBOUR, built) as deployment:
        yield deployment


@contextmanager
def deployed(account: Account, stack: str, built: Path) -> Iterator[Deployment]:
    """Deploy a stack to an emulator, with the same settings as others and a key of its own."""
    parameters = {"DeletionProtection": "false", "DomainBasePath": BASE_PATH}
    deploy(account, stack, built, IngestScope=SCOPE, **parameters)
    make_up_for_gaps(account, stack)
    making = ("polylog", "keys", "create", "--stack", stack, "--scope", SCOPE, "--json")
    key = json.loads(account.run(*making, "--permissions", "read,write,admin"))
    url, functions = address_of(account, stack), functions_of(account, stack)
    assert httpx.URL(url).host.partition(".")[0] == httpx.URL(key["url"]).host.partition(".")[0]
    with httpx.Client(base_url=url, timeout=30) as http:
        outputs = outputs_of(account, stack)
        yield Deployment(account, stack, SCOPE, key["token"], http, outputs, functions)


@pytest.fixture(scope="session")
def real() -> Iterator[Deployment]:
    """Yield the stack that the environment names: `POLYLOG_URL`, `POLYLOG_TOKEN`, `POLYLOG_STACK`.

    The key must read and write in a scope that you keep for tests. The tests also use the stack's
    queue, topic, bus and bucket, with the AWS credentials of the environment.
    """
    if not {"POLYLOG_URL", "POLYLOG_TOKEN"} <= os.environ.keys():
        pytest.skip("set POLYLOG_URL and POLYLOG_TOKEN to test a deployed stack")
    token, stack = os.environ["POLYLOG_TOKEN"], os.environ.get("POLYLOG_STACK", "")
    account = Account(os.environ)
    outputs = outputs_of(account, stack) if stack else {}
    functions = functions_of(account, stack) if stack else {}
    with httpx.Client(base_url=os.environ["POLYLOG_URL"], timeout=30) as http:
        me = http.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
        yield Deployment(account, stack, me.json()["scope"], token, http, outputs, functions)


@pytest.fixture(scope="module", params=["emulated", "real"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    """A deployed stack; tests ask only its APIs."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def stack(deployment: Deployment) -> Deployment:
    """A deployed stack; tests also use its queues, topic, bus, bucket and functions."""
    if not deployment.stack:
        pytest.skip("POLYLOG_STACK is not set, so tests can only ask the APIs")
    return deployment


@pytest.fixture(autouse=True)
def printed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print what the functions printed during a test, so that a failing one shows it."""
    if "emulator" not in request.fixturenames and "deployment" not in request.fixturenames:
        yield
        return
    log = request.getfixturevalue("emulator").log
    begin = log.stat().st_size
    yield
    print(log.read_bytes()[begin:].decode(errors="replace"))
