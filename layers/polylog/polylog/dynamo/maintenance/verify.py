"""A verifier compares the tallies of a scope with its events, and repairs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from polylog.dynamo.events.numbers import Numbers
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.limits import UNLIMITED
from polylog.dynamo.maintenance.recount import NOTHING, Books, Drift, MovedError, Recount
from polylog.dynamo.maintenance.recount_facets import FacetRecount
from polylog.dynamo.maintenance.repair import repair
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.head import read_head
from polylog.dynamo.tally.levels import Level
from polylog.dynamo.tally.ranges import Ranges
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

    `last` is the highest `seq` of a settled event. `lost` are numbers that the head should know and
    does not.
    """

    settled: int
    young: int
    rows: int
    drifts: tuple[Drift, ...]
    last: int
    lost: Ranges = NOTHING


class Verifier:
    """Recounts the scopes of a log. It reads all events, and once more if facets are counted."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        shards: int,
        *,
        clock: Clock = SYSTEM_CLOCK,
        retention: Retention = FOR_EVER,
    ) -> None:
        self._client = client
        self._table = tables.tally
        self._clock = clock
        self._retention = retention
        self._reader = Reader(client, tables.events, shards, UNLIMITED, clock)
        self._numbers = Numbers(client, tables.tally)

    def verify(self, scope: str) -> Report:
        """Return how the rows compare with the events; raises `Unavailable`."""
        return self._recount(scope)

    def repair(self, scope: str) -> Report:
        """Correct the wrong numbers, and return those that are still wrong."""
        for _ in range(_ROUNDS):
            report = self._recount(scope)
            self._numbers.raise_to(scope, report.last)
            if not report.drifts:
                return report
            own = (drift.bucket for drift in report.drifts if drift.facet is None)
            for day in sorted({Level.DAY.bucket(bucket) for bucket in own}):
                _while_still(partial(repair, self._books(scope, report.lost), day))
            self._facets(scope).repair({d.facet for d in report.drifts if d.facet is not None})
        return self.verify(scope)

    def _recount(self, scope: str, lost: Ranges = NOTHING) -> Report:
        main = Recount(self._books(scope, lost))
        drifts = main.drifts()
        head = read_head(self._client, self._table, scope)
        unknown = {number for number in main.later if number not in head.decided}
        if unknown:  # They were stored before the head was read, so it should know them.
            missing = Ranges.of(head.decided.missing(1, max(unknown)))
            return self._recount(scope, lost | missing)
        facets = self._facets(scope)
        drifts += facets.drifts()
        return Report(
            main.settled,
            head.young_events,
            main.rows + facets.rows,
            tuple(drifts),
            main.last,
            lost,
        )

    def _facets(self, scope: str) -> FacetRecount:
        return FacetRecount(
            self._client, self._table, self._reader, self._clock, self._retention, scope
        )

    def _books(self, scope: str, lost: Ranges = NOTHING) -> Books:
        return Books(self._client, self._table, self._reader, self._clock, scope, lost)


def _while_still(attempt: Callable[[], T]) -> T:
    """Return the result of the first attempt that no fold disturbs; raises `Unavailable`."""
    for _ in range(_ATTEMPTS):
        try:
            return attempt()
        except MovedError:
            continue
    raise Unavailable("the tally kept changing")
