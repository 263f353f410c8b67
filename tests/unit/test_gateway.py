"""The imitation of API Gateway: what it passes to a handler, and what it makes of the answer."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from polylog_cli.local.gateway import MAX_PAYLOAD_BYTES, Gateway

TEXT = {"Content-Type": "text/plain"}


class Function:
    """A handler that remembers the events it was given."""

    def __init__(self, body: str = "", **answer: Any) -> None:
        self.event: dict[str, Any] = {}
        self.answer = {"statusCode": 200, "headers": {}, "body": body} | answer

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        self.event = event
        return self.answer


def ask(function: Function, path: str, **options: Any) -> TestResponse:
    return Client(Gateway({"$default": function})).open(path, **options)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/a", "exact"),
        ("/a/", "greedy"),
        ("/a/b", "greedy"),
        ("/a/b/c/d", "longer"),
        ("/ab", "default"),
        ("/", "default"),
    ],
)
def test_the_most_specific_route_is_chosen(path: str, route: str) -> None:
    routes = {
        "/a": "exact",
        "/a/{proxy+}": "greedy",
        "/a/b/{proxy+}": "longer",
        "$default": "default",
    }
    gateway = Gateway({pattern: Function(name) for pattern, name in routes.items()})
    assert Client(gateway).get(path).text == route


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [("POST", "/", "of the method"), ("GET", "/", "default"), ("POST", "/a", "default")],
)
def test_a_route_may_be_for_one_method(method: str, path: str, route: str) -> None:
    gateway = Gateway({"POST /": Function("of the method"), "$default": Function("default")})
    assert Client(gateway).open(path, method=method).text == route


def test_a_route_for_one_method_comes_before_that_for_any() -> None:
    gateway = Gateway({"/a": Function("any"), "POST /a": Function("post")})
    assert (Client(gateway).post("/a").text, Client(gateway).get("/a").text) == ("post", "any")


def test_a_path_without_a_route_is_the_gateways_own_404() -> None:
    response = Client(Gateway({"/a": Function()})).get("/b")
    assert (response.status_code, response.json) == (404, {"message": "Not Found"})


def test_a_path_is_decoded_once_and_cut_at_a_question_mark() -> None:
    function = Function()
    ask(function, "/a%2Fb%20%C3%A4%253F", query_string="q=%2B+")
    assert function.event["rawPath"] == "/a/b ä%3F"
    assert function.event["rawQueryString"] == "q=%2B+"
    ask(function, "/a%3Fb")
    assert function.event["rawPath"] == "/a"


def test_header_names_are_lower_case() -> None:
    function = Function()
    ask(function, "/", headers={"X-Some-Thing": "Äb", "Content-Type": "text/plain"})
    assert function.event["headers"]["x-some-thing"] == "Äb"
    assert function.event["headers"]["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("kind", "body", "encoded"),
    [
        ("application/json", '"ä"', False),
        ("text/plain; charset=utf-8", "x", False),
        ("application/x-www-form-urlencoded", "a=b", True),
        ("application/x-ndjson", "{}", True),
        ("application/x-ndjson", "", False),
    ],
)
def test_a_body_that_is_not_text_comes_in_base64(kind: str, body: str, encoded: bool) -> None:
    function = Function()
    ask(function, "/", method="POST", data=body, content_type=kind)
    assert function.event["isBase64Encoded"] is encoded
    assert (function.event["body"] == body) is not encoded


def test_a_body_that_is_not_utf_8_is_passed_on_unchanged() -> None:
    function = Function()
    ask(function, "/", method="POST", data=b'"\xff"', content_type="application/json")
    assert base64.b64decode(function.event["body"]) == b'"\xff"'


def test_the_answer_of_the_function_is_sent() -> None:
    response = ask(Function("ü", statusCode=404, headers={"X-A": "b"}), "/")
    assert (response.status_code, response.text, response.headers["X-A"]) == (404, "ü", "b")


def test_an_answer_in_base64_is_decoded() -> None:
    packed = base64.b64encode(b"\x1f\x8b\x00").decode()
    response = ask(Function(packed, isBase64Encoded=True), "/")
    assert (response.data, response.headers["Content-Length"]) == (b"\x1f\x8b\x00", "3")


def test_a_request_larger_than_a_payload_is_refused() -> None:
    function = Function()
    response = ask(function, "/", method="POST", data="x" * (MAX_PAYLOAD_BYTES + 1), headers=TEXT)
    assert response.status_code == 413
    assert function.event == {}


def test_a_response_larger_than_a_payload_is_an_error() -> None:
    response = ask(Function("x" * MAX_PAYLOAD_BYTES), "/")
    assert (response.status_code, response.json) == (500, {"message": "Internal Server Error"})


def test_a_function_that_fails_is_an_error_without_details() -> None:
    def fail(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise RuntimeError("secret")

    response = Client(Gateway({"$default": fail})).get("/")
    assert (response.status_code, response.json) == (500, {"message": "Internal Server Error"})


def test_a_payload_is_json() -> None:
    function = Function()
    ask(function, "/a", headers={"User-Agent": "x"})
    assert json.loads(json.dumps(function.event)) == function.event
    assert function.event["requestContext"]["http"]["method"] == "GET"


def test_functions_get_the_variables_of_the_stage() -> None:
    function = Function()
    Client(Gateway({"$default": function}, {"Colour": "red"})).get("/")
    assert function.event["stageVariables"] == {"Colour": "red"}


def test_a_stage_without_variables_passes_on_none() -> None:
    function = Function()
    ask(function, "/")
    assert "stageVariables" not in function.event
