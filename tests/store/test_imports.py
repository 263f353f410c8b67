"""The importer: objects in a bucket in, events in the log and a result object out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from typing import Any

import boto3
import pytest
from memory import MemoryEventStore
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from polylog.aws import importer, ledger
from polylog.aws.importer import Importer, Stuck, Unfinished
from polylog.aws.objects import PART_BYTES, ObjectChanged, ObjectVersion
from polylog.errors import Unavailable
from polylog.event import Event
from polylog.filter import EVERYTHING
from polylog.store import EventStore, Outcome, Status

BUCKET = "drops"
SCOPE = "one"
ENDINGS = ("ndjson", "ndjson.gz", "json", "json.gz")


DWS = {
    "event_id": "e1",
    "name": "clusterCreated",
    "category": "management",
    "severity": "normal",
    "occur_time": 1772366400250,
    "project_id": SCOPE,
}


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


class Offers:
    """Counts what a store is offered, and dies at one of the calls, before or after it stored."""

    def __init__(self, log: EventStore, dies_at: int = 0, *, after: bool = False) -> None:
        self._log = log
        self._calls = count(1)
        self._dies_at = dies_at
        self._after = after
        self.count = 0
        self.latest = log.latest

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        is_fatal = next(self._calls) == self._dies_at
        if is_fatal and not self._after:
            raise Killed
        self.count += len(events)
        outcomes = self._log.put(scope, events)
        if is_fatal:
            raise Killed
        return outcomes


class Shelf:
    """A store of very many events, in which they can only be put."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def latest(self, scope: str) -> int:
        return len(self.numbers)

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        return tuple(self._put(event.id) for event in events)

    def _put(self, name: str) -> Outcome:
        status = Status.DUPLICATE if name in self.numbers else Status.STORED
        return Outcome(status, name, self.numbers.setdefault(name, len(self.numbers) + 1))


class Killed(BaseException):
    """What happens to a function that takes too long."""


