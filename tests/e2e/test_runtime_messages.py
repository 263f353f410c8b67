"""Messages and objects under Lambda's own runtime, as queues deliver them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_plus

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_sqs import SQSClient
from support.samples import FUNCTIONS, Payload, sample
from support.stores import dynamo_store

from polylog.model.event import Event
from polylog.model.filter import EVERYTHING
from polylog.model.store import EventStore
from polylog.model.times import format_rfc3339
from tools.lambda_runtime import Stack

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime is for Linux"),
]

ALL_DONE = {"batchItemFailures": []}
LINES = b"""\
{"id": "imported", "time": "2026-03-01T12:00:07Z", "type": "door.open", \
"actor": {"id": "ada"}, "target": {"id": "door-3"}}
{"id": "no event"}
"""


@pytest.fixture(scope="module")
def store(tables: DynamoDBClient) -> EventStore:
    return dynamo_store(tables)


@pytest.fixture
def put_aside(sqs: SQSClient, dead_letters: str) -> Callable[[], list[tuple[str, str]]]:
    """Return a function that returns body and reason of the messages put aside from now on."""
    sqs.purge_queue(QueueUrl=dead_letters)

    def receive() -> list[tuple[str, str]]:
        answer = sqs.receive_message(
            QueueUrl=dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            (each["Body"], each["MessageAttributes"]["reason"]["StringValue"])
            for each in answer.get("Messages", [])
        ]

    return receive


@pytest.fixture
def no_letters(sqs: SQSClient, dead_letters: str) -> Iterator[None]:
    """Remove the queue of dead letters for as long as the test runs."""
    sqs.delete_queue(QueueUrl=dead_letters)
    yield
    sqs.create_queue(QueueName=dead_letters.rpartition("/")[2])


@pytest.fixture(scope="module")
def s3(session: boto3.Session, aws: str) -> S3Client:
    return session.client("s3", endpoint_url=aws)


def failing(answer: Payload) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def stored(store: EventStore, scope: str, id: str) -> list[Any]:
    """Return the members that show whether an event is the one that was sent."""
    event: Event = store.get(scope, id)
    return [format_rfc3339(event.time), event.type, event.actor.id, event.target.id]


class TestMessages:
    @pytest.mark.parametrize(
        ("name", "scope", "id", "expected"),
        [
            (
                "sqs",
                "default",
                "19dd0b57-b21e-4ac1-bd88-01bbb068cb78",
                ["2026-03-01T12:01:00.250000Z", "door.open", "ada", "door-3"],
            ),
            (
                "sqs",
                "doors",
                "5f1d4e0b-2c9a-4d71-8e35-6b7a90c1d2e3",
                ["2026-03-01T12:00:01Z", "audit.app.create", "u-7", "a-1"],
            ),
            (
                "sqs_cloudevent",
                "default",
                "A234-1234-1234",
                ["2026-03-01T12:00:02Z", "door.shut", "ada", "door-3"],
            ),
            (
                "sqs_fifo",
                "doors",
                "door-3-2",
                ["2026-03-01T12:00:04Z", "door.shut", None, "door-3"],
            ),
            (
                "eventbridge",
                "default",
                "17793124-05d4-b198-2fde-7ededc63b103",
                ["2026-03-01T12:00:05Z", "Object Created", None, "arn:aws:s3:::shop-orders"],
            ),
            (
                "sns",
                "doors",
                "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
                ["2026-03-01T12:00:06.125000Z", "door.open", None, "door-3"],
            ),
        ],
    )
    def test_carry_events_into_the_log(
        self, stack: Stack, store: EventStore, name: str, scope: str, id: str, expected: list[Any]
    ) -> None:
        assert stack.invoke(FUNCTIONS[name], sample(name)) == ALL_DONE
        assert stored(store, scope, id) == expected

    def test_are_stored_once_however_often_they_come(
        self, stack: Stack, tables: DynamoDBClient, store: EventStore
    ) -> None:
        event = sample("sqs")
        stack.invoke("IngestFunction", event)
        count = store.count("default", EVERYTHING)
        for record in event["Records"]:
            record["attributes"]["ApproximateReceiveCount"] = "2"
        assert stack.invoke("IngestFunction", event) == ALL_DONE
        assert store.count("default", EVERYTHING) == count

    def test_that_cannot_be_read_are_put_aside_with_the_reason(
        self, stack: Stack, put_aside: Callable[[], list[tuple[str, str]]]
    ) -> None:
        event = sample("sqs")
        event["Records"][0]["body"] = '{"type": 7}'
        assert stack.invoke("IngestFunction", event) == ALL_DONE
        assert put_aside() == [('{"type": 7}', "event 1: invalid: type must be a string")]

    @pytest.mark.usefixtures("no_letters")
    def test_that_cannot_be_put_aside_come_again_alone(self, stack: Stack) -> None:
        event = sample("sqs")
        event["Records"][0]["body"] = "{"
        assert failing(stack.invoke("IngestFunction", event)) == [event["Records"][0]["messageId"]]

    @pytest.mark.usefixtures("no_letters")
    def test_of_a_fifo_queue_wait_for_those_before_them(self, stack: Stack) -> None:
        event = sample("sqs_fifo")
        event["Records"][0]["body"] = "{"
        assert failing(stack.invoke("IngestFunction", event)) == [
            record["messageId"] for record in event["Records"]
        ]


class TestObjects:
    @pytest.fixture
    def dropped(self, s3: S3Client) -> Payload:
        """Return the notification of an object in its bucket: an event, and a bad line."""
        event = sample("s3")
        notification = json.loads(event["Records"][0]["body"])
        made = notification["Records"][0]["s3"]
        bucket, key = made["bucket"]["name"], unquote_plus(made["object"]["key"])
        s3.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name},
        )
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        answer = s3.put_object(Bucket=bucket, Key=key, Body=LINES)
        made["object"] |= {"versionId": answer["VersionId"], "eTag": answer["ETag"].strip('"')}
        event["Records"][0]["body"] = json.dumps(notification)
        return event

    def test_are_imported_with_a_result(
        self, stack: Stack, store: EventStore, s3: S3Client, dropped: Payload
    ) -> None:
        assert stack.invoke("ImportFunction", dropped) == ALL_DONE
        expected = ["2026-03-01T12:00:07Z", "door.open", "ada", "door-3"]
        assert stored(store, "doors", "imported") == expected
        (name,) = (bucket["Name"] for bucket in s3.list_buckets()["Buckets"])
        key = "import-results/doors/native/doors of march.ndjson.json"
        result = json.load(s3.get_object(Bucket=name, Key=key)["Body"])
        assert (result["counts"]["stored"], result["counts"]["invalid"]) == (1, 1)
        assert [refused["line"] for refused in result["refused"]] == [2]

    def test_are_not_expected_when_s3_only_tests_the_queue(self, stack: Stack) -> None:
        event = sample("s3")
        event["Records"][0]["body"] = json.dumps(
            {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "polylog-importbucket"}
        )
        assert stack.invoke("ImportFunction", event) == ALL_DONE

    def test_that_s3_does_not_answer_for_come_again(self, stack: Stack) -> None:
        event = sample("s3")
        event["Records"][0]["body"] = event["Records"][0]["body"].replace(
            "polylog-importbucket", "elsewhere"
        )
        assert failing(stack.invoke("ImportFunction", event)) == [event["Records"][0]["messageId"]]
