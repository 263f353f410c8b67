"""Requests to AWS's JSON APIs, signed as botocore signs them, at any time you choose."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from polylog.api.auth import Credential
from polylog.aws import Payload

MEDIA_TYPE = "application/x-amz-json-1.1"
TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
LOOKUP = {"Content-Type": MEDIA_TYPE, "X-Amz-Target": TARGET}
"""The headers of a lookup, without those of the signature."""


class _Signer(SigV4Auth):
    """A signer that is told the time."""

    def sign(self, request: AWSRequest, now: float) -> None:
        request.context["timestamp"] = datetime.fromtimestamp(now, UTC).strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))


def signature(
    key: Credential,
    url: str,
    body: str | bytes,
    now: float,
    headers: Mapping[str, str] = LOOKUP,
    *,
    service: str = "cloudtrail",
    region: str = "eu-central-1",
) -> dict[str, str]:
    """Return the headers that sign a POST at a time in seconds, along with the given headers."""
    request = AWSRequest("POST", url, headers=dict(headers), data=body)
    signer = _Signer(Credentials(key.key_id, key.secret), service, region)
    signer.sign(request, now)
    return {name: request.headers[name] for name in ("X-Amz-Date", "Authorization")}


def sign(event: Payload, token: str) -> None:
    """Sign a gateway's event at this moment, with the secret of a token."""
    headers, body = event["headers"], event.get("body", "")
    content = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    url = f"https://{headers['host']}{event['rawPath']}"
    given = {name: headers[name] for name in ("content-type", "x-amz-target")}
    made = signature(Credential.parse(token), url, content, time.time(), given)
    headers |= {name.lower(): value for name, value in made.items()}
