"""The gateway of Huawei Cloud's APIs: which credential of a request counts, and what it refuses."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from urllib.parse import quote

import pytest
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.auth import Credential
from polylog.api.call import Services
from polylog.api.dialect import Dialect, serve
from polylog.api.http import Request, Response
from polylog.dialects import ces, dws
from polylog.model.times import Clock, parse_iso8601

DATE = "20260302T120000Z"
NOW = parse_iso8601(DATE)


class Service:
    """A log without events, and a key for scope `demo`."""

    def __init__(self) -> None:
        keys = MemoryKeyStore()
        self.key = keys.create("demo", frozenset({"read"}))
        self.services = Services(MemoryEventStore(), keys, Clock(lambda: NOW))

    def answer(self, dialect: Dialect, request: Request) -> Response:
        return serve(dialect, request, self.services)


@pytest.fixture
def service() -> Service:
    return Service()


def signed(request: Request, key: Credential, path: str) -> Request:
    """Return the request, signed in the plain form for a path."""
    digest = hashlib.sha256(request.body).hexdigest()
    host = request.headers["host"]
    head = f"host:{host}\nx-sdk-date:{DATE}\n"
    parts = (request.method, quote(path) + "/", "", head, "host;x-sdk-date", digest)
    canonical = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    text = f"SDK-HMAC-SHA256\n{DATE}\n{canonical}".encode()
    signature = hmac.new(key.secret.encode(), text, "sha256").hexdigest()
    names = "SignedHeaders=host;x-sdk-date"
    authorization = f"SDK-HMAC-SHA256 Access={key.key_id}, {names}, Signature={signature}"
    headers = {**request.headers, "x-sdk-date": DATE, "authorization": authorization}
    return replace(request, headers=headers)


def ask(path: str, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("GET", path, headers={"host": "log.example.com", **named})


@pytest.mark.parametrize(
    ("dialect", "path", "signed_path"),
    [
        (dws.DIALECT, "/v2/demo/events", "/v2/demo/events"),
        (dws.DIALECT, "/dws/v2/demo/events", "/dws/v2/demo/events"),
        (dws.DIALECT, "/dws/v2/demo/events", "/v2/demo/events"),
        (ces.DIALECT, "/V1.0/demo/events", "/V1.0/demo/events"),
        (ces.DIALECT, "/ces/V1.0/demo/events", "/V1.0/demo/events"),
    ],
)
def test_a_path_may_be_signed_with_and_without_the_mount(
    service: Service, dialect: Dialect, path: str, signed_path: str
) -> None:
    request = signed(ask(path), service.key, signed_path)
    assert service.answer(dialect, request).status == 200


def test_a_path_may_be_signed_with_the_stage_before_it(service: Service) -> None:
    request = replace(ask("/v2/demo/events"), base="/prod")
    answer = service.answer(dws.DIALECT, signed(request, service.key, "/prod/v2/demo/events"))
    assert answer.status == 200


def test_a_path_of_another_mount_is_refused(service: Service) -> None:
    request = signed(ask("/v2/demo/events"), service.key, "/dws/v2/demo/events")
    assert service.answer(dws.DIALECT, request).status == 401


def test_a_token_opens_what_a_signature_opens(service: Service) -> None:
    request = ask("/v2/demo/events", x_auth_token=f" {service.key.token} ")
    assert service.answer(dws.DIALECT, request).status == 200


def test_a_signature_counts_even_if_a_token_was_sent_too(service: Service) -> None:
    request = signed(ask("/v2/demo/events", x_auth_token="x.y"), service.key, "/v2/demo/events")
    assert service.answer(dws.DIALECT, request).status == 200


def test_a_token_counts_next_to_a_header_that_is_not_a_signature(service: Service) -> None:
    request = ask("/v2/demo/events", x_auth_token=service.key.token, authorization="Basic x")
    assert service.answer(dws.DIALECT, request).status == 200


@pytest.mark.parametrize("dialect", [dws.DIALECT, ces.DIALECT], ids=lambda dialect: dialect.name)
def test_every_answer_has_a_request_id_of_its_own(service: Service, dialect: Dialect) -> None:
    requests = [
        *[ask(path, x_auth_token=service.key.token) for path in ("/", "/v2/demo/events")],
        ask("/v2/demo/events"),
        ask("/V1.0/demo/events", x_auth_token=service.key.token),
        ask("/V1.0/other/events", x_auth_token=service.key.token),
    ]
    ids = [dict(service.answer(dialect, each).headers)["X-Request-Id"] for each in requests]
    assert len(set(ids)) == len(ids)


def test_the_gateways_body_names_the_same_request(service: Service) -> None:
    response = service.answer(dws.DIALECT, ask("/v2/demo/events"))
    assert json.loads(response.body)["request_id"] == dict(response.headers)["X-Request-Id"]


def test_a_foreign_token_is_not_repeated(service: Service) -> None:
    response = service.answer(dws.DIALECT, ask("/v2/demo/events", x_auth_token="gAAAAABm-x_y"))
    assert (response.status, b"gAAAAABm" in response.body) == (401, False)
