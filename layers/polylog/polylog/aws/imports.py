"""Takes S3's notifications from a queue, and imports the objects that they name."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.data_classes.s3_event import S3EventRecord, S3Message
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.config import Config

from polylog.aws import Payload, begin_to_collect
from polylog.aws.dead_letters import DeadLetters
from polylog.aws.environment import asking_until, deadline_of, store_from_environment
from polylog.aws.importer import Home, Importer, Stuck, Unfinished
from polylog.aws.metrics import DEAD, LOG, name_of, new_metrics, publish
from polylog.aws.objects import ObjectVersion
from polylog.dynamo.connection import client_of, connect
from polylog.dynamo.deadlines import LAST_REQUEST_SECONDS
from polylog.model.errors import InvalidBody
from polylog.model.times import SYSTEM_CLOCK, Deadline

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_ENDING_SECONDS: Final = 60
"""How long before its end the function stops taking further events."""

_LAST_SECONDS: Final = LAST_REQUEST_SECONDS + 22
"""How long before its end the function stops asking the database.

It needs the rest to note its progress in the bucket.
"""

_CONFIG: Final = Config(
    connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}
)


def imports_handler() -> Callable[[Payload, LambdaContext], Payload]:
    """Return the Lambda handler that imports the objects in notifications.

    Unfinished and failed imports come again with their messages.
    """
    max_tries = int(os.environ["MAX_RECEIVES"])
    s3, clock = client_of("s3", _CONFIG), SYSTEM_CLOCK
    store = store_from_environment(connect(), clock)
    home = Home(os.environ["IMPORT_BUCKET"], os.environ["INGEST_SCOPE"])
    importer = Importer(store, s3, max_tries, clock, home)
    imports = Imports(importer, DeadLetters(os.environ["DEAD_LETTER_QUEUE"], max_tries))

    @Logger(LOG).inject_lambda_context
    def handler(event: Payload, context: LambdaContext) -> Payload:
        with asking_until(context, _LAST_SECONDS):
            return imports.take(event["Records"], deadline_of(context, _ENDING_SECONDS))

    begin_to_collect()
    return handler


_DIGEST: Final = "/CloudTrail-Digest/"


class Imports:
    """Imports the objects that messages name, and puts messages aside that cannot be imported."""

    def __init__(self, importer: Importer, dead_letters: DeadLetters) -> None:
        self._importer = importer
        self._dead_letters = dead_letters
        self._logger = Logger(LOG)
        self._metrics = new_metrics()

    def take(self, records: list[Payload], deadline: Deadline) -> Payload:
        """Import the objects of a batch of messages; return which messages must come again."""
        counts = Counter[str]()
        processor = BatchProcessor(
            EventType.SQS,
            raise_on_entire_batch_failure=False,
            logger=logging.getLogger(LOG),
        )
        with processor(records, partial(self._settle, counts, deadline)):
            processor.process()
        publish(self._metrics, counts)
        return dict(processor.response())

    def _settle(self, counts: Counter[str], deadline: Deadline, record: SQSRecord) -> None:
        try:
            for source in _objects(record):
                self._import(counts, source, deadline)
        except (Stuck, InvalidBody) as error:
            self._logger.exception("given up", extra={"message_id": record.message_id})
            self._dead_letters.add(record, str(error))
            counts[DEAD] += 1
        except Unfinished:
            self._dead_letters.delay(record, 0)
            raise
        except Exception:
            self._dead_letters.delay(record)
            raise

    def _import(self, counts: Counter[str], source: ObjectVersion, deadline: Deadline) -> None:
        progress = self._importer.run(source, deadline)
        if progress is None:
            return
        self._logger.info("imported", extra={"object": source.key, "counts": progress.counts})
        for status, count in progress.counts.items():
            counts[name_of(status)] += count


def _objects(record: SQSRecord) -> list[ObjectVersion]:
    """Return the objects that a notification says were created; raises `InvalidBody`.

    S3's test message names none. The list leaves out folders that S3's console makes and digests of
    AWS CloudTrail, which have no events.
    """
    try:
        document = record.json_body
        if document.get("Event") == "s3:TestEvent":
            return []
        versions = _announced(document) if "detail" in document else _notified(document)
        return [each for each in versions if not each.key.endswith("/") and _DIGEST not in each.key]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidBody("not a notification of S3") from error


def _notified(document: Payload) -> list[ObjectVersion]:
    """Return the objects in a notification that S3 itself sends."""
    return [_version(each.s3) for each in S3Event(document).records if _is_made(each)]


def _announced(document: Payload) -> list[ObjectVersion]:
    """Return the object in S3's event on the bus of EventBridge, where keys are not encoded."""
    if document["detail-type"] != "Object Created":
        return []
    bucket, made = document["detail"]["bucket"]["name"], document["detail"]["object"]
    return [ObjectVersion(bucket, made["key"], made.get("version-id"), made["etag"])]


def _is_made(record: S3EventRecord) -> bool:
    return record.event_name.startswith("ObjectCreated:")


def _version(stored: S3Message) -> ObjectVersion:
    made = stored.get_object
    return ObjectVersion(stored.bucket.name, unquote_plus(made.key), made.version_id, made.etag)
