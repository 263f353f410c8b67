"""The queue of messages that could not be stored, each with the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from polylog.dynamo.connection import client_of
from polylog.model.errors import Unavailable

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

REASON: Final = "reason"
MESSAGE_ID: Final = "message_id"
SENT_AT: Final = "sent_at"
READ_ATTRIBUTES: Final = ("scope", "format")
"""The attributes of a message that say how to read it."""

_MAX_REASON: Final = 1000
_MAX_BYTES: Final = 1_048_576
"""The largest message that SQS takes: the body, and the names, types and values of attributes."""

_TIME: Final = re.compile(r"\d{1,14}", re.ASCII)
_UNSENDABLE: Final = re.compile(r"[^\t\n\r -\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_MAX_DELAY: Final = 900
"""The most seconds that a message waits before it is tried again."""

_CONFIG: Final = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 5}
)


class DeadLetters:
    """Puts messages aside, or delays them; `max_receives` says how often to try a message."""

    def __init__(self, url: str, max_receives: int) -> None:
        self._url = url
        self._max_receives = max_receives
        self._made: SQSClient | None = None

    def is_last_try(self, record: SQSRecord) -> bool:
        """Return whether a message must be put aside if it fails now."""
        return received(record) >= self._max_receives

    def add(self, record: SQSRecord, reason: str) -> None:
        """Put a message aside so that it can be read in the same way later; raises `Unavailable`.

        SQS gives it a new id and time. The attributes `message_id` and `sent_at` (milliseconds
        since the epoch) keep the first ones, because events without an id get theirs from them.
        """
        given = string_attributes(record)
        message_id, sent_at = first_sent(record)
        attributes = {MESSAGE_ID: message_id, SENT_AT: str(sent_at), REASON: ""}
        attributes |= {name: given[name] for name in READ_ATTRIBUTES if name in given}
        rest = [record.body, *(f"{name}String{value}" for name, value in attributes.items())]
        room = _MAX_BYTES - sum(len(text.encode(errors="replace")) for text in rest)
        attributes[REASON] = _cut(_UNSENDABLE.sub("?", reason)[:_MAX_REASON], room)
        try:
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=record.body,
                MessageAttributes={name: _text(value) for name, value in attributes.items()},
            )
        except (ClientError, BotoCoreError) as error:
            raise Unavailable from error

    def delay(self, record: SQSRecord, seconds: int | None = None) -> None:
        """Let a message come back after some seconds; without a number, later after each try.

        Raises `Unavailable`. The message then comes back after its queue's own time-out.
        """
        if seconds is None:
            seconds = min(4 ** received(record), _MAX_DELAY)
        try:
            self._client.change_message_visibility(
                QueueUrl=record.queue_url,
                ReceiptHandle=record.receipt_handle,
                VisibilityTimeout=seconds,
            )
        except (ClientError, BotoCoreError) as error:
            raise Unavailable from error

    @property
    def _client(self) -> SQSClient:
        """The client, made on first use, because most invocations put nothing aside."""
        if self._made is None:
            self._made = client_of("sqs", _CONFIG)
        return self._made


def received(record: SQSRecord) -> int:
    """Return how often a message was received, including this time."""
    return int(record.attributes.approximate_receive_count)


def first_sent(record: SQSRecord) -> tuple[str, int]:
    """Return the first id of a message, and when it was first sent: see `first_named`."""
    sent_at = record.attributes.sent_timestamp
    return first_named(string_attributes(record), record.message_id, sent_at)


def first_named(given: Mapping[str, str], message_id: str, sent_at: str) -> tuple[str, int]:
    """Return the first id of a message, and when it was first sent (in ms since the epoch).

    A message that was put aside or sent again has both in its attributes.
    """
    said = given.get(SENT_AT, "")
    return given.get(MESSAGE_ID, message_id), int(said if _TIME.fullmatch(said) else sent_at)


def string_attributes(record: SQSRecord) -> dict[str, str]:
    """Return the attributes of a message that are texts."""
    values = ((name, value.get("stringValue")) for name, value in record.message_attributes.items())
    return {name: text for name, text in values if text is not None}


def _cut(text: str, room: int) -> str:
    """Return as much of the text as fits into `room` bytes; at least one character, for SQS."""
    return text.encode()[: max(room, 0)].decode(errors="ignore") or text[:1]


def _text(value: str) -> MessageAttributeValueTypeDef:
    return {"DataType": "String", "StringValue": value}
