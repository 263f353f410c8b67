"""Requests as values: compressed bodies."""

from __future__ import annotations

import gzip

import pytest

from polylog.api.http import MAX_UNPACKED_BYTES, Request, unpacked
from polylog.model.errors import ApiError, InvalidBody, RequestTooLarge, UnsupportedEncoding


def request(body: bytes, encoding: str | None) -> Request:
    headers = {} if encoding is None else {"content-encoding": encoding}
    return Request("POST", "/events", headers=headers, body=body)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP ", "x-gzip"])
def test_a_packed_body_is_unpacked(encoding: str) -> None:
    packed = gzip.compress(b"[1,", mtime=0) + gzip.compress(b"2]", mtime=0)
    assert unpacked(request(packed, encoding)).body == b"[1,2]"


@pytest.mark.parametrize("encoding", [None, "", "identity"])
def test_any_other_body_stays_unchanged(encoding: str | None) -> None:
    packed = gzip.compress(b"[]", mtime=0)
    assert unpacked(request(packed, encoding)).body == packed


@pytest.mark.parametrize(
    ("body", "encoding", "error"),
    [
        (b"[]", "br", UnsupportedEncoding),
        (b"[]", "gzip, gzip", UnsupportedEncoding),
        (b"[]", "gzip", InvalidBody),
        (gzip.compress(b"[]", mtime=0)[:-1], "gzip", InvalidBody),
        (gzip.compress(b"[]", mtime=0) + b"[]", "gzip", InvalidBody),
        (gzip.compress(bytes(MAX_UNPACKED_BYTES + 1)), "gzip", RequestTooLarge),
        (gzip.compress(bytes(MAX_UNPACKED_BYTES)) * 2, "gzip", RequestTooLarge),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused(
    body: bytes, encoding: str, error: type[ApiError]
) -> None:
    with pytest.raises(error):
        unpacked(request(body, encoding))


def test_an_unpacked_body_may_be_as_large_as_a_plain_one() -> None:
    packed = gzip.compress(bytes(MAX_UNPACKED_BYTES))
    assert unpacked(request(packed, "gzip")).body == bytes(MAX_UNPACKED_BYTES)


def test_without_a_body_there_is_nothing_to_unpack() -> None:
    assert unpacked(request(b"", "br")).body == b""
