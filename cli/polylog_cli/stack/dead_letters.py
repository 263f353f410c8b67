"""The dead letters of a deployed stack: read without taking them out, and sent again."""

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
"""How long a letter is hidden while others are looked at, unless it is given back before."""

_MOST_RECEIVED: Final = 10
_MOST_REPEATED: Final = 10
"""After so many answers in which no letter is new, all that there are were seen."""

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
        sent_at = message["Attributes"]["SentTimestamp"]
        name, first_sent_at = first_named(given, message["MessageId"], sent_at)
        return cls(
            id=name,
            sent_at=first_sent_at,
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
    """The dead letters of a stack. Everything raises `StackError`."""

    def __init__(self, stack: str) -> None:
        self._urls = read_outputs(stack, {_DEAD, _INGEST, _IMPORT})
        self._client: SQSClient = boto3.client("sqs")

    def peek(self, limit: int) -> list[DeadLetter]:
        """Return letters, at most so many, and leave them there."""
        with self._held() as held:
            return list(self._received(held, limit))

    def redrive(self, ids: frozenset[str]) -> list[str]:
        """Send letters again, those with these ids, or all if there are none; return their ids.

        Each once: what fails again may be back before all are sent.
        """
        sent: list[str] = []
        done: set[tuple[str, int, int]] = set()
        with self._held() as held:
            for letter in self._received(held):
                mark = (letter.id, letter.sent_at, hash(letter.body))
                if mark not in done and (not ids or letter.id in ids):
                    self._send_again(letter)
                    held.remove(letter.handle)
                    done.add(mark)
                    sent.append(letter.id)
        return sent

    @contextmanager
    def _held(self) -> Iterator[set[str]]:
        """Yield a set for the handles of letters that are given back in the end."""
        held: set[str] = set()
        try:
            yield held
        finally:
            for handle in held:
                # What is held no more, or not given back, is back by itself.
                with suppress(BotoCoreError, ClientError):
                    self._client.change_message_visibility(
                        QueueUrl=self._urls[_DEAD], ReceiptHandle=handle, VisibilityTimeout=0
                    )

    def _received(self, held: set[str], limit: int = sys.maxsize) -> Iterator[DeadLetter]:
        """Yield letters, at most so many, each once; they are held then."""
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
        """Return messages that nobody else sees for a while then, none at the end."""
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
        raise StackError(f"the queue cannot be used: {error}") from error
