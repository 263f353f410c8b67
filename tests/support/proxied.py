"""Logs behind their gateway whose functions reach DynamoDB Local through a proxy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from werkzeug.test import Client, TestResponse

from polylog.api.auth import PERMISSIONS, Restriction
from polylog.aws.http import Handler
from polylog.dialects.native.wire import read_event
from polylog.model import times
from polylog.model.times import SECOND, format_rfc3339
from polylog_cli.local.gateway import Gateway
from polylog_cli.local.home import Home
from polylog_cli.local.log import local_keys
from polylog_cli.local.tables import ENVIRONMENT
from polylog_cli.local.template import Template
from support.proxy import Proxy, proxied
from support.stores import dynamo_store

SEEDED = 12
"""How many events a new log holds."""

_scopes = count(1)


@dataclass(frozen=True)
class Log:
    """A scope with a key of its own, ways to ask it, and the events that it began with."""

    gateway: Gateway
    scope: str
    token: str
    seeds: Sequence[dict[str, Any]]

    def ask(
        self, path: str, header: str = "Authorization", form: str = "Bearer", method: str = "GET"
    ) -> TestResponse:
        headers = {header: f"{form} {self.token}".strip()}
        return Client(self.gateway).open(path, method=method, headers=headers)

    def post(self, path: str, document: object, header: str = "Authorization") -> TestResponse:
        form = "Bearer " if header == "Authorization" else ""
        headers = {header: form + self.token}
        return Client(self.gateway).post(path, json=document, headers=headers)


@dataclass(frozen=True)
class World:
    """The functions behind their gateway, the proxy, and DynamoDB itself."""

    gateway: Gateway
    proxy: Proxy
    engine: DynamoDBClient
    home: Home

    def log(self) -> Log:
        """Return a new log that holds some events."""
        scope = f"proxied-{next(_scopes)}"
        keys = local_keys(self.engine, self.home)
        token = keys.create(scope, frozenset(PERMISSIONS), Restriction(), None).token
        seeds = made(SEEDED)
        dynamo_store(self.engine).put(scope, [read_event(event) for event in seeds])
        return Log(self.gateway, scope, token, seeds)

    def with_seconds(self, seconds: float) -> World:
        """Return the same world, whose functions believe that this many seconds are left."""

        def limited(handler: Handler) -> Handler:
            return lambda event, context: handler(event, _Invocation(seconds))

        routes = {route: limited(handler) for route, handler in self.gateway.routes.items()}
        return World(Gateway(routes), self.proxy, self.engine, self.home)


@dataclass(frozen=True)
class _Invocation:
    seconds: float

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def made(number: int, name: str = "e", first: int = 0) -> list[dict[str, Any]]:
    """Return this many events, the latest first; their ids count from `first`."""
    now = times.now()
    return [
        {
            "id": f"{name}{first + n:05}",
            "time": format_rfc3339(now - n * 100 * SECOND),
            "type": "ab"[n % 2],
        }
        for n in range(number)
    ]


@contextmanager
def world_of(engine: DynamoDBClient, template: Template, home: Home) -> Iterator[World]:
    """Run the functions of a template behind a proxy until the block ends."""
    with pytest.MonkeyPatch.context() as patch, proxied(engine.meta.endpoint_url) as proxy:
        places = {"AWS_ENDPOINT_URL_DYNAMODB": proxy.url, "PEPPER_FILE": str(home.pepper)}
        for name, value in {**ENVIRONMENT, **places}.items():
            patch.setenv(name, value)
        yield World(Gateway.of(template), proxy, engine, home)
