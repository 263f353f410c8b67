"""How the console is served: what a browser gets, what it keeps, and what a missing page says."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Request, Response
from polylog.aws.http import write_response
from polylog.console import console
from polylog.model.times import SYSTEM_CLOCK

SERVICES = Services(MemoryEventStore(), MemoryKeyStore(), SYSTEM_CLOCK)
PAGE = b"<!doctype html><title>Polylog</title>"
SCRIPT = "console.log('é')".encode() * 50
FILES = {
    "index.html": PAGE,
    "assets/index-C0ffee12.js": SCRIPT,
    "assets/index-C0ffee12.css": b"main { color: red }",
    "assets/mark-C0ffee12.svg": b"<svg/>",
    "assets/face-C0ffee12.woff2": b"wOF2\x00\x81",
}
ASSET = "/console/assets/index-C0ffee12.js"
GZIP = {"accept-encoding": "gzip, deflate, br"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder into which a page was built, next to a secret."""
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    for name, content in FILES.items():
        (page / f"{name}.gz").write_bytes(gzip.compress(content))
    (tmp_path / "secret.gz").write_bytes(gzip.compress(b"secret"))
    (page / "secret.js.gz").write_bytes(gzip.compress(b"secret"))
    return page


def ask(folder: Path, path: str, method: str = "GET", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return serve(console(folder), Request(method, path, headers=named), SERVICES)


def headers(response: Response) -> dict[str, str]:
    return dict(response.headers)


class TestPage:
    @pytest.mark.parametrize("path", ["/", "/console", "/console/"])
    def test_is_at_the_root(self, folder: Path, path: str) -> None:
        response = ask(folder, path)
        assert (response.status, response.body) == (200, PAGE)
        assert headers(response)["Content-Type"] == "text/html; charset=utf-8"

    def test_needs_no_key_and_ignores_one(self, folder: Path) -> None:
        assert ask(folder, "/", authorization="Bearer forged").status == 200

    def test_is_the_same_for_every_view(self, folder: Path) -> None:
        request = Request("GET", "/", query=(("filter", "type = 'a"), ("page", "\udcff")))
        assert serve(console(folder), request, SERVICES).body == PAGE

    def test_is_asked_for_each_time(self, folder: Path) -> None:
        assert headers(ask(folder, "/"))["Cache-Control"] == "no-cache"

    @pytest.mark.parametrize("path", ["/", ASSET, "/console/assets/none.js", "/console/none"])
    def test_runs_only_its_own_scripts(self, folder: Path, path: str) -> None:
        policy = headers(ask(folder, path))["Content-Security-Policy"].split("; ")
        assert policy == [
            *("default-src 'none'", "script-src 'self'", "style-src 'self'"),
            *("img-src 'self' data:", "connect-src 'self'", "font-src 'self'"),
            *("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
        ]

    def test_shares_no_process_with_other_pages(self, folder: Path) -> None:
        told = headers(ask(folder, "/"))
        assert told["Cross-Origin-Opener-Policy"] == "same-origin"
        assert told["Cross-Origin-Resource-Policy"] == "same-origin"

    @pytest.mark.parametrize(
        "path", ["/v1", "/v1/events", "/v2/events", "/consoles", "/favicon.ico"]
    )
    def test_leaves_other_paths_to_the_native_api(self, path: str) -> None:
        assert not console(Path()).is_mounted_at(path)


class TestAssets:
    @pytest.mark.parametrize(
        ("name", "media_type"),
        [
            ("index-C0ffee12.js", "text/javascript; charset=utf-8"),
            ("index-C0ffee12.css", "text/css; charset=utf-8"),
            ("mark-C0ffee12.svg", "image/svg+xml"),
            ("face-C0ffee12.woff2", "font/woff2"),
        ],
    )
    def test_have_their_types(self, folder: Path, name: str, media_type: str) -> None:
        response = ask(folder, f"/console/assets/{name}")
        assert (response.status, response.body) == (200, FILES[f"assets/{name}"])
        assert headers(response)["Content-Type"] == media_type

    def test_are_cached_forever(self, folder: Path) -> None:
        kept = "public, max-age=31536000, immutable"
        assert headers(ask(folder, ASSET))["Cache-Control"] == kept

    @pytest.mark.parametrize(
        "name",
        [
            *("none.js", "index-C0ffee12.js.gz", "index-C0ffee12", "", ".", "..", "*", "\0"),
            *("../index.html", "../../secret", "..%2f..%2fsecret", "..\\..\\secret", "secret"),
            *("../secret.js", "/etc/passwd", "é" * 3000, "<script>", "a/../index-C0ffee12.js"),
        ],
    )
    def test_are_only_those_that_were_built(self, folder: Path, name: str) -> None:
        response = ask(folder, f"/console/assets/{name}")
        assert response.status == 404
        assert headers(response)["Content-Type"] == "text/html; charset=utf-8"
        assert "Cache-Control" not in headers(response)
        assert b"secret" not in response.body
        assert b"<script>" not in response.body

    @pytest.mark.parametrize("path", ["/console/index.html", "/index.html", "/assets/a.js"])
    def test_have_one_address(self, folder: Path, path: str) -> None:
        assert ask(folder, path).status == 404

    def test_that_are_gone_lead_to_the_newer_page(self, folder: Path) -> None:
        body = ask(folder, "/console/assets/old-C0ffee12.js").body.decode()
        assert "<h1>Not found</h1>" in body
        assert '<a href="/">' in body


class TestPacking:
    @pytest.mark.parametrize(
        "header",
        ["gzip", "br, GZIP", "deflate, gzip;q=1.0", "gzip; q=0.1", "*", "*;q=0, gzip", "br;q=0,*"],
    )
    def test_sends_the_bytes_that_were_built(self, folder: Path, header: str) -> None:
        response = ask(folder, ASSET, accept_encoding=header)
        assert response.body == (folder / "assets/index-C0ffee12.js.gz").read_bytes()
        assert headers(response)["Content-Encoding"] == "gzip"

    @pytest.mark.parametrize(
        "header", ["", "br", "identity", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "gzipped"]
    )
    def test_is_left_out_for_clients_without(self, folder: Path, header: str) -> None:
        response = ask(folder, ASSET, accept_encoding=header)
        assert response.body == SCRIPT
        assert "Content-Encoding" not in headers(response)

    @pytest.mark.parametrize("header", ["gzip", "identity"])
    def test_is_announced_to_caches(self, folder: Path, header: str) -> None:
        assert headers(ask(folder, ASSET, accept_encoding=header))["Vary"] == "Accept-Encoding"

    def test_goes_through_the_gateway_as_base64(self, folder: Path) -> None:
        payload = write_response(ask(folder, "/", **{"accept-encoding": "gzip"}))
        assert payload["isBase64Encoded"] is True
        assert payload["body"].isascii()

    def test_leaves_text_unchanged(self, folder: Path) -> None:
        payload = write_response(ask(folder, "/"))
        assert payload["body"] == PAGE.decode()
        assert "isBase64Encoded" not in payload


class TestTags:
    @pytest.mark.parametrize("path", ["/", ASSET])
    @pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other",W/{} ', "*"])
    @pytest.mark.parametrize("encoding", ["gzip", "identity"])
    def test_that_match_bring_no_body(
        self, folder: Path, path: str, form: str, encoding: str
    ) -> None:
        first = headers(ask(folder, path, accept_encoding=encoding))
        known = form.format(first["ETag"])
        again = ask(folder, path, accept_encoding=encoding, if_none_match=known)
        assert (again.status, again.body) == (304, b"")
        kept = ("ETag", "Cache-Control", "Vary", "Content-Security-Policy")
        assert [headers(again)[name] for name in kept] == [first[name] for name in kept]
        assert "Content-Encoding" not in headers(again)

    @pytest.mark.parametrize("known", ['"other"', "", "C0ffee", '""'])
    def test_of_something_else_bring_the_body(self, folder: Path, known: str) -> None:
        assert ask(folder, "/", if_none_match=known).body == PAGE

    def test_differ_for_different_bytes(self, folder: Path) -> None:
        answers = [
            ask(folder, path, accept_encoding=encoding)
            for path in ("/", ASSET)
            for encoding in ("gzip", "identity")
        ]
        assert len({headers(answer)["ETag"] for answer in answers}) == 4

    def test_change_with_the_page(self, folder: Path) -> None:
        before = headers(ask(folder, "/"))["ETag"]
        (folder / "index.html.gz").write_bytes(gzip.compress(PAGE + b"!"))
        assert ask(folder, "/", if_none_match=before).body == PAGE + b"!"


@pytest.mark.parametrize("path", ["/", ASSET])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_head_is_get_without_the_body(folder: Path, path: str, encoding: str) -> None:
    got = ask(folder, path, accept_encoding=encoding)
    head = ask(folder, path, "HEAD", accept_encoding=encoding)
    assert (head.status, head.body, head.headers) == (200, b"", got.headers)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_it_cannot_be_written_to(folder: Path, method: str) -> None:
    response = ask(folder, "/", method)
    assert response.status == 405
    assert headers(response)["Allow"] == "GET, HEAD"
    assert headers(response)["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/console"])
def test_without_a_page_it_says_how_to_build_one(tmp_path: Path, path: str) -> None:
    response = ask(tmp_path / "none", path)
    assert response.status == 404
    assert b"make console" in response.body
    assert "Cache-Control" not in headers(response)


def test_without_a_page_there_are_no_assets(tmp_path: Path) -> None:
    assert ask(tmp_path / "none", ASSET).status == 404


def test_a_broken_page_is_a_fault_of_the_service(folder: Path) -> None:
    (folder / "index.html.gz").write_bytes(b"not gzip")
    response = ask(folder, "/")
    assert response.status == 500
    assert b"<h1>Internal error</h1>" in response.body
