"""The dead letters of a deployed stack: read without taking them out, and sent again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from polylog.aws.dead_letters import MESSAGE_ID, READ_ATTRIBUTES, REASON, SENT_AT
from polylog_cli.log import LogError, read_outputs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, MessageTypeDef

_DEAD: Final = "DeadLetterQueueUrl"
_INGEST: Final = "IngestQueueUrl"
_IMPORT: Final = "ImportQueueUrl"

_HELD_SECONDS: Final = 60
"""How long a letter is hidden from others while it is looked at."""

_BRIDGED: Final = "ERROR_MESSAGE"
"""Where EventBridge says why it could not deliver an event."""

_UNTOLD: Final = "not told: the function failed, or ran out of time or memory"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was put aside: its id and time (ms since the epoch) are those it had first.

    `attributes` are those that say how it is read; `handle` is what holds it for us.
    """

    id: str
    sent_at: int
    reason: str
    attributes: dict[str, str]
    body: str
    handle: str

    @classmethod
    def of(cls, message: MessageTypeDef) -> DeadLetter:
        """Return the letter that a message is."""
        given = {
            name: value["StringValue"]
            for name, value in message.get("MessageAttributes", {}).items()
            if "StringValue" in value
        }
        return cls(
            id=given.get(MESSAGE_ID, message["MessageId"]),
            sent_at=int(given.get(SENT_AT, message["Attributes"]["SentTimestamp"])),
            reason=given.get(REASON) or given.get(_BRIDGED) or _UNTOLD,
            attributes={name: given[name] for name in READ_ATTRIBUTES if name in given},
            body=message["Body"],
            handle=message["ReceiptHandle"],
        )

    @property
    def is_import(self) -> bool:
        """Whether it tells of an object in the bucket."""
        try:
            records = json.loads(self.body)["Records"]
            return bool(records) and records[0]["eventSource"] == "aws:s3"
        except (LookupError, TypeError, ValueError):
            return False


class DeadLetterQueue:
    """The dead letters of a stack. Everything raises `LogError`."""

    def __init__(self, stack: str) -> None:
        self._urls = read_outputs(stack, {_DEAD, _INGEST, _IMPORT})
        self._client: SQSClient = boto3.client("sqs")

    def peek(self, limit: int) -> list[DeadLetter]:
        """Return letters, at most so many, and leave them there."""
        letters = list(islice(self._received(), limit))
        self._give_back(letters)
        return letters

    def redrive(self, ids: frozenset[str]) -> list[DeadLetter]:
        """Send letters again, those with these ids, or all if there are none; return them."""
        letters = list(self._received())
        chosen = [letter for letter in letters if not ids or letter.id in ids]
        self._give_back([letter for letter in letters if letter not in chosen])
        for letter in chosen:
            self._send_again(letter)
        return chosen

    def _received(self) -> Iterator[DeadLetter]:
        """Yield the letters, which nobody else sees for a while then."""
        while True:
            with _failures():
                answer = self._client.receive_message(
                    QueueUrl=self._urls[_DEAD],
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=_HELD_SECONDS,
                    WaitTimeSeconds=1,
                    MessageAttributeNames=["All"],
                    MessageSystemAttributeNames=["SentTimestamp"],
                )
            if "Messages" not in answer:
                return
            yield from map(DeadLetter.of, answer["Messages"])

    def _give_back(self, letters: Iterable[DeadLetter]) -> None:
        for letter in letters:
            with _failures():
                self._client.change_message_visibility(
                    QueueUrl=self._urls[_DEAD], ReceiptHandle=letter.handle, VisibilityTimeout=0
                )

    def _send_again(self, letter: DeadLetter) -> None:
        texts = letter.attributes | {MESSAGE_ID: letter.id, SENT_AT: str(letter.sent_at)}
        attributes: dict[str, MessageAttributeValueTypeDef] = {
            name: {"DataType": "String", "StringValue": text} for name, text in texts.items()
        }
        with _failures():
            self._client.send_message(
                QueueUrl=self._urls[_IMPORT if letter.is_import else _INGEST],
                MessageBody=letter.body,
                MessageAttributes=attributes,
            )
            self._client.delete_message(QueueUrl=self._urls[_DEAD], ReceiptHandle=letter.handle)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise LogError(f"the queue cannot be used: {error}") from error
