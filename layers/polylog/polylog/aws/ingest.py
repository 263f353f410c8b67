"""Stores the events of queue messages; a failing message never blocks another one."""

from __future__ import annotations

import logging
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from polylog.aws import Payload, begin_to_collect
from polylog.aws.dead_letters import DeadLetters, first_sent, received, string_attributes
from polylog.aws.environment import asking_until, deadline_of, store_from_environment
from polylog.aws.messages import Message, read_message
from polylog.aws.metrics import DEAD, LOG, name_of, new_metrics, publish
from polylog.batches import batched_by_weight
from polylog.dynamo.connection import connect
from polylog.dynamo.deadlines import LAST_REQUEST_SECONDS
from polylog.intake.documents import MAX_TOGETHER
from polylog.intake.offers import Offered, put_readable
from polylog.model.errors import ApiError, Unavailable
from polylog.model.store import EventStore, Outcome
from polylog.model.times import SECOND, SYSTEM_CLOCK, Deadline

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

Found = tuple[Outcome, ...] | Unavailable
"""What happened to a message's events, or why that is unknown."""

Put = Callable[[str, Sequence[Offered]], tuple[Outcome, ...]]

ENDING_SECONDS: Final = 25
"""How long before its end the function stops taking further events."""

_LAST_SECONDS: Final = LAST_REQUEST_SECONDS + 7
"""How long before its end the function stops asking the database.

It needs the rest to tell the queue which messages must come again.
"""

_TOGETHER: Final = 950
"""How many events to store before looking at the clock again: ten transactions."""

_SHOWN: Final = 5
_MILLISECOND: Final = SECOND // 1000


class OutOfTime(Unavailable):
    """There is no time left to store the events of a message."""


def ingest_handler() -> Callable[[Payload, LambdaContext], Payload]:
    """Return the Lambda handler that stores the events of a batch of messages.

    It returns which messages must come again.
    """
    intake = Intake(
        store_from_environment(connect(), SYSTEM_CLOCK),
        os.environ["INGEST_SCOPE"],
        DeadLetters(os.environ["DEAD_LETTER_QUEUE"], int(os.environ["MAX_RECEIVES"])),
    )

    @Logger(LOG).inject_lambda_context
    def handler(event: Payload, context: LambdaContext) -> Payload:
        with asking_until(context, _LAST_SECONDS):
            return intake.take(event["Records"], deadline_of(context, ENDING_SECONDS))

    begin_to_collect()
    return handler


