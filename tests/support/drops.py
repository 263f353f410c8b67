"""Objects dropped into a bucket, the results of their import, and logs to import into."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

from mypy_boto3_s3 import S3Client

from polylog.aws.objects import ObjectVersion
from polylog.model.errors import Unavailable
from polylog.model.event import Event
from polylog.model.store import EventStore, Outcome, Status
from polylog.model.times import Clock, Deadline
from support.memory import MemoryEventStore

BUCKET = "drops"
SCOPE = "one"
ENDINGS = ("ndjson", "ndjson.gz", "json", "json.gz")


def drop(s3: S3Client, content: bytes, key: str = "import/one/native/a.ndjson") -> ObjectVersion:
    """Put an object into the bucket, gzipped if its name says so; return what S3 says about it."""
    body = gzip.compress(content) if key.endswith(".gz") else content
    answer = s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    return ObjectVersion(BUCKET, key, answer.get("VersionId"), answer["ETag"].strip('"'))


def event(number: int, type: str = "t") -> bytes:
    """Return a line of an object."""
    return b'{"id":"e%d","time":"2026-11-01T00:00:00Z","type":"%b"}' % (number, type.encode())


def document(events: Sequence[bytes], ending: str) -> bytes:
    """Return an object of these events, in the format that its ending names."""
    if ending.startswith("ndjson"):
        return b"\n".join(events) + b"\n"
    return b"[" + b",\n".join(events) + b"]"


def result(s3: S3Client, source: ObjectVersion) -> Any:
    """Return what the importer wrote about an object."""
    key = source.key.replace("import/", "import-results/", 1) + ".json"
    return json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def counts(**named: int) -> dict[str, int]:
    """Return the counts of a result; those that are not named are 0."""
    return dict.fromkeys(("stored", "duplicate", "conflict", "invalid", "expired"), 0) | named


def until(has_time: Callable[[], bool]) -> Deadline:
    """Return a deadline that is over as soon as `has_time` returns False."""
    return Deadline(1, lambda: 0 if has_time() else 1)


for_ever = until(lambda: True)


def for_parts(number: int) -> Deadline:
    """Return a deadline that leaves time for fewer than this number of parts."""
    parts = count(1)
    return until(lambda: next(parts) < number)


def later() -> Clock:
    """Return a clock by which the importer saves after every fourth part."""
    return Clock(monotonic=partial(next, count(0, 2)))


class Killed(BaseException):
    """Raised where Lambda would kill a function that takes too long."""


class Offers:
    """Counts the events offered to a store, and dies at one call, before or after it stores."""

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
    """A store for very many events that can only be written to."""

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


class Silent(MemoryEventStore):
    """A database that does not answer."""

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        raise Unavailable
