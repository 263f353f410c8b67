"""Folds the tallies of a local run with the compact function, as AWS does.

New deltas in the tally table's stream wake the function. So does the start of the run, and then
every further day.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from polylog.dynamo.tally.delta import DELTA_ROWS
from polylog.dynamo.tally.wake import WAKE_ROWS
from polylog.model.errors import Unavailable
from polylog.model.times import SYSTEM_CLOCK, Clock
from polylog_cli.local.tables import TABLES, connect, connect_streams

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

    from polylog.aws.http import Handler

_PAUSE_SECONDS = 1.0
_RETRY_SECONDS = 5.0
_DAY_SECONDS = 86_400.0

log = logging.getLogger(__name__)


@contextmanager
def compaction(handler: Handler, dynamodb: str) -> Iterator[None]:
    """Run the compact function in a thread of its own, until the block ends."""
    ended = threading.Event()
    arn = connect(dynamodb).describe_table(TableName=TABLES.tally)["Table"]["LatestStreamArn"]
    compactor = Compactor(handler, Deltas(connect_streams(dynamodb), arn))
    threading.Thread(target=compactor.run, args=(ended.wait,), daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@dataclass(slots=True)
class Deltas:
    """The new deltas in the tally table's stream, from the first look on."""

    streams: DynamoDBStreamsClient
    arn: str
    _iterators: dict[str, str | None] = field(default_factory=dict)

    def hand_to(self, handler: Handler) -> None:
        """Hand over the records since the last call; if the handler fails, the next call repeats.

        If the stream cannot be read, the next call starts at its end. What is missed then waits for
        the scope's next delta or for the daily tidying.
        """
        try:
            records, iterators = self._read()
        except (BotoCoreError, ClientError):
            self._iterators = {}
            raise
        if records:
            handler({"Records": records}, None)
        self._iterators = iterators

    def _read(self) -> tuple[list[Any], dict[str, str | None]]:
        """Return the records of new deltas, and where each shard continues after them."""
        records: list[Any] = []
        iterators: dict[str, str | None] = {}
        stream = self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]
        for shard in stream["Shards"]:
            shard_id = shard["ShardId"]
            position = self._position(shard_id)
            if position is not None:
                answer = self.streams.get_records(ShardIterator=position)
                position = answer.get("NextShardIterator")
                records += filter(_wakes, answer["Records"])
            iterators[shard_id] = position
        return records, iterators

    def _position(self, shard_id: str) -> str | None:
        """Return the iterator of a shard; None if the shard is closed and read to its end."""
        if shard_id not in self._iterators:
            start = self.streams.get_shard_iterator(
                StreamArn=self.arn, ShardId=shard_id, ShardIteratorType="LATEST"
            )
            self._iterators[shard_id] = start["ShardIterator"]
        return self._iterators[shard_id]


@dataclass(slots=True)
class Compactor:
    """Wakes the compact function; a failure delays its work but never ends it."""

    handler: Handler
    deltas: Deltas
    clock: Clock = SYSTEM_CLOCK
    _tidied_at: float = -inf

    def run(self, wait: Callable[[float], bool]) -> None:
        """Work until `wait`, which takes seconds, returns that the run has ended."""
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
        # Lambda outlives any mistake in a function, and so must this thread: nothing restarts it.
        log.exception("compaction failed and is tried again")
        return False
    return True


def _wakes(record: Any) -> bool:
    """Return whether a record is about a new delta or a wake-up, as the template's filter does."""
    name, row = record["eventName"], record["dynamodb"]["Keys"]["row"]["S"]
    is_wake = row.startswith(WAKE_ROWS) and name in ("INSERT", "MODIFY")
    return is_wake or (row.startswith(DELTA_ROWS) and name == "INSERT")
