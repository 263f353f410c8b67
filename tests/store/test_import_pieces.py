"""The importer: what of an object cannot be read, and what a piece of it may hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from memory import MemoryEventStore
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from polylog.aws.importer import Importer
from polylog.aws.objects import ObjectVersion

BUCKET = "drops"


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def imported(s3: S3Client, content: bytes, ending: str) -> Any:
    """Import an object, and return its result."""
    key = f"import/one/native/a.{ending}"
    etag = s3.put_object(Bucket=BUCKET, Key=key, Body=content)["ETag"].strip('"')
    Importer(MemoryEventStore(), s3, 5).run(ObjectVersion(BUCKET, key, None, etag), lambda: True)
    answer = s3.get_object(Bucket=BUCKET, Key=f"import-results/one/native/a.{ending}.json")
    return json.loads(answer["Body"].read())


def event(name: str) -> bytes:
    return b'{"id":"%b","time":"2026-11-01T00:00:00Z","type":"t"}' % name.encode()


@pytest.mark.parametrize("ending", ["ndjson", "json"])
@pytest.mark.parametrize(
    "value",
    [
        b"NaN",
        b"9" * 5000,
        b'"\\ud800"',
        b'"\xff"',
        b"[" * 500 + b"]" * 500,
    ],
)
def test_an_event_that_cannot_be_read_spoils_no_other(
    s3: S3Client, ending: str, value: bytes
) -> None:
    events = [event("e1"), event("e2")[:-1] + b',"data":%b}' % value, event("e3")]
    content = b"\n".join(events) if ending == "ndjson" else b"[" + b",\n".join(events) + b"]"
    said = imported(s3, content, ending)
    assert said["counts"]["stored"] == 2
    (refused,) = said["refused"]
    assert (refused["line"], refused["status"]) == (2, "invalid")
    assert refused["reason"].startswith("not JSON: ")
