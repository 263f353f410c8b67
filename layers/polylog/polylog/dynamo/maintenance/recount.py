"""A recount counts the events of one tally again, and compares all its rows.

The log may be written and folded meanwhile. A recount takes one moment: the rows in the versions
that belong to it, and the events that these rows count. If a fold replaces a row before the recount
has read it, the recount takes a later moment and continues with the same day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from polylog.dynamo.events.reader import Reader
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.head import read_root
from polylog.dynamo.tally.kinds import Kinds
from polylog.dynamo.tally.levels import ROOT, Level, end_of, parent_of, start_of
from polylog.dynamo.tally.moment import Moment, read_moment
from polylog.dynamo.tally.ranges import Ranges
from polylog.dynamo.tally.rows import read_buckets
from polylog.dynamo.tally.summary import counted, newest_of, summary_of
from polylog.model.errors import Unavailable
from polylog.model.filter import conjunction
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS: Final = 50

_NEWEST: Final = "newest "

NOTHING: Final = Ranges()

Rows = Mapping[str, Bucket]


@dataclass(frozen=True, slots=True)
class Drift:
    """One wrong number: what the events give, and what the row says.

    It is the number of events of a kind in a bucket, or the `seq` of the newest one: then `what`
    begins with `newest`. `facet` is None for the tally of the scope.
    """

    facet: str | None
    bucket: str
    what: str
    events: int
    row: int


class MovedError(Exception):
    """A fold changed the tally while it was recounted or repaired."""


@dataclass(frozen=True, slots=True)
class Books:
    """The tally of a scope, and the index of the events that it counts.

    `lost` are numbers of events that should be settled, but that the head does not know.
    """

    client: DynamoDBClient
    table: str
    reader: Reader
    clock: Clock
    scope: str
    lost: Ranges = NOTHING

    def moment(self) -> Moment:
        """Return the tally as it is now."""
        return read_moment(self.client, self.table, self.scope, self.clock)

    def version(self) -> int:
        """Return the version of the tally's head."""
        return read_root(self.client, self.table, self.scope).bucket.version

    def rows(self, names: Iterable[str]) -> dict[str, Bucket]:
        """Return the named buckets that have a row."""
        return read_buckets(self.client, self.table, self.scope, sorted(names), self.clock)

    def stated(self, parent: Bucket) -> dict[str, Bucket]:
        """Return the rows below a bucket that have the version it states."""
        found = self.rows(parent.versions)
        return {n: row for n, row in found.items() if row.version == parent.versions[n]}

    def settled(self, moment: Moment, time: TimeRange) -> tuple[list[Entry], set[int]]:
        """Return the events that the rows should count in a range of time, the earliest first.

        Also returns the numbers of events that came after the moment.
        """
        time = time.intersection(TimeRange(first=moment.head.cleared))
        entries, later = dict[int, Entry](), set[int]()
        for event in self.reader.indexed(self.scope, conjunction(time.bounds)):
            if moment.counts(event.seq) or event.seq in self.lost:
                entries[event.seq] = Entry.of(event)
            elif not moment.knows(event.seq):
                later.add(event.seq)
        for entry in moment.unindexed(time, is_descending=False):
            if moment.counts(entry.seq):
                entries.setdefault(entry.seq, entry)
        return sorted(entries.values(), key=lambda entry: (entry.time, entry.seq)), later


def rows_of(day: str, entries: Iterable[Entry], kinds: Kinds) -> dict[str, Bucket]:
    """Return the rows that a day and its hours should have, from its entries in order of time.

    `kinds` are the kinds that the tally counts apart.
    """
    summary = counted(summary_of(entries), kinds)
    by_hour = groupby(summary.items(), key=lambda item: Level.HOUR.bucket(item[0]))
    rows = {hour: Bucket().with_summary(hour, dict(parts)) for hour, parts in by_hour}
    return {day: Bucket().with_summary(day, summary), **rows}


