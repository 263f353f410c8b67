"""A counter counts the events of segments by facet, in a row for each value and month.

A segment never changes, so its events are counted only once. The counter takes many segments at a
time, so the row of a frequent value changes once for many events. Each row says up to which number
it counts. So it does no harm if a folder dies between two rows, or if two folders count at the same
time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from polylog.batches import batched
from polylog.dynamo.connection import query_pages
from polylog.dynamo.events.scan import read_entries
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.facets import facets_in, facets_of
from polylog.dynamo.tally.head import read_facets
from polylog.dynamo.tally.levels import Level
from polylog.dynamo.tally.months import FacetMonth, advance, counting, read_some, write_month
from polylog.dynamo.tally.registry import Scopes
from polylog.dynamo.tally.stretch import SPAN, Stretch, log_request
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SEGMENTS_AT_ONCE: Final = 64
"""How many segments are counted together at most. Their entries take some tens of megabytes."""

_ROWS_AT_ONCE: Final = 100
_EVENTS_AT_ONCE: Final = 100

_EVENTS_A_ROW: Final = 8
"""How many events make a row worth writing. It takes a write unit, and a read unit before that."""

_DUE: Final = 4000
_DUE_IN_QUIET: Final = 500
"""How many events are worth counting, if they have few values: usually, and in a quiet scope."""


@dataclass
class _Group:
    """Events to count, by row: those after the number `after`, up to `upto`.

    `names` are those of the facets to count by. `left` has the rows that are still to be written,
    and `number` says how many there were at first.
    """

    names: frozenset[str]
    after: int
    upto: int
    left: dict[FacetMonth, list[Entry]]
    number: int


class Counter:
    """Counts the events of scopes by the facets of these names, some rows at a time."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        clock: Clock,
        facets: Iterable[str] = (),
        retention: Retention = FOR_EVER,
    ) -> None:
        self._client = client
        self._tables = tables
        self._clock = clock
        self._facets = frozenset(facets)
        self._retention = retention
        self._scopes = Scopes(client, tables.tally)
        self._counted: dict[str, dict[str, int]] = {}
        self._groups: dict[str, _Group] = {}
        self._rows: dict[str, int] = {}

    def count_all(self, scope: str, sealed: int) -> None:
        """Count all events up to the last number that is in a segment."""
        self._counted.pop(scope, None)
        while self.count(scope, sealed, least=1):
            pass

    def count_if_due(self, scope: str, sealed: int, *, is_quiet: bool) -> bool:
        """Count some events if that is worth it; return whether there may be more.

        Many different values take many rows. So their events wait until there are many of them too.
        """
        due = max(_DUE_IN_QUIET if is_quiet else _DUE, _EVENTS_A_ROW * self._rows.get(scope, 0))
        return self.count(scope, sealed, least=min(due, _SEGMENTS_AT_ONCE * SPAN))

    def count(self, scope: str, sealed: int, *, least: int) -> bool:
        """Count some events if at least `least` numbers are left; return whether more may be."""
        if not self._facets:
            return False
        group = self._groups.get(scope) or self._next(scope, sealed, least)
        if group is None:
            return False
        self._groups[scope] = group
        self._count(scope, group)
        if not group.left:
            self._finish(scope, group)
        return True

    def _next(self, scope: str, sealed: int, least: int) -> _Group | None:
        """Return the events to count next, by the facets that are furthest behind."""
        if scope not in self._counted:
            known = read_facets(self._client, self._tables.tally, scope)
            self._counted[scope] = {name: known.get(name, 0) for name in self._facets}
        places = self._counted[scope]
        after = min(places.values())
        end = min((place for place in places.values() if place > after), default=sealed)
        if sealed - after < least:
            return None
        segments = list(islice(self._segments(scope, after, end), _SEGMENTS_AT_ONCE))
        if not segments:
            return None
        names = frozenset(name for name, place in places.items() if place == after)
        upto = min(end, segments[-1].last)
        rows: dict[FacetMonth, list[Entry]] = defaultdict(list)
        for segment in segments:
            some = [entry for entry in segment.entries if after < entry.seq <= upto]
            for entry, facets in self._facets_of(scope, some, names):
                month = Level.MONTH.bucket(entry.minute)
                for facet in facets:
                    rows[facet, month].append(entry)
        return _Group(names, after, upto, dict(sorted(rows.items())), len(rows))

    def _segments(self, scope: str, after: int, end: int) -> Iterator[Stretch]:
        """Yield the segments with numbers after `after` and up to `end`."""
        request = log_request(self._tables.tally, scope, after + 2 - SPAN, end)
        request["Limit"] = _SEGMENTS_AT_ONCE
        for page in query_pages(self._client, request):
            for stretch in map(Stretch.read, page["Items"]):
                if stretch.is_segment and stretch.last > after:
                    yield stretch

    def _facets_of(
        self, scope: str, entries: Iterable[Entry], names: frozenset[str]
    ) -> Iterator[tuple[Entry, tuple[str, ...]]]:
        """Yield entries with their facets. It reads the events of entries without members."""
        unknown: list[Entry] = []
        for entry in entries:
            if entry.members is None:
                unknown.append(entry)
            else:
                yield entry, facets_in(entry.members, names)
        for some in batched(unknown, _EVENTS_AT_ONCE):
            events = read_entries(self._client, self._tables.events, scope, some, self._clock)
            for entry in some:
                if entry.seq in events:
                    yield entry, facets_of(events[entry.seq], names)

    def _count(self, scope: str, group: _Group) -> None:
        """Count in some of the rows that are left. A row that somebody else changes stays left."""
        table = self._tables.tally
        wanted = list(islice(group.left, _ROWS_AT_ONCE))
        for row, old in read_some(self._client, table, scope, wanted, self._clock).items():
            if old.version < group.upto:
                if not old.version:
                    self._scopes.add_facet(scope, row[0])
                new = (entry for entry in group.left[row] if entry.seq > old.version)
                month = counting(old, row[1], new, group.upto, old.kinds())
                args = (scope, row, old.version, month, self._retention)
                if not write_month(self._client, table, *args):
                    continue
            del group.left[row]

    def _finish(self, scope: str, group: _Group) -> None:
        """Record that the events of a group are counted."""
        del self._groups[scope]
        self._rows[scope] = group.number
        args = (scope, group.names, group.after, group.upto)
        if advance(self._client, self._tables.tally, *args):
            self._counted[scope] |= dict.fromkeys(group.names, group.upto)
        else:
            del self._counted[scope]  # Somebody else was faster.
