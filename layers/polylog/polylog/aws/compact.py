"""Wakes the folding of tallies: records of the tally table's stream, or a schedule."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable
from typing import Any

from aws_lambda_powertools import Logger

from polylog import times
from polylog.aws.services import facets_from_environment, retention_from_environment
from polylog.dynamo.client import connect
from polylog.dynamo.expire import Expirer
from polylog.dynamo.fold import Folder
from polylog.dynamo.scopes import Scopes
from polylog.errors import Unavailable

# What Lambda hands in is JSON of AWS's making.
Payload = dict[str, Any]

SCOPE_SECONDS = 25
RUN_SECONDS = 75
"""How long a scope is worked on, and how long after its start a run takes on another one.

What is left then is done at the next wake-up.
"""


def compact_handler() -> Callable[[Payload, object], None]:
    """Return the Lambda handler that folds the scopes which new deltas were written to.

    The records say no more than where to look: the same ones again, or some lost, do no harm.
    Without records every scope is tidied up: what no longer is kept leaves its tallies, and the
    few deltas that nobody needed to fold so far are folded.
    """
    client, table = connect(), os.environ["TALLY_TABLE"]
    retention = retention_from_environment()
    facets = facets_from_environment()
    folder = Folder(client, table, times.now, facets=facets, retention=retention)
    expirer = Expirer(client, table, times.now, retention)
    scopes = Scopes(client, table)
    logger = Logger("polylog")

    def compact(scope: str) -> None:
        folder.compact(scope, SCOPE_SECONDS)

    def tidy(scope: str) -> None:
        while folder.fold(scope):
            pass
        expirer.expire(scope)

    def handler(event: Payload, context: object) -> None:
        records = event.get("Records")
        if records is None:
            _each(tidy, _shuffled(scopes.all()), logger)
        else:
            _each(compact, {record["dynamodb"]["Keys"]["scope"]["S"] for record in records}, logger)

    return handler


def _each(work: Callable[[str], None], scopes: Iterable[str], logger: Logger) -> None:
    """Work on one scope after the other; what fails in one does not keep the others from it."""
    end, failed = times.now() + RUN_SECONDS * times.SECOND, list[Unavailable]()
    for scope in scopes:
        if times.now() >= end:
            break
        try:
            work(scope)
            logger.info("compacted", extra={"scope": scope})
        except Unavailable as error:
            logger.exception("not compacted", extra={"scope": scope})
            failed.append(error)
    if failed:
        raise failed[0]


def _shuffled(scopes: Iterable[str]) -> list[str]:
    """Return scopes in another order each time, so that none is always among those left over."""
    every = list(scopes)
    random.shuffle(every)
    return every
