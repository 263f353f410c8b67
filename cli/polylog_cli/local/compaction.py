"""Folds the tallies of a local run with the compact function, as AWS does.

A delta is the summary of what one transaction stored. New deltas in the tally table's stream wake
the function. So does the start of the run, and then each further day.

It runs in a process of its own, so that folding does not hold up the threads that answer requests.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from polylog.dynamo.tally.delta import DELTA_ROWS
from polylog.dynamo.tally.wake import WAKE_ROWS
from polylog.model.errors import Unavailable
from polylog.model.times import SYSTEM_CLOCK, Clock
from polylog_cli.local.gateway import load_handler
from polylog_cli.local.tables import TABLES, connect, connect_streams
from polylog_cli.local.template import Function
from polylog_cli.output.console import notice

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

    from polylog.aws.http import Handler

_PAUSE_SECONDS = 0.5
_RETRY_SECONDS = 5.0
_DAY_SECONDS = 86_400.0
_STDERR: Final = 2

log = logging.getLogger(__name__)


@contextmanager
def compaction(function: Function, dynamodb: str) -> Iterator[Compaction]:
    """Run the compact function in a process of its own, until the block ends."""
    made = Compaction(partial(_start, function, dynamodb))
    try:
        yield made
    finally:
        made.end()


def _start(function: Function, dynamodb: str) -> subprocess.Popen[bytes]:
    # In a process group of its own it gets no Ctrl-C. Functions log to standard output.
    process = subprocess.Popen(
        (sys.executable, "-P", "-m", __name__),
        stdin=subprocess.PIPE,
        stdout=_STDERR,
        process_group=0,
    )
    assert process.stdin is not None
    process.stdin.write(pickle.dumps((function, dynamodb)))
    process.stdin.flush()
    return process


class Compaction:
    """The process that runs the compact function: started at once, and again when it has died."""

    def __init__(
        self, start: Callable[[], subprocess.Popen[bytes]], clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._start = start
        self._clock = clock
        self._process = start()
        self._starts_at: float | None = None

    def look(self) -> None:
        """Start the process again a while after its death was noticed."""
        if (status := self._process.poll()) is None:
            return
        if self._starts_at is None:
            notice(f"The folding process died (status {status}) and is started again")
            self._starts_at = self._clock.monotonic() + _RETRY_SECONDS
        elif self._clock.monotonic() >= self._starts_at:
            with suppress(OSError):  # If there is no room for a process, the next look tries again.
                self._process = self._start()
                self._starts_at = None

    def end(self) -> None:
        """End the process at once: a fold that is interrupted changes nothing."""
        with self._process as process:
            process.kill()


def main() -> None:
    """Run the compact function that standard input names, until standard input ends.

    Standard input ends when the process that started this one ends, even if that is killed.
    """
    function, dynamodb = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    try:
        arn = connect(dynamodb).describe_table(TableName=TABLES.tally)["Table"]["LatestStreamArn"]
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The folding process does not find the tally: {error}")
    deltas = Deltas(connect_streams(dynamodb), arn)
    Compactor(load_handler(function), deltas).run(threading.Event().wait)


def _end_with_standard_input() -> None:
    # Not through its buffer: Python aborts if that is being read when `main` raises.
    os.read(sys.stdin.fileno(), 1)
    os._exit(0)


@dataclass(slots=True)
class Deltas:
    """The new deltas in the tally table's stream, from the first look on.

    The stream has shards. One follows another, so they are listed again only when one has ended.
    """

    streams: DynamoDBStreamsClient
    arn: str
    _iterators: dict[str, str | None] = field(default_factory=dict)
    _are_all_known: bool = False

    def hand_to(self, handler: Handler) -> None:
        """Hand over the records since the last call; if the handler fails, the next call repeats.

        If the stream cannot be read, the next call starts at its end. Deltas that it misses are
        folded with the scope's next delta, or by the daily tidying.
        """
        try:
            if not self._are_all_known:
                self._list_shards()
            records, iterators = self._read()
        except ClientError:
            self._iterators, self._are_all_known = {}, False
            raise
        if records:
            handler({"Records": records}, None)
        self._are_all_known = bool(iterators) and None not in iterators.values()
        self._iterators |= iterators

    def _list_shards(self) -> None:
        """Add the shards that are new: the first ones from their end on, later ones whole."""
        start: Literal["LATEST", "TRIM_HORIZON"] = "TRIM_HORIZON" if self._iterators else "LATEST"
        stream = self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]
        for shard_id in {shard["ShardId"] for shard in stream["Shards"]} - self._iterators.keys():
            found = self.streams.get_shard_iterator(
                StreamArn=self.arn, ShardId=shard_id, ShardIteratorType=start
            )
            self._iterators[shard_id] = found["ShardIterator"]

    def _read(self) -> tuple[list[Any], dict[str, str | None]]:
        """Return the records of new deltas, and where each shard goes on; None if it has ended."""
        records: list[Any] = []
        iterators: dict[str, str | None] = {}
        for shard_id, position in self._iterators.items():
            if position is not None:
                answer = self.streams.get_records(ShardIterator=position)
                records += filter(_wakes, answer["Records"])
                iterators[shard_id] = answer.get("NextShardIterator")
        return records, iterators


@dataclass(slots=True)
class Compactor:
    """Wakes the compact function; a failure delays its work but never ends it."""

    handler: Handler
    deltas: Deltas
    clock: Clock = SYSTEM_CLOCK
    _tidied_at: float = -inf

    def run(self, wait: Callable[[float], bool]) -> None:
        """Work until `wait`, which takes seconds, returns True: the run has ended."""
        pause_seconds = _PAUSE_SECONDS
        while not wait(pause_seconds):
            # The stream comes first: a delta that arrives while scopes are tidied is not missed.
            outcomes = [_has_succeeded(work) for work in (self._compact, self._tidy_daily)]
            pause_seconds = _PAUSE_SECONDS if all(outcomes) else _RETRY_SECONDS

    def _compact(self) -> None:
        self.deltas.hand_to(self.handler)

    def _tidy_daily(self) -> None:
        if self.clock.monotonic() - self._tidied_at > _DAY_SECONDS:
            self.handler({}, None)
            self._tidied_at = self.clock.monotonic()


def _has_succeeded(work: Callable[[], None]) -> bool:
    try:
        work()
    except (BotoCoreError, ClientError, Unavailable):
        return False  # DynamoDB is busy, or is being stopped.
    except Exception:
        # Lambda outlives any mistake in a function, and so does this.
        log.exception("compaction failed and is tried again")
        return False
    return True


def _wakes(record: Any) -> bool:
    """Return whether a record is about a new delta or a wake-up, as the template's filter does."""
    name, row = record["eventName"], record["dynamodb"]["Keys"]["row"]["S"]
    is_wake = row.startswith(WAKE_ROWS) and name in ("INSERT", "MODIFY")
    return is_wake or (row.startswith(DELTA_ROWS) and name == "INSERT")


if __name__ == "__main__":
    main()
