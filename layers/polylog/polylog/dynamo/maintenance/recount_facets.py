"""A recount of facets counts the facets of a scope again, a month at a time, and corrects rows.

The log may be written, folded and counted meanwhile. The rows are read first. Each says up to which
number it counts. These events were settled before, so the index shows all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from polylog.dynamo.events.reader import Reader
from polylog.dynamo.maintenance.recount import Drift, compare
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.retention import Retention
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.facets import facets_of
from polylog.dynamo.tally.head import read_facets, read_root
from polylog.dynamo.tally.levels import end_of, start_of
from polylog.dynamo.tally.months import FacetMonth, counting, read_some, write_month
from polylog.dynamo.tally.registry import Scopes
from polylog.dynamo.tally.rows import read_buckets
from polylog.model.filter import conjunction
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass
class FacetRecount:
    """The recount of a scope's facets. `rows` says how many rows it has read so far."""

    client: DynamoDBClient
    table: str
    reader: Reader
    clock: Clock
    retention: Retention
    scope: str
    rows: int = field(default=0, init=False)

    def drifts(self) -> list[Drift]:
        """Return all wrong numbers; raises `Unavailable`."""
        return [drift for month in self._months() for drift in self._month(month)]

    def repair(self, facets: Collection[str]) -> None:
        """Write the right numbers into the rows of these facets; raises `Unavailable`."""
        for facet in facets:
            Scopes(self.client, self.table).add_facet(self.scope, facet)
        for month in self._months() if facets else ():
            there, expected, _ = self._recounted(month)
            for each in expected.keys() & {(facet, month) for facet in facets}:
                args = (self.scope, each, there[each].version, expected[each], self.retention)
                write_month(self.client, self.table, *args)

    def _months(self) -> list[str]:
        """Return the months that the scope's tally has; none if no facet is counted."""
        if not self._places:
            return []
        years = read_root(self.client, self.table, self.scope).bucket.children
        rows = read_buckets(self.client, self.table, self.scope, list(years), self.clock)
        return sorted(month for year in rows.values() for month in year.children)

    def _month(self, month: str) -> list[Drift]:
        """Return what is wrong in a month of all facets."""
        there, expected, kept = self._recounted(month)
        self.rows += sum(1 for bucket in there.values() if bucket.version)
        return [
            drift
            for each, bucket in expected.items()
            for drift in compare({month: bucket}, {month: _since(there[each], kept)}, each[0])
        ]

    @cached_property
    def _places(self) -> dict[str, int]:
        """Up to which number the facets of each name are counted at least."""
        return read_facets(self.client, self.table, self.scope)

    @cached_property
    def _known(self) -> list[str]:
        """The facets that have rows. It is read after `_places`, so it has all that count there."""
        places, known = self._places, Scopes(self.client, self.table).facets(self.scope)
        return [facet for facet in known if facet.partition("=")[0] in places]

    def _place(self, facet: str) -> int:
        return self._places[facet.partition("=")[0]]

    def _recounted(
        self, month: str
    ) -> tuple[Mapping[FacetMonth, Bucket], dict[FacetMonth, Bucket], TimeRange]:
        """Return the rows of a month as they are and as they should be, and the times kept."""
        there = self._read(month, self._known)
        cleared = read_root(self.client, self.table, self.scope).cleared
        kept = TimeRange(max(start_of(month), cleared), end_of(month) - 1)
        entries: dict[FacetMonth, list[Entry]] = defaultdict(list)
        for event in self.reader.indexed(self.scope, conjunction(kept.bounds)):
            for facet in facets_of(event, self._places):
                row = there.get((facet, month), Bucket())
                if event.seq <= max(row.version, self._place(facet)):
                    entries[facet, month].append(Entry.of(event))
        there |= self._read(month, {facet for facet, _ in entries.keys() - there.keys()})
        expected = {
            each: counting(
                Bucket(), month, entries[each], max(row.version, self._place(each[0])), row.kinds()
            )
            for each, row in there.items()
        }
        return there, expected, kept

    def _read(self, month: str, facets: Iterable[str]) -> dict[FacetMonth, Bucket]:
        wanted = [(facet, month) for facet in facets]
        return read_some(self.client, self.table, self.scope, wanted, self.clock)


def _since(bucket: Bucket, kept: TimeRange) -> Bucket:
    """Return a month without the days that are no longer kept."""
    days = {day: n for day, n in bucket.children.items() if kept.has(start_of(day))}
    return replace(bucket, children=days)
