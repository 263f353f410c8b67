"""Gauges, read every few seconds: the events acknowledged, the young part, and the memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3

from tools.soak.service import Service

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVERY_SECONDS: Final = 5

_TALLY: Final = "TallyTable"
_YOUNG: Final = "head/delta/"


@dataclass(frozen=True, slots=True)
class Young:
    """The part of a log that its buckets do not count yet; `events` includes unused numbers.

    It consists of the deltas that are not folded.
    """

    rows: int
    events: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Gauge:
    """One reading; `seconds` counts from when the writers began."""

    seconds: float
    acknowledged: int
    young: Young
    resident_mb: dict[str, int]

    @property
    def folded(self) -> int:
        """How many events the buckets count."""
        return max(0, self.acknowledged - self.young.events)


def connect(service: Service) -> DynamoDBClient:
    """Return a client for the DynamoDB behind a service."""
    return boto3.client(
        "dynamodb",
        endpoint_url=service.dynamodb,
        region_name="eu-central-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def young_part(client: DynamoDBClient, scope: str) -> Young:
    """Return the young part of a log, with rows that are folded but not deleted yet.

    No other function here knows the form of these rows.
    """
    rows = events = size = 0
    start: dict[str, Any] = {}
    while True:
        answer = client.query(
            TableName=_TALLY,
            KeyConditionExpression="#scope = :scope AND begins_with(#row, :young)",
            ExpressionAttributeNames={"#scope": "scope", "#row": "row"},
            ExpressionAttributeValues={":scope": {"S": scope}, ":young": {"S": _YOUNG}},
            ConsistentRead=True,
            **start,
        )
        for item in answer["Items"]:
            rows += 1
            events += int(item["last"]["N"]) - int(item["first"]["N"]) + 1
            size += sum(_size(name, value) for name, value in item.items())
        if "LastEvaluatedKey" not in answer:
            return Young(rows, events, size)
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def read_gauge(service: Service, client: DynamoDBClient, seconds: float, acked: int) -> Gauge:
    """Read everything at once."""
    return Gauge(seconds, acked, young_part(client, service.scope), service.resident_mb())


def _size(name: str, value: Any) -> int:
    """Return about the number of bytes that DynamoDB counts for an attribute."""
    ((_, content),) = value.items()
    return len(name) + len(content)
