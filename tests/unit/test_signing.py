"""Signed requests: what the SDKs signed is accepted, and nothing else.

V1 to V9 were signed by huaweicloudsdkcore 3.1.219, G1 to G3 by gophertelekomcloud (October 2024).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, unquote

import pytest

from polylog.api.http import Request
from polylog.api.signing import TOLERANCE, Signature, is_signed, read_signature
from polylog.model.errors import (
    BadSignature,
    InvalidCredential,
    MalformedSignature,
    SignatureExpired,
)
from polylog.model.times import SECOND, parse_iso8601

KEY_ID, SECRET = "AKTESTKEY0000000001", "sk-test-Secret/Value+42"
DATE = "20260102T030405Z"
NOW = parse_iso8601(DATE)
P = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
DWS, CES = "dws.example.test", "ces.example.test"
V_HEADERS = {
    "content-type": "application/json",
    "host": CES,
    "user-agent": "huaweicloud-usdk-python/3.0",
    "x-project-id": P,
    "x-sdk-date": DATE,
}
G_HEADERS = {
    "accept": "application/json",
    "host": CES,
    "user-agent": "gophercloud/2.0.0",
    "x-sdk-date": DATE,
}
WITHOUT_TYPE = {name: value for name, value in V_HEADERS.items() if name != "content-type"}
B5 = (
    b'[{"event_name": "nightlyJobFailed", "event_source": "billing.Worker", '
    b'"time": 1742264993000, "detail": {"content": "job \\u00fc 17 failed", '
    b'"resource_id": "r-1", "resource_name": "worker-1", "event_state": "warning", '
    b'"event_level": "Major", "event_user": "ops bot", "event_type": "EVENT.CUSTOM"}}]'
)


@dataclass(frozen=True)
class Vector:
    """A request that was really signed: its canonical form's SHA-256, and its signature."""

    name: str
    target: str
    digest: str
    signature: str
    headers: dict[str, str] = field(default_factory=lambda: V_HEADERS)
    body: bytes = b""
    scope: str | None = None

    @property
    def request(self) -> Request:
        """The request as a dialect sees it."""
        method, _, target = self.target.partition(" ")
        path, _, query = target.replace("<P>", P).partition("?")
        names = ";".join(sorted(self.headers))
        who = f"Credential={KEY_ID}/{self.scope}" if self.scope else f"Access={KEY_ID}"
        sent = f"SDK-HMAC-SHA256 {who}, SignedHeaders={names}, Signature={self.signature}"
        return Request(
            method,
            unquote(path),
            tuple(parse_qsl(query, keep_blank_values=True)),
            {"accept": "*/*", **self.headers, "authorization": sent},
            self.body,
        )


