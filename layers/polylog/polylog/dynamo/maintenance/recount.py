"""Counts the events of one tally again, and compares all its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from polylog.dynamo.events.reader import Reader
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.delta import Entry
from polylog.dynamo.tally.facets import FACETS, partition_of
from polylog.dynamo.tally.head import Head, read_head
from polylog.dynamo.tally.kinds import Kinds
from polylog.dynamo.tally.levels import ROOT, Level, ancestors_of
from polylog.dynamo.tally.rows import read_buckets
from polylog.model.filter import Compare, Filter, Op, conjunction
from polylog.model.query import EventQuery, Order, Position, Window
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PAGE: Final = 1000

Rows = Mapping[str, Bucket]


@dataclass(frozen=True, slots=True)
class Drift:
    """One wrong number: what the events give, and what the row says.

    It is the number of events of a kind in a bucket, or the `seq` of the newest one. `facet` is
    None in the tally of the scope itself.
    """

    facet: str | None
    bucket: str
    what: str
    events: int
    row: int


class MovedError(Exception):
    """The tally was changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Books:
    """The tally of a scope or of one of its facets, and the index of the events that it counts."""

    client: DynamoDBClient
    table: str
    reader: Reader
    clock: Clock
    scope: str
    facet: str | None = None

    @property
    def partition(self) -> str:
        """The partition of the tally's rows."""
        return partition_of(self.scope, self.facet)

    def head(self) -> Head:
        """Return the head of the tally."""
        return read_head(self.client, self.table, self.scope, self.facet)

    def rows(self, names: Iterable[str]) -> dict[str, Bucket]:
        """Return the named buckets that have a row."""
        return read_buckets(self.client, self.table, self.partition, sorted(names), self.clock)

    def stated(self, parent: Bucket) -> dict[str, Bucket]:
        """Return the rows below a bucket that have the version it states."""
        found = self.rows(parent.versions)
        return {n: row for n, row in found.items() if row.version == parent.versions[n]}

    def settled(
        self, filter: Filter, facets: Iterable[str] = (), *, version: int | None = None
    ) -> Iterator[Entry]:
        """Yield the entries of the events that the rows count, the earliest first.

        Raises `MovedError` if the head gets another version than the given one.
        """
        after: Position | None = None
        kinds: Kinds | None = None
        while True:
            window = Window(_PAGE, after=after)
            query = EventQuery(self.scope, filter, Order.ASCENDING, window)
            page = self.reader.find(query, young=())
            head = self.head()
            if version is not None and head.bucket.version != version:
                raise MovedError
            young = {entry.seq for entry in head.young()}
            kinds = kinds or Kinds(head.bucket.kinds())
            entries = (Entry.of(event, facets) for event in page.events)
            yield from (entry.counted(kinds) for entry in entries if entry.seq not in young)
            after = page.next
            if after is None:
                return

    def events(self, since: int) -> Filter:
        """Return the filter for the events that the tally counts."""
        bound = Compare("time", Op.GE, since)
        if self.facet is None:
            return bound
        name, _, value = self.facet.partition("=")
        return conjunction([Compare(FACETS[name], Op.EQ, value), bound])


def rows_of(day: str, entries: Iterable[Entry]) -> dict[str, Bucket]:
    """Return the rows of a day that count these entries, in the order of time."""
    entries = list(entries)
    by_hour = groupby(entries, key=lambda entry: Level.HOUR.bucket(entry.minute))
    rows = {hour: Bucket().with_entries(hour, group) for hour, group in by_hour}
    return {day: Bucket().with_entries(day, entries), **rows}


class Recount:
    """A tally that is recounted.

    `settled` and `rows` say how many events and rows it has so far, `last` the highest `seq`, and
    `facets` which facets of the given names the events have.
    """

    def __init__(self, books: Books, names: Iterable[str] = ()) -> None:
        self._books = books
        self._names = tuple(names)
        self.settled = 0
        self.last = 0
        self.rows = 0
        self.facets: set[str] = set()

    def drifts(self) -> list[Drift]:
        """Return all wrong numbers; raises `MovedError`."""
        head, facet = self._books.head(), self._books.facet
        upper = self._upper(head.bucket)
        expected = {ROOT: Bucket()}
        drifts: list[Drift] = []
        left = {name for name in upper if Level.of(name) is Level.DAY}
        entries = self._books.settled(
            self._books.events(head.cleared), self._names, version=head.bucket.version
        )
        for day, group in groupby(entries, key=lambda entry: Level.DAY.bucket(entry.minute)):
            same = list(group)
            self._note(same)
            drifts += compare(rows_of(day, same), self._day(upper, day), facet)
            for name in ancestors_of(day):
                expected[name] = expected.get(name, Bucket()).with_entries(name, same)
            left.discard(day)
        for day in left:
            drifts += compare({}, self._day(upper, day), facet)
        above = {name: row for name, row in upper.items() if Level.of(name) < Level.DAY}
        drifts += compare(expected, above, facet)
        if self._books.head().bucket.version != head.bucket.version:
            raise MovedError
        return sorted(drifts, key=lambda drift: (drift.bucket, drift.what))

    def _note(self, entries: list[Entry]) -> None:
        self.settled += len(entries)
        self.last = max(self.last, *(entry.seq for entry in entries))
        self.facets.update(facet for entry in entries for facet in entry.facets)

    def _upper(self, root: Bucket) -> dict[str, Bucket]:
        """Return the rows from the root down to the days."""
        rows, level = {ROOT: root}, [root]
        for _ in ("years", "months", "days"):
            found: dict[str, Bucket] = {}
            for parent in level:
                found |= self._books.stated(parent)
            rows |= found
            level = list(found.values())
        self.rows += len(rows)
        return rows

    def _day(self, upper: Rows, day: str) -> dict[str, Bucket]:
        """Return the row of a day, and those of its hours."""
        if day not in upper:
            return {}
        hours = self._books.stated(upper[day])
        self.rows += len(hours)
        return {day: upper[day], **hours}


def compare(expected: Rows, there: Rows, facet: str | None = None) -> Iterator[Drift]:
    """Yield the wrong numbers in the rows of a tally."""
    for name in expected.keys() | there.keys():
        ours, theirs = expected.get(name, Bucket()), there.get(name, Bucket())
        for place, kind, events, row in _differences(ours, theirs):
            yield Drift(facet, place, kind, events, row)


def _differences(ours: Bucket, theirs: Bucket) -> Iterator[tuple[str, str, int, int]]:
    for child in ours.children.keys() | theirs.children.keys():
        events, row = ours.children.get(child, {}), theirs.children.get(child, {})
        for kind in events.keys() | row.keys():
            if events.get(kind, 0) != row.get(kind, 0):
                yield child, kind, events.get(kind, 0), row.get(kind, 0)
    for name in ours.newest.keys() & theirs.newest.keys():
        newest, said = ours.newest[name], theirs.newest[name]
        for kind in newest.keys() & said.keys():
            if newest[kind][:2] != said[kind][:2]:
                yield name, f"newest {kind}", newest[kind].seq, said[kind].seq
