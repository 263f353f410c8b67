"""What clients meet at the gateway of a deployed stack, and that links lead back to it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import httpx
import pytest
from support.deployment import Account, Deployment, many_events, new_event, new_type
from support.gateway import BASE_PATH, forget_domain, make_stage, map_domain
from support.published import AT_A_ROOT, CLIENTS, PAGE

pytestmark = pytest.mark.long

MANY = 2 * PAGE + 25
LAMBDA_BYTES = 6 * 1024 * 1024
GATEWAY_HEADER_BYTES = 10_240
"""The most bytes of request line and header values together, by AWS's quotas for the gateway."""


def ask(deployment: Deployment, method: str, target: str, **headers: str) -> httpx.Response:
    """Send a request with a key; return the answer, even if it is an error."""
    headers = {"Authorization": f"Bearer {deployment.token}", **headers}
    return deployment.http.request(method, target, headers=headers)


class TestAPath:
    @pytest.mark.parametrize("path", ["/cf", "/cf/", "/cloudfoundry", "/cloudfoundry/"])
    def test_reaches_its_family_with_a_slash_and_without(
        self, deployment: Deployment, path: str
    ) -> None:
        home = ask(deployment, "GET", path).json()["links"]["self"]["href"]
        assert home == f"{deployment.at().url}{path.rstrip('/')}"

    @pytest.mark.parametrize("path", ["/CF/v2/events", "/V2/events", "/API/events/", "/v1/Events"])
    def test_in_other_letters_is_not_there(self, deployment: Deployment, path: str) -> None:
        """Capitals make another path; the native API answers at paths that no family has."""
        answer = ask(deployment, "GET", path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"

    def test_may_have_what_is_not_ascii(self, deployment: Deployment) -> None:
        event = new_event(new_type("path")) | {"id": "ä b/c+d&e"}
        deployment.post([event])
        assert deployment.get("/v1/events/%C3%A4%20b%2Fc+d&e").json()["id"] == event["id"]


class TestAMethod:
    @pytest.mark.parametrize(
        "target", ["/v1/events?page_size=1", "/cf/v2/events", "/v2/events?time=60", "/v1/nothing"]
    )
    def test_head_is_get_without_a_body(self, deployment: Deployment, target: str) -> None:
        got, told = (ask(deployment, method, target) for method in ("GET", "HEAD"))
        assert (told.status_code, told.content) == (got.status_code, b"")
        assert told.headers["content-type"] == got.headers["content-type"]

    def test_options_reaches_the_family(self, deployment: Deployment) -> None:
        headers = {"Authorization": f"Token {deployment.token}"}
        answer = ask(deployment, "OPTIONS", "/api/events/", **headers)
        assert answer.status_code == 200
        assert answer.json()["renders"] == ["application/json"]

    def test_that_no_one_answers_is_refused_by_the_family(self, deployment: Deployment) -> None:
        assert ask(deployment, "PATCH", "/v1/events").status_code == 405


class TestARequest:
    def test_may_have_ten_thousand_bytes_of_headers(self, deployment: Deployment) -> None:
        answer = ask(
            deployment, "GET", "/v1/me", **{"X-Padding": "x" * (GATEWAY_HEADER_BYTES - 500)}
        )
        assert answer.json()["scope"] == deployment.scope

    def test_may_have_a_header_twice(self, deployment: Deployment) -> None:
        headers = [
            ("Authorization", f"Bearer {deployment.token}"),
            ("Accept", "text/html"),
            ("Accept", "application/json"),
        ]
        answer = deployment.http.get("/cf/v2/events", headers=headers)
        assert answer.status_code == 200

    def test_may_have_almost_as_many_bytes_as_lambda_takes(self, deployment: Deployment) -> None:
        type = new_type("large")
        events = [new_event(type) | {"data": {"text": "x" * 200_000}} for _ in range(30)]
        body = json.dumps(events, separators=(",", ":"))
        assert 6_000_000 < len(body) < LAMBDA_BYTES
        deployment.post(events)
        assert deployment.count(type) == 30

    @pytest.mark.parametrize(
        ("kind", "size"),
        [
            ("application/json", LAMBDA_BYTES),
            ("application/x-ndjson", LAMBDA_BYTES * 3 // 4),  # It reaches Lambda in base64.
        ],
    )
    def test_with_more_is_refused_by_the_gateway(
        self, deployment: Deployment, kind: str, size: int
    ) -> None:
        headers = {"Authorization": f"Bearer {deployment.token}", "Content-Type": kind}
        answer = deployment.http.post("/v1/events", headers=headers, content=b"x" * size)
        assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})

    def test_may_be_binary(self, deployment: Deployment) -> None:
        type = new_type("binary")
        packed = gzip.compress(json.dumps([new_event(type)]).encode())
        headers = {"Authorization": f"Bearer {deployment.token}", "Content-Encoding": "gzip"}
        headers |= {"Content-Type": "application/x-ndjson"}
        deployment.http.post("/v1/events", headers=headers, content=packed).raise_for_status()
        assert deployment.count(type) == 1


@pytest.fixture(scope="module")
def addresses(emulator: Account, emulated: Deployment) -> Iterator[dict[str, str]]:
    """The addresses that an operator may add to that of the stack."""
    yield {
        "a stage": make_stage(emulator, emulated.stack, "prod"),
        "a domain's path": map_domain(emulator, emulated.stack, "$default", BASE_PATH),
    }
    forget_domain(emulator)


@pytest.fixture(scope="module")
def type(emulated: Deployment) -> str:
    """Return a type with more events than fit on a page."""
    type = new_type("address")
    emulated.post(many_events(type, MANY))
    return type


class TestAnAddress:
    @pytest.mark.parametrize("family", [each for each in CLIENTS if each not in AT_A_ROOT])
    @pytest.mark.parametrize("kind", ["a stage", "a domain's path"])
    def test_is_all_that_a_client_needs(
        self, emulated: Deployment, addresses: dict[str, str], type: str, kind: str, family: str
    ) -> None:
        """All links and next pages in answers are at the same address."""
        found = CLIENTS[family](emulated.at(addresses[kind]), type)
        assert (len(found), len(set(found))) == (MANY, MANY)

    @pytest.mark.parametrize("kind", ["a stage", "a domain's path"])
    def test_stays_in_links(
        self, emulated: Deployment, addresses: dict[str, str], type: str, kind: str
    ) -> None:
        url, key = addresses[kind], {"Authorization": f"Bearer {emulated.token}"}
        home = httpx.get(f"{url}/cf/", headers=key).json()["links"]
        moved = httpx.get(f"{url}/api/events", headers=key, timeout=30)
        export = httpx.get(f"{url}/v1/events:export?page_size=1", headers=key, timeout=30)
        assert home["self"]["href"] == f"{url}/cf"
        assert {each["href"].startswith(url) for each in home.values() if each} == {True}
        assert str(moved.url.join(moved.headers["location"])) == f"{url}/api/events/"
        assert str(export.url.join(export.links["next"]["url"])).startswith(url)
