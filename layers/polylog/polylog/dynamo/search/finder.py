"""Finds the events of a moment that pass a filter, in the columns of the arrival log."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from polylog.batches import batched
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.events.scan import read_entries
from polylog.dynamo.explanation import note
from polylog.dynamo.limits import UNITS_PER_ITEM, Allowance
from polylog.dynamo.queries import TimeRange, time_range
from polylog.dynamo.search.directory import Block, Zone
from polylog.dynamo.search.leaves import WIDTH, share_of, wanted
from polylog.dynamo.search.segments import Segments
from polylog.dynamo.tally.columns import Columns, groups_of
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.marks import judge, rows_of
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.stretch import SPAN
from polylog.dynamo.tally.summary import OfKind, count_kinds
from polylog.model.errors import TimedOut, TooBroad
from polylog.model.event import MAX_SEQ, Event
from polylog.model.filter import FIELDS, Filter, conjuncts, fields_of, predicate
from polylog.model.query import EventQuery, Order, Page, Position
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIRST_WAVE: Final = 2
"""How many segments a page without a total reads first. It reads twice as many each time."""

_UNITS_LOOSE: Final = 0.03
"""About what reading an event takes that is in no segment yet, in read units."""

_EARLIER_BYTES: Final = 40
"""About what an event takes in a row that an earlier version wrote."""

_AT_ONCE: Final = 100
"""How many events are read by their keys at once."""

_UNITS_LEAVES: Final = 1.5
"""About what reading a block's row of leaves takes, in read units."""

_ANYWHERE: Final = (1 << WIDTH) - 1


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

    `blocks` are the directory, read after the moment's head. `leaves` says in which places of
    segments an event may pass; of others, it is not known.
    """

    client: DynamoDBClient
    events: str
    segments: Segments
    scope: str
    blocks: Sequence[Block]
    filter: Filter
    moment: Moment
    reader: Reader
    allowance: Allowance
    clock: Clock
    leaves: Mapping[int, int] = field(default_factory=dict)

    def units(self) -> float:
        """Return how many read units it may take to look at everything.

        What is read of the events themselves counts if nothing but leaves tells which they are.
        """
        zones = self._possible(time_range(self.filter))
        units = self._number_loose * _UNITS_LOOSE + sum(zone.units for zone in zones)
        if any(fields_of(term) <= FIELDS.keys() for term in conjuncts(self.filter)):
            return units
        return units + sum(map(self._units_of_events, zones)) + self._number_loose * UNITS_PER_ITEM

    def _units_of_events(self, zone: Zone) -> float:
        number = min(zone.number, self._places(zone).bit_count())
        return min(number, zone.number * UNITS_PER_ITEM)

    def units_of_leaves(self) -> float:
        """Return about what looking up leaves takes, 0 if there are none to look up."""
        shares = set(map(share_of, wanted(self.filter)))
        return len(shares) * len(self._full) * _UNITS_LEAVES

    def with_leaves(self) -> Finder:
        """Return a finder that has looked up in which places the filter's leaves may be."""
        self.allowance.pay(self.units_of_leaves())
        leaves = self.segments.leaves(self.scope, self.filter, self._full)
        if any(places != _ANYWHERE for places in leaves.values()):
            note("leaves tell which events may have the values")
        return replace(self, leaves=leaves)

    @property
    def _full(self) -> list[Block]:
        """Return the blocks that may have an event which passes, and may have rows of leaves."""
        time = time_range(self.filter)
        blocks = (block for block in self.blocks if block.is_full)
        return [block for block in blocks if any(block.possible(self.filter, time))]

    def _places(self, zone: Zone) -> int:
        return self.leaves.get(zone.first, _ANYWHERE)

    def events_within(self) -> int:
        """Return about how many events an index has in the filter's range of time."""
        return self._events_near(time_range(self.filter))

    def _events_near(self, time: TimeRange) -> int:
        zones = (zone for block in self.blocks for zone in block.zones if zone.touches(time))
        return self._number_loose + sum(zone.number for zone in zones)

    @property
    def _sealed(self) -> int:
        """The last number that is in a segment."""
        return self.blocks[-1].last if self.blocks else 0

    @property
    def _number_loose(self) -> int:
        """About how many events are in no segment, at least a segment's worth."""
        return max(SPAN, self.moment.head.decided.last - self._sealed)

    def at_most(self, units: float) -> Finder:
        """Return a finder that is content with less than it may read, or gives up."""
        return replace(self, allowance=self.allowance.at_most(units))

    def count(self) -> int:
        """Return how many events pass."""
        return sum(part.number for part in self._all_parts())

    def groups(self) -> dict[str, OfKind]:
        """Return the events that pass, by kind."""
        return count_kinds(chain.from_iterable(map(_kinds, self._all_parts("source"))))

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
        zones = (zone for block in self.blocks for zone in block.possible(self.filter, time))
        return [zone for zone in zones if self._places(zone)]

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
        places = self._places(zone)
        is_known = self.moment.head.decided.covers(zone.first, zone.last)
        if is_known and columns["seq"].values[-1] <= zone.last and places == _ANYWHERE:
            return None
        return self._known(
            columns, lambda seq: seq <= zone.last and bool(places >> seq - zone.first & 1)
        )

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
        shown = self._shown(unsure)
        for rows in batched(unsure.rows(), _AT_ONCE):
            entries = {row: unsure.columns.place(row) for row in rows}
            left = [entry for entry in entries.values() if entry.seq not in shown]
            self.allowance.pay(len(left))
            events = shown | self._read(left)
            for row, entry in entries.items():
                if entry.seq in events and passes(events[entry.seq]):
                    marks |= 1 << (unsure.columns.number - 1 - row)
        return marks

    def _shown(self, unsure: Part) -> dict[int, Event]:
        """Return many of these events at once, by number, if the index has few others near."""
        if unsure.number <= _AT_ONCE:
            return {}
        places = {at.seq: at.time for at, _ in unsure.positions()}
        time = TimeRange(min(places.values()), max(places.values()))
        near = self._events_near(time)
        if near * UNITS_PER_ITEM > unsure.number:
            return {}
        self.allowance.pay(near * UNITS_PER_ITEM)
        shown: dict[int, Event] = {}
        with suppress(TooBroad):
            for event in self.reader.at_most(near).between(self.scope, time, places):
                shown[event.seq] = event
        return shown

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

    def finder(
        self, scope: str, filter: Filter, moment: Moment, reader: Reader, allowance: Allowance
    ) -> Finder:
        """Return what finds the events of a moment that pass a filter."""
        blocks = self.segments.blocks(scope)
        return Finder(
            self.client,
            self.events,
            self.segments,
            scope,
            blocks,
            filter,
            moment,
            reader,
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