VECTORS = (
    Vector(
        "V1",
        "GET /v2/<P>/events",
        "c6d19b9040fbf87dd778f6ed36876fba559b087c8d5db5407827d608eb3d98f6",
        "10a11ef93d1d0c6758a244715f6cc78522e276928ee1d77cad38a2221bb54f7b",
        V_HEADERS | {"host": DWS},
    ),
    Vector(
        "V2",
        "GET /v2/<P>/events?limit=20&offset=1",
        "f4220a400ea5205a576a8a6830b79f528e982c6aa84427bcdc5018112b6da6a4",
        "20908c682ca8cb3ad9c02ce89d54b39e0ddfb1e52ffbcf95f77b4c2e4a2fc3e6",
        V_HEADERS | {"host": DWS},
    ),
    Vector(
        "V3",
        "GET /V1.0/<P>/events?event_name=disk%20full%2F%C3%A9%20%E7%9B%98~%2A%2B%26%3D%25"
        "&event_type=EVENT.CUSTOM&from=1605952700911&limit=100&start=0&to=1606557500911",
        "f0478088a15a3bdf1049a9a5f384c122db007099792bc3b300663a9965b42673",
        "26d8ad349680b49ce9037e014efebd72dcfd20351b85e9122591b0c04b89ccf1",
    ),
    Vector(
        "V4",
        "GET /V1.0/<P>/event/odd%20name%2Fwith%2B%C3%A9~?event_type=EVENT.SYS&event_user=",
        "95183162d3ef0fdfd215cbf0cbc426923a9db3508f4beaf7f2c44242cd571e7b",
        "55469f4a483bf6561646c65baad19a56ae21734bbec01a0b53983beec8911beb",
    ),
    Vector(
        "V5",
        "POST /V1.0/<P>/events",
        "9860a8df495b7a7aca9060bb88050e337b3365d81a28358a22d8289c3525f7a7",
        "4fd1a3ee94b87107544c077c2b350288159de0358f78e75a1728a188d5d71012",
        body=B5,
    ),
    Vector(
        "V6",
        "GET /V1.0/<P>/events",
        "94e0d99031dba991709c986f401dfda7ba4ea43aa182afb6b5241edbdb24df1a",
        "baf17bb1584180ffe1342cba0cd92a4cd68ed53242dec5624d8c38c628f349bb",
        V_HEADERS | {"x-security-token": "tok/en=="},
    ),
    Vector(
        "V7",
        "GET /V1.0/<P>/events?limit=5",
        "4a36cdcabadb6edaad90b1518641b1bb5967c56357d0180cedb85567d3ac1634",
        "a47222c1543fc1d7114c7f326cee7130e04db60a20bfd1b0163b491ea3df2eef",
        WITHOUT_TYPE,
    ),
    Vector(
        "V8",
        "GET /prod/huawei/v2/<P>/events?limit=3",
        "d7f1e17bafe69aec7d59a6f2f89e7a474a968c54c7f56dc45e684b2b0a1091ec",
        "eafe854dc86ee77742e2b6bcb3e702aec15df0d7b6097fa829394bfba6d63502",
        V_HEADERS | {"host": DWS},
    ),
    Vector(
        "V9",
        "POST /V1.0/<P>/events",
        "9696cd8576adcf4a1f3221da3a445e6fe0702b504260fc2f23a48a95711803ca",
        "094fae83799d1f522c8b9930d47c01baf30821ba50ea35b7f70348d281177a7c",
        body=b"[]",
    ),
    Vector(
        "G1",
        "GET /V1.0/<P>/events?from=1605952700911&limit=100&to=1606557500911",
        "e1ad81dc756bfc991619d1348efa6260e56e59a36c0d581850efa1b49ec8a606",
        "f931fd009b353193846982d56a5081f7614b019d4d4be4ce6e4a0df4b7b5d28b",
        G_HEADERS,
        scope="20260102///sdk_request",
    ),
    Vector(
        "G2",
        "GET /V1.0/<P>/events?limit=10&event_name=disk+full%2Ba&Event_x=1",
        "0ecc57e03365a6e6b07863355713273bcd7bbc9d2aa40b58d54632d6cd7e1c60",
        "ebd259f6a6697612e54c3e985ece0ea851d4c87ee71b32b0ff7b11c8df0fa1ca",
        G_HEADERS,
        scope="20260102/eu-de/ces/sdk_request",
    ),
    Vector(
        "G3",
        "POST /V1.0/<P>/events",
        "bceedc2d2bc62c265a44ebebd7072e0dfa92fd5d62f49fba5b65b60c19562043",
        "67209842cb5524b5d26550a661b8a970196fc4b4a75ccad624613d9cc9f00a01",
        G_HEADERS | {"content-type": "application/json"},
        b'[{"event_name":"x"}]',
        "20260102///sdk_request",
    ),
)
V1, V2, V6, G1, G2 = (VECTORS[number] for number in (0, 1, 5, 9, 10))


def read(request: Request, *paths: str) -> Signature:
    signature = read_signature(request, paths or (request.path,))
    assert signature is not None
    return signature


def is_accepted(request: Request, *paths: str) -> bool:
    try:
        read(request, *paths).check(SECRET, NOW)
    except InvalidCredential:
        return False
    return True


