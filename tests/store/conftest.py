"""What tests of ingestion share: the message handler over moto, and a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.model import OperationModel
from moto import mock_aws
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_sqs import SQSClient
from support import queues
from support.drops import BUCKET
from support.memory import MemoryEventStore
from support.queues import Ingestion

from polylog.aws.ingest import ingest_handler
from polylog.dynamo import connection
from polylog_cli.local.tables import ENVIRONMENT

VARIABLES = {
    **ENVIRONMENT,
    "EVENTS_TABLE": "EventsTable",
    "TALLY_TABLE": "TallyTable",
    "INDEX_SHARDS": "1",
    "WRITTEN_SHARDS": "1",
    "RETENTION_DAYS": "0",
    "TALLIED_FACETS": "",
    "FIELD_INDEXES": "target,actor,project,organization",
    "READ_BUDGET_UNITS": "20000",
    "READ_BUDGET_SECONDS": "10",
    "INGEST_SCOPE": queues.SCOPE,
    "MAX_RECEIVES": str(queues.MAX_RECEIVES),
    "POWERTOOLS_METRICS_DISABLED": "false",
}

Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def asked() -> Iterator[Asked]:
    """Yield the operations that AWS was asked for since the test began, with their parameters."""
    seen: Asked = []

    def see(params: dict[str, Any], model: OperationModel, **_: object) -> None:
        seen.append((model.name, params))

    session = connection._session()  # It makes the clients that a handler uses.
    session.register("provide-client-params", see)
    yield seen
    session.unregister("provide-client-params", see)


@pytest.fixture
def sqs(moto: DynamoDBClient) -> SQSClient:
    return boto3.client("sqs", region_name=queues.REGION)


@pytest.fixture
def ingestion(
    asked: Asked, moto: DynamoDBClient, sqs: SQSClient, monkeypatch: pytest.MonkeyPatch
) -> Ingestion:
    """Return the ingest function, its tables and its queues."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTER_QUEUE", url)
    return Ingestion(ingest_handler(), moto, sqs, url)


@pytest.fixture
def s3() -> Iterator[S3Client]:
    """Yield a client of a bucket with versioning, and nothing else."""
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def log() -> MemoryEventStore:
    return MemoryEventStore()
