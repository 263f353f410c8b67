"""The import function: which objects its messages name, and which messages come again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_sqs import SQSClient
from support.drops import for_ever, until
from support.stores import dynamo_store

from polylog.aws import ledger
from polylog.aws.dead_letters import DeadLetters
from polylog.aws.importer import Importer
from polylog.aws.imports import Imports
from polylog.aws.ledger import Ledger, Progress
from polylog.aws.objects import Documents, ObjectVersion
from polylog.intake.streams import Place
from polylog.model.errors import Unavailable
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING
from polylog.model.store import Outcome, Status

BUCKET, SCOPE, REGION = "drops", "one", "eu-central-1"
EVENT = b'{"id":"e1","time":"2026-11-01T00:00:00Z","type":"t"}'


@pytest.fixture
def s3(moto: DynamoDBClient) -> S3Client:
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def sqs(moto: DynamoDBClient) -> SQSClient:
    return boto3.client("sqs", region_name=REGION)


@pytest.fixture
def dead(sqs: SQSClient, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return sqs.create_queue(QueueName="dead-letters")["QueueUrl"]


@pytest.fixture
def queue(sqs: SQSClient) -> str:
    return sqs.create_queue(QueueName="imports")["QueueUrl"]


class Silent:
    """A database that does not answer."""

    def latest(self, scope: str) -> int:
        return 0

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        raise Unavailable


def drop(s3: S3Client, key: str, content: bytes = EVENT) -> dict[str, Any]:
    """Put an object into the bucket; return how S3 describes it in a notification."""
    answer = s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    made = {"key": quote_plus(key, safe="/"), "size": len(content), "eTag": answer["ETag"][1:-1]}
    return {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": BUCKET}, "object": made},
    }


def received(sqs: SQSClient, queue: str, body: object) -> dict[str, Any]:
    """Send a message, and return it as Lambda gets it from the queue."""
    text = body if isinstance(body, str) else json.dumps(body)
    sqs.send_message(QueueUrl=queue, MessageBody=text)
    (message,) = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=600)["Messages"]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1772366400250"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:imports",
        "awsRegion": REGION,
    }


def reasons(sqs: SQSClient, dead: str) -> list[str]:
    answer = sqs.receive_message(QueueUrl=dead, MessageAttributeNames=["All"])
    return [m["MessageAttributes"]["reason"]["StringValue"] for m in answer.get("Messages", [])]


def test_it_imports_the_objects_of_a_notification(
    moto: DynamoDBClient, s3: S3Client, sqs: SQSClient, dead: str, queue: str
) -> None:
    store = dynamo_store(moto)
    imports = Imports(Importer(store, s3, 5), DeadLetters(dead, 5))
    digest = "import/one/cloudtrail/AWSLogs/111122223333/CloudTrail-Digest/eu-central-1/d.json"
    names = ("import/one/native/a b+ü.json", "import/one/native/", digest)
    records = [drop(s3, name) for name in names]
    record = received(sqs, queue, {"Records": records})
    for _ in range(3):
        assert imports.take([record], for_ever) == {"batchItemFailures": []}
    assert store.count(SCOPE, EVERYTHING) == 1
    result = s3.get_object(Bucket=BUCKET, Key="import-results/one/native/a b+ü.json.json")
    assert json.loads(result["Body"].read())["counts"]["stored"] == 1


def test_it_imports_the_object_that_a_bus_announces(
    moto: DynamoDBClient, s3: S3Client, sqs: SQSClient, dead: str, queue: str
) -> None:
    store = dynamo_store(moto)
    imports = Imports(Importer(store, s3, 5), DeadLetters(dead, 5))
    made = drop(s3, "import/one/native/a b+ü.json")["s3"]["object"]
    announced = {"key": "import/one/native/a b+ü.json", "etag": made["eTag"], "size": made["size"]}
    bus = {"source": "aws.s3", "detail": {"bucket": {"name": BUCKET}, "object": announced}}
    for kind in ("Object Created", "Object Deleted"):
        record = received(sqs, queue, bus | {"detail-type": kind})
        assert imports.take([record], for_ever) == {"batchItemFailures": []}
    assert store.count(SCOPE, EVERYTHING) == 1


def test_an_import_without_time_to_finish_comes_again_at_once(
    moto: DynamoDBClient, s3: S3Client, sqs: SQSClient, dead: str, queue: str
) -> None:
    imports = Imports(Importer(dynamo_store(moto), s3, 5), DeadLetters(dead, 5))
    record = received(sqs, queue, {"Records": [drop(s3, "import/one/native/a.json")]})
    answer = imports.take([record], until(lambda: False))
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["MessageId"] == record["messageId"]
    assert imports.take([record], for_ever) == {"batchItemFailures": []}


def test_an_import_that_fails_comes_again_and_is_given_up_in_the_end(
    moto: DynamoDBClient,
    s3: S3Client,
    sqs: SQSClient,
    dead: str,
    queue: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    imports = Imports(Importer(Silent(), s3, 5), DeadLetters(dead, 5))
    record = received(sqs, queue, {"Records": [drop(s3, "import/one/native/a.json")]})
    again = {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert [imports.take([record], for_ever) for _ in range(5)] == [again] * 5
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    assert imports.take([record], for_ever) == {"batchItemFailures": []}
    assert reasons(sqs, dead) == [
        "tried 5 times from line 1 on; the function's log says what failed"
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET},
        {"Records": []},
    ],
)
def test_a_message_without_objects_is_done(
    moto: DynamoDBClient, s3: S3Client, sqs: SQSClient, dead: str, queue: str, body: object
) -> None:
    imports = Imports(Importer(Silent(), s3, 5), DeadLetters(dead, 5))
    assert imports.take([received(sqs, queue, body)], lambda: True) == {"batchItemFailures": []}
    assert reasons(sqs, dead) == []


@pytest.mark.parametrize("body", ["nonsense", "7", "[]", '{"type": "t"}', '{"Records": 7}'])
def test_a_message_that_is_not_a_notification_is_put_aside(
    moto: DynamoDBClient, s3: S3Client, sqs: SQSClient, dead: str, queue: str, body: str
) -> None:
    imports = Imports(Importer(Silent(), s3, 5), DeadLetters(dead, 5))
    assert imports.take([received(sqs, queue, body)], lambda: True) == {"batchItemFailures": []}
    (reason,) = reasons(sqs, dead)
    assert reason.startswith("not ")


def test_an_object_with_too_long_a_key_for_its_results_is_put_aside(
    moto: DynamoDBClient, s3: S3Client, sqs: SQSClient, dead: str, queue: str
) -> None:
    imports = Imports(Importer(dynamo_store(moto), s3, 5), DeadLetters(dead, 5))
    key = "import/one/native/" + "ü" * 490 + ".json"
    record = received(sqs, queue, {"Records": [drop(s3, key)]})
    assert imports.take([record], for_ever) == {"batchItemFailures": []}
    assert reasons(sqs, dead) == ["the object's key has more than 900 bytes"]


def test_s3_accepts_the_keys_of_everything_that_belongs_to_an_object(
    moto: DynamoDBClient, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_KEPT_TOGETHER", 0)
    name, version = "n" * (900 - len("import/.ndjson.gz")), "v" * 64
    documents = Documents(s3, BUCKET)
    kept = Ledger(documents, ObjectVersion(BUCKET, f"import/{name}.ndjson.gz", version, "e"))
    progress = Progress(place=Place(offset=10**13))
    progress.add(1, Outcome(Status.INVALID, None), is_in_doubt=False)
    kept.finish(progress)
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert len(keys) == 3
    assert max(map(len, keys)) <= 1024
