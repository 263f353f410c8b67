"""Request signatures of `SDK-HMAC-SHA256`, as Huawei Cloud's and Open Telekom Cloud's SDKs make.

Follows Huawei Cloud's "API Request Signing Guide" and the SDKs. huaweicloudsdkcore's `signer.py`
has the plain form. gophertelekomcloud's `signer_helper.go` has the form whose key is derived for a
date, a region and a service. Checks such as the 15 minutes follow what the service answers.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from polylog.api.http import Pairs, Request
from polylog.model.errors import BadSignature, MalformedSignature, SignatureExpired
from polylog.model.times import SECOND, parse_iso8601

ALGORITHM: Final = "SDK-HMAC-SHA256"
TOLERANCE: Final = 15 * 60 * SECOND
"""How long ago, or how far ahead, a request may have been signed."""

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+"
    r"(?:Access=(?P<access>[^\s,/]+)"
    r"|Credential=(?P<credential>[^\s,/]+)/(?P<scope>\d{8}/[^\s,/]*/[^\s,/]*/sdk_request)),\s*"
    r"SignedHeaders=(?P<names>[^\s,]+),\s*"
    r"Signature=(?P<signature>[0-9a-f]{64})\s*",
    re.ASCII,
)
_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_REQUIRED = ("host", "x-sdk-date")
# Python also strips U+0085 and U+00A0, which are bytes of UTF-8 text when read as Latin-1.
_BLANKS = " \t\r\n\f\v"


@dataclass(frozen=True, slots=True)
class Signature:
    """A request's signature, and the canonical requests that it may belong to.

    `date` is the time of signing as the request writes it. `scope` is the date, region and service
    that the signing key is derived for, or None in the plain form.
    """

    key_id: str
    scope: str | None
    date: str
    signed_at: int
    signature: str
    canonical_requests: tuple[bytes, ...]

    def check(self, secret: str, now: int) -> None:
        """Raise `SignatureExpired` or `BadSignature`; compares in constant time."""
        if abs(now - self.signed_at) > TOLERANCE:
            raise SignatureExpired(self.signed_at, now)
        key = _key(secret, self.scope)
        signatures = [_sign(key, self._text(each)) for each in self.canonical_requests]
        if not any(hmac.compare_digest(each, self.signature) for each in signatures):
            raise BadSignature(self.canonical_requests[0].decode(errors="replace"))

    def _text(self, canonical_request: bytes) -> str:
        scope = () if self.scope is None else (self.scope,)
        digest = hashlib.sha256(canonical_request).hexdigest()
        return "\n".join((ALGORITHM, self.date, *scope, digest))


def is_signed(request: Request) -> bool:
    """Return whether the request carries a signature of this algorithm."""
    return _AUTHORIZATION.fullmatch(request.headers.get("authorization", "")) is not None


def read_signature(request: Request, paths: Iterable[str]) -> Signature | None:
    """Return the signature of a request, or None if it has no `Authorization` header.

    The client may have signed any one of `paths`. Raises `MalformedSignature`.
    """
    authorization = request.headers.get("authorization")
    if authorization is None:
        return None
    match = _AUTHORIZATION.fullmatch(authorization)
    if match is None:
        raise MalformedSignature(f"Authorization must be {ALGORITHM} with Access or Credential")
    scope, names = match["scope"], match["names"]
    date = _date(request, names.lower().split(";"))
    requests = (_canonical_request(request, path, names, scope is not None) for path in paths)
    return Signature(
        key_id=match["access"] or match["credential"],
        scope=scope,
        date=date,
        signed_at=_parse_date(date),
        signature=match["signature"],
        canonical_requests=tuple(dict.fromkeys(each for text in requests for each in _bytes(text))),
    )


def _date(request: Request, names: list[str]) -> str:
    """Return the `X-Sdk-Date` after checking that everything required is signed."""
    for name in _REQUIRED:
        if name not in names:
            raise MalformedSignature(f"SignedHeaders must name {name}")
    if len(set(names)) < len(names):
        raise MalformedSignature("SignedHeaders must name each header once")
    for name in names:
        if name not in request.headers:
            raise MalformedSignature(f"the signed header {name} is missing")
    # For bodies that are not JSON the SDKs sign UNSIGNED-PAYLOAD instead; our bodies are all JSON.
    if request.headers.get("x-sdk-content-sha256", _sha256(request.body)) != _sha256(request.body):
        raise MalformedSignature("X-Sdk-Content-Sha256 is not the SHA-256 of the body")
    return request.headers["x-sdk-date"].strip(_BLANKS)


def _parse_date(date: str) -> int:
    try:
        if _DATE.fullmatch(date):
            return parse_iso8601(date)
        raise ValueError(date)
    except ValueError as error:
        reason = f"X-Sdk-Date must be a time like 20260102T030405Z but was '{date}'"
        raise MalformedSignature(reason) from error


def _canonical_request(request: Request, path: str, names: str, is_scoped: bool) -> str:
    query, payload = _canonical_query(request.query, is_scoped), request.body
    if is_scoped and request.method == "POST" and not payload:
        query, payload = "", query.encode()
    headers = ((name, request.headers[name.lower()].strip(_BLANKS)) for name in names.split(";"))
    return "\n".join(
        (
            request.method,
            _canonical_path(path),
            query,
            *(f"{name}:{_collapse(text) if is_scoped else text}" for name, text in headers),
            "",
            names,
            _sha256(payload),
        )
    )


def _canonical_path(path: str) -> str:
    text = "/".join(map(_escape, path.split("/")))
    return text if text.endswith("/") else text + "/"


def _canonical_query(pairs: Pairs, is_scoped: bool) -> str:
    if is_scoped:
        # Clients sign only the first value of a repeated parameter, but Polylog uses the last one.
        if len({name for name, _ in pairs}) < len(pairs):
            raise MalformedSignature("a request signed in this form must not repeat a parameter")
        ordered = sorted(pairs, key=lambda pair: pair[0].lower())
    else:
        ordered = sorted(pairs)
    return "&".join(f"{_escape(name)}={_escape(value)}" for name, value in ordered)


def _escape(text: str) -> str:
    return quote(text, safe="~", errors="surrogateescape")


def _collapse(text: str) -> str:
    return re.sub(f"[{_BLANKS}]+", " ", text)


def _bytes(text: str) -> Iterable[bytes]:
    """Yield the bytes that the client may have signed.

    Clients write headers in UTF-8. The gateway may have read them as UTF-8 or as Latin-1.
    """
    yield text.encode()
    try:
        yield text.encode("latin-1")
    except UnicodeEncodeError:
        return


def _key(secret: str, scope: str | None) -> bytes:
    if scope is None:
        return secret.encode()
    key = f"SDK{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _sign(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
