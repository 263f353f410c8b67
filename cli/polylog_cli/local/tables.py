"""DynamoDB on this machine: which engine, and the tables of template.yaml in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import boto3

from polylog.dynamo.connection import parse_items
from polylog_cli.local.engine import dynamodb_local
from polylog_cli.local.template import Template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient


class _Session(TypedDict):
    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str


REGION = "eu-central-1"
"""Any region would do: nothing here leaves the machine."""

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
    """The tables of a data folder lack an index or a stream that the template has by now."""


@contextmanager
def engine(kind: str, data: Path | None) -> Iterator[str]:
    """Run a DynamoDB (`local`, `moto`, or the URL of one that runs already); yield its URL.

    `data` is the folder it keeps its tables in; None keeps them in memory, as moto always does.
    """
    if kind == "local":
        with dynamodb_local(data) as url:
            yield url
    elif kind == "moto":
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.stop()
    else:
        yield kind


def connect(url: str | None) -> DynamoDBClient:
    """Return a client for a DynamoDB on this machine; None: the one that the process imitates."""
    client = boto3.client("dynamodb", endpoint_url=url, **_SESSION)
    parse_items(client)
    return client


def connect_streams(url: str) -> DynamoDBStreamsClient:
    """Return a client for the streams of a DynamoDB on this machine."""
    return boto3.client("dynamodbstreams", endpoint_url=url, **_SESSION)


def create_tables(client: DynamoDBClient, template: Template) -> None:
    """Create the template's tables where they are missing; raises `OutdatedTablesError`."""
    for name, arguments in template.tables.items():
        with suppress(client.exceptions.ResourceInUseException):
            client.create_table(**_distinct(arguments))
        table = client.describe_table(TableName=name)["Table"]
        there = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])}
        wanted = {index["IndexName"] for index in arguments.get("GlobalSecondaryIndexes", [])}
        has_stream = "StreamSpecification" not in arguments or "LatestStreamArn" in table
        if not (wanted <= there and has_stream):
            raise OutdatedTablesError(f"{name} was made by another version of Polylog")


def _distinct(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return a table of which DynamoDB Local finds every index apart.

    It knows an index by how many key attributes it has and by the first of them, and keeps only
    one of those that are alike; in the others it reads all there is. Ours all begin with the
    scope: it goes to the end of the partition key, where the order means nothing.
    """
    if "GlobalSecondaryIndexes" not in arguments:
        return arguments
    indexes = arguments["GlobalSecondaryIndexes"]
    turned = [index | {"KeySchema": _turned(index["KeySchema"])} for index in indexes]
    return arguments | {"GlobalSecondaryIndexes": turned}


def _turned(schema: list[dict[str, str]]) -> list[dict[str, str]]:
    partition = [element for element in schema if element["KeyType"] == "HASH"]
    return [*partition[1:], partition[0], *schema[len(partition) :]]
