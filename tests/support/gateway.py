"""The HTTP API of a deployed stack: its routes, and its addresses.

DNS does not know the names that an emulator gives out. In this process they lead to the emulator.
"""

from __future__ import annotations

import fnmatch
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from support.deployment import Account
from support.stacks import resources_of
from support.translation import translated

ANY = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
DOMAIN, BASE_PATH = "log.example.com", "audit/log"
"""A domain that an operator owns, and the path below which it leads to a stack."""


@dataclass(frozen=True)
class Route:
    """A route of the translated template: its key, and the name of the alias that it calls."""

    key: str
    alias: str


def routes_of_template() -> tuple[Route, ...]:
    """Return the routes that the translated template lists in `Body`."""
    paths = translated()["Api"]["Properties"]["Body"]["paths"]
    return tuple(
        _route(method, path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
    )


def _route(method: str, path: str, operation: Mapping[str, Any]) -> Route:
    integration = operation[INTEGRATION]
    assert (integration["type"], integration["payloadFormatVersion"]) == ("aws_proxy", "2.0")
    _, _, alias = integration["uri"]["Fn::Sub"].removesuffix("}/invocations").rpartition("${")
    key = f"{'ANY' if method == ANY else method.upper()} {path}"
    return Route("$default" if operation.get("isDefaultRoute") else key, alias)


def make_routes(account: Account, stack: str) -> None:
    """Make the template's routes, each to the alias that the stack made for it."""
    client, resources = account.client("apigatewayv2"), resources_of(account, stack)
    api = resources["Api"][1]
    for route in routes_of_template():
        alias = resources[route.alias][1]
        _check_permission(account, api, route.key, alias)
        integration = client.create_integration(
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=alias,
            IntegrationMethod="POST",
            PayloadFormatVersion="2.0",
        )
        target = f"integrations/{integration['IntegrationId']}"
        client.create_route(ApiId=api, RouteKey=route.key, Target=target)


def _check_permission(account: Account, api: str, key: str, alias: str) -> None:
    """Check that the alias allows the gateway to call it for a route, as Lambda checks it."""
    policy = json.loads(account.client("lambda").get_policy(FunctionName=alias)["Policy"])
    asked = f"{api}/$default/{key.replace('ANY', '*').replace(' ', '')}"
    allowed = [
        statement["Condition"]["ArnLike"]["AWS:SourceArn"]
        for statement in policy["Statement"]
        if statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
        and statement["Action"] == "lambda:InvokeFunction"
    ]
    assert any(fnmatch.fnmatchcase(asked, arn.rpartition(":")[2]) for arn in allowed), (key, policy)


def address_of(account: Account, stack: str) -> str:
    """Return where the HTTP API of a stack answers."""
    api = resources_of(account, stack)["Api"][1]
    endpoint: str = account.client("apigatewayv2").get_api(ApiId=api)["ApiEndpoint"]
    return endpoint


def make_stage(account: Account, stack: str, name: str) -> str:
    """Make another stage of a stack's HTTP API, and return where it answers."""
    api = resources_of(account, stack)["Api"][1]
    account.client("apigatewayv2").create_stage(ApiId=api, StageName=name, AutoDeploy=True)
    return f"{address_of(account, stack)}/{name}"


def map_domain(account: Account, stack: str, stage: str, path: str) -> str:
    """Map a path of the domain to a stage of a stack's HTTP API; return the address."""
    client, address = account.client("apigatewayv2"), urlsplit(address_of(account, stack))
    client.create_domain_name(DomainName=DOMAIN)
    api = resources_of(account, stack)["Api"][1]
    client.create_api_mapping(DomainName=DOMAIN, ApiId=api, Stage=stage, ApiMappingKey=path)
    return f"{address.scheme}://{DOMAIN}:{address.port}/{path}"


def forget_domain(account: Account) -> None:
    """Delete the domain and its mappings."""
    account.client("apigatewayv2").delete_domain_name(DomainName=DOMAIN)


@contextmanager
def names_known(host: str) -> Iterator[None]:
    """Resolve the names of HTTP APIs and of the domain to a host until the block ends."""
    ask = socket.getaddrinfo

    def getaddrinfo(name: Any, *arguments: Any, **options: Any) -> Any:
        is_ours = isinstance(name, str) and (".execute-api." in name or name == DOMAIN)
        return ask(host if is_ours else name, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, f"{os.environ.get(name, '')},.execute-api.{host},{DOMAIN}")
        yield
