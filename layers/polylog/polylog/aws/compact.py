"""Folds tallies, woken by the tally table's stream or by a schedule."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from aws_lambda_powertools import Logger

from polylog.aws import Payload, begin_to_collect
from polylog.aws.environment import (
    facets_from_environment,
    retention_from_environment,
    shards_from_environment,
)
from polylog.aws.metrics import DRIFT, KINDS, LOG, new_metrics, publish
from polylog.dynamo.connection import connect
from polylog.dynamo.maintenance.audit import Auditor
from polylog.dynamo.maintenance.expire import Expirer
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.head import read_root
from polylog.dynamo.tally.registry import Scopes
from polylog.model.errors import Unavailable
from polylog.model.times import SYSTEM_CLOCK, Clock

SCOPE_SECONDS = 25
RUN_SECONDS = 75
"""How long to work on one scope, and how long after its start a run takes on another scope.

The next wake-up does the rest.
"""


def compact_handler() -> Callable[[Payload, object], None]:
    """Return the Lambda handler that folds the scopes with new deltas.

    The records only say where to look, so lost or repeated records do no harm. Without records, it
    tidies every scope up. It ignores the context.
    """
    compactor = Compactor(SYSTEM_CLOCK)

    def handler(event: Payload, context: object) -> None:
        records = event.get("Records")
        if records is None:
            compactor.tidy()
        else:
            compactor.compact({record["dynamodb"]["Keys"]["scope"]["S"] for record in records})

    begin_to_collect()
    return handler


class Compactor:
    """Folds and tidies the scopes of the log that the environment names, and publishes metrics."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        retention, facets = retention_from_environment(), facets_from_environment()
        tables = Tables(events=os.environ["EVENTS_TABLE"], tally=os.environ["TALLY_TABLE"])
        shards, client = shards_from_environment().read, connect()
        self._folder = Folder(client, tables.tally, clock, facets=facets, retention=retention)
        self._expirer = Expirer(client, tables.tally, clock, retention)
        self._auditor = Auditor(client, tables, shards, clock, retention)
        self._scopes = Scopes(client, tables.tally)
        self._root = partial(read_root, client, tables.tally)
        self._logger = Logger(LOG)
        self._metrics = new_metrics()

    def compact(self, scopes: Iterable[str]) -> None:
        """Fold these scopes if that is due."""
        measured = Counter({KINDS: 0})
        self._each([(partial(self._compact, measured), scope) for scope in scopes], measured)

    def tidy(self) -> None:
        """Tidy every scope up, then recount one day of each.

        Expired days leave the tallies, and the few deltas that were not due are folded.
        """
        measured = Counter({KINDS: 0, DRIFT: 0})
        scopes, work = _shuffled(self._scopes.all()), (self._tidy, self._audit)
        self._each([(partial(do, measured), scope) for do in work for scope in scopes], measured)

    def _compact(self, measured: Counter[str], scope: str) -> None:
        self._folder.compact(scope, SCOPE_SECONDS)
        self._count_kinds(measured, scope)
        self._logger.info("compacted", extra={"scope": scope})

    def _tidy(self, measured: Counter[str], scope: str) -> None:
        while self._folder.fold(scope):
            pass
        self._expirer.expire(scope)
        self._count_kinds(measured, scope)
        self._logger.info("tidied up", extra={"scope": scope})

    def _count_kinds(self, measured: Counter[str], scope: str) -> None:
        measured[KINDS] = max(measured[KINDS], len(self._root(scope).bucket.kinds()))

    def _audit(self, measured: Counter[str], scope: str) -> None:
        drifts = self._auditor.audit(scope)
        measured[DRIFT] += len(drifts)
        if drifts:
            told = {"scope": scope, "differences": len(drifts), "first": str(drifts[0])}
            self._logger.error("a tally is wrong", extra=told)

    def _each(
        self, work: Iterable[tuple[Callable[[str], None], str]], measured: Counter[str]
    ) -> None:
        """Do one piece of work after the other; a failure does not stop the others."""
        deadline, failed = self._clock.deadline(RUN_SECONDS), list[Unavailable]()
        for do, scope in work:
            if deadline.is_over:
                break
            try:
                do(scope)
            except Unavailable as error:
                self._logger.exception("not compacted", extra={"scope": scope})
                failed.append(error)
        publish(self._metrics, measured)
        if failed:
            raise failed[0]


def _shuffled(scopes: Iterable[str]) -> list[str]:
    """Return scopes in random order, so that no scope is always left over."""
    every = list(scopes)
    random.shuffle(every)
    return every
