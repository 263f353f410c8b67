"""An import whose process is killed halfway, under Lambda's own runtime."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_s3 import S3Client
from support.samples import Payload, sample
from support.stores import TABLES, dynamo_store

from polylog.dynamo.maintenance.verify import Verifier
from polylog.model.filter import EVERYTHING
from tools.lambda_runtime import Running, Stack

pytestmark = [
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime is for Linux"),
]

BUCKET, SCOPE = "killed-imports", "killed"
LINES = 8000
SECONDS = 60


def line(number: int) -> str:
    """Return an event, or nonsense on one of a hundred lines."""
    event = {"id": f"e{number}", "time": "2026-03-01T12:00:00Z", "type": "t"}
    return "nonsense" if number % 100 == 7 else json.dumps(event)


def notification(s3: S3Client, key: str, content: str) -> Payload:
    """Put an object into a new bucket; return what the function is told about it."""
    s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
    )
    answer = s3.put_object(Bucket=BUCKET, Key=key, Body=content.encode())
    event: Payload = sample("s3")
    told = json.loads(event["Records"][0]["body"])
    stored = {"key": key, "eTag": answer["ETag"].strip('"'), "size": len(content)}
    told["Records"][0]["s3"] |= {"bucket": {"name": BUCKET}, "object": stored}
    event["Records"][0]["body"] = json.dumps(told)
    return event


def document(s3: S3Client, prefix: str) -> Any:
    """Return the only object under a prefix, or None while there is none."""
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return json.load(s3.get_object(Bucket=BUCKET, Key=found[0]["Key"])["Body"]) if found else None


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill(function: Running) -> None:
    """Kill the interpreter of a function, but not the emulator, which starts another one."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if (
            words[0] == sys.executable.encode()
            and str(function.directory / "trace").encode() in words
        ):
            os.kill(int(process.name), signal.SIGKILL)


def test_continues_where_it_stopped_and_its_result_is_exact(
    stack: Stack, tables: DynamoDBClient, session: boto3.Session, aws: str
) -> None:
    s3 = session.client("s3", endpoint_url=aws)
    store = dynamo_store(tables)
    content = "\n".join(map(line, range(LINES)))
    event = notification(s3, f"import/{SCOPE}/native/a.ndjson", content)

    def has_stored_more_than_it_says() -> bool:
        progress = document(s3, "import-progress/")
        said = progress["counts"]["stored"] if progress else 0
        return said > 0 and store.count(SCOPE, EVERYTHING) > said

    with ThreadPoolExecutor() as threads:
        first = threads.submit(stack.invoke, "ImportFunction", event)
        until(has_stored_more_than_it_says)
        kill(stack.running("ImportFunction"))
        assert first.exception() is not None
    assert document(s3, "import-results/") is None
    assert stack.invoke("ImportFunction", event) == {"batchItemFailures": []}
    result = document(s3, "import-results/")
    assert result["counts"] == {
        "stored": LINES - LINES // 100,
        "duplicate": 0,
        "conflict": 0,
        "invalid": LINES // 100,
        "expired": 0,
    }
    assert [each["line"] for each in result["refused"]] == list(range(8, LINES, 100))
    report = Verifier(tables, TABLES, 1).verify(SCOPE)
    assert (report.settled + report.young, report.drifts) == (LINES - LINES // 100, ())
