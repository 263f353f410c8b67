"""The events that the measured functions get, in the form that AWS sends them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from polylog.dialects.native.wire import render_event
from polylog.model.event import Event

# JSON in the form of AWS.
Payload = Any

_QUEUE = "arn:aws:sqs:eu-central-1:123456789012:IngestQueue"
_HOST = "abcdefghij.execute-api.us-east-1.amazonaws.com"


def line(event: Event) -> str:
    """Return an event as a line of NDJSON."""
    return json.dumps({k: value for k, value in render_event(event).items() if k != "seq"})


def request(token: str, method: str, path: str, body: str = "") -> Payload:
    """Return a request to the native API."""
    path, _, query = path.partition("?")
    return {
        "rawPath": f"/v1/{path}",
        "rawQueryString": query,
        "headers": {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "host": _HOST,
        },
        "requestContext": {"http": {"method": method}, "requestId": "JKJaXmPLvHcESHA="},
        "body": body,
    }


def asked(token: str, path: str) -> Payload:
    """Return a request to any of the APIs, with the credential in the form of that API."""
    path, _, query = path.partition("?")
    schemes = {"cf": "bearer", "api": "Token"}
    authorization = f"{schemes.get(path.partition('/')[0], 'Bearer')} {token}"
    given = request(token, "GET", "")
    headers = given["headers"] | {"authorization": authorization, "x-auth-token": token}
    return given | {"rawPath": f"/{path}", "rawQueryString": query, "headers": headers}


def messages(bodies: Iterable[str]) -> Payload:
    """Return a batch of queue messages, all received for the first time."""
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1772366460250"}
    return {
        "Records": [
            {
                "messageId": f"19dd0b57-b21e-4ac1-bd88-{number:012}",
                "receiptHandle": str(number),
                "body": body,
                "attributes": attributes,
                "messageAttributes": {},
                "eventSourceARN": _QUEUE,
            }
            for number, body in enumerate(bodies)
        ]
    }


def notification(bucket: str, key: str, etag: str) -> Payload:
    """Return the message that announces an object in a bucket."""
    stored = {"bucket": {"name": bucket}, "object": {"key": key, "eTag": etag}}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": stored}
    return messages([json.dumps({"Records": [record]})])


def stream(scope: str) -> Payload:
    """Return the record of a new delta in the stream of the tally table."""
    return {"Records": [{"dynamodb": {"Keys": {"scope": {"S": scope}}}}]}
