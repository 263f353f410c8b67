"""When `polylog run` wakes the compact function, and that nothing stops it for good."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from polylog.model.errors import Unavailable
from polylog_cli.local.compaction import Compaction, Compactor, Deltas
from tools.clocks import StoppedClock

DAY_SECONDS = 86_400
TIDY: dict[str, Any] = {}


class Streams:
    """A stream of shards. Only the last one is open. An iterator is a place in a shard."""

    def __init__(self) -> None:
        self.shards: list[list[dict[str, Any]]] = [[]]
        self.failures: list[Exception] = []
        self.listed = 0

    def put(self, scope: str, row: str = "head/delta/1", event: str = "INSERT") -> None:
        keys = {"scope": {"S": scope}, "row": {"S": row}}
        self.shards[-1].append({"eventName": event, "dynamodb": {"Keys": keys}})

    def describe_stream(self, **_: object) -> dict[str, Any]:
        self.listed += 1
        shards = [{"ShardId": str(number)} for number in range(len(self.shards))]
        return {"StreamDescription": {"Shards": shards}}

    def get_shard_iterator(
        self,
        ShardId: str,  # noqa: N803, boto3's name
        ShardIteratorType: str,  # noqa: N803
        **_: object,
    ) -> dict[str, Any]:
        end = len(self.shards[int(ShardId)])
        return {"ShardIterator": f"{ShardId}/{end if ShardIteratorType == 'LATEST' else 0}"}

    def get_records(self, ShardIterator: str) -> dict[str, Any]:  # noqa: N803
        if self.failures:
            raise self.failures.pop()
        number, place = map(int, ShardIterator.split("/"))
        shard = self.shards[number]
        is_open = number == len(self.shards) - 1
        further = {"NextShardIterator": f"{number}/{len(shard)}"} if is_open else {}
        return {"Records": shard[place:]} | further


class Run:
    """A compactor over a fake stream and clock, and the calls of its handler."""

    def __init__(self) -> None:
        self.streams, self.time = Streams(), StoppedClock(0)
        self.calls: list[dict[str, Any]] = []
        self.failures: dict[str, list[Exception]] = {"tidy": [], "compact": []}
        self.compactor = Compactor(self._handle, Deltas(self.streams, "arn"), self.time.clock)

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


def test_wake_up_rows_wake_it(run: Run) -> None:
    run.streams.put("a", "wake/1")
    run.rounds(1)
    assert run.scopes == [["a"]]


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


def test_a_stream_that_cannot_be_read_is_opened_again(run: Run) -> None:
    error: Iterable[Any] = ({"Error": {"Code": "ExpiredIteratorException"}}, "GetRecords")
    run.streams.failures = [ClientError(*error)]
    run.rounds(1)
    run.streams.put("a")
    run.rounds(2)
    assert run.scopes == []
    run.streams.put("b")
    run.rounds(1)
    assert run.scopes == [["b"]]


def test_a_stream_that_did_not_answer_is_read_on_from_the_same_place(run: Run) -> None:
    run.streams.failures = [EndpointConnectionError(endpoint_url="http://x")]
    run.streams.put("a")
    run.rounds(2)
    assert run.scopes == [["a"]]


def test_the_next_shard_is_read_from_its_beginning(run: Run) -> None:
    run.streams.put("a")
    run.streams.shards.append([])
    run.streams.put("b")
    run.rounds(2)
    run.streams.put("c")
    run.rounds(1)
    assert run.scopes == [["a"], ["b"], ["c"]]


def test_shards_are_listed_only_when_one_has_ended(run: Run) -> None:
    run.rounds(3)
    assert run.streams.listed == 1
    run.streams.shards.append([])
    run.rounds(4)
    assert run.streams.listed == 2


def test_scopes_are_tidied_at_the_start_and_every_day(run: Run) -> None:
    run.rounds(3)
    assert run.tidied == 1
    run.time.sleep(DAY_SECONDS + 1)
    run.rounds(3)
    assert run.tidied == 2


@pytest.mark.parametrize("error", [ValueError("a mistake"), Unavailable("busy")])
def test_a_tidying_that_failed_is_tried_again(error: Exception) -> None:
    run = Run()
    run.failures["tidy"] = [error]
    run.rounds(3)
    assert run.tidied == 2


def test_a_tidying_that_fails_holds_up_no_delta(run: Run) -> None:
    run.failures["tidy"] = [ValueError() for _ in range(3)]
    run.time.sleep(DAY_SECONDS + 1)
    run.streams.put("a")
    run.rounds(1)
    assert run.scopes == [["a"]]


class Process:
    """A process that dies when it is given a status."""

    status: int | None = None

    def poll(self) -> int | None:
        return self.status


class Processes:
    """A compaction whose processes and clock are fakes."""

    def __init__(self) -> None:
        self.started: list[Process] = []
        self.failures: list[Exception] = []
        self.time = StoppedClock(0)
        self.compaction = Compaction(self._start, self.time.clock)

    def look(self, *, after: float) -> int:
        """Look after this many seconds; return how many processes have been started by then."""
        self.time.sleep(after)
        self.compaction.look()
        return len(self.started)

    def _start(self) -> Any:
        if self.failures:
            raise self.failures.pop()
        self.started.append(Process())
        return self.started[-1]


def test_a_running_process_is_left_alone() -> None:
    processes = Processes()
    assert [processes.look(after=100) for _ in range(3)] == [1, 1, 1]


def test_a_process_that_died_is_started_again_after_a_pause(
    capsys: pytest.CaptureFixture[str],
) -> None:
    processes = Processes()
    processes.started[0].status = -9
    assert [processes.look(after=1) for _ in range(8)] == [1, 1, 1, 1, 1, 2, 2, 2]
    told = "The folding process died (status -9) and is started again\n"
    assert capsys.readouterr().err == told
    processes.started[1].status = 1
    assert [processes.look(after=1) for _ in range(6)] == [2, 2, 2, 2, 2, 3]


def test_a_process_that_cannot_be_started_is_tried_again() -> None:
    processes = Processes()
    processes.started[0].status = 1
    processes.failures = [BlockingIOError()]
    assert [processes.look(after=10) for _ in range(3)] == [1, 1, 2]
