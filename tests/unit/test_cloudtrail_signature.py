"""AWS Signature Version 4: what botocore signs is accepted, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.amazon import LOOKUP, signature

from polylog.api.auth import Credential
from polylog.api.http import Request
from polylog.dialects.cloudtrail.signature import Signature, read_signature
from polylog.model.errors import BadSignature, MalformedSignature, SignatureExpired
from polylog.model.times import SECOND

NOW = 1_772_366_400
KEY = Credential("PL1ABCDEFGHIJKLMNOP", "a secret for tests")
HOST = "log.example.com"


def signed(body: bytes = b"{}", path: str = "/", query: str = "", **options: str) -> Request:
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    made = LOOKUP | signature(KEY, url, body, NOW, **options)
    pairs = tuple(tuple(each.split("=", 1)) for each in query.split("&") if each)
    headers = {name.lower(): value for name, value in made.items()} | {"host": HOST}
    return Request("POST", path, pairs, headers, body, f"http://{HOST}")


def with_header(request: Request, **headers: str | None) -> Request:
    """Return the request with other headers; None removes one."""
    changed = {**request.headers, **{name.replace("_", "-"): v for name, v in headers.items()}}
    return replace(request, headers={name: v for name, v in changed.items() if v is not None})


def with_text(request: Request, old: str, new: str) -> Request:
    text = request.headers["authorization"]
    assert old in text
    return with_header(request, authorization=text.replace(old, new))


def read(request: Request) -> Signature:
    found = read_signature(request)
    assert found is not None
    return found


def check(request: Request, secret: str = KEY.secret, now: int = NOW) -> None:
    read(request).check(secret, now * SECOND)


@given(
    body=st.binary(max_size=50),
    path=st.sampled_from(["/", "/aws", "/aws/", "/cloudtrail"]),
    region=st.sampled_from(["eu-central-1", "us-gov-west-1", "aws-global"]),
)
def test_a_request_that_botocore_signed_is_accepted(body: bytes, path: str, region: str) -> None:
    request = signed(body, path, region=region)
    assert read(request).key_id == KEY.key_id
    check(request)


def test_a_query_is_signed() -> None:
    check(signed(query="b=2&a=1"))


@pytest.mark.parametrize("seconds", [-900, -1, 0, 899, 900])
def test_a_clock_may_be_wrong_by_15_minutes(seconds: int) -> None:
    check(signed(), now=NOW + seconds)


@pytest.mark.parametrize("seconds", [-901, 901, 86_400])
def test_a_signature_is_valid_for_15_minutes(seconds: int) -> None:
    with pytest.raises(SignatureExpired):
        check(signed(), now=NOW + seconds)


def test_another_secret_is_refused() -> None:
    with pytest.raises(BadSignature):
        check(signed(), secret="a guess")


@pytest.mark.parametrize(
    "change",
    [
        lambda request: replace(request, body=b'{"MaxResults": 1}'),
        lambda request: replace(request, path="/aws"),
        lambda request: replace(request, method="GET"),
        lambda request: replace(request, query=(("a", "1"),)),
        lambda request: with_header(request, host="other.example.com"),
        lambda request: with_header(request, x_amz_date="20260301T120001Z"),
        lambda request: with_header(request, x_amz_target="x"),
        lambda request: with_header(request, content_type="text/plain"),
        lambda request: with_text(request, "eu-central-1", "us-east-1"),
        lambda request: with_text(request, KEY.key_id, "PL1BBBBBBBBBBBBBBBB"),
    ],
)
def test_nothing_that_is_signed_can_be_changed(change: Callable[[Request], Request]) -> None:
    """A changed key id fails because it leads to another secret."""
    request = change(signed())
    secret = KEY.secret if KEY.key_id in request.headers["authorization"] else "the other's secret"
    with pytest.raises(BadSignature):
        check(request, secret)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: with_header(r, authorization="Bearer x"), "Authorization must be AWS4-HMAC"),
        (lambda r: with_header(r, authorization=""), "Authorization must be AWS4-HMAC"),
        (
            lambda r: with_text(r, "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            "Authorization must",
        ),
        (lambda r: with_text(r, "/cloudtrail/", "/s3/"), "scoped to the service 'cloudtrail'"),
        (lambda r: with_text(r, "/20260301/", "/20260228/"), "scoped to the day of X-Amz-Date"),
        (lambda r: with_text(r, "host;", ""), "SignedHeaders must name host"),
        (lambda r: with_text(r, "x-amz-date;", ""), "SignedHeaders must name x-amz-date"),
        (lambda r: with_header(r, x_amz_target=None), "signed header x-amz-target is missing"),
        (lambda r: with_header(r, x_amz_date="now"), "X-Amz-Date must be a time"),
        (lambda r: with_header(r, x_amz_date="20260301T250000Z"), "X-Amz-Date must be a time"),
        (lambda r: with_header(r, x_amz_date="2026-03-01T12:00:00Z"), "X-Amz-Date must be a time"),
        (
            lambda r: with_header(r, x_amz_content_sha256="UNSIGNED-PAYLOAD"),
            "X-Amz-Content-SHA256 must be the SHA-256",
        ),
    ],
)
def test_the_refusal_names_what_cannot_be_checked(
    change: Callable[[Request], Request], reason: str
) -> None:
    with pytest.raises(MalformedSignature, match=reason):
        read_signature(change(signed()))


def test_blanks_around_a_header_and_in_it_do_not_count() -> None:
    check(with_header(signed(), content_type="  application/x-amz-json-1.1 "))


def test_a_session_token_is_ignored() -> None:
    check(with_header(signed(), x_amz_security_token="temporary"))


def test_without_the_header_there_is_no_signature() -> None:
    assert read_signature(Request("POST", "/")) is None
