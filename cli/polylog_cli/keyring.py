"""Access keys, straight in the tables of a stack or of a local run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from polylog import times
from polylog.dynamo.keys import DynamoKeyStore, peppers_from_file, peppers_from_secret
from polylog_cli.home import Home
from polylog_cli.local import connect


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
        raise KeyRingError(f"The stack {stack} cannot be read: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
    load_peppers = partial(peppers_from_secret, outputs["PepperSecretArn"])
    client = boto3.client("dynamodb")
    store = DynamoKeyStore(client, outputs["KeysTableName"], load_peppers, times.now)
    return KeyRing(outputs["Url"], store)


def open_home(path: Path) -> KeyRing:
    """Return the keys of the log that runs with this data folder; raises `KeyRingError`."""
    home = Home(path)
    running = home.read_running()
    if running is None:
        raise KeyRingError(
            f"Nothing runs with the data folder {path}. Start `polylog run` first, or name a "
            "deployed stack with --stack."
        )
    client = connect(running.dynamodb)
    load_peppers = partial(peppers_from_file, home.pepper)
    store = DynamoKeyStore(client, running.keys_table, load_peppers, times.now)
    return KeyRing(running.url, store)
