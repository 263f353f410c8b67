"""What browsers hear: whose pages may use the APIs, and how to treat answers."""

from __future__ import annotations

import pytest

from polylog.api.browsers import Origins, guarded
from polylog.api.http import JSON, Pairs, Request, Response

CONSOLE = "https://console.example.com"
OTHER = "https://other.example.com"
LISTED = Origins.of(f"{CONSOLE},http://localhost:3000")
EVERY = Origins.of("any")
NONE = Origins.of("none")


def ask(origin: str | None = CONSOLE, url: str = "https://log.example.com") -> Request:
    headers = {} if origin is None else {"origin": origin}
    return Request("GET", "/v1/events", headers=headers, url=url)


def preflight(origin: str = CONSOLE, **headers: str) -> Request:
    asked = {"origin": origin, "access-control-request-method": "GET", **headers}
    return Request("OPTIONS", "/v1/events", headers=asked)


def answer(*headers: tuple[str, str]) -> Response:
    return Response(200, b"{}", (JSON, *headers))


def told(origins: Origins, request: Request, *headers: tuple[str, str]) -> dict[str, str]:
    return dict(origins.shared(request, answer(*headers)).headers)


class TestPreflight:
    @pytest.mark.parametrize("origins", [LISTED, EVERY])
    def test_is_answered_without_a_key(self, origins: Origins) -> None:
        response = origins.preflight(preflight())
        assert response is not None
        assert (response.status, response.body) == (204, b"")

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
    def test_allows_every_method_that_an_api_has(self, method: str) -> None:
        response = EVERY.preflight(preflight())
        assert response is not None
        allowed = dict(response.headers)["Access-Control-Allow-Methods"]
        assert method in allowed.split(", ")

    @pytest.mark.parametrize("header", ["Authorization", "If-None-Match", "Content-Type", "*"])
    def test_allows_the_headers_of_every_api(self, header: str) -> None:
        """The asterisk does not stand for `Authorization` (Fetch, 4.9)."""
        response = LISTED.preflight(preflight())
        assert response is not None
        assert header in dict(response.headers)["Access-Control-Allow-Headers"].split(", ")

    @pytest.mark.parametrize(
        ("origins", "request_"),
        [
            (LISTED, preflight(OTHER)),
            (NONE, preflight()),
            (LISTED, preflight("null")),
            (LISTED, Request("OPTIONS", "/", headers={"origin": CONSOLE})),
            (EVERY, Request("OPTIONS", "/", headers={"access-control-request-method": "GET"})),
            (EVERY, Request("GET", "/", headers=preflight().headers)),
        ],
    )
    def test_is_no_other_request(self, origins: Origins, request_: Request) -> None:
        assert origins.preflight(request_) is None


class TestSharing:
    def test_names_the_origin_and_says_that_answers_differ_by_it(self) -> None:
        headers = told(LISTED, ask())
        assert headers["Access-Control-Allow-Origin"] == CONSOLE
        assert headers["Vary"] == "Origin"

    def test_with_any_origin_is_the_same_for_all(self) -> None:
        headers = told(EVERY, ask(OTHER))
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Vary" not in headers

    def test_lets_a_page_read_every_header_of_the_answer(self) -> None:
        headers = told(LISTED, ask(), ("Retry-After", "1"), ("Link", "</v1/events>"))
        assert headers["Access-Control-Expose-Headers"] == "Content-Type, Retry-After, Link, Vary"

    def test_keeps_the_other_headers_by_which_answers_differ(self) -> None:
        assert told(LISTED, ask(), ("Vary", "Accept"))["Vary"] == "Accept, Origin"

    def test_overrides_what_a_family_says_about_origins(self) -> None:
        own = (
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Expose-Headers", "Link"),
        )
        headers = told(LISTED, ask(), *own)
        assert headers["Access-Control-Allow-Origin"] == CONSOLE
        assert headers["Access-Control-Expose-Headers"] == "Content-Type, Vary"

    @pytest.mark.parametrize("origin", [OTHER, None, "null", CONSOLE.upper(), f"{CONSOLE}:443"])
    def test_with_no_other_origin(self, origin: str | None) -> None:
        headers = told(LISTED, ask(origin))
        assert headers == {"Content-Type": "application/json", "Vary": "Origin"}

    def test_is_off(self) -> None:
        assert told(NONE, ask()) == {"Content-Type": "application/json"}


def guards(url: str, *headers: tuple[str, str]) -> Pairs:
    return guarded(ask(url=url), answer(*headers)).headers


def test_an_answer_is_not_cached_framed_or_sniffed() -> None:
    assert dict(guards("https://log.example.com")) == {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Strict-Transport-Security": "max-age=31536000",
    }


def test_plain_http_does_not_ask_for_tls() -> None:
    assert "Strict-Transport-Security" not in dict(guards("http://127.0.0.1:8080"))


@pytest.mark.parametrize("name", ["Cache-Control", "cache-control"])
def test_a_header_that_an_api_sets_itself_stays(name: str) -> None:
    values = [v for n, v in guards("https://x", (name, "max-age=60")) if n.lower() == name.lower()]
    assert values == ["max-age=60"]
