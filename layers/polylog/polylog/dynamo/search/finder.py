"""Finds the events of a moment that pass a filter, in the columns of the arrival log."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from polylog.batches import batched
from polylog.dynamo.events.scan import read_entries
from polylog.dynamo.limits import UNITS_BY_KEY, Allowance
from polylog.dynamo.queries import TimeRange, time_range
from polylog.dynamo.search.directory import Block, Zone
from polylog.dynamo.search.segments import Segments
from polylog.dynamo.tally.columns import Columns, groups_of
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.marks import judge, rows_of
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.stretch import SPAN
from polylog.dynamo.tally.summary import OfKind, count_kinds
from polylog.model.errors import TimedOut, TooBroad
from polylog.model.event import MAX_SEQ, Event
from polylog.model.filter import FIELDS, Filter, fields_of, predicate
from polylog.model.query import EventQuery, Order, Page, Position
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIRST_WAVE: Final = 2
"""How many segments a page without a total reads first. It reads twice as many each time."""

_UNITS_LOOSE: Final = 0.015
"""About what reading an event takes in the arrival log that is in no segment yet, in read units."""

_EARLIER_BYTES: Final = 40
"""About what an event takes in a row that an earlier version wrote."""

_AT_ONCE: Final = 100
"""How many events are read by their keys at once."""


class Part(NamedTuple):
    """The events of some columns, and marks for those that pass."""

    columns: Columns
    marks: int

    @property
    def number(self) -> int:
        """How many events pass."""
        return self.marks.bit_count()

    def rows(self) -> Iterator[int]:
        """Yield the places of the events that pass."""
        return rows_of(self.marks, self.columns.number)

    def positions(self) -> Iterator[tuple[Position, int]]:
        """Yield the positions of the events that pass, with their places."""
        times, seqs = self.columns["time"].values, self.columns["seq"].values
        return ((Position(times[row], seqs[row]), row) for row in self.rows())


class Hits:
    """The events that pass, as far as they are known, in an order.

    `total` counts them all, the length those after a position. It keeps their times, and looks up
    entries only for the page that is asked for.
    """

    def __init__(self, order: Order, after: Position | None) -> None:
        self.total = 0
        self._sign = 1 if order is Order.ASCENDING else -1
        self._after = None if after is None else self._signed(after)
        self._parts: list[tuple[int, int, Part]] = []
        """Each with the first and the last of its times, in order."""
        self._times: list[int] = []
        self._is_sorted = True

    def __len__(self) -> int:
        return len(self._times)

    def take(self, part: Part) -> None:
        """Add the events of a part."""
        self.total += part.number
        if self._after is None:
            times = part.columns["time"].values
            found = [self._sign * times[row] for row in part.rows()]
        else:
            found = [self._sign * at.time for at, _ in part.positions() if self._follows(at)]
        if found:
            self._times += found
            self._parts.append((min(found), max(found), part))
            self._is_sorted = False

    def before(self, time: int) -> int:
        """Return how many events come before every event of this time."""
        return bisect_left(self._ordered(), self._sign * time)

    def page(self, offset: int, limit: int) -> list[tuple[Position, Entry]]:
        """Return the entries at some places of the order."""
        wanted = self._ordered()[offset : offset + limit]
        if not wanted:
            return []
        first, last = wanted[0], wanted[-1]
        near = [part for begin, end, part in self._parts if begin <= last and end >= first]
        hits = sorted(
            (self._signed(at), place, row)
            for place, part in enumerate(near)
            for at, row in part.positions()
            if first <= self._sign * at.time <= last and self._follows(at)
        )
        skipped = offset - bisect_left(self._times, first)
        chosen = hits[skipped : skipped + len(wanted)]
        entries = (near[place].columns.place(row) for _, place, row in chosen)
        return [(Position(entry.time, entry.seq), entry) for entry in entries]

    def _ordered(self) -> list[int]:
        if not self._is_sorted:
            self._times.sort()
            self._is_sorted = True
        return self._times

    def _signed(self, at: Position) -> tuple[int, int]:
        return self._sign * at.time, self._sign * at.seq

    def _follows(self, at: Position) -> bool:
        return self._after is None or self._signed(at) > self._after


@dataclass(frozen=True, slots=True)
class Finder:
    """Answers questions about a moment, within what one answer may take.

    `blocks` are the directory, read after the moment's head. Without them, everything after the
    number `after` is read from the arrival log, and nothing before it.
    """

    client: DynamoDBClient
    events: str
    segments: Segments
    scope: str
    blocks: Sequence[Block]
    filter: Filter
    moment: Moment
    allowance: Allowance
    clock: Clock
    after: int = 0

    def units(self, shown: int = 0) -> float:
        """Return about how many read units it takes to look at everything and show some events."""
        zones = self._possible(time_range(self.filter))
        loose = max(1, self._number_loose * _UNITS_LOOSE)  # A request takes a unit in any case.
        return loose + sum(zone.units for zone in zones) + shown * UNITS_BY_KEY

    def events_within(self) -> float:
        """Return about how many events an index has in the filter's range of time."""
        time = time_range(self.filter)
        zones = (zone for block in self.blocks for zone in block.zones)
        return self._number_loose + sum(zone.number_within(time) for zone in zones)

    @property
    def _sealed(self) -> int:
        """The last number that is in a segment."""
        return self.blocks[-1].last if self.blocks else self.after

    @property
    def _number_loose(self) -> int:
        """About how many events are read from rows that are in no segment, or not deleted yet."""
        beyond = self._sealed + 1
        left = self.blocks[-1].left if self.blocks else ()
        first = min((each.first for each in left if each.first > beyond - SPAN), default=beyond)
        # The head has entries of some young events.
        entries = (e for delta in self.moment.young for e in delta.entries or ())
        return self.moment.known.number_from(first) - sum(e.seq >= beyond for e in entries)

    def at_most(self, units: float) -> Finder:
        """Return a finder that is content with less than it may read, or gives up."""
        return replace(self, allowance=self.allowance.at_most(units))

    def count(self) -> int:
        """Return how many events pass."""
        return sum(part.number for part in self._all_parts())

    def groups(self) -> dict[str, OfKind]:
        """Return the events that pass, by kind."""
        return count_kinds(self.entries())

    def entries(self) -> Iterator[Entry]:
        """Yield all events that pass, without their ids and members, in no particular order."""
        return chain.from_iterable(map(_kinds, self._all_parts("source")))

    def times(self) -> Iterator[int]:
        """Yield the time of every event that passes, in no particular order."""
        for part in self._all_parts():
            times = part.columns["time"].values
            yield from (times[row] for row in part.rows())

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window, and the total if the query asks for it.

        Without a total, it stops as soon as nothing that it has not read can be in the page.
        """
        window, hits = query.window, Hits(query.order, query.window.after)
        end = window.offset + window.limit
        bound: int | None = None
        try:
            for bound in self._fill(hits, query):
                if bound is not None and not query.with_total and hits.before(bound) > end:
                    break
        except (TooBroad, TimedOut):
            if bound is None or not query.is_partial:
                raise
            return self._cut(hits, query, bound)
        known = len(hits) if bound is None else hits.before(bound)
        page = hits.page(window.offset, window.limit)
        following = page[-1][0] if page and known > end else None
        total = hits.total if query.with_total else None
        return Page(tuple(self._events(page)), following, total)

    def _cut(self, hits: Hits, query: EventQuery, bound: int) -> Page:
        """Return the part of a page that comes before all that was not read."""
        window, known = query.window, hits.before(bound)
        page = hits.page(window.offset, max(0, min(known - window.offset, window.limit)))
        events = tuple(self._events(page))
        if len(page) == window.limit:
            return Page(events, page[-1][0])
        following = _just_before(bound, query.order)
        if window.after is not None and not _is_later(following, window.after, query.order):
            raise TooBroad
        return Page(events, following, is_cut=True, skip=max(0, window.offset - known))

    def _fill(self, hits: Hits, query: EventQuery) -> Iterator[int | None]:
        """Read on whenever asked, and yield the first time that something unread may have.

        It is the first in the query's order, and None once everything is read.
        """
        after = None if query.with_total else query.window.after
        zones, loose = self._begin(_beyond(after, query.order))
        zones = _in_order(zones, query.order)
        number = len(zones) if query.with_total else _FIRST_WAVE
        parts: Iterable[Part] = loose
        while True:
            for part in parts:
                hits.take(part)
            if not zones:
                break
            yield _first_time(zones, time_range(self.filter), query.order)
            parts, zones = self._parts(zones[:number], "id"), zones[number:]
            number *= 2
        yield None

    def _all_parts(self, *fields: str) -> Iterator[Part]:
        """Yield all that may hold an event which passes, with the columns of these fields."""
        zones, loose = self._begin(TimeRange())
        return chain(loose, self._parts(zones, *fields))

    def _begin(self, time: TimeRange) -> tuple[list[Zone], Iterator[Part]]:
        """Return the segments to read for a range of time, and what is in no segment.

        The arrival log is read after the directory. So whatever the moment has is in one of them.
        """
        zones = self._possible(time.intersection(time_range(self.filter)))
        return zones, self._loose(self._sealed)

    def _possible(self, time: TimeRange) -> list[Zone]:
        return [zone for block in self.blocks for zone in block.possible(self.filter, time)]

    def _parts(self, zones: Sequence[Zone], *fields: str) -> Iterator[Part]:
        needed = {*fields, *fields_of(self.filter)}
        if any(zone.is_open for zone in zones) or not needed <= FIELDS.keys():
            needed.add("id")  # Some events may have to be read.
        self.allowance.pay(sum(zone.units for zone in zones))
        for zone, columns in self.segments.read(self.scope, zones, groups_of(needed)):
            self.allowance.check()
            yield self._judged(columns, self._within(zone, columns))

    def _within(self, zone: Zone, columns: Columns) -> int | None:
        """Return the events of a segment that belong to its zone and to the moment; None: all.

        A segment may have been written again, longer, before the directory says so.
        """
        is_known = self.moment.head.decided.covers(zone.first, zone.last)
        if is_known and columns["seq"].values[-1] <= zone.last:
            return None
        return self._known(columns, lambda seq: seq <= zone.last)

    def _loose(self, sealed: int) -> Iterator[Part]:
        """Yield the events beyond the last number that is in a segment, each once."""
        seen: set[int] = set()
        for row in self.segments.loose(self.scope, sealed):
            size = row.columns.size or row.columns.number * _EARLIER_BYTES
            self.allowance.pay(size / 4096)
            seqs = row.columns["seq"].values
            known = self._known(row.columns, lambda seq: seq > sealed and seq not in seen)
            seen.update(seqs)
            yield self._judged(row.columns, known)
        deltas = self.moment.head.deltas
        young = [e for d in deltas for e in d.entries or () if e.seq > sealed and e.seq not in seen]
        if young:
            columns = Columns.of(young)
            yield self._judged(columns, self._known(columns))

    def _known(self, columns: Columns, is_wanted: Callable[[int], bool] = bool) -> int:
        """Return the events that belong to the moment, as bits."""
        seqs = columns["seq"]
        return seqs.marks([self.moment.knows(seq) and is_wanted(seq) for seq in seqs.values])

    def _judged(self, columns: Columns, known: int | None) -> Part:
        sure, possible = judge(self.filter, columns)
        if known is not None:
            sure, possible = sure & known, possible & known
        unsure = Part(columns, possible & ~sure)
        if unsure.marks:
            sure |= self._passing(unsure)
        return Part(columns.packed(), sure)

    def _passing(self, unsure: Part) -> int:
        """Return which of these events pass, as bits; it reads the events themselves."""
        passes, marks = predicate(self.filter), 0
        for rows in batched(unsure.rows(), _AT_ONCE):
            self.allowance.pay(len(rows))
            entries = {row: unsure.columns.place(row) for row in rows}
            events = self._read(entries.values())
            for row, entry in entries.items():
                if entry.seq in events and passes(events[entry.seq]):
                    marks |= 1 << (unsure.columns.number - 1 - row)
        return marks

    def _events(self, page: Sequence[tuple[Position, Entry]]) -> Iterator[Event]:
        for some in batched([entry for _, entry in page], _AT_ONCE):
            events = self._read(some)
            yield from (events[entry.seq] for entry in some if entry.seq in events)

    def _read(self, entries: Iterable[Entry]) -> dict[int, Event]:
        return read_entries(self.client, self.events, self.scope, entries, self.clock)


@dataclass(frozen=True, slots=True)
class Searcher:
    """Makes finders for the tables of a log."""

    client: DynamoDBClient
    events: str
    segments: Segments
    clock: Clock

    def finder(self, scope: str, filter: Filter, moment: Moment, allowance: Allowance) -> Finder:
        """Return what finds the events of a moment that pass a filter."""
        return self._finder(scope, self.segments.blocks(scope), filter, moment, allowance)

    def later(
        self, scope: str, filter: Filter, moment: Moment, allowance: Allowance, after: int
    ) -> Finder:
        """Return what finds those of them that came after a number."""
        return replace(self._finder(scope, (), filter, moment, allowance), after=after)

    def _finder(
        self,
        scope: str,
        blocks: Sequence[Block],
        filter: Filter,
        moment: Moment,
        allowance: Allowance,
    ) -> Finder:
        return Finder(
            self.client,
            self.events,
            self.segments,
            scope,
            blocks,
            filter,
            moment,
            allowance,
            self.clock,
        )


def _kinds(part: Part) -> Iterator[Entry]:
    seqs, times, kinds, sources = (part.columns[n] for n in ("seq", "time", "kind", "source"))
    for row in part.rows():
        yield Entry(seqs.at(row), times.at(row), kinds.at(row), "", sources.at(row))


def _beyond(after: Position | None, order: Order) -> TimeRange:
    """Return the times that may follow a position."""
    if after is None:
        return TimeRange()
    return TimeRange(after.time) if order is Order.ASCENDING else TimeRange(last=after.time)


def _in_order(zones: Iterable[Zone], order: Order) -> list[Zone]:
    """Return zones in the order of the first times that their events may have."""
    if order is Order.ASCENDING:
        return sorted(zones, key=lambda zone: zone.earliest)
    return sorted(zones, key=lambda zone: -zone.latest)


def _first_time(zones: Sequence[Zone], time: TimeRange, order: Order) -> int:
    """Return the first time, in order, that an event of these segments may have in a range."""
    if order is Order.ASCENDING:
        return max(zones[0].earliest, time.first)
    return min(zones[0].latest, time.last)


def _just_before(time: int, order: Order) -> Position:
    """Return the position after which, in order, come the events of this time and of later ones."""
    if order is Order.ASCENDING:
        return Position(time, 0)
    return Position(time, MAX_SEQ)


def _is_later(one: Position, other: Position, order: Order) -> bool:
    return one > other if order is Order.ASCENDING else one < other
