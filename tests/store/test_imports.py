"""The importer: objects in a bucket go in, events in the log and a result object come out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from mypy_boto3_s3 import S3Client
from support.drops import (
    BUCKET,
    ENDINGS,
    SCOPE,
    Shelf,
    counts,
    document,
    drop,
    event,
    for_ever,
    result,
)
from support.memory import MemoryEventStore

from polylog.aws.importer import Home, Importer
from polylog.aws.objects import PART_BYTES, ObjectVersion
from polylog.model.filter import EVERYTHING

DWS = {
    "event_id": "e1",
    "name": "clusterCreated",
    "category": "management",
    "severity": "normal",
    "occur_time": 1772366400250,
    "project_id": SCOPE,
}


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


def test_another_version_is_another_import(s3: S3Client, log: MemoryEventStore) -> None:
    Importer(log, s3, 5).run(drop(s3, event(1)), for_ever)
    source = drop(s3, event(1) + b"\n" + event(2))
    Importer(log, s3, 5).run(source, for_ever)
    assert result(s3, source)["counts"] == counts(stored=1, duplicate=1)


def test_a_version_is_read_although_there_is_a_newer_one(
    s3: S3Client, log: MemoryEventStore
) -> None:
    source = drop(s3, event(1))
    drop(s3, event(2))
    Importer(log, s3, 5).run(source, for_ever)
    assert log.get(SCOPE, "e1")


def test_an_object_without_versions_that_was_replaced_is_not_mixed_up(
    s3: S3Client, log: MemoryEventStore
) -> None:
    source = drop(s3, event(1))
    drop(s3, event(2))
    source = ObjectVersion(BUCKET, source.key, None, source.etag)
    Importer(log, s3, 5).run(source, for_ever)
    assert result(s3, source)["error"] == "the object was deleted or replaced meanwhile"


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("import/a.ndjson", "object must be import/<scope>/<format>/<name>.ndjson, .jsonl"),
        ("import/one/native/a.csv", "object must be import/<scope>/<format>/<name>.ndjson"),
        ("import/o ne/native/a.json", "scope must have 1 to 64 letters"),
        ("import/one/nonsense/a.json", "format must be one of cedana, "),
    ],
)
def test_the_result_names_a_key_that_says_too_little(
    s3: S3Client, log: MemoryEventStore, key: str, problem: str
) -> None:
    source = drop(s3, event(1), key)
    Importer(log, s3, 5).run(source, for_ever)
    assert result(s3, source)["error"].startswith(problem)
    assert log.count(SCOPE, EVERYTHING) == 0


@pytest.mark.parametrize("name", ["a\nb.json", " ?+%2F#é.log", "/.jsonl"])
def test_a_key_may_have_any_characters(s3: S3Client, log: MemoryEventStore, name: str) -> None:
    source = drop(s3, event(1), f"import/one/native/{name}")
    Importer(log, s3, 5).run(source, for_ever)
    assert result(s3, source)["counts"] == counts(stored=1)


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_object_holds_no_events(s3: S3Client, log: MemoryEventStore, ending: str) -> None:
    source = drop(s3, b"", f"import/one/native/a.{ending}")
    Importer(log, s3, 5).run(source, for_ever)
    assert result(s3, source)["counts"] == counts()


@pytest.mark.parametrize(
    ("ending", "spoil", "reason"),
    [
        ("ndjson", lambda body: body[:-9], "not JSON: "),
        ("json", lambda body: body[:-9], "the rest is not JSON, or has a value of more than "),
        ("ndjson.gz", lambda body: body[:-9], "the rest is not gzip: Compressed file ended"),
        ("json.gz", lambda body: body[:-9], "the rest is not gzip: Compressed file ended"),
        ("ndjson.gz", lambda body: b"plain", "the rest is not gzip: Not a gzipped file"),
    ],
)
def test_an_unreadable_part_does_not_lose_what_was_read(
    s3: S3Client,
    log: MemoryEventStore,
    ending: str,
    spoil: Callable[[bytes], bytes],
    reason: str,
) -> None:
    content = document([event(number) for number in range(9)], ending)
    body = spoil(gzip.compress(content) if ending.endswith("gz") else content)
    source = drop(s3, body, "import/one/native/a")
    s3.copy_object(Bucket=BUCKET, Key=f"{source.key}.{ending}", CopySource=f"{BUCKET}/{source.key}")
    head = s3.head_object(Bucket=BUCKET, Key=f"{source.key}.{ending}")
    source = ObjectVersion(BUCKET, f"{source.key}.{ending}", head["VersionId"], head["ETag"])
    Importer(log, s3, 5).run(source, for_ever)
    (refusal,) = result(s3, source)["refused"]
    assert refusal["reason"].startswith(reason)


def test_a_list_response_of_an_api_is_read_in_its_format(
    s3: S3Client, log: MemoryEventStore
) -> None:
    listed = {"events": [dict(DWS, event_id=f"e{number}") for number in range(2)], "count": 2}
    foreign = {"events": [dict(DWS, event_id="e3", project_id="another")]}
    content = json.dumps(listed).encode() + b"\n" + json.dumps(foreign).encode()
    for ending in ENDINGS:
        source = drop(s3, content, f"import/one/dws/a.{ending}")
        Importer(log, s3, 5).run(source, for_ever)
        assert [each["reason"] for each in result(s3, source)["refused"]] == [
            "project_id must be 'one', the scope that it was sent to"
        ]
    assert log.count(SCOPE, EVERYTHING) == 2


def test_a_long_object_is_read_in_parts(s3: S3Client) -> None:
    """This way the memory it needs does not grow with the object."""
    source = drop(s3, b"".join(event(n, "t" * 200) + b"\n" for n in range(40_000)))
    parts: list[str] = []

    def note(params: Any, **_: object) -> None:
        parts.append(params["headers"].get("Range", "whole"))

    s3.meta.events.register("before-call.s3.GetObject", note)
    Importer(Shelf(), s3, 5).run(source, for_ever)
    begins = [f"bytes={n * PART_BYTES}-{(n + 1) * PART_BYTES - 1}" for n in range(4)]
    assert parts == ["whole", *begins[:3], *parts[4:]]
    assert len(parts) <= 5


TRAIL = "logs-of-a-trail"
RECORD = {
    "eventVersion": "1.11",
    "eventID": "11111111-2222-4333-8444-555555555555",
    "eventTime": "2026-03-01T12:00:00Z",
    "eventName": "DeleteBucket",
    "eventSource": "s3.amazonaws.com",
    "userIdentity": {"type": "IAMUser", "userName": "ada"},
}
LOG_FILE = "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/01/111122223333_CloudTrail.json.gz"


@pytest.fixture
def trail(s3: S3Client) -> Importer:
    """Return the importer of a log whose own bucket is not the bucket of the trail."""
    s3.create_bucket(Bucket=TRAIL)
    return Importer(MemoryEventStore(), s3, 5, home=Home(BUCKET, SCOPE))


def drop_into_trail(s3: S3Client, key: str, content: bytes) -> ObjectVersion:
    answer = s3.put_object(Bucket=TRAIL, Key=key, Body=content)
    return ObjectVersion(TRAIL, key, None, answer["ETag"].strip('"'))


@pytest.mark.parametrize("prefix", ["", "some/prefix/", "o/"])
def test_a_log_file_is_read_in_the_bucket_of_its_trail(
    s3: S3Client, trail: Importer, prefix: str
) -> None:
    body = gzip.compress(json.dumps({"Records": [RECORD]}).encode())
    source = drop_into_trail(s3, prefix + LOG_FILE, body)
    progress = trail.run(source, for_ever)
    assert progress is not None
    assert trail.run(source, for_ever) is None
    name = f"import-results/@{TRAIL}/{prefix}{LOG_FILE}.json"
    written = json.loads(s3.get_object(Bucket=BUCKET, Key=name)["Body"].read())
    assert written["counts"] == counts(stored=1)
    assert s3.list_objects_v2(Bucket=TRAIL)["KeyCount"] == 1


def test_a_log_file_that_was_copied_says_where_it_belongs(s3: S3Client, trail: Importer) -> None:
    body = json.dumps({"Records": [RECORD]}).encode()
    source = drop(s3, body, f"import/two/cloudtrail/{LOG_FILE}")
    trail.run(source, for_ever)
    assert result(s3, source)["counts"] == counts(stored=1)
