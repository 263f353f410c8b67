"""The ingest function: batches of queue messages in, events in the log and dead letters out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from conftest import dynamo_store
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_sqs import SQSClient

from polylog.aws.ingest import ingest_handler
from polylog.filter import EVERYTHING
from polylog_cli.local import ENVIRONMENT

SCOPE = "queue-scope"
REGION = "eu-central-1"
VARIABLES = {
    **ENVIRONMENT,
    "EVENTS_TABLE": "EventsTable",
    "TALLY_TABLE": "TallyTable",
    "INDEX_SHARDS": "1",
    "WRITTEN_SHARDS": "1",
    "RETENTION_DAYS": "0",
    "TALLIED_FACETS": "",
    "READ_BUDGET_ITEMS": "100000",
    "READ_BUDGET_SECONDS": "10",
    "INGEST_SCOPE": SCOPE,
    "MAX_RECEIVES": "5",
    "POWERTOOLS_METRICS_NAMESPACE": "Polylog",
}

Ingest = Callable[..., list[str]]


@pytest.fixture
def sqs(moto: DynamoDBClient) -> SQSClient:
    return boto3.client("sqs", region_name=REGION)


@pytest.fixture
def ingest(moto: DynamoDBClient, sqs: SQSClient, monkeypatch: pytest.MonkeyPatch) -> Ingest:
    """Return a function that hands over records, and tells which are to come again."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTER_QUEUE", url)
    handler = ingest_handler()

    def hand_over(*records: dict[str, Any]) -> list[str]:
        answer = handler({"Records": list(records)}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return hand_over


def record(
    body: object, name: str = "m-1", receives: int = 1, queue: str = "events", **attributes: str
) -> dict[str, Any]:
    """Return what a queue hands over of a message."""
    return {
        "messageId": name,
        "receiptHandle": f"handle-{name}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": "1772366400250",
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": "1772366400300",
        },
        "messageAttributes": {
            key: {"stringValue": value, "dataType": "String"} for key, value in attributes.items()
        },
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{queue}",
        "awsRegion": REGION,
    }


def test_it_stores_the_event_of_a_message_once(ingest: Ingest, moto: DynamoDBClient) -> None:
    message = record({"type": "door.open"})
    assert [ingest(message), ingest(message), ingest(message)] == [[], [], []]
    assert dynamo_store(moto).count(SCOPE, EVERYTHING) == 1


def test_a_refused_message_is_put_aside_with_the_reason(ingest: Ingest, sqs: SQSClient) -> None:
    assert ingest(record("no json", "bad"), record({"type": "door.open"}, "good")) == []
    (letter,) = sqs.receive_message(
        QueueUrl=sqs.get_queue_url(QueueName="dead-letters")["QueueUrl"],
        MessageAttributeNames=["All"],
    )["Messages"]
    assert letter["Body"] == "no json"
    assert "not JSON" in letter["MessageAttributes"]["reason"]["StringValue"]
