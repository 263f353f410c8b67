"""The address that a request was sent to: a stage of the gateway, or a path of a domain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.amazon import LOOKUP, signature

from polylog.api.auth import Credential
from polylog.api.http import Request
from polylog.aws.http import read_request
from polylog.dialects.cloudtrail.signature import read_signature
from polylog.model.times import SECOND

OWN, DOMAIN = "a1b2c3.execute-api.eu-central-1.amazonaws.com", "log.example.com"


def event(path: str, **context: str) -> dict[str, Any]:
    """Return the event of a request, with what the gateway says about itself."""
    host = context.get("domainName", "localhost:8080")
    http = {"method": "GET", "path": path}
    return {
        "rawPath": path,
        "headers": {"host": host, "x-forwarded-proto": "https"},
        "requestContext": {"http": http, **context},
    }


def asked(path: str, domain: str, stage: str) -> Request:
    context = {"apiId": "a1b2c3", "domainName": domain, "stage": stage}
    variables = {"stageVariables": {"DomainBasePath": "/audit/log"}}
    return read_request(event(path, **context) | variables)


@pytest.mark.parametrize(
    ("request_", "root", "path"),
    [
        (asked("/v1/me", OWN, "$default"), f"https://{OWN}", "/v1/me"),
        (asked("/prod/v1/me", OWN, "prod"), f"https://{OWN}/prod", "/v1/me"),
        (asked("/prod/", OWN, "prod"), f"https://{OWN}/prod", "/"),
        (asked("/prod", OWN, "prod"), f"https://{OWN}/prod", "/"),
        (asked("/prod/prod/x", OWN, "prod"), f"https://{OWN}/prod", "/prod/x"),
        (asked("/v1/me", DOMAIN, "$default"), f"https://{DOMAIN}/audit/log", "/v1/me"),
        (asked("/prod/v1/me", DOMAIN, "prod"), f"https://{DOMAIN}/audit/log", "/v1/me"),
    ],
)
def test_is_told_apart_from_the_path(request_: Request, root: str, path: str) -> None:
    assert (request_.root, request_.path) == (root, path)


def test_is_removed_from_the_path_only_as_a_whole_segment() -> None:
    assert asked("/production/v1", OWN, "prod").path == "/production/v1"


@pytest.mark.parametrize("variables", [{}, {"stageVariables": {"DomainBasePath": "/"}}])
def test_is_only_the_domain_where_no_path_leads_to_the_api(variables: dict[str, Any]) -> None:
    context = {"apiId": "a1b2c3", "domainName": DOMAIN, "stage": "$default"}
    assert read_request(event("/v1/me", **context) | variables).root == f"https://{DOMAIN}"


def test_is_only_the_host_where_no_gateway_says_more() -> None:
    assert read_request(event("/v1/me")).root == "https://localhost:8080"


def test_is_part_of_what_a_client_signs() -> None:
    key, now = Credential("PL1ABCDEFGHIJKLMNOP", "a secret for tests"), 1_772_366_400
    made = LOOKUP | signature(key, f"https://{OWN}/prod/aws", b"{}", now)
    request = replace(
        asked("/prod/aws", OWN, "prod"),
        method="POST",
        headers={name.lower(): value for name, value in made.items()} | {"host": OWN},
        body=b"{}",
    )
    found = read_signature(request)
    assert found is not None
    found.check(key.secret, now * SECOND)
