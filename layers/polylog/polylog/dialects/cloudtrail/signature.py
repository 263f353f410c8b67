"""Requests signed with AWS Signature Version 4: the access key is a key id, the secret its secret.

Follows "Create a signed AWS API request" of the IAM user guide, in the form with headers, and
botocore's `SigV4Auth`. The service must be `cloudtrail`. Any region will do, since a log has none.
The SHA-256 of the body is always part of the signature. Ours: there are no temporary credentials,
so a session token is ignored.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from polylog.api.contract import Security
from polylog.api.http import Pairs, Request
from polylog.api.signing import TOLERANCE
from polylog.model.errors import BadSignature, MalformedSignature, SignatureExpired
from polylog.model.times import parse_iso8601

ALGORITHM: Final = "AWS4-HMAC-SHA256"

SECURITY: Final[Security] = {
    "sigv4": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "x-amazon-apigateway-authtype": "awsSigv4",
        "description": "AWS Signature Version 4, for the service `cloudtrail` in any region. The "
        "access key is a key id, and the secret key its secret.",
    }
}

_SERVICE: Final = "cloudtrail"
_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM} +"
    r"Credential=(?P<key_id>[^\s,/]+)/(?P<scope>(?P<day>\d{8})/[^\s,/]+/(?P<service>[^\s,/]+)/"
    r"aws4_request), *"
    r"SignedHeaders=(?P<names>[a-z0-9;_-]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64}) *",
    re.ASCII,
)
_DATE: Final = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_REQUIRED: Final = ("host", "x-amz-date")
_BODY_HASH: Final = "x-amz-content-sha256"


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of a request, and what it must be a signature of.

    `date` is the time of signing as the request gives it, and `signed_at` the same in microseconds.
    `scope` is what the signing key is derived for: `20260102/eu-central-1/cloudtrail/aws4_request`.
    """

    key_id: str
    scope: str
    date: str
    signed_at: int
    signature: str
    canonical_request: str

    def check(self, secret: str, now: int) -> None:
        """Raise `SignatureExpired` or `BadSignature` if it is wrong; compares in constant time."""
        if abs(now - self.signed_at) > TOLERANCE:
            raise SignatureExpired(self.signed_at, now)
        digest = _sha256(self.canonical_request.encode())
        text = "\n".join((ALGORITHM, self.date, self.scope, digest))
        signature = hmac.digest(_key(secret, self.scope), text.encode(), "sha256").hex()
        if not hmac.compare_digest(signature, self.signature):
            raise BadSignature(self.canonical_request)


def read_signature(request: Request) -> Signature | None:
    """Return the signature of a request, or None if it has no `Authorization` header.

    Raises `MalformedSignature`.
    """
    authorization = request.headers.get("authorization")
    if authorization is None:
        return None
    match = _AUTHORIZATION.fullmatch(authorization)
    if match is None:
        reason = "Authorization must be {} with Credential, SignedHeaders and Signature"
        raise MalformedSignature(reason.format(ALGORITHM))
    if match["service"] != _SERVICE:
        raise MalformedSignature(f"Credential must be scoped to the service '{_SERVICE}'")
    names = match["names"].split(";")
    date = _date(request, names)
    if not date.startswith(match["day"]):
        raise MalformedSignature("Credential must be scoped to the day of X-Amz-Date")
    return Signature(
        key_id=match["key_id"],
        scope=match["scope"],
        date=date,
        signed_at=parse_iso8601(date),
        signature=match["signature"],
        canonical_request=_canonical_request(request, names),
    )


def _date(request: Request, names: list[str]) -> str:
    """Return the `X-Amz-Date`, after checking that everything required is signed."""
    for name in _REQUIRED:
        if name not in names:
            raise MalformedSignature(f"SignedHeaders must name {name}")
    for name in names:
        if name not in request.headers:
            raise MalformedSignature(f"the signed header {name} is missing")
    if request.headers.get(_BODY_HASH, _sha256(request.body)) != _sha256(request.body):
        raise MalformedSignature("X-Amz-Content-SHA256 must be the SHA-256 of the body")
    date = request.headers["x-amz-date"].strip()
    if not _is_date(date):
        raise MalformedSignature("X-Amz-Date must be a time like 20260102T030405Z")
    return date


def _is_date(text: str) -> bool:
    try:
        parse_iso8601(text)
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None


def _canonical_request(request: Request, names: list[str]) -> str:
    return "\n".join(
        (
            request.method,
            quote(request.base + request.path, safe="/~"),
            _canonical_query(request.query),
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
            "",
            ";".join(names),
            _sha256(request.body),
        )
    )


def _canonical_query(pairs: Pairs) -> str:
    escaped = sorted((_escape(name), _escape(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in escaped)


def _escape(text: str) -> str:
    return quote(text, safe="~", errors="surrogateescape")


def _key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
