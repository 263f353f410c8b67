"""When `polylog run` wakes the compact function, and that no failure ends it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from polylog.model.errors import Unavailable
from polylog.model.times import Clock
from polylog_cli.local.compaction import Compactor, Deltas

DAY_SECONDS = 86_400
TIDY: dict[str, Any] = {}


class Streams:
    """A stream of one shard; an iterator is a place in it."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.failures: list[Exception] = []

    def put(self, scope: str, row: str = "head/delta/1", event: str = "INSERT") -> None:
        keys = {"scope": {"S": scope}, "row": {"S": row}}
        self.records.append({"eventName": event, "dynamodb": {"Keys": keys}})

    def describe_stream(self, **_: object) -> dict[str, Any]:
        return {"StreamDescription": {"Shards": [{"ShardId": "only"}]}}

    def get_shard_iterator(self, **_: object) -> dict[str, Any]:
        return {"ShardIterator": str(len(self.records))}

    def get_records(self, ShardIterator: str) -> dict[str, Any]:  # noqa: N803, boto3's name
        if self.failures:
            raise self.failures.pop()
        end = str(len(self.records))
        return {"Records": self.records[int(ShardIterator) :], "NextShardIterator": end}


class Run:
    """A compactor over a fake stream and clock, and what its handler was called with."""

    def __init__(self) -> None:
        self.streams, self.now = Streams(), 0.0
        self._clock = Clock(monotonic=lambda: self.now)
        self.calls: list[dict[str, Any]] = []
        self.failures: dict[str, list[Exception]] = {"tidy": [], "compact": []}
        self.compactor = Compactor(self._handle, Deltas(self.streams, "arn"), self._clock)

    @property
    def tidied(self) -> int:
        return self.calls.count(TIDY)

    @property
    def scopes(self) -> list[list[str]]:
        """The scopes of each call with records."""
        batches = [call["Records"] for call in self.calls if call]
        return [[each["dynamodb"]["Keys"]["scope"]["S"] for each in batch] for batch in batches]

    def rounds(self, count: int) -> list[float]:
        """Let the compactor look `count` times; return the seconds of every wait."""
        waited: list[float] = []

        def wait(seconds: float) -> bool:
            waited.append(seconds)
            return len(waited) > count

        self.compactor.run(wait)
        return waited

    def _handle(self, event: dict[str, Any], context: object) -> Any:
        self.calls.append(event)
        failures = self.failures["compact" if event else "tidy"]
        if failures:
            raise failures.pop()


@pytest.fixture
def run() -> Run:
    """Return a run that has looked once: it has tidied, and knows the end of the stream."""
    run = Run()
    run.rounds(1)
    return run


def test_deltas_wake_the_function_once(run: Run) -> None:
    run.streams.put("a")
    run.streams.put("b")
    run.rounds(3)
    assert run.scopes == [["a", "b"]]


@pytest.mark.parametrize(("row", "event"), [("head/all", "INSERT"), ("head/delta/1", "REMOVE")])
def test_other_records_do_not(run: Run, row: str, event: str) -> None:
    run.streams.put("a", row, event)
    run.rounds(1)
    assert run.scopes == []


@pytest.mark.parametrize("error", [ValueError("a mistake"), Unavailable("busy")])
def test_deltas_of_a_failed_call_are_handed_over_again(run: Run, error: Exception) -> None:
    run.failures["compact"] = [error]
    run.streams.put("a")
    run.rounds(3)
    assert run.scopes == [["a"], ["a"]]


def test_a_mistake_is_logged(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    run.failures["compact"] = [ValueError("a mistake")]
    run.streams.put("a")
    with caplog.at_level(logging.ERROR):
        run.rounds(1)
    assert "ValueError: a mistake" in caplog.text


def test_a_failure_is_followed_by_a_longer_wait(run: Run) -> None:
    run.failures["compact"] = [ValueError()]
    run.streams.put("a")
    usual, after_failure, after_success = run.rounds(2)
    assert after_failure > usual == after_success


def test_a_stream_that_cannot_be_read_is_opened_anew(run: Run) -> None:
    error: Iterable[Any] = ({"Error": {"Code": "ExpiredIteratorException"}}, "GetRecords")
    run.streams.failures = [ClientError(*error)]
    run.rounds(1)
    run.streams.put("a")
    run.rounds(2)
    assert run.scopes == []
    run.streams.put("b")
    run.rounds(1)
    assert run.scopes == [["b"]]


def test_scopes_are_tidied_at_the_start_and_every_day(run: Run) -> None:
    run.rounds(3)
    assert run.tidied == 1
    run.now = DAY_SECONDS + 1
    run.rounds(3)
    assert run.tidied == 2


@pytest.mark.parametrize("error", [ValueError("a mistake"), Unavailable("busy")])
def test_a_tidying_that_failed_is_tried_again(error: Exception) -> None:
    run = Run()
    run.failures["tidy"] = [error]
    run.rounds(3)
    assert run.tidied == 2


def test_a_tidying_that_fails_keeps_no_delta_waiting(run: Run) -> None:
    run.failures["tidy"] = [ValueError() for _ in range(3)]
    run.now = DAY_SECONDS + 1
    run.streams.put("a")
    run.rounds(1)
    assert run.scopes == [["a"]]
