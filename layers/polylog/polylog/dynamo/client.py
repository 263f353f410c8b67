"""The connection to DynamoDB, and its failures as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from polylog.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Three tries, with what lies between them, end well before the gateway's 30 seconds.
CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=50,
    retries={"mode": "standard", "total_max_attempts": 3},
)


def connect() -> DynamoDBClient:
    """Return a client for the region and credentials that the environment names."""
    return boto3.client("dynamodb", config=CONFIG)


@contextmanager
def failures_as_unavailable() -> Iterator[None]:
    """Turn whatever DynamoDB or the way to it reports into `Unavailable`."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise Unavailable from error
