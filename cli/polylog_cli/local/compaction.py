"""Folds the tallies of a local run: the table's stream wakes the compact function, as on AWS.

So does the end of a day, and the start of the run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from polylog.model.errors import Unavailable
from polylog_cli.local.tables import connect, connect_streams

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

    from polylog.aws.http import Handler

TALLY_TABLE = "TallyTable"
_DELTA = "head/delta/"
_SECONDS = 1.0
_DAY = 86_400.0


@contextmanager
def compaction(handler: Handler, dynamodb: str) -> Iterator[None]:
    """Wake the handler for new deltas, in a thread of its own, for as long as the block runs."""
    ended = threading.Event()
    arn = connect(dynamodb).describe_table(TableName=TALLY_TABLE)["Table"]["LatestStreamArn"]
    arguments = (handler, connect_streams(dynamodb), arn, ended)
    thread = threading.Thread(target=_wake, args=arguments, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()


def _wake(
    handler: Handler, streams: DynamoDBStreamsClient, arn: str, ended: threading.Event
) -> None:
    iterators: dict[str, str | None] = {}
    tidied_at = -inf
    while not ended.wait(_SECONDS):
        try:
            if time.monotonic() - tidied_at > _DAY:
                handler({}, None)
                tidied_at = time.monotonic()
            records = list(_records(streams, arn, iterators))
            if records:
                handler({"Records": records}, None)
        except (BotoCoreError, ClientError, Unavailable):
            iterators.clear()  # The next wake-up makes up for this one.


def _records(
    streams: DynamoDBStreamsClient, arn: str, iterators: dict[str, str | None]
) -> Iterator[Any]:
    """Yield the records of new deltas, and move the shards' iterators on."""
    shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    for shard in shards:
        shard_id = shard["ShardId"]
        if shard_id not in iterators:
            start = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard_id, ShardIteratorType="LATEST"
            )
            iterators[shard_id] = start["ShardIterator"]
        position = iterators[shard_id]
        if position is not None:
            answer = streams.get_records(ShardIterator=position)
            iterators[shard_id] = answer.get("NextShardIterator")
            yield from filter(_is_new_delta, answer["Records"])


def _is_new_delta(record: Any) -> bool:
    row: str = record["dynamodb"]["Keys"]["row"]["S"]
    return record["eventName"] == "INSERT" and row.startswith(_DELTA)