def with_headers(request: Request, **headers: str | None) -> Request:
    """Return the request with some headers changed or left out."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    merged: dict[str, str | None] = {**request.headers, **changed}
    return replace(request, headers={k: v for k, v in merged.items() if v is not None})


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_it_reproduces_what_the_sdks_signed(vector: Vector) -> None:
    signature = read(vector.request)
    (text,) = signature.canonical_requests
    assert hashlib.sha256(text).hexdigest() == vector.digest
    assert signature.key_id == KEY_ID
    signature.check(SECRET, NOW)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_another_secret_is_refused(vector: Vector) -> None:
    with pytest.raises(BadSignature):
        read(vector.request).check(SECRET + "x", NOW)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"path": "/v2/other/events"},
        {"query": (("limit", "6"),)},
        {"body": b"[ ]"},
    ],
    ids=str,
)
def test_a_change_on_the_way_is_refused(vector: Vector, change: dict[str, object]) -> None:
    assert not is_accepted(replace(vector.request, **change))


@pytest.mark.parametrize("name", sorted(V_HEADERS.keys() - {"x-sdk-date"}))
def test_a_change_of_a_signed_header_is_refused(name: str) -> None:
    request = V1.request
    changed = {**request.headers, name: "x" + request.headers[name]}
    assert not is_accepted(replace(request, headers=changed))


def test_another_date_is_refused() -> None:
    assert not is_accepted(with_headers(V1.request, x_sdk_date="20260102T030406Z"))


def test_other_headers_may_change() -> None:
    assert is_accepted(with_headers(V1.request, accept="text/html", connection="close"))


def test_the_refusal_shows_the_text_that_should_have_been_signed() -> None:
    with pytest.raises(BadSignature) as caught:
        read(V1.request).check("wrong", NOW)
    assert caught.value.canonical_request == (
        f"GET\n/v2/{P}/events/\n\ncontent-type:application/json\nhost:{DWS}\n"
        f"user-agent:huaweicloud-usdk-python/3.0\nx-project-id:{P}\nx-sdk-date:{DATE}\n\n"
        "content-type;host;user-agent;x-project-id;x-sdk-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


@pytest.mark.parametrize("late", [-TOLERANCE, 0, TOLERANCE])
def test_it_is_valid_for_fifteen_minutes_in_either_direction(late: int) -> None:
    read(V1.request).check(SECRET, NOW + late)


@pytest.mark.parametrize("late", [-TOLERANCE - SECOND, TOLERANCE + SECOND])
def test_it_has_expired_a_second_later(late: int) -> None:
    with pytest.raises(SignatureExpired) as caught:
        read(V1.request).check(SECRET, NOW + late)
    assert (caught.value.signed_at, caught.value.now) == (NOW, NOW + late)


def test_the_order_of_the_query_does_not_matter() -> None:
    request = V2.request
    assert is_accepted(replace(request, query=request.query[::-1]))


def test_a_parameter_of_the_scoped_form_must_not_be_repeated() -> None:
    """Clients sign its first value, but services read the last."""
    request = G2.request
    with pytest.raises(MalformedSignature, match="must not repeat a parameter"):
        read(replace(request, query=(*request.query, ("limit", "20"))))


def test_a_header_is_signed_once() -> None:
    authorization = V1.request.headers["authorization"].replace("host;", "host;host;")
    with pytest.raises(MalformedSignature, match="once"):
        read(with_headers(V1.request, authorization=authorization))


def test_the_plain_form_signs_every_value() -> None:
    request = V2.request
    assert not is_accepted(replace(request, query=(*request.query, ("limit", "20"))))


def test_one_of_several_paths_may_have_been_signed() -> None:
    request = replace(V1.request, path=f"/dws/v2/{P}/events")
    assert not is_accepted(request)
    assert is_accepted(request, request.path, f"/v2/{P}/events")


def test_blanks_around_a_value_do_not_count() -> None:
    assert is_accepted(with_headers(V1.request, user_agent=" huaweicloud-usdk-python/3.0\t"))


def test_blanks_inside_count_in_the_plain_form_only() -> None:
    def text(vector: Vector) -> bytes:
        return read(with_headers(vector.request, user_agent="a  b")).canonical_requests[0]

    assert b"user-agent:a  b\n" in text(V1)
    assert b"user-agent:a b\n" in text(G1)


@pytest.mark.parametrize("seen_as", ["tök à", "tök à".encode().decode("latin-1")])
def test_a_header_is_signed_in_utf_8_however_it_was_read(seen_as: str) -> None:
    request = with_headers(V6.request, x_security_token=seen_as)
    assert any("tök à\n".encode() in text for text in read(request).canonical_requests)


def test_bytes_that_are_not_utf_8_are_signed_as_they_are() -> None:
    query = (("event_name", "\udcff"),)
    (text,) = read(replace(V1.request, query=query)).canonical_requests
    assert b"\nevent_name=%FF\n" in text


def test_blanks_between_the_parts_are_not_needed() -> None:
    packed = V1.request.headers["authorization"].replace(", ", ",")
    assert is_accepted(with_headers(V1.request, authorization=packed))


def test_the_scoped_form_signs_the_query_of_an_empty_post_as_its_body() -> None:
    request = replace(G1.request, method="POST")
    lines = read(request).canonical_requests[0].decode().split("\n")
    query = "from=1605952700911&limit=100&to=1606557500911"
    assert (lines[2], lines[-1]) == ("", hashlib.sha256(query.encode()).hexdigest())


def test_a_request_without_authorization_is_not_signed() -> None:
    request = with_headers(V1.request, authorization=None)
    assert read_signature(request, (request.path,)) is None
    assert not is_signed(request)


SIGNED = V1.request.headers["authorization"]


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer abc",
        "SDK-HMAC-SHA256",
        SIGNED.replace("SDK-HMAC-SHA256", "SDK-HMAC-SM3"),
        SIGNED.replace("SDK-HMAC-SHA256", "SDK-ECDSA-P256-SHA256"),
        SIGNED.replace("SDK-HMAC-SHA256 Access=", "V11-HMAC-SHA256 Credential="),
        SIGNED.replace("Access", "Credential"),
        SIGNED.replace(f"Access={KEY_ID}", f"Credential={KEY_ID}/20260102/eu-de/sdk_request"),
        SIGNED.replace(f"Access={KEY_ID}", "Access="),
        SIGNED[:-1],
        SIGNED[:-1] + "F",
        SIGNED + ", More=1",
    ],
)
def test_anything_in_another_form_is_malformed(authorization: str) -> None:
    request = with_headers(V1.request, authorization=authorization)
    assert not is_signed(request)
    with pytest.raises(MalformedSignature, match="SDK-HMAC-SHA256"):
        read(request)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (
            with_headers(V1.request, authorization=SIGNED.replace(";host", "")),
            "SignedHeaders must name host",
        ),
        (
            with_headers(V1.request, authorization=SIGNED.replace(";x-sdk-date", "")),
            "SignedHeaders must name x-sdk-date",
        ),
        (with_headers(V1.request, x_project_id=None), "signed header x-project-id is missing"),
        (with_headers(V1.request, x_sdk_date=None), "signed header x-sdk-date is missing"),
        (with_headers(V1.request, x_sdk_date="2026-01-02T03:04:05Z"), "X-Sdk-Date must be a time"),
        (with_headers(V1.request, x_sdk_date="20260132T030405Z"), "X-Sdk-Date must be a time"),
        (with_headers(V1.request, x_sdk_content_sha256="UNSIGNED-PAYLOAD"), "X-Sdk-Content-Sha256"),
    ],
)
def test_a_signature_that_cannot_be_checked_says_why(request_: Request, reason: str) -> None:
    with pytest.raises(MalformedSignature, match=reason):
        read(request_)


def test_the_true_hash_of_the_body_may_be_sent() -> None:
    digest = hashlib.sha256(b"").hexdigest()
    assert is_accepted(with_headers(V1.request, x_sdk_content_sha256=digest))
