"""The deployed stacks that questions are asked of: one on an emulator, one on an account."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from support.deployment import Account, Deployment
from support.gaps import leave_out_what_is_refused, make_up_for_gaps
from support.ministack import running_ministack
from support.stacks import deploy, functions_of, gateway_of, outputs_of

from tools.builds import build_here

STACK = "polylog"
SCOPE = "deployed"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with running_ministack(tmp_path_factory.mktemp("ministack")) as account:
        yield account


@pytest.fixture(scope="module")
def built() -> Iterator[Path]:
    """Yield a copy of what `sam build` makes for this machine's Python."""
    kept = build_here()
    with TemporaryDirectory(dir=kept.parent) as copy:
        yield shutil.copytree(kept, Path(copy), dirs_exist_ok=True)


@pytest.fixture(scope="module")
def unfit(built: Path) -> tuple[str, ...]:
    """Names of what is left out of the built template."""
    return leave_out_what_is_refused(built)


@pytest.fixture(scope="module")
def emulated(emulator: Account, built: Path, unfit: tuple[str, ...]) -> Iterator[Deployment]:
    """Yield the stack, deployed to the emulator and with a key made by the command."""
    deploy(emulator, STACK, built, DeletionProtection="false", IngestScope=SCOPE)
    make_up_for_gaps(emulator, STACK)
    making = ("polylog", "keys", "create", "--stack", STACK, "--scope", SCOPE, "--json")
    key = json.loads(emulator.run(*making, "--permissions", "read,write,admin"))
    functions = functions_of(emulator, STACK)
    transport = httpx.WSGITransport(gateway_of(emulator, functions))
    with httpx.Client(transport=transport, base_url=key["url"]) as http:
        outputs = outputs_of(emulator, STACK)
        yield Deployment(emulator, STACK, SCOPE, key["token"], http, outputs, functions)


@pytest.fixture(scope="module")
def real() -> Iterator[Deployment]:
    """Yield the stack that the environment names: `POLYLOG_URL`, `POLYLOG_TOKEN`, `POLYLOG_STACK`.

    The key reads and writes in a scope that is there for tests. Of the stack the tests use the
    queue, the topic, the bus and the bucket, with the AWS credentials that the environment has.
    """
    if not {"POLYLOG_URL", "POLYLOG_TOKEN"} <= os.environ.keys():
        pytest.skip("POLYLOG_URL and POLYLOG_TOKEN name no deployed stack")
    token, stack = os.environ["POLYLOG_TOKEN"], os.environ.get("POLYLOG_STACK", "")
    account = Account(os.environ)
    outputs = outputs_of(account, stack) if stack else {}
    functions = functions_of(account, stack) if stack else {}
    with httpx.Client(base_url=os.environ["POLYLOG_URL"], timeout=30) as http:
        me = http.get("/v1/me", headers={"Authorization": f"Bearer {token}"}).raise_for_status()
        yield Deployment(account, stack, me.json()["scope"], token, http, outputs, functions)


@pytest.fixture(scope="module", params=["emulated", "real"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    """A deployed stack, of which the service is asked."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def stack(deployment: Deployment) -> Deployment:
    """A deployed stack whose queues, topic, bus, bucket and functions are asked too."""
    if not deployment.stack:
        pytest.skip("POLYLOG_STACK is not set: only its service can be asked")
    return deployment


@pytest.fixture(autouse=True)
def printed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print, for a test that fails on the emulator, what the functions printed meanwhile."""
    if "emulator" not in request.fixturenames and "deployment" not in request.fixturenames:
        yield
        return
    log = request.getfixturevalue("emulator").log
    begin = log.stat().st_size
    yield
    print(log.read_bytes()[begin:].decode(errors="replace"))
