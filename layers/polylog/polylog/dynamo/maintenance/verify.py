"""Verifies the tallies of a scope against its events, and repairs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from polylog.dynamo.events.indexes import Indexes
from polylog.dynamo.events.numbers import Numbers
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.limits import UNLIMITED
from polylog.dynamo.maintenance.recount import NOTHING, Books, Drift, MovedError, Recount
from polylog.dynamo.maintenance.repair import repair
from polylog.dynamo.tables import OPTIONAL_INDEXES, Tables
from polylog.dynamo.tally.head import Head, read_head, read_root
from polylog.dynamo.tally.levels import ROOT, Level
from polylog.dynamo.tally.ranges import Ranges
from polylog.dynamo.tally.registry import Scopes
from polylog.dynamo.tally.rows import write_rows
from polylog.model.errors import Unavailable
from polylog.model.times import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS: Final = 20
_ROUNDS: Final = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Report:
    """What a recount found: settled and young events, rows read, and all wrong numbers.

    `facets` names those that all events are tallied by, so that they can answer. `last` is the
    highest `seq` of a settled event. `lost` are numbers that the head should know and does not.
    """

    settled: int
    young: int
    rows: int
    drifts: tuple[Drift, ...]
    facets: frozenset[str]
    last: int
    lost: Ranges = NOTHING


class Verifier:
    """Recounts the scopes of a log. It reads all events, and those with facets once more.

    `facets` names the facets that events are also tallied by.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        shards: int,
        facets: Iterable[str] = (),
        *,
        clock: Clock = SYSTEM_CLOCK,
        indexes: Iterable[str] = OPTIONAL_INDEXES,
    ) -> None:
        self._client = client
        self._table = tables.tally
        self._facets = frozenset(facets)
        self._clock = clock
        there = Indexes.of(indexes, clock)
        self._reader = Reader(client, tables.events, shards, UNLIMITED, clock, there)
        self._numbers = Numbers(client, tables.tally)
        self._scopes = Scopes(client, tables.tally)

    def verify(self, scope: str) -> Report:
        """Return how the rows compare with the events; raises `Unavailable`."""
        return self._recount(scope, self._head(scope).facets(self._facets))

    def repair(self, scope: str) -> Report:
        """Correct the wrong numbers, and return those that are still wrong.

        Facets that were configured after the first event can answer from then on, unless young
        events still lack them.
        """
        for _ in range(_ROUNDS):
            report = self._recount(scope, self._facets)
            self._numbers.raise_to(scope, report.last)
            for wrong in sorted({drift.facet for drift in report.drifts if drift.facet}):
                self._scopes.add_facet(scope, wrong)
            days = {(drift.facet, Level.DAY.bucket(drift.bucket)) for drift in report.drifts}
            for facet, day in sorted(days, key=str):
                _while_still(partial(repair, self._books(scope, facet, report.lost), day))
            if not report.drifts:
                _while_still(partial(self._adopt, scope))
                break
        return self.verify(scope)

    def _head(self, scope: str) -> Head:
        return read_head(self._client, self._table, scope)

    def _recount(self, scope: str, names: frozenset[str], lost: Ranges = NOTHING) -> Report:
        main = Recount(self._books(scope, lost=lost), names)
        drifts = main.drifts()
        head = self._head(scope)
        unknown = {number for number in main.later if number not in head.decided}
        if unknown:  # They were stored before the head was read, which should know them.
            missing = Ranges.of(head.decided.missing(1, max(unknown)))
            return self._recount(scope, names, lost | missing)
        known = {f for f in self._scopes.facets(scope) if f.partition("=")[0] in names}
        facets = sorted(known | main.facets)
        others = [Recount(self._books(scope, facet, lost)) for facet in facets]
        for other in others:
            drifts += other.drifts()
        return Report(
            main.settled,
            head.young_events,
            sum(recount.rows for recount in (main, *others)),
            tuple(drifts),
            head.facets(self._facets),
            main.last,
            lost,
        )

    def _adopt(self, scope: str) -> None:
        """Record that all events are tallied by every facet."""
        head = read_root(self._client, self._table, scope)
        if head.tallied is None or head.tallied == self._facets:
            return
        bucket = replace(head.bucket, version=head.bucket.version + 1)
        adopting = replace(head, bucket=bucket, tallied=self._facets)
        rows = {ROOT: head.bucket}, {ROOT: bucket}
        if not write_rows(self._client, self._table, scope, *rows, adopting):
            raise MovedError

    def _books(self, scope: str, facet: str | None = None, lost: Ranges = NOTHING) -> Books:
        return Books(self._client, self._table, self._reader, self._clock, scope, facet, lost)


def _while_still(attempt: Callable[[], T]) -> T:
    """Return the result of the first attempt that no fold disturbs; raises `Unavailable`."""
    for _ in range(_ATTEMPTS):
        try:
            return attempt()
        except MovedError:
            continue
    raise Unavailable("the tally went on changing")
