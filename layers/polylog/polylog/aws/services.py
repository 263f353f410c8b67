"""What serving needs, put together from the function's environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from polylog import times
from polylog.dialect import Services
from polylog.dynamo.client import connect
from polylog.dynamo.keys import DynamoKeyStore, Peppers, peppers_from_file, peppers_from_secret
from polylog.dynamo.reader import Limits
from polylog.dynamo.store import DynamoEventStore, Tables


def services_from_environment() -> Services:
    """Return the services that the environment variables of template.yaml describe."""
    client = connect()
    limits = Limits(int(os.environ["READ_BUDGET_ITEMS"]), float(os.environ["READ_BUDGET_SECONDS"]))
    tables = Tables(events=os.environ["EVENTS_TABLE"], tally=os.environ["TALLY_TABLE"])
    shards = int(os.environ["INDEX_SHARDS"])
    return Services(
        store=DynamoEventStore(client, tables, shards=shards, limits=limits),
        keys=DynamoKeyStore(client, os.environ["KEYS_TABLE"], _load_peppers(), times.now),
        clock=times.now,
    )


def _load_peppers() -> Callable[[], Peppers]:
    """A file stands in for the secret where there is no Secrets Manager."""
    if "PEPPER_FILE" in os.environ:
        return partial(peppers_from_file, Path(os.environ["PEPPER_FILE"]))
    return partial(peppers_from_secret, os.environ["PEPPER_SECRET"])
