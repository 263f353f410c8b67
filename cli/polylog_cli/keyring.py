"""Access keys, straight in the tables of a stack or of a local run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from polylog import times
from polylog.dynamo.client import connect
from polylog.dynamo.keys import DynamoKeyStore
from polylog.dynamo.peppers import peppers_from_file, peppers_from_secret
from polylog_cli.home import Home
from polylog_cli.local import connect as connect_local

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYS_TABLE = "KeysTable"


class KeyRingError(Exception):
    """The tables cannot be reached; the message says what to do."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The access keys of one log, and the address of its service."""

    url: str
    store: DynamoKeyStore


def open_stack(stack: str) -> KeyRing:
    """Return the keys of a deployed stack, with AWS credentials of the environment.

    Raises `KeyRingError`.
    """
    try:
        stacks = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise KeyRingError(f"the stack {stack} cannot be read: {error}") from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", [])}
    if missing := {"Url", "KeysTableName", "PepperSecretArn"} - outputs.keys():
        raise KeyRingError(f"the stack {stack} is no Polylog: it has no {', '.join(missing)}")
    load_peppers = partial(peppers_from_secret, outputs["PepperSecretArn"])
    store = DynamoKeyStore(connect(), outputs["KeysTableName"], load_peppers, times.now)
    return KeyRing(outputs["Url"], store)


def open_home(path: Path) -> KeyRing:
    """Return the keys of the log that runs with this data folder; raises `KeyRingError`."""
    home = Home(path)
    running = home.read_running()
    if running is None:
        raise KeyRingError(
            f"nothing runs with the data folder {path}: start `polylog run`, or name a stack "
            "with --stack"
        )
    return KeyRing(running.url, local_keys(connect_local(running.dynamodb), home))


def local_keys(client: DynamoDBClient, home: Home) -> DynamoKeyStore:
    """Return the keys that lie in a DynamoDB on this machine."""
    return DynamoKeyStore(client, KEYS_TABLE, partial(peppers_from_file, home.pepper), times.now)