class Recount:
    """The recount of one tally.

    `settled` and `rows` say how many events and rows it has read so far, and `last` is the highest
    `seq` of these events. `later` has the numbers of events that came after the moment for which
    they were read.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self.settled = 0
        self.last = 0
        self.rows = 0
        self.later: set[int] = set()
        self.upper: dict[str, Bucket] = {}
        """The rows from the root down to the days, as they are at the moment."""
        self._renew()

    def drifts(self) -> list[Drift]:
        """Return all wrong numbers; raises `Unavailable` if the rows change too quickly."""
        drifts = set(self._above())
        cursor, left = TimeRange(), self.days()
        self.rows += len(self.upper)
        found = set[Drift]()
        for day in left:
            found |= self._between(TimeRange(cursor.first, start_of(day) - 1))
            found.update(self.day(day))
            cursor = TimeRange(end_of(day))
        found |= self._between(cursor)
        told = {(drift.bucket, drift.what) for drift in drifts | found}
        above = (each for each in self._summed(found) if (each.bucket, each.what) not in told)
        return sorted({*drifts, *found, *above}, key=lambda drift: (drift.bucket, drift.what))

    def days(self) -> list[str]:
        """Return the days that have a row or are counted by their month."""
        months = [row for name, row in self.upper.items() if Level.of(name) is Level.MONTH]
        counted_days = {day for month in months for day in month.children}
        return sorted(counted_days.union(n for n in self.upper if Level.of(n) is Level.DAY))

    def day(self, day: str) -> list[Drift]:
        """Return the wrong numbers in the rows of a day and of its hours."""
        there, moment = self._rows(day)
        entries, later = self._books.settled(moment, time_of(day))
        self.later |= later
        self.rows += len(there) - (day in there)
        self._note(entries)
        expected = rows_of(day, entries, Kinds(moment.head.bucket.kinds()))
        month = parent_of(day)
        expected[month] = Bucket(children={day: expected[day].totals()})
        stated = self.upper.get(month, Bucket()).children.get(day, {})
        there[month] = Bucket(children={day: stated})
        return list(compare(expected, there))

    def _note(self, entries: list[Entry]) -> None:
        self.settled += len(entries)
        self.last = max([self.last, *(entry.seq for entry in entries)])

    def _between(self, time: TimeRange) -> set[Drift]:
        """Return the wrong numbers of days in a range that had no rows."""
        if time.is_empty:
            return set()
        entries, later = self._books.settled(self._moment, time)
        self.later |= later
        days = {Level.DAY.bucket(entry.minute) for entry in entries}
        return {drift for day in days for drift in self.day(day)}

    def _above(self) -> Iterator[Drift]:
        """Yield the wrong numbers in the rows above the days, which add up the rows below them."""
        for name, row in self.upper.items():
            if Level.of(name) < Level.DAY:
                below = {child: self.upper.get(child, Bucket()) for child in row.children}
                totals = {child: bucket.totals() for child, bucket in below.items()}
                latest = newest_of(
                    each for bucket in below.values() for each in bucket.latest().items()
                )
                expected = Bucket(children=totals, newest={name: latest})
                yield from compare({name: expected}, {name: row})

    def _summed(self, drifts: Iterable[Drift]) -> Iterator[Drift]:
        """Yield the wrong numbers of months and years that follow from wrong numbers of days."""
        wrong: Counter[tuple[str, str]] = Counter()
        for drift in drifts:
            if len(drift.bucket) == Level.DAY and not drift.what.startswith(_NEWEST):
                for level in (Level.YEAR, Level.MONTH):
                    wrong[level.bucket(drift.bucket), drift.what] += drift.events - drift.row
        for (name, kind), number in wrong.items():
            row = self.upper.get(parent_of(name), Bucket()).children.get(name, {}).get(kind, 0)
            yield Drift(None, name, kind, row + number, row)

    def _rows(self, day: str) -> tuple[dict[str, Bucket], Moment]:
        """Return the rows of a day and its hours, and the moment that they belong to."""
        for _ in range(_ATTEMPTS):
            row, moment = self.upper.get(day), self._moment
            try:
                hours = self._below(row) if row else {}
            except MovedError:
                self._renew()
                continue
            return ({day: row, **hours} if row else {}), moment
        raise Unavailable("the tally kept changing")

    def _renew(self) -> None:
        """Take a later moment, with the rows down to the days."""
        for _ in range(_ATTEMPTS):
            try:
                self._moment = self._books.moment()
                rows, level = {ROOT: self._moment.head.bucket}, [self._moment.head.bucket]
                for _ in ("years", "months", "days"):
                    found = {n: row for parent in level for n, row in self._below(parent).items()}
                    rows |= found
                    level = list(found.values())
            except MovedError:
                continue
            self.upper = rows
            return
        raise Unavailable("the tally kept changing")

    def _below(self, parent: Bucket) -> dict[str, Bucket]:
        """Return the rows below a bucket; raises `MovedError` if a fold has replaced one."""
        found = self._books.stated(parent)
        is_whole = len(found) == len(parent.versions)
        if not is_whole and self._books.version() != self._moment.head.bucket.version:
            raise MovedError
        return found


def time_of(day: str) -> TimeRange:
    """Return the range of time of a day."""
    return TimeRange(start_of(day), end_of(day) - 1)


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
                yield name, f"{_NEWEST}{kind}", newest[kind].seq, said[kind].seq
