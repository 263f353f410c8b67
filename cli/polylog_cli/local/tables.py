"""The tables of template.yaml in a DynamoDB on this machine, and the clients that reach them."""

from __future__ import annotations

import time
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, TypedDict

import boto3
from botocore.config import Config

from polylog.dynamo.connection import prepare
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.levels import HEAD_ROW
from polylog.dynamo.tally.registry import Scopes
from polylog_cli.local.template import Template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import CreateGlobalSecondaryIndexActionTypeDef
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient


class _Session(TypedDict):
    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str


TABLES = Tables(events="EventsTable", tally="TallyTable")
KEYS_TABLE = "KeysTable"
"""On this machine a table is called by its logical id in the template."""

_LOOK_SECONDS = 0.1

REGION = "eu-central-1"
"""The region does not matter: no request leaves the machine."""

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": REGION,
    "POWERTOOLS_METRICS_DISABLED": "true",
}

_SESSION: _Session = {
    "region_name": REGION,
    "aws_access_key_id": "local",
    "aws_secret_access_key": "local",
}


class OutdatedTablesError(Exception):
    """The tables in the data folder, or the rows in them, are not those of this version."""


def connect(url: str | None, config: Config | None = None) -> DynamoDBClient:
    """Return a client for the DynamoDB at a URL; None means the one that moto mocks in-process."""
    client = boto3.client("dynamodb", endpoint_url=url, config=config, **_SESSION)
    prepare(client)
    return client


def connect_streams(url: str) -> DynamoDBStreamsClient:
    """Return a client for the streams of a DynamoDB on this machine."""
    return boto3.client("dynamodbstreams", endpoint_url=url, **_SESSION)


def create_tables(client: DynamoDBClient, template: Template) -> None:
    """Create the template's tables and indexes that are missing; raises `OutdatedTablesError`.

    An index that the template lacks stays, since an earlier start may have had a parameter for it.
    """
    for name, arguments in template.tables.items():
        wanted = _distinct(arguments)
        with suppress(client.exceptions.ResourceInUseException):
            client.create_table(**wanted)
        table = client.describe_table(TableName=name)["Table"]
        if "StreamSpecification" in arguments and "LatestStreamArn" not in table:
            raise OutdatedTablesError(f"{name} was made by another version of Polylog")
        there = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])}
        for index in wanted.get("GlobalSecondaryIndexes", []):
            if index["IndexName"] not in there:
                _add_index(client, wanted, index)


def _add_index(
    client: DynamoDBClient,
    arguments: dict[str, Any],
    index: CreateGlobalSecondaryIndexActionTypeDef,
) -> None:
    """Add an index to a table, and wait until it is filled."""
    keys = {element["AttributeName"] for element in index["KeySchema"]}
    definitions = [d for d in arguments["AttributeDefinitions"] if d["AttributeName"] in keys]
    client.update_table(
        TableName=arguments["TableName"],
        AttributeDefinitions=definitions,
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )
    while not _is_filled(client, arguments["TableName"], index["IndexName"]):
        time.sleep(_LOOK_SECONDS)


def _is_filled(client: DynamoDBClient, table: str, index: str) -> bool:
    described = client.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    return any(
        each["IndexName"] == index and each.get("IndexStatus", "ACTIVE") == "ACTIVE"
        for each in described
    )


def refuse_outdated_rows(client: DynamoDBClient) -> None:
    """Raise `OutdatedTablesError` if a tally was written by a version that kept other rows."""
    for scope in islice(Scopes(client, TABLES.tally).all(), 1):
        key = {"scope": {"S": scope}, "row": {"S": HEAD_ROW}}
        head = client.get_item(TableName=TABLES.tally, Key=key).get("Item")
        if head is not None and "settled" not in head:
            raise OutdatedTablesError(f"{TABLES.tally} was written by another version of Polylog")


def _distinct(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a table whose indexes DynamoDB Local can tell apart.

    It identifies an index by its number of key attributes and the first of them. Of several that
    agree in both it keeps one, and answers queries of the others by reading everything. All our
    indexes start with the scope, so move it to the end of the partition key: the order of
    partition attributes has no meaning.
    """
    if "GlobalSecondaryIndexes" not in arguments:
        return arguments
    indexes = arguments["GlobalSecondaryIndexes"]
    turned = [index | {"KeySchema": _turned(index["KeySchema"])} for index in indexes]
    return arguments | {"GlobalSecondaryIndexes": turned}


def _turned(schema: list[dict[str, str]]) -> list[dict[str, str]]:
    partition = [element for element in schema if element["KeyType"] == "HASH"]
    return [*partition[1:], partition[0], *schema[len(partition) :]]
