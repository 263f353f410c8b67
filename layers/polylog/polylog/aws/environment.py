"""The services and settings that a function's environment variables describe."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from polylog.api.call import Services
from polylog.api.http import Response
from polylog.dynamo.connection import connect
from polylog.dynamo.deadlines import until
from polylog.dynamo.events.indexes import fields_of_indexes
from polylog.dynamo.keys import DynamoKeyStore
from polylog.dynamo.limits import Limits
from polylog.dynamo.peppers import Peppers, peppers_from_file, peppers_from_secret
from polylog.dynamo.retention import Retention
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tables import Shards, Tables
from polylog.dynamo.tally.facets import FACETS
from polylog.model.times import SYSTEM_CLOCK, Clock, Deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_RESPONSE_BYTES = 5_900_000
"""The largest response: Lambda's 6 MB, less room for headers and the payload's frame."""


class Invocation(Protocol):
    """The part of Lambda's context that tells how much time is left."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds the function may still run."""


def services_from_environment() -> Services:
    """Return the services that the environment variables of template.yaml describe."""
    client, clock = connect(), SYSTEM_CLOCK
    return Services(
        store=store_from_environment(client, clock),
        keys=DynamoKeyStore(client, os.environ["KEYS_TABLE"], _load_peppers(), clock),
        clock=clock,
        can_deliver=fits_lambda,
    )


def store_from_environment(client: DynamoDBClient, clock: Clock) -> DynamoEventStore:
    """Return the store of the tables that the environment variables name."""
    return DynamoEventStore(
        client,
        Tables(events=os.environ["EVENTS_TABLE"], tally=os.environ["TALLY_TABLE"]),
        shards=shards_from_environment(),
        limits=Limits.of_units(
            int(os.environ["READ_BUDGET_UNITS"]), float(os.environ["READ_BUDGET_SECONDS"])
        ),
        clock=clock,
        facets=facets_from_environment(),
        indexes=indexes_from_environment(),
        retention=retention_from_environment(),
    )


def shards_from_environment() -> Shards:
    """Return how many shards to read and write; every shard that is written is also read."""
    written = int(os.environ["WRITTEN_SHARDS"])
    return Shards(max(int(os.environ["INDEX_SHARDS"]), written), written)


def facets_from_environment() -> frozenset[str]:
    """Return the names of the facets that the tally also counts events by."""
    return frozenset(os.environ["TALLIED_FACETS"].split(",")) & FACETS.keys()


def indexes_from_environment() -> frozenset[str]:
    """Return which fields have an index, besides time and type; raises `ValueError`."""
    names = frozenset(os.environ["FIELD_INDEXES"].split(",")) - {""}
    try:
        fields_of_indexes(names)
    except ValueError as error:
        raise ValueError(f"FIELD_INDEXES: {error}") from error
    return names


def retention_from_environment() -> Retention:
    """Return how long events are kept."""
    return Retention(int(os.environ["RETENTION_DAYS"]))


def deadline_of(context: Invocation, margin_seconds: float) -> Deadline:
    """Return the end of an invocation by Lambda's clock, less a margin for its last work."""
    return Deadline(-margin_seconds, lambda: -context.get_remaining_time_in_millis() / 1000)


def asking_until(
    context: Invocation | None, margin_seconds: float, most_seconds: float = inf
) -> AbstractContextManager[None]:
    """Let the `with` block ask the database until this margin before the end of an invocation.

    The invocation ends after `most_seconds`, even if Lambda gives it more time. Outside Lambda,
    there is no context.
    """
    left = inf if context is None else context.get_remaining_time_in_millis() / 1000
    return until(SYSTEM_CLOCK.deadline(min(left, most_seconds) - margin_seconds))


def fits_lambda(response: Response) -> bool:
    """Return whether Lambda can carry the response's body, which it wraps in a JSON string."""
    size = len(response.body)
    if size <= MAX_RESPONSE_BYTES // 2:
        return True
    return size + response.body.count(b'"') + response.body.count(b"\\") <= MAX_RESPONSE_BYTES


def _load_peppers() -> Callable[[], Peppers]:
    """Return the function that loads the peppers: from a secret or, for a local log, a file."""
    if "PEPPER_FILE" in os.environ:
        return partial(peppers_from_file, Path(os.environ["PEPPER_FILE"]))
    return partial(peppers_from_secret, os.environ["PEPPER_SECRET"])
