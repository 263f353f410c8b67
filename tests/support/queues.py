"""Messages as a queue delivers them to a function, and the queue for dead letters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_sqs import SQSClient

from polylog.aws.dead_letters import DeadLetters
from polylog.aws.ingest import Intake
from polylog.model.event import Event
from polylog.model.store import EventStore, Outcome
from support.drops import for_ever

SCOPE = "queue-scope"
REGION = "eu-central-1"
MAX_RECEIVES = 5

Record = dict[str, Any]
Letter = dict[str, Any]


def record(
    body: object, name: str = "m-1", receives: int = 1, group: str | None = None, **attributes: str
) -> Record:
    """Return a message as a queue delivers it; with a group, as a FIFO queue does."""
    queue = "events.fifo" if group else "events"
    return {
        "messageId": name,
        "receiptHandle": f"handle-{name}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": "1772366400250",
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": "1772366400300",
            **({"MessageGroupId": group} if group else {}),
        },
        "messageAttributes": {
            key: {"stringValue": value, "dataType": "String"} for key, value in attributes.items()
        },
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{queue}",
        "awsRegion": REGION,
    }


def event(name: str, **members: object) -> dict[str, object]:
    """Return an event with an id."""
    return {"id": name, "time": "2026-03-01T12:00:00Z", "type": "door.open", **members}


@dataclass(frozen=True)
class Context:
    """What Lambda tells a function about its invocation."""

    seconds: Iterator[int] = field(default_factory=lambda: iter(()))
    function_name: str = "function"
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    memory_limit_in_mb: int = 256
    aws_request_id: str = "r-1"

    def get_remaining_time_in_millis(self) -> int:
        """Return how much time the function has left."""
        return next(self.seconds, 60) * 1000


@dataclass(frozen=True)
class Ingestion:
    """The handler, the log behind it and the queue of dead letters."""

    handler: Callable[[Record, Any], Record]
    client: DynamoDBClient
    sqs: SQSClient
    url: str

    def hand_over(self, *records: Record, seconds: Iterable[int] = ()) -> list[str]:
        """Deliver a batch; return the ids of the messages that are to come again.

        `seconds` are what is left of the function's time, each time it asks.
        """
        answer = self.handler({"Records": list(records)}, Context(iter(seconds)))
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def over(self, store: EventStore, max_receives: int = MAX_RECEIVES) -> Ingestion:
        """Return the same over another store."""
        intake = Intake(store, SCOPE, DeadLetters(self.url, max_receives))

        def handler(event: Record, context: object) -> Record:
            return intake.take(event["Records"], for_ever)

        return replace(self, handler=handler)

    def letters(self) -> list[Letter]:
        """Take all messages from the queue of dead letters."""
        taken: list[Letter] = []
        while found := self.sqs.receive_message(
            QueueUrl=self.url, MessageAttributeNames=["All"], MaxNumberOfMessages=10
        ).get("Messages"):
            taken += found
        return sorted(taken, key=lambda letter: text(letter, "message_id"))

    def reasons(self) -> dict[str, str]:
        """Take all messages from the queue of dead letters; return their reasons by message id."""
        return {text(each, "message_id"): text(each, "reason") for each in self.letters()}


def text(letter: Letter, name: str) -> str:
    """Return an attribute of a dead letter."""
    value: str = letter["MessageAttributes"][name]["StringValue"]
    return value


def sent_again(letter: Letter, name: str) -> Record:
    """Return a dead letter as a queue delivers it when somebody sends it back unchanged."""
    attributes = {key: text(letter, key) for key in letter["MessageAttributes"]}
    again = record(letter["Body"], name)
    again["attributes"]["SentTimestamp"] = "1772999999999"
    values = {
        key: {"stringValue": value, "dataType": "String"} for key, value in attributes.items()
    }
    return again | {"messageAttributes": values}


class Failing:
    """A store that fails at events of one type."""

    def __init__(self, store: Any, error: Exception, type: str) -> None:
        self._store = store
        self._error = error
        self._type = type
        self.puts: list[list[str]] = []

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        self.puts.append([event.id for event in events])
        if any(event.type == self._type for event in events):
            raise self._error
        outcomes: tuple[Outcome, ...] = self._store.put(scope, events)
        return outcomes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
