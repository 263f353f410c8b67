"""`polylog run` as a browser sees it that opens the console: real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from support.page import contents, require_page
from support.service import Service, running_service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    require_page()
    data = tmp_path_factory.mktemp("page") / "data"
    with running_service(data, "--dynamodb", "moto", "--no-sample") as service:
        yield service


def ask(service: Service, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, service.credentials.url + path, headers=named, timeout=30)


def test_every_file_arrives_as_it_was_built(service: Service) -> None:
    """Browsers accept gzip, and so does this client."""
    files = contents()
    paths = {name: f"/console/{name}" for name in files} | {"index.html": "/"}
    answers = {name: ask(service, path) for name, path in paths.items()}
    assert {name: answer.content for name, answer in answers.items()} == files
    assert {answer.headers["Content-Encoding"] for answer in answers.values()} == {"gzip"}


def test_a_cached_page_is_not_sent_again(service: Service) -> None:
    tag = ask(service, "/").headers["ETag"]
    again = ask(service, "/", If_None_Match=tag)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


def test_head_sends_the_same_headers(service: Service) -> None:
    got, head = ask(service, "/"), ask(service, "/", "HEAD")
    names = ("Content-Type", "Content-Security-Policy", "ETag", "Cache-Control")
    assert [head.headers[name] for name in names] == [got.headers[name] for name in names]
    assert head.content == b""


@pytest.mark.parametrize(
    "path",
    [
        *("/console/assets/..%2f..%2f..%2f__init__.py", "/console/assets/%2e%2e/index.html"),
        *("/console/..%2f__init__.py", "/console/assets/%00", "/console/assets/a%5c..%5cb"),
    ],
)
def test_no_path_leads_elsewhere(service: Service, path: str) -> None:
    assert ask(service, path).status_code == 404


@pytest.mark.parametrize("path", ["/favicon.ico", "/nothing"])
def test_other_paths_belong_to_the_native_api(service: Service, path: str) -> None:
    answer = ask(service, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_post_to_the_root_asks_cloudtrail(service: Service) -> None:
    assert "__type" in ask(service, "/", "POST").json()


def test_the_command_prints_its_address_and_a_key(service: Service) -> None:
    url, token = service.credentials.url, service.credentials.token
    found = re.search(rf"^Open {url}/ .*\n(.*)$", service.log.read_text(), re.MULTILINE)
    assert found is not None
    assert found[1] == token