@pytest.mark.parametrize(
    ("ending", "size", "after"),
    [
        ("ndjson", 100_000, True),
        ("ndjson", 10_000, False),
        ("ndjson.gz", 10_000, True),
        ("json", 10_000, True),
        ("json.gz", 10_000, False),
    ],
)
def test_the_result_is_exact_when_it_was_killed_in_the_middle(
    s3: S3Client, ending: str, size: int, after: bool
) -> None:
    """1 % of the lines are bad, some of the others there before, or twice in the file."""
    log = Shelf()
    log.put(SCOPE, [Event(id=f"e{number}", time=0, type="t") for number in (5, size // 2 + 1)])
    events = [b"7" if n % 100 == 0 else event(n % (size - 1000)) for n in range(size)]
    source = drop(s3, document(events, ending), f"import/one/native/a.{ending}")
    for call in (3, 7):
        with pytest.raises(Killed):
            Importer(Offers(log, call, after=after), s3, 5, clock=later()).run(source, for_ever)
    Importer(log, s3, 5).run(source, for_ever)
    said = result(s3, source)
    bad, twice = size // 100, 1000 - 10
    assert said["counts"] == counts(stored=size - bad - twice - 2, duplicate=twice + 2, invalid=bad)
    assert [each["line"] for each in said["refused"]] == list(range(1, size, 100))
    assert {each["reason"] for each in said["refused"]} == {"event must be an object"}
    assert len(log.numbers) == size - bad - twice


def later() -> Callable[[], float]:
    """Return a clock by which every fourth part is saved."""
    return partial(next, count(0, 2))


def test_what_came_before_a_kill_is_not_offered_again(s3: S3Client) -> None:
    log = Shelf()
    source = drop(s3, document([event(number) for number in range(9500)], "ndjson"))
    with pytest.raises(Killed):
        Importer(Offers(log, 9), s3, 5, clock=later()).run(source, for_ever)
    offers = Offers(log)
    Importer(offers, s3, 5).run(source, for_ever)
    assert offers.count <= 9500 - 6 * 950
    assert result(s3, source)["counts"] == counts(stored=9500)


def test_an_object_that_was_imported_is_left_alone(s3: S3Client, log: MemoryEventStore) -> None:
    source = drop(s3, event(1))
    first = Importer(log, s3, 5).run(source, for_ever)
    assert first is not None
    assert Importer(log, s3, 5).run(source, for_ever) is None
    assert result(s3, source)["counts"] == counts(stored=1)


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
        ("import/a.ndjson", "object must be import/<scope>/<format>/<name>.ndjson or .json"),
        ("import/one/native/a.csv", "object must be import/<scope>/<format>/<name>.ndjson"),
        ("import/o ne/native/a.json", "scope must be 1 to 64 of letters"),
        ("import/one/nonsense/a.json", "format must be one of cloudevents, "),
    ],
)
def test_a_key_that_says_too_little_is_named_in_the_result(
    s3: S3Client, log: MemoryEventStore, key: str, problem: str
) -> None:
    source = drop(s3, event(1), key)
    Importer(log, s3, 5).run(source, for_ever)
    assert result(s3, source)["error"].startswith(problem)
    assert log.count(SCOPE, EVERYTHING) == 0


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_object_holds_no_events(s3: S3Client, log: MemoryEventStore, ending: str) -> None:
    source = drop(s3, b"", f"import/one/native/a.{ending}")
    Importer(log, s3, 5).run(source, for_ever)
    assert result(s3, source)["counts"] == counts()


@pytest.mark.parametrize(
    ("ending", "spoil", "reason"),
    [
        ("ndjson", lambda body: body[:-9], "not JSON: "),
        ("json", lambda body: body[:-9], "from here on not JSON, or a value of more than "),
        ("ndjson.gz", lambda body: body[:-9], "from here on not gzip: Compressed file ended"),
        ("json.gz", lambda body: body[:-9], "from here on not gzip: Compressed file ended"),
        ("ndjson.gz", lambda body: b"plain", "from here on not gzip: Not a gzipped file"),
    ],
)
def test_what_cannot_be_read_does_not_spoil_what_could(
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
            "project_id must be the scope of the key"
        ]
    assert log.count(SCOPE, EVERYTHING) == 2


def test_a_long_object_is_read_in_parts(s3: S3Client) -> None:
    """So that what is in memory does not grow with it."""
    source = drop(s3, b"".join(event(n, "t" * 200) + b"\n" for n in range(40_000)))
    parts: list[str] = []

    def note(params: Any, **_: object) -> None:
        parts.append(params["headers"].get("Range", "whole"))

    s3.meta.events.register("before-call.s3.GetObject", note)
    Importer(Shelf(), s3, 5).run(source, for_ever)
    begins = [f"bytes={n * PART_BYTES}-{(n + 1) * PART_BYTES - 1}" for n in range(4)]
    assert parts == ["whole", *begins[:3], *parts[4:]]
    assert len(parts) <= 5


def test_many_refusals_are_told_in_objects_of_their_own(
    s3: S3Client, log: MemoryEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_KEPT_TOGETHER", 1000)
    source = drop(s3, b"7\n" * 5000)
    Importer(log, s3, 5, clock=later()).run(source, for_ever)
    said = result(s3, source)
    lines = [each["line"] for key in said["refused_before"] for each in refusals(s3, key)]
    assert [*lines, *(each["line"] for each in said["refused"])] == list(range(1, 5001))
    assert len(said["refused_before"]) > 1


def refusals(s3: S3Client, key: str) -> list[Any]:
    content = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return [json.loads(line) for line in content.splitlines()]


def test_an_import_that_runs_elsewhere_too_is_left_to_one_of_them(
    s3: S3Client, log: MemoryEventStore
) -> None:
    source = drop(s3, document([event(number) for number in range(2000)], "ndjson"))

    def overtaken() -> bool:
        with pytest.raises(Unfinished):
            Importer(log, s3, 5).run(source, for_parts(1))
        return False

    with pytest.raises(ObjectChanged):
        Importer(log, s3, 5).run(source, overtaken)
    Importer(log, s3, 5).run(source, for_ever)
    assert log.count(SCOPE, EVERYTHING) == 2000


class Silent(MemoryEventStore):
    """A database that does not answer."""

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        raise Unavailable


def test_an_import_that_gets_no_further_is_given_up_and_may_be_tried_again(
    s3: S3Client, log: MemoryEventStore
) -> None:
    source = drop(s3, event(1))
    for _ in range(5):
        with pytest.raises(Unavailable):
            Importer(Silent(), s3, 5).run(source, for_ever)
    with pytest.raises(Stuck, match="tried 5 times from line 1 on"):
        Importer(Silent(), s3, 5).run(source, for_ever)
    Importer(log, s3, 5).run(source, for_ever)
    assert result(s3, source)["counts"] == counts(stored=1)
