"""A log as its operator sees it: its tables and its keys, on a stack or on this machine."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from polylog.dynamo.connection import connect
from polylog.dynamo.keys import DynamoKeyStore
from polylog.dynamo.peppers import peppers_from_file, peppers_from_secret
from polylog.dynamo.retention import Retention
from polylog.dynamo.tables import Tables
from polylog.model.times import SYSTEM_CLOCK
from polylog_cli.local.home import Home
from polylog_cli.local.tables import connect as connect_local

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYS_TABLE = "KeysTable"
LOCAL_TABLES = Tables(events="EventsTable", tally="TallyTable")

_OUTPUTS = {
    *("Url", "PepperSecretArn", "IndexShards", "RetentionDays", "TalliedFacets"),
    *("EventsTableName", "TallyTableName", "KeysTableName"),
}


class LogError(Exception):
    """The tables cannot be reached; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Log:
    """The address of a log's service, its access keys, and its tables."""

    url: str
    keys: DynamoKeyStore
    client: DynamoDBClient
    tables: Tables
    shards: int
    facets: frozenset[str]
    retention: Retention


def open_stack(stack: str) -> Log:
    """Return the log of a deployed stack, with AWS credentials of the environment.

    Raises `LogError`.
    """
    outputs = read_outputs(stack, _OUTPUTS)
    client = connect()
    load_peppers = partial(peppers_from_secret, outputs["PepperSecretArn"])
    return Log(
        outputs["Url"],
        DynamoKeyStore(client, outputs["KeysTableName"], load_peppers, SYSTEM_CLOCK),
        client,
        Tables(outputs["EventsTableName"], outputs["TallyTableName"]),
        int(outputs["IndexShards"]),
        frozenset(outputs["TalliedFacets"].removeprefix(":").split(",")) - {""},
        Retention(int(outputs["RetentionDays"])),
    )


def read_outputs(stack: str, names: Set[str]) -> dict[str, str]:
    """Return the outputs of a deployed stack; raises `LogError` unless it has these."""
    try:
        stacks = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise LogError(f"the stack {stack} cannot be read: {error}") from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", [])}
    if missing := names - outputs.keys():
        raise LogError(f"the stack {stack} is no Polylog: it has no {', '.join(sorted(missing))}")
    return outputs


def open_home(path: Path) -> Log:
    """Return the log that runs with this data folder; raises `LogError`."""
    home = Home(path)
    running = home.read_running()
    if running is None:
        raise LogError(
            f"nothing runs with the data folder {path}: start `polylog run`, or name a stack "
            "with --stack"
        )
    client = connect_local(running.dynamodb)
    return Log(
        running.url,
        local_keys(client, home),
        client,
        LOCAL_TABLES,
        running.shards,
        frozenset(running.facets),
        Retention(running.retention_days),
    )


def local_keys(client: DynamoDBClient, home: Home) -> DynamoKeyStore:
    """Return the keys that lie in a DynamoDB on this machine."""
    return DynamoKeyStore(client, KEYS_TABLE, partial(peppers_from_file, home.pepper), SYSTEM_CLOCK)
