"""Folds tallies, when the tally table's stream or a schedule starts it."""

from __future__ import annotations

import collections
import os
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from aws_lambda_powertools import Logger, Metrics

from polylog.aws import Payload, begin_to_collect
from polylog.aws.environment import (
    Invocation,
    asking_until,
    facets_from_environment,
    retention_from_environment,
    shards_from_environment,
)
from polylog.aws.metrics import DRIFT, KINDS, LOG, new_metrics, publish
from polylog.dynamo.connection import connect
from polylog.dynamo.deadlines import LAST_REQUEST_SECONDS
from polylog.dynamo.maintenance.audit import Auditor
from polylog.dynamo.maintenance.count import Counter
from polylog.dynamo.maintenance.expire import Expirer
from polylog.dynamo.maintenance.fold import Folder, Work
from polylog.dynamo.maintenance.seal import Sealer
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.head import read_root
from polylog.dynamo.tally.registry import Scopes
from polylog.dynamo.tally.wake import is_wake, scope_of
from polylog.model.errors import Unavailable
from polylog.model.times import SYSTEM_CLOCK, Clock, Deadline

RUN_SECONDS = 20
"""How long one run folds. Scopes with more to fold get a wake-up, which starts another run."""

TIDY_SECONDS = 75
"""How long after its start the daily run still goes on to another scope."""

PAUSE_SECONDS = 0.3
"""How long to wait if no scope has anything to do yet."""

SETTLE_SECONDS = 25
"""How long the daily run waits until a scope is completely folded."""

_STEP_SECONDS = 1
"""How long it folds before it seals what fills segments."""

T = TypeVar("T")


def compact_handler() -> Callable[[Payload, Invocation | None], None]:
    """Return the Lambda handler that folds the scopes with new deltas.

    Each write leaves a *delta*, a summary that is folded into the tally later. A *wake-up* asks for
    folding. Their records in the stream only say where to look, so lost or repeated records do no
    harm. The schedule sends no records: the handler then tidies up every scope.
    """
    compactor = Compactor(SYSTEM_CLOCK)

    def handler(event: Payload, context: Invocation | None) -> None:
        records = event.get("Records")
        with asking_until(context, LAST_REQUEST_SECONDS):
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
        self._folder = Folder(client, tables.tally, clock, retention)
        self._sealer = Sealer(client, tables, clock, retention, shards)
        self._counter = Counter(client, tables, clock, facets, retention)
        self._expirer = Expirer(client, tables.tally, clock, retention)
        self._auditor = Auditor(client, tables, shards, clock, retention)
        self._scopes = Scopes(client, tables.tally)
        self._root = partial(read_root, client, tables.tally)
        self._logger = Logger(LOG)
        self._metrics = new_metrics()

    def compact(self, partitions: Iterable[str]) -> None:
        """Fold the scopes that these partitions of the tally table belong to.

        The scopes take turns, one step each, so that none has to wait for long.
        """
        run, partitions = self._run(RUN_SECONDS, KINDS), set(partitions)
        for partition in filter(is_wake, partitions):
            run.attempt(self._folder.wake, scope_of(partition))
        active = scopes = sorted(set(map(scope_of, partitions)))
        while active and not run.is_over:
            works = {scope: run.attempt(self._folder.work, scope) for scope in active}
            for scope in active:
                run.attempt(partial(self._seal, run, works[scope]), scope)
            active = [scope for scope in active if works[scope] in (Work.FOLDED, Work.SOON)]
            if active and Work.FOLDED not in works.values():
                self._clock.sleep(PAUSE_SECONDS)
        for scope in active:
            run.attempt(self._folder.leave, scope)
        for scope in scopes:
            run.attempt(partial(self._count_kinds, run), scope)
        run.end()

    def _seal(self, run: _Run, work: Work | None, scope: str) -> None:
        """Turn the log into segments where it fills them, and count facets if it is worth it."""
        self._sealer.seal(scope)
        is_quiet, sealed = work is Work.DONE, self._sealer.sealed(scope)
        while self._counter.count_if_due(scope, sealed, is_quiet=is_quiet):
            if run.is_over or not is_quiet:
                break

    def tidy(self) -> None:
        """Tidy up every scope, then recount one day of each.

        Tidying up folds everything young, and removes expired days from the tallies.
        """
        run, scopes = self._run(TIDY_SECONDS, KINDS, DRIFT), _shuffled(self._scopes.all())
        for do in (self._tidy, self._audit):
            for scope in scopes:
                if not run.is_over:
                    run.attempt(partial(do, run), scope)
        run.end()

    def _run(self, seconds: float, *names: str) -> _Run:
        deadline = self._clock.deadline(seconds)
        return _Run(
            deadline, self._logger, self._metrics, collections.Counter(dict.fromkeys(names, 0))
        )

    def _tidy(self, run: _Run, scope: str) -> None:
        # A log that is written all the time does not settle, but its segments must not wait.
        deadline = self._clock.deadline(SETTLE_SECONDS)
        while not self._folder.settle(scope, _STEP_SECONDS) and not deadline.is_over:
            self._sealer.seal(scope)
        while self._sealer.seal(scope) and not run.is_over:
            pass
        sealed = self._sealer.sealed(scope)
        while self._counter.count(scope, sealed, least=1) and not run.is_over:
            pass
        self._expirer.expire(scope)
        self._count_kinds(run, scope)
        self._logger.info("tidied up", extra={"scope": scope})

    def _count_kinds(self, run: _Run, scope: str) -> None:
        kinds = len(self._root(scope).bucket.kinds())
        run.measured[KINDS] = max(run.measured[KINDS], kinds)

    def _audit(self, run: _Run, scope: str) -> None:
        drifts = self._auditor.audit(scope)
        run.measured[DRIFT] += len(drifts)
        if drifts:
            told = {"scope": scope, "differences": len(drifts), "first": str(drifts[0])}
            self._logger.error("a tally is wrong", extra=told)


@dataclass(slots=True)
class _Run:
    """One run of the function: its deadline, what it measures, and what failed."""

    deadline: Deadline
    logger: Logger
    metrics: Metrics
    measured: collections.Counter[str]
    failed: list[Unavailable] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.deadline.is_over

    def attempt(self, do: Callable[[str], T], scope: str) -> T | None:
        """Do some work on a scope; a failure does not stop the others."""
        try:
            return do(scope)
        except Unavailable as error:
            self.logger.exception("not compacted", extra={"scope": scope})
            self.failed.append(error)
            return None

    def end(self) -> None:
        """Publish what was measured; raises the first failure."""
        publish(self.metrics, self.measured)
        if self.failed:
            raise self.failed[0]


def _shuffled(scopes: Iterable[str]) -> list[str]:
    """Return the scopes in random order, so that no scope is always left out."""
    every = list(scopes)
    random.shuffle(every)
    return every
