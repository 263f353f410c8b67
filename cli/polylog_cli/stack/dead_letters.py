"""The dead letters of a deployed stack: look at them, or send them again."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from polylog.aws.dead_letters import MESSAGE_ID, READ_ATTRIBUTES, REASON, SENT_AT, first_named
from polylog_cli.stack.outputs import StackError, read_outputs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, MessageTypeDef

_DEAD: Final = "DeadLetterQueueUrl"
_INGEST: Final = "IngestQueueUrl"
_IMPORT: Final = "ImportQueueUrl"

_HELD_SECONDS: Final = 300
"""How long a received letter stays hidden, unless it is given back earlier."""

_MOST_RECEIVED: Final = 10
_MOST_REPEATED: Final = 10
"""After this many answers without a new letter in a row, all letters have been seen."""

_BRIDGED: Final = "ERROR_MESSAGE"
"""The attribute in which EventBridge says why it could not deliver an event."""

_UNKNOWN: Final = "unknown: the function failed, or ran out of time or memory"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be stored, with the id and time of its first sending.

    `sent_at_ms` counts from the epoch, UTC. `attributes` say how to read the body. `handle`
    is the receipt that SQS asks for to delete the message or give it back.
    """

    id: str
    sent_at_ms: int
    reason: str
    attributes: dict[str, str]
    body: str
    handle: str

    @classmethod
    def of(cls, message: MessageTypeDef) -> DeadLetter:
        """Return the letter in a message of the queue."""
        given = {
            name: value["StringValue"]
            for name, value in message.get("MessageAttributes", {}).items()
            if "StringValue" in value
        }
        sent_at = message["Attributes"]["SentTimestamp"]
        name, first_sent_at_ms = first_named(given, message["MessageId"], sent_at)
        return cls(
            id=name,
            sent_at_ms=first_sent_at_ms,
            reason=given.get(REASON) or given.get(_BRIDGED) or _UNKNOWN,
            attributes={name: given[name] for name in READ_ATTRIBUTES if name in given},
            body=message["Body"],
            handle=message["ReceiptHandle"],
        )

    @property
    def is_import(self) -> bool:
        """Whether it is the notification of an object in the bucket."""
        try:
            records = json.loads(self.body)["Records"]
            return bool(records) and records[0]["eventSource"] == "aws:s3"
        except (LookupError, TypeError, ValueError):
            return False


class DeadLetterQueue:
    """The dead letters of a stack; every method raises `StackError`."""

    def __init__(self, stack: str) -> None:
        self._urls = read_outputs(stack, {_DEAD, _INGEST, _IMPORT})
        self._client: SQSClient = boto3.client("sqs")

    def peek(self, limit: int) -> list[DeadLetter]:
        """Return up to `limit` letters and leave them in the queue."""
        with self._held() as held:
            return list(self._received(held, limit))

    def redrive(self, ids: frozenset[str]) -> list[str]:
        """Send the letters with these ids again, or all if there are no ids; return their ids.

        Each letter is sent once, even if it fails again and is back before the others are sent.
        """
        sent: list[str] = []
        done: set[tuple[str, int, int]] = set()
        with self._held() as held:
            for letter in self._received(held):
                mark = (letter.id, letter.sent_at_ms, hash(letter.body))
                if mark not in done and (not ids or letter.id in ids):
                    self._send_again(letter)
                    held.remove(letter.handle)
                    done.add(mark)
                    sent.append(letter.id)
        return sent

    @contextmanager
    def _held(self) -> Iterator[set[str]]:
        """Yield a set of handles; the letters that it holds at the end are given back."""
        held: set[str] = set()
        try:
            yield held
        finally:
            for handle in held:
                # If this fails, SQS gives the letter back later by itself.
                with suppress(BotoCoreError, ClientError):
                    self._client.change_message_visibility(
                        QueueUrl=self._urls[_DEAD], ReceiptHandle=handle, VisibilityTimeout=0
                    )

    def _received(self, held: set[str], limit: int = sys.maxsize) -> Iterator[DeadLetter]:
        """Yield up to `limit` letters, each once, and hold them."""
        seen: set[str] = set()
        repeated = 0
        while limit > 0 and repeated < _MOST_REPEATED:
            messages = self._receive(min(limit, _MOST_RECEIVED))
            if not messages:
                return
            held.update(message["ReceiptHandle"] for message in messages)
            new = [message for message in messages if message["MessageId"] not in seen]
            seen.update(message["MessageId"] for message in new)
            limit -= len(new)
            repeated = 0 if new else repeated + 1
            yield from map(DeadLetter.of, new)

    def _receive(self, most: int) -> list[MessageTypeDef]:
        """Receive up to `most` messages and hide them for a while; empty if none is left."""
        with _failures():
            answer = self._client.receive_message(
                QueueUrl=self._urls[_DEAD],
                MaxNumberOfMessages=most,
                VisibilityTimeout=_HELD_SECONDS,
                WaitTimeSeconds=1,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["SentTimestamp"],
            )
        return answer.get("Messages", [])

    def _send_again(self, letter: DeadLetter) -> None:
        texts = letter.attributes | {MESSAGE_ID: letter.id, SENT_AT: str(letter.sent_at_ms)}
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
        raise StackError(f"the queue cannot be used: {error}") from error
