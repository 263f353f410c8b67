"""The real gateway over moto, served on loopback, and a scope for each test."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import count

import pytest
from support.aws import imitated
from support.served import Interrupted, Log, serving

from polylog.api.auth import Permission, Restriction
from polylog.dynamo.keys import DynamoKeyStore
from polylog_cli.local.gateway import Gateway
from polylog_cli.local.home import Home
from polylog_cli.local.log import local_keys
from polylog_cli.local.tables import ENVIRONMENT
from polylog_cli.local.template import Template

_numbers = count(1)


@dataclass(frozen=True)
class Server:
    """The service and its address."""

    url: str
    service: Interrupted
    keys: DynamoKeyStore


@pytest.fixture(scope="module")
def server(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = Home(tmp_path_factory.mktemp("home")).make()
    with pytest.MonkeyPatch.context() as patch, imitated() as client:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("PEPPER_FILE", str(home.pepper))
        service = Interrupted(Gateway.of(template))
        with serving(service) as url:
            yield Server(url, service, local_keys(client, home))


@pytest.fixture
def log(server: Server) -> Log:
    return make_log(server, {"read", "write"})


@pytest.fixture(params=["read", "write"])
def half_open(server: Server, request: pytest.FixtureRequest) -> tuple[Log, Permission]:
    """Return a log with a key that may only read or only write, and which of the two."""
    return make_log(server, {request.param}), request.param


def make_log(server: Server, permissions: Set[Permission]) -> Log:
    scope = f"cli-{next(_numbers)}"
    key = server.keys.create(scope, frozenset(permissions), Restriction(), expires_at=None)
    server.service.before = lambda path: None
    return Log(server.url, key.token, server.service)
