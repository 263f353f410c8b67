"""The importer, killed at any request or run in two places: in the end it says the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from typing import Any

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client
from support.drops import for_ever, for_parts, until
from support.examples import long
from support.memory import MemoryEventStore

from polylog.aws import importer, ledger
from polylog.aws.importer import Importer, Unfinished
from polylog.aws.objects import ObjectChanged, ObjectVersion
from polylog.model.errors import Unavailable
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING
from polylog.model.store import Outcome
from polylog.model.times import Clock, Deadline

BUCKET, SCOPE, KEY = "drops", "one", "import/one/native/a.ndjson"
SIZE = 60
TIME = 1_793_491_200_000_000
COUNTS = {"stored": 46, "duplicate": 8, "conflict": 1, "invalid": 15, "expired": 0}
LINES = sorted([*range(1, SIZE + 1, 4), 43])
# A death after a request leaves the same as a death before the next one.
AFTER = [True, *long(False)]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    monkeypatch.setattr(importer, "_MAX_PIECES", 10)
    monkeypatch.setattr(ledger, "_KEPT_TOGETHER", 5)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


class Killed(BaseException):
    """Raised where Lambda would kill a function that takes too long."""


class Mortal:
    """Passes calls on to a client or a store, and dies at one of them, before or after it."""

    def __init__(self, inner: Any, dies_at: int, *, after: bool) -> None:
        self._inner = inner
        self._calls = count(1)
        self._dies_at = dies_at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return partial(self._call, getattr(self._inner, name))

    def _call(self, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        is_fatal = next(self._calls) == self._dies_at
        if is_fatal and not self._after:
            raise Killed
        try:
            return method(*arguments, **named)
        finally:
            if is_fatal:
                raise Killed


def event(number: int) -> bytes:
    return b'{"id":"e%d","time":"2026-11-01T00:00:00Z","type":"t"}' % number


def drop(s3: S3Client, lines: list[bytes]) -> ObjectVersion:
    answer = s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"\n".join(lines))
    return ObjectVersion(BUCKET, KEY, answer["VersionId"], answer["ETag"].strip('"'))


def dropped(s3: S3Client) -> ObjectVersion:
    """Put an object into the bucket: every fourth line is bad, most of the last are repeated."""
    lines = [b"7" if n % 4 == 0 else event(n) for n in range(SIZE)]
    return drop(s3, lines + [event(n) for n in range(10)])


def used_log() -> MemoryEventStore:
    """Return a log that holds one of the events, and another event with the id of a second."""
    log = MemoryEventStore()
    log.put(SCOPE, [Event(id="e1", time=TIME, type="t"), Event(id="e42", time=TIME, type="x")])
    return log


def read(s3: S3Client, key: str) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def told(s3: S3Client) -> tuple[dict[str, int], list[int]]:
    """Return the counts of the result, and the lines of everything that it says was refused."""
    said = json.loads(read(s3, KEY.replace("import/", "import-results/", 1) + ".json"))
    before = [line for key in said["refused_before"] for line in read(s3, key).splitlines()]
    return said["counts"], [each["line"] for each in [*map(json.loads, before), *said["refused"]]]


def run(log: Any, s3: Any, source: ObjectVersion, deadline: Deadline) -> None:
    """Import, and save after every second part."""
    Importer(log, s3, 5, clock=Clock(monotonic=partial(next, count(0, 4)))).run(source, deadline)


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("dies_at", range(1, 15))
def test_killed_at_any_request_to_the_bucket_it_says_the_same(
    s3: S3Client, dies_at: int, after: bool
) -> None:
    source, log = dropped(s3), used_log()
    with pytest.raises(Killed):
        run(log, Mortal(s3, dies_at, after=after), source, for_ever)
    run(log, s3, source, for_ever)
    assert told(s3) == (COUNTS, LINES)


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("dies_at", range(1, 9))
def test_killed_at_any_request_to_the_log_it_says_the_same(
    s3: S3Client, dies_at: int, after: bool
) -> None:
    source, log = dropped(s3), used_log()
    with pytest.raises(Killed):
        run(Mortal(log, dies_at, after=after), s3, source, for_ever)
    run(log, s3, source, for_ever)
    assert told(s3) == (COUNTS, LINES)


class Halving:
    """A log that stores half of what one call offers it, and then fails."""

    def __init__(self, log: MemoryEventStore, fails_at: int, error: BaseException) -> None:
        self._log = log
        self._calls = count(1)
        self._fails_at = fails_at
        self._error = error
        self.latest = log.latest

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        if next(self._calls) == self._fails_at:
            self._log.put(scope, events[: len(events) // 2])
            raise self._error
        return self._log.put(scope, events)


@pytest.mark.parametrize("error", [Unavailable(), *long(Killed())])
@pytest.mark.parametrize("fails_at", range(1, 8))
def test_failed_within_a_part_it_says_the_same(
    s3: S3Client, fails_at: int, error: BaseException
) -> None:
    source, log = dropped(s3), used_log()
    with pytest.raises(type(error)):
        run(Halving(log, fails_at, error), s3, source, for_ever)
    run(log, s3, source, for_ever)
    assert told(s3) == (COUNTS, LINES)


def test_an_import_that_was_overtaken_writes_no_result(s3: S3Client) -> None:
    """The other one's result stands: it knows all refusals, and what it stored itself."""
    source, log = dropped(s3), used_log()

    def overtaken() -> bool:
        run(log, s3, source, for_ever)
        return True

    with pytest.raises(ObjectChanged):
        Importer(log, s3, 5, clock=Clock(monotonic=lambda: 0)).run(source, at(1, overtaken))
    assert told(s3) == (COUNTS, LINES)


def test_an_import_that_was_overtaken_loses_no_refusals(s3: S3Client) -> None:
    source, log = dropped(s3), used_log()

    def overtaken() -> bool:
        with pytest.raises(Unfinished):
            run(log, s3, source, for_parts(5))
        return True

    with pytest.raises(ObjectChanged):
        Importer(log, s3, 5, clock=Clock(monotonic=partial(next, count(0, 2)))).run(
            source, at(2, overtaken)
        )
    run(log, s3, source, for_ever)
    assert told(s3)[1] == LINES


def at(number: int, do: Callable[[], bool]) -> Deadline:
    """Return a deadline that does something at the n-th time it is asked."""
    calls = iter([*[_has_time] * (number - 1), do])
    return until(lambda: next(calls, _has_time)())


def _has_time() -> bool:
    return True


def test_versions_do_not_share_refusals(s3: S3Client) -> None:
    log, first = MemoryEventStore(), drop(s3, [b"7"] * 40)
    run(log, s3, first, for_ever)
    before = refusals(s3)
    run(log, s3, drop(s3, [b"8", event(1)] * 30), for_ever)
    assert refusals(s3).items() > before.items()


def refusals(s3: S3Client) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="import-results/")["Contents"]
    keys = [each["Key"] for each in listed]
    return {key: read(s3, key) for key in keys if ".refused-" in key}


def test_what_others_stored_while_it_waited_counts_as_duplicates(s3: S3Client) -> None:
    source, log = drop(s3, [event(n) for n in range(20)]), MemoryEventStore()
    with pytest.raises(Unfinished):
        run(log, s3, source, for_parts(1))
    log.put(SCOPE, [Event(id=f"e{n}", time=TIME, type="t") for n in range(10, 20)])
    run(log, s3, source, for_ever)
    assert told(s3)[0] == dict.fromkeys(COUNTS, 0) | {"stored": 10, "duplicate": 10}
    assert log.count(SCOPE, EVERYTHING) == 20
