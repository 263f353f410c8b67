"""A log as its operator sees it: the keys and the tables, without the service in between."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from polylog.dynamo.keys import DynamoKeyStore
from polylog.dynamo.peppers import peppers_from_file
from polylog.dynamo.retention import Retention
from polylog.dynamo.tables import Tables
from polylog.model.times import SYSTEM_CLOCK
from polylog_cli.local.home import Home, run_command
from polylog_cli.local.tables import KEYS_TABLE, TABLES, connect

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class NotRunningError(Exception):
    """No `polylog run` uses the data folder; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Log:
    """The keys and tables of a log, its facets, and the URL of its service."""

    url: str
    keys: DynamoKeyStore
    client: DynamoDBClient
    tables: Tables
    shards: int
    facets: frozenset[str]
    retention: Retention


def open_local(data: Path) -> Log:
    """Return the log that `polylog run` serves from a data folder; raises `NotRunningError`."""
    home = Home(data)
    running = home.read_running()
    if running is None:
        hint = (
            f"start `{run_command(data)}`, name the data folder of a running service with --data, "
            "or name a stack with --stack"
        )
        raise NotRunningError(f"nothing runs with the data folder {data}: {hint}")
    client = connect(running.dynamodb)
    return Log(
        url=running.url,
        keys=local_keys(client, home),
        client=client,
        tables=TABLES,
        shards=running.shards,
        facets=frozenset(running.facets),
        retention=Retention(running.retention_days),
    )


def local_keys(client: DynamoDBClient, home: Home) -> DynamoKeyStore:
    """Return the keys in a DynamoDB on this machine; their pepper is in the data folder."""
    return DynamoKeyStore(client, KEYS_TABLE, partial(peppers_from_file, home.pepper), SYSTEM_CLOCK)
