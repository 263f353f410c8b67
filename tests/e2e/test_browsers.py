"""`polylog run` as a page of another origin sees it: real HTTP, every API."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from support.service import Service, running_service

ORIGIN = "https://console.example.com"
ROOTS = ("/v1/events", "/cf/v3/audit_events", "/v2/events", "/api/events/", "/cloudtrail")
PATHS = (*ROOTS, "/", "/v2/demo/events", "/V1.0/demo/events")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("browsers") / "data"
    origins = f"http://localhost:3000,{ORIGIN}"
    options = ("--dynamodb", "moto", "--no-sample", "--cors-origins", origins)
    with running_service(data, *options) as service:
        yield service


def ask(service: Service, method: str, path: str, origin: str, **headers: str) -> httpx.Response:
    named = {"Origin": origin} | {name.replace("_", "-"): text for name, text in headers.items()}
    return httpx.request(method, service.credentials.url + path, headers=named, timeout=30)


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_may_ask_every_api_without_a_key(service: Service, path: str) -> None:
    asked = {
        "Access_Control_Request_Method": "GET",
        "Access_Control_Request_Headers": "authorization,if-none-match",
    }
    answer = ask(service, "OPTIONS", path, ORIGIN, **asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "if-none-match"} <= set(allowed)


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/"])
def test_a_page_may_read_errors_of_every_api(service: Service, path: str) -> None:
    answer = ask(service, "GET", path, ORIGIN)
    assert answer.status_code >= 400
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_may_read_events_and_headers(service: Service) -> None:
    token = {"Authorization": f"Bearer {service.credentials.token}"}
    answer = ask(service, "GET", "/v1/events:export", ORIGIN, **token)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Content-Type", "X-Request-Id"} & set(exposed)


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_a_page_of_an_unlisted_origin_may_not(service: Service, method: str) -> None:
    asked = {"Access_Control_Request_Method": "GET"}
    answer = ask(service, method, "/v1/events", "https://elsewhere.example.com", **asked)
    assert answer.status_code >= 400
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]