class Intake:
    """Stores the events of messages; those of messages that name no scope go to `scope`."""

    def __init__(self, store: EventStore, scope: str, dead_letters: DeadLetters) -> None:
        self._store = store
        self._scope = scope
        self._dead_letters = dead_letters
        self._logger = Logger(LOG)
        self._metrics = new_metrics()

    def take(self, records: list[Payload], deadline: Deadline) -> Payload:
        """Store a batch; messages of a FIFO queue one after the other, in the order they were sent.

        Messages for which no time is left come again. If Lambda stopped the function, all would.
        """
        counts, put = Counter[str](), partial(self._put, deadline)
        put_record = partial(self._put_record, deadline)
        log = logging.getLogger(LOG)
        if _is_fifo(records):
            processor: BatchProcessor = SqsFifoPartialProcessor(
                skip_group_on_error=True, logger=log
            )
            settle = partial(self._settle, counts, put_record)
        else:
            processor = BatchProcessor(EventType.SQS, logger=log)
            found = self._put_together(put, map(SQSRecord, records))
            settle = partial(self._settle, counts, partial(_found, found, put_record))
        processor.raise_on_entire_batch_failure = False
        with processor(records, settle):
            processor.process()
        publish(self._metrics, counts)
        self._logger.info("ingested", extra={"messages": len(records), "counts": counts})
        return dict(processor.response())

    def _put_together(self, put: Put, records: Iterable[SQSRecord]) -> dict[str, Found]:
        """Store the events of all messages that come for the first time, scope by scope.

        Returns what happened to each message's events, by its receipt: a batch may hold a message
        twice. Some messages are left out, to be stored one by one. Those that came before and those
        of a scope that failed may make others fail. Memory has no room for those after the first
        `MAX_TOGETHER` events.
        """
        number = 0
        by_scope = defaultdict[str, list[tuple[str, list[Offered]]]](list)
        for record in records:
            with self._logging("not read", message_id=record.message_id):
                if received(record) == 1 and number < MAX_TOGETHER:
                    scope, offered = self._read(record)
                    number += len(offered)
                    by_scope[scope].append((record.receipt_handle, offered))
        found: dict[str, Found] = {}
        for scope, messages in by_scope.items():
            for part in batched_by_weight(
                messages, _events_of, most=_TOGETHER, most_weight=_TOGETHER
            ):
                with self._logging("not stored together", scope=scope):
                    found |= _put_all(put, scope, part)
        return found

    @contextmanager
    def _logging(self, text: str, **about: str) -> Iterator[None]:
        """Log a failure and go on: each message is then tried on its own."""
        try:
            yield
        except Exception:
            self._logger.exception(text, extra=about)

    def _put(
        self,
        deadline: Deadline,
        scope: str,
        offered: Sequence[Offered],
        *,
        is_repeat: bool = False,
    ) -> tuple[Outcome, ...]:
        if deadline.is_over:
            raise OutOfTime
        return put_readable(self._store, scope, offered, is_repeat=is_repeat)

    def _put_record(self, deadline: Deadline, record: SQSRecord) -> tuple[Outcome, ...]:
        return self._put(deadline, *self._read(record), is_repeat=received(record) > 1)

    def _read(self, record: SQSRecord) -> tuple[str, list[Offered]]:
        """Return a message's scope and its events, or the reason why it cannot be read."""
        message_id, sent_at = first_sent(record)
        message = Message(
            message_id, sent_at * _MILLISECOND, record.body, string_attributes(record)
        )
        try:
            return read_message(message, self._scope)
        except ApiError as error:
            return self._scope, [error]

    def _settle(
        self,
        counts: Counter[str],
        put: Callable[[SQSRecord], tuple[Outcome, ...]],
        record: SQSRecord,
    ) -> None:
        """Store a message, or put it aside; raises if it must come again."""
        try:
            outcomes = put(record)
        except Exception as error:
            if not self._dead_letters.is_last_try(record):
                self._dead_letters.delay(record)
                raise
            self._logger.exception("given up", extra={"message_id": record.message_id})
            self._dead_letters.add(record, _failure(error))
            counts[DEAD] += 1
            return
        counts.update(name_of(outcome.status) for outcome in outcomes)
        if refusal := _refusal(outcomes):
            self._dead_letters.add(record, refusal)
            counts[DEAD] += 1


def _put_all(
    put: Put, scope: str, messages: Sequence[tuple[str, list[Offered]]]
) -> dict[str, Found]:
    """Store the events of many messages; return what happened to each message's events."""
    try:
        outcomes = iter(put(scope, [each for _, offered in messages for each in offered]))
    except Unavailable as error:
        return dict.fromkeys([receipt for receipt, _ in messages], error)
    return {receipt: tuple(islice(outcomes, len(offered))) for receipt, offered in messages}


def _events_of(message: tuple[str, list[Offered]]) -> int:
    return len(message[1])


def _found(
    found: Mapping[str, Found],
    put_record: Callable[[SQSRecord], tuple[Outcome, ...]],
    record: SQSRecord,
) -> tuple[Outcome, ...]:
    outcomes = found.get(record.receipt_handle)
    if isinstance(outcomes, Unavailable):
        raise outcomes
    return put_record(record) if outcomes is None else outcomes


def _is_fifo(records: Sequence[Payload]) -> bool:
    return any(record["eventSourceARN"].endswith(".fifo") for record in records)


def _failure(error: Exception) -> str:
    if isinstance(error, OutOfTime):
        return "there was no time left to store it"
    if isinstance(error, Unavailable):
        return "the database did not answer in time, or refused"
    return "storing it failed; the function's log says how"


def _refusal(outcomes: Sequence[Outcome]) -> str:
    """Return why some events of a message are not in the log, or an empty text if all are."""
    refused = [
        f"event {number}: {outcome.status}: {outcome.reason}"
        for number, outcome in enumerate(outcomes, 1)
        if not outcome.status.is_in_log
    ]
    more = len(refused) - _SHOWN
    return "; ".join(refused[:_SHOWN] + ([f"and {more} more"] if more > 0 else []))
