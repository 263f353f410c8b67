"""The importer: what it cannot read of an object, and how much it reads at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client
from support.drops import for_ever
from support.memory import MemoryEventStore

from polylog.aws.importer import Importer
from polylog.aws.objects import ObjectVersion
from polylog.model.event import Event
from polylog.model.store import Outcome

BUCKET = "drops"


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


class Offers(MemoryEventStore):
    """Notes how many events each call offers."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        self.sizes.append(len(events))
        return super().put(scope, events)


def imported(s3: S3Client, content: bytes, ending: str, log: MemoryEventStore | None = None) -> Any:
    """Import an object, and return its result."""
    log = log or MemoryEventStore()
    key = f"import/one/native/a.{ending}"
    etag = s3.put_object(Bucket=BUCKET, Key=key, Body=content)["ETag"].strip('"')
    Importer(log, s3, 5).run(ObjectVersion(BUCKET, key, None, etag), for_ever)
    answer = s3.get_object(Bucket=BUCKET, Key=f"import-results/one/native/a.{ending}.json")
    return json.loads(answer["Body"].read())


def event(name: str) -> bytes:
    return b'{"id":"%b","time":"2026-11-01T00:00:00Z","type":"t"}' % name.encode()


def document(events: list[bytes], ending: str) -> bytes:
    return b"\n".join(events) if ending == "ndjson" else b"[" + b",\n".join(events) + b"]"


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
def test_an_event_that_cannot_be_read_does_not_stop_the_others(
    s3: S3Client, ending: str, value: bytes
) -> None:
    events = [event("e1"), event("e2")[:-1] + b',"data":%b}' % value, event("e3")]
    said = imported(s3, document(events, ending), ending)
    assert said["counts"]["stored"] == 2
    (refused,) = said["refused"]
    assert (refused["line"], refused["status"]) == (2, "invalid")
    assert refused["reason"].startswith("not JSON: ")


@pytest.mark.parametrize("ending", ["ndjson", "json"])
def test_an_array_too_large_for_memory_does_not_stop_the_others(s3: S3Client, ending: str) -> None:
    """A line of one megabyte would hold half a million of these."""
    array = b"[" + b"7," * 10_000 + b"7]"
    said = imported(s3, document([event("e1"), array, event("e2")], ending), ending)
    assert said["counts"]["stored"] == 2
    assert [(each["line"], each["reason"]) for each in said["refused"]] == [
        (2, "more than 10000 events at once")
    ]


def test_it_looks_at_the_clock_while_it_stores_lines_of_many_events(s3: S3Client) -> None:
    line = b"[" + b",".join(event(f"e{n}") for n in range(400)) + b"]\n"
    log = Offers()
    said = imported(s3, line * 10, "ndjson", log)
    assert said["counts"]["stored"] == 400
    assert log.sizes == [800] * 5
