"""The importer: objects in a bucket in, events in the log and a result object out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import boto3
import pytest
from memory import MemoryEventStore
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from polylog.aws import importer, objects
from polylog.aws.importer import Importer, Stuck, Unfinished
from polylog.aws.objects import ObjectChanged, ObjectVersion
from polylog.errors import Unavailable
from polylog.event import Event
from polylog.filter import EVERYTHING
from polylog.store import Outcome

BUCKET = "drops"
SCOPE = "one"
ENDINGS = ("ndjson", "ndjson.gz", "json", "json.gz")


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def log() -> MemoryEventStore:
    return MemoryEventStore()


def drop(s3: S3Client, content: bytes, key: str = "import/one/native/a.ndjson") -> ObjectVersion:
    """Put an object into the bucket, packed if its name says so; return what S3 tells of it."""
    body = gzip.compress(content) if key.endswith(".gz") else content
    answer = s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    return ObjectVersion(BUCKET, key, answer.get("VersionId"), answer["ETag"].strip('"'))


def event(number: int, type: str = "t") -> bytes:
    return b'{"id":"e%d","time":"2026-11-01T00:00:00Z","type":"%b"}' % (number, type.encode())


def document(events: Sequence[bytes], ending: str) -> bytes:
    if ending.startswith("ndjson"):
        return b"\n".join(events) + b"\n"
    return b"[" + b",\n".join(events) + b"]"


def result(s3: S3Client, source: ObjectVersion) -> Any:
    key = source.key.replace("import/", "import-results/", 1) + ".json"
    return json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def counts(**named: int) -> dict[str, int]:
    return dict.fromkeys(("stored", "duplicate", "conflict", "invalid", "expired"), 0) | named


def for_ever() -> bool:
    return True


def for_parts(number: int) -> Callable[[], bool]:
    """Return a clock that has time for so many parts."""
    parts = count(1)
    return lambda: next(parts) < number


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_result_counts_events_and_names_the_refused_by_line(
    s3: S3Client, log: MemoryEventStore, ending: str
) -> None:
    events = [event(1), event(2), b'{"id":"x"}', event(1), event(2, "other")]
    source = drop(s3, document(events, ending), f"import/one/native/2026/a.{ending}")
    Importer(log, s3, 5).run(source, for_ever)
    assert result(s3, source) == {
        "object": source.key,
        "version": source.version,
        "lines": 5 if ending.startswith("ndjson") else 4,
        "counts": counts(stored=2, duplicate=1, conflict=1, invalid=1),
        "refused_before": [],
        "refused": [
            {
                "line": 3,
                "status": "invalid",
                "reason": "time is required with an id: sent again, "
                "the event would have another one",
            },
            {
                "line": 5,
                "status": "conflict",
                "id": "e2",
                "reason": "another event has this id already",
            },
        ],
    }
    assert log.count(SCOPE, EVERYTHING) == 2


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_goes_on_where_it_stopped(
    s3: S3Client, log: MemoryEventStore, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "_MAX_PIECES", 10)
    events = [b"7" if number % 9 == 0 else event(number) for number in range(95)]
    source = drop(s3, document(events, ending), f"import/one/native/a.{ending}")
    offered = Offers(log)
    for _ in range(4):
        with pytest.raises(Unfinished):
            Importer(offered, s3, 5).run(source, for_parts(2))
    Importer(offered, s3, 5).run(source, for_ever)
    said = result(s3, source)
    assert said["counts"] == counts(stored=84, invalid=11)
    assert [each["line"] for each in said["refused"]] == [1 + 9 * number for number in range(11)]
    assert offered.count == 84


class Offers(MemoryEventStore):
    """Counts what it is offered, and dies at one of the calls, before or after it is stored."""

    def __init__(self, log: MemoryEventStore, dies_at: int = 0, *, after: bool = False) -> None:
        self._log = log
        self._calls = count(1)
        self._dies_at = dies_at
        self._after = after
        self.count = 0

    def latest(self, scope: str) -> int:
        return self._log.latest(scope)

    def put(self, scope: str, events: Sequence[Event]) -> tuple[Outcome, ...]:
        is_fatal = next(self._calls) == self._dies_at
        if is_fatal and not self._after:
            raise Killed
        self.count += len(events)
        outcomes = self._log.put(scope, events)
        if is_fatal:
            raise Killed
        return outcomes


class Killed(BaseException):
    """What happens to a function that takes too long."""
