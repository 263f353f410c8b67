"""Finds the events of a moment that pass a filter, in the columns of the arrival log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from polylog.batches import batched
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.events.scan import read_entries
from polylog.dynamo.explanation import is_asked, note
from polylog.dynamo.limits import UNITS_BY_KEY, UNITS_PER_ITEM, Allowance
from polylog.dynamo.queries import TimeRange, time_range
from polylog.dynamo.search.directory import Block, Zone
from polylog.dynamo.search.hits import NOTHING, Found, Hit, Hits, Origin, Part
from polylog.dynamo.search.leaves import WIDTH, share_of, wanted
from polylog.dynamo.search.memory import MOST_IDS, Known, Memory
from polylog.dynamo.search.segments import Segments
from polylog.dynamo.search.values import Values
from polylog.dynamo.tally.columns import Columns, groups_of
from polylog.dynamo.tally.entry import MEMBERS, Entry
from polylog.dynamo.tally.marks import judge
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.stretch import SPAN
from polylog.model.errors import TimedOut, TooBroad
from polylog.model.event import MAX_SEQ, Event
from polylog.model.filter import FIELDS, Filter, conjuncts, fields_of
from polylog.model.predicate import predicate
from polylog.model.query import EventQuery, Order, Page, Position
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FIRST_WAVE: Final = 2
"""How many segments a page without a total reads first. It reads twice as many each time."""

_UNITS_LOOSE: Final = 0.015
"""About how many read units it takes to read the entry of an event that is in no segment yet."""

_EARLIER_BYTES: Final = 40
"""About how many bytes an event takes in a row that an earlier version wrote."""

_AT_ONCE: Final = 100
"""How many events are read by their keys at once."""

_MOST_WAITING: Final = 32
"""How many segments wait until some of their events are read: they are unpacked in memory."""

_LOOSE_AT_ONCE: Final = 1000
"""How many events that are in no segment are read at once: an index has them close together."""

_FEW: Final = 20
"""So few events are always read by their keys: an index may lag, and then both are read."""

_UNITS_LEAVES: Final = 1.5
"""About how many read units it takes to read one row of leaves of a block."""

_UNITS_OF_SEGMENT_LEAVES: Final = 1
"""About how many read units it takes to read the row of leaves of a segment."""

_FEW_LATER: Final = 4000
"""So few events are read without the directory: that takes a request and some units."""

_ANYWHERE: Final = (1 << WIDTH) - 1


class _Judged(NamedTuple):
    """What columns say about some events: those that pass for sure, and those that may pass."""

    sure: Part
    unsure: Part


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the events of one moment that pass a filter, within what one answer may take.

    `blocks` are the directory, read after the moment's head. Only events after the number `after`
    are looked for, so blocks of earlier ones may be missing. `leaves` says for segments, by their
    first numbers, in which places an event may pass. In the others, any place may. `known` is what
    the filter has found before.
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
    known: Known
    after: int = 0
    leaves: Mapping[int, int] = field(default_factory=dict)

    def units(self, shown: int = 0) -> float:
        """Return about how many read units it takes to look at everything and show some events.

        If the columns can judge no term of the filter, this includes reading the events themselves:
        those that leaves point to, or all events.
        """
        zones = self._possible(time_range(self.filter))
        loose = max(1, self._number_loose * _UNITS_LOOSE)  # A request takes a unit in any case.
        _, zones = self._remembered(zones)
        units = loose + sum(zone.units for zone in zones) + shown * UNITS_BY_KEY
        if any(fields_of(term) <= FIELDS.keys() for term in conjuncts(self.filter)):
            return units
        return units + sum(map(self._units_of_events, zones)) + self._number_loose * UNITS_PER_ITEM

    def _units_of_events(self, zone: Zone) -> float:
        number = min(zone.number, self._places(zone).bit_count())
        return min(number, zone.number * UNITS_PER_ITEM)

    def units_of_leaves(self) -> float | None:
        """Return about how many read units it takes to look up leaves; None if they do not help."""
        if not self.blocks or not wanted(self.filter):
            return None
        return self._units_of_leaves(self._unknown_blocks())

    def _units_of_leaves(self, blocks: Iterable[Block]) -> float:
        shares = set(map(share_of, wanted(self.filter)))
        of_full = len(shares) * _UNITS_LEAVES
        return sum(
            of_full if block.is_full else len(block.zones) * _UNITS_OF_SEGMENT_LEAVES
            for block in blocks
        )

    def with_leaves(self) -> Finder:
        """Return a finder that has looked up where the filter's leaves may be."""
        blocks = self._unknown_blocks()
        self.allowance.pay(self._units_of_leaves(blocks))
        leaves = self.segments.leaves(self.scope, self.filter, blocks)
        if any(places != _ANYWHERE for places in leaves.values()):
            note("leaves tell which events may have the values")
        for zone in (zone for block in blocks for zone in block.zones):
            if leaves.get(zone.first, _ANYWHERE) == 0:
                self.known.keep(zone, NOTHING)
        return replace(self, leaves=leaves)

    def _unknown_blocks(self) -> list[Block]:
        """Return the blocks that may have an event which passes, and were not searched before."""
        time = time_range(self.filter)
        return [
            block for block in self.blocks if self._remembered(block.possible(self.filter, time))[1]
        ]

    def _places(self, zone: Zone) -> int:
        return self.leaves.get(zone.first, _ANYWHERE)

    def events_within(self) -> float:
        """Return about how many events an index has in the filter's range of time."""
        return self._events_near(time_range(self.filter))

    def _events_near(self, time: TimeRange) -> float:
        zones = (zone for block in self.blocks for zone in block.zones)
        return self._number_loose + sum(zone.number_within(time) for zone in zones)

    @property
    def _sealed(self) -> int:
        """The last number that is in a segment."""
        return max(self.after, self.blocks[-1].last if self.blocks else 0)

    @property
    def _number_loose(self) -> int:
        """About how many events are read from rows that are not sealed, or not yet deleted."""
        beyond = self._sealed + 1
        left = self.blocks[-1].left if self.blocks else ()
        first = min((each.first for each in left if each.first > beyond - SPAN), default=beyond)
        # The head has entries of some young events.
        entries = (e for delta in self.moment.young for e in delta.entries or ())
        return self.moment.known.number_from(first) - sum(e.seq >= beyond for e in entries)

    def at_most(self, units: float) -> Finder:
        """Return a finder that gives up with `TooBroad` after this many read units."""
        return replace(self, allowance=self.allowance.at_most(units))

    def count(self) -> int:
        """Return how many events pass."""
        zones, loose = self._begin(TimeRange())
        self._explain(zones)
        known, left = self._remembered(zones)
        total = sum(found.number for found, _ in known)
        for part in chain(loose, self._parts(left, "id")):
            total += part.number
            if part.zone is not None and self.known.has_room(part.number):
                self._keep(part, part.zone)
        return total

    def entries(self) -> Iterator[Entry]:
        """Yield all events that pass, without their members, in no particular order."""
        return chain.from_iterable(map(_entries, self._all_parts("id", "source")))

    def values(self, fields: Sequence[str]) -> Iterator[Values]:
        """Yield the values of these fields for all events that pass, in parts.

        Events are read by their keys if their columns do not know the fields.
        """
        is_of_members = not {*fields}.isdisjoint(MEMBERS)
        for part in self._all_parts(*fields):
            unknown = part.marks & part.columns.unknown if is_of_members else 0
            yield Values.of_part(part._replace(marks=part.marks & ~unknown), fields)
            for rows in batched(part._replace(marks=unknown).rows(), _AT_ONCE):
                self.allowance.pay(len(rows))
                events = self._read(map(part.columns.place, rows))
                yield Values.of_events(events.values(), fields)

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window, and the total if the query asks for it.

        Without a total, it stops as soon as no event that it has not read can be in the page.
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
        following = page[-1].position if page and known > end else None
        total = hits.total if query.with_total else None
        return Page(tuple(self._events(page)), following, total)

    def _cut(self, hits: Hits, query: EventQuery, bound: int) -> Page:
        """Return the part of a page that comes before everything that was not read."""
        window, known = query.window, hits.before(bound)
        page = hits.page(window.offset, max(0, min(known - window.offset, window.limit)))
        events = tuple(self._events(page))
        if len(page) == window.limit:
            return Page(events, page[-1].position)
        following = _just_before(bound, query.order)
        if window.after is not None and not _is_later(following, window.after, query.order):
            raise TooBroad
        return Page(events, following, is_cut=True, skip=max(0, window.offset - known))

    def _fill(self, hits: Hits, query: EventQuery) -> Iterator[int | None]:
        """Read on each time it is asked, and yield the first time that an unread event may have.

        "First" is meant in the query's order. It yields None once everything is read.
        """
        after = None if query.with_total else query.window.after
        zones, loose = self._begin(_beyond(after, query.order))
        self._explain(zones)
        zones = _in_order(zones, query.order)
        number = len(zones) if query.with_total else _FIRST_WAVE
        for part in loose:
            hits.take(part.found(), part.columns)
        while zones:
            yield _first_time(zones, time_range(self.filter), query.order)
            known, left = self._remembered(zones[:number])
            zones = zones[number:]
            for found, zone in known:
                hits.take(found, zone)
            for part in self._parts(left, "id"):
                found = part.found() if part.zone is None else self._keep(part, part.zone)
                known_place = part.zone if found.ids else None
                hits.take(found, known_place or part.columns.only_places())
            number *= 2
        yield None

    def _explain(self, zones: Sequence[Zone]) -> None:
        if is_asked() and (number := len(self._remembered(zones)[0])):
            note(f"{number} of {len(zones)} segments were searched for this before")

    def _remembered(self, zones: Iterable[Zone]) -> tuple[list[tuple[Found, Zone]], list[Zone]]:
        """Return what was found before in segments, and the segments that must be read."""
        known: list[tuple[Found, Zone]] = []
        left: list[Zone] = []
        for zone in zones:
            found = self.known.get(zone)
            if found is None or not self._is_settled(zone):
                left.append(zone)
            else:
                known.append((found, zone))
        return known, left

    def _is_settled(self, zone: Zone) -> bool:
        """Return whether all events of a segment belong to the moment and are looked for."""
        return zone.first > self.after and self.moment.head.decided.covers(zone.first, zone.last)

    def _keep(self, part: Part, zone: Zone) -> Found:
        """Remember what was found in a segment, and return it."""
        found = part.found()
        if 0 < found.number <= MOST_IDS:
            found = found._replace(ids=part.ids())
        self.known.keep(zone, found)
        return found

    def _all_parts(self, *fields: str) -> Iterator[Part]:
        """Yield all parts that may hold an event which passes, with the columns of these fields."""
        zones, loose = self._begin(TimeRange())
        known, left = self._remembered(zones)
        with_hits = [zone for found, zone in known if found.number]
        yield from loose
        for part in self._parts([*left, *with_hits], *fields):
            if part.zone is not None and (not part.marks or "id" in fields):
                self._keep(part, part.zone)
            yield part

    def _begin(self, time: TimeRange) -> tuple[list[Zone], Iterator[Part]]:
        """Return the segments to read for a range of time, and what is in no segment.

        The arrival log is read after the directory. So each event of the moment is in one of them.
        """
        zones = self._possible(time.intersection(time_range(self.filter)))
        return zones, self._decided(self._loose(self._sealed), _LOOSE_AT_ONCE, _LOOSE_AT_ONCE)

    def _possible(self, time: TimeRange) -> list[Zone]:
        blocks = (block for block in self.blocks if block.last > self.after)
        zones = (zone for block in blocks for zone in block.possible(self.filter, time))
        return [zone for zone in zones if zone.last > self.after and self._places(zone)]

    def _parts(self, zones: Sequence[Zone], *fields: str) -> Iterator[Part]:
        needed = {*fields, *fields_of(self.filter)}
        if any(zone.is_open for zone in zones) or not needed <= FIELDS.keys():
            needed.add("id")  # Some events may have to be read.
        self.allowance.pay(sum(zone.units for zone in zones))
        found = self._sealed_parts(zones, groups_of(needed))
        return self._decided(found, _AT_ONCE, _MOST_WAITING)

    def _sealed_parts(self, zones: Sequence[Zone], groups: Iterable[str]) -> Iterator[_Judged]:
        for zone, columns in self.segments.read(self.scope, zones, groups):
            self.allowance.note(zone.units / UNITS_PER_ITEM)
            self.allowance.check()
            is_settled = self._is_settled(zone)
            known = self._within(zone, columns, is_settled=is_settled)
            yield self._judged(columns, known, zone if is_settled else None)

    def _within(self, zone: Zone, columns: Columns, *, is_settled: bool) -> int | None:
        """Return, as bits, the events of a segment to judge; None means all.

        They belong to its zone and to the moment, and leaves do not rule them out. A segment may
        have been written again, longer, before the directory says so.
        """
        places = self._places(zone)
        is_long = columns["seq"].values[-1] > zone.last
        if is_settled and not is_long and places == _ANYWHERE:
            return None
        return self._known(
            columns,
            lambda seq: self.after < seq <= zone.last and bool(places >> seq - zone.first & 1),
        )

    def _loose(self, sealed: int) -> Iterator[_Judged]:
        """Yield the events beyond the last number that is in a segment, each once."""
        seen: set[int] = set()
        for row in self.segments.loose(self.scope, sealed):
            size = row.columns.size or row.columns.number * _EARLIER_BYTES
            self.allowance.pay(size / 4096)
            seqs = row.columns["seq"].values
            is_new = seqs[0] > sealed and seen.isdisjoint(seqs)
            known = None
            if not is_new or not self.moment.known.covers(seqs[0], seqs[-1]):
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

    def _judged(self, columns: Columns, known: int | None, zone: Zone | None = None) -> _Judged:
        sure, possible = judge(self.filter, columns)
        if known is not None:
            sure, possible = sure & known, possible & known
        return _Judged(Part(columns, sure, zone), Part(columns, possible & ~sure))

    def _decided(self, judged: Iterable[_Judged], events: int, parts: int) -> Iterator[Part]:
        """Yield the events that pass. Unsure ones wait until many can be read at once."""
        waiting: list[_Judged] = []
        for each in judged:
            if not each.unsure.marks:
                yield each.sure
                continue
            waiting.append(each)
            number = sum(some.unsure.number for some in waiting)
            if number >= events or len(waiting) >= parts:
                yield from self._checked(waiting)
                waiting = []
        yield from self._checked(waiting)

    def _checked(self, judged: Sequence[_Judged]) -> Iterator[Part]:
        """Yield the events of these parts that pass; it reads the unsure ones."""
        passing = self._passing([each.unsure for each in judged])
        for each in judged:
            seqs = each.unsure.columns["seq"]
            found = seqs.marks([seq in passing for seq in seqs.values])
            yield each.sure._replace(marks=each.sure.marks | each.unsure.marks & found)

    def _passing(self, unsure: Iterable[Part]) -> set[int]:
        """Return the numbers of those events that pass; it reads the events themselves."""
        passes, verdicts = predicate(self.filter), dict[int, bool]()
        parts, left = list(unsure), list[Entry]()
        few = [part for part in parts if part.number <= _AT_ONCE]
        for some in (few, *([part] for part in parts if part.number > _AT_ONCE)):
            verdicts |= {event.seq: passes(event) for event in self._shown(some)}
            entries = (part.columns.place(row) for part in some for row in part.rows())
            left += (entry for entry in entries if entry.seq not in verdicts)
        for batch in batched(left, _AT_ONCE):
            self.allowance.pay(len(batch))
            verdicts |= {seq: passes(event) for seq, event in self._read(batch).items()}
        return {seq for seq, is_passing in verdicts.items() if is_passing}

    def _shown(self, unsure: Iterable[Part]) -> Iterator[Event]:
        """Yield these events from the index by time, if it has few others near them.

        Yields nothing if reading them by their keys takes less.
        """
        places: dict[int, int] = {}
        for part in unsure:
            found = part.found()
            places |= zip(found.seqs, found.times, strict=True)
        if len(places) <= _FEW:
            return
        time = TimeRange(min(places.values()), max(places.values()))
        near = self._events_near(time)
        if near * UNITS_PER_ITEM > len(places):
            return
        self.allowance.pay(near * UNITS_PER_ITEM)
        with suppress(TooBroad):
            yield from self.reader.at_most(int(near)).between(self.scope, time, places)

    def _events(self, page: Sequence[Hit]) -> Iterator[Event]:
        for some in batched(list(self._entries(page)), _AT_ONCE):
            events = self._read(some)
            yield from (events[entry.seq] for entry in some if entry.seq in events)

    def _entries(self, page: Sequence[Hit]) -> Iterator[Entry]:
        """Yield entries that tell where the events are; without those that have expired."""
        known = [hit.known_id for hit in page]
        unknown = (hit.origin for hit, id in zip(page, known, strict=True) if id is None)
        columns = self._columns_of(dict.fromkeys(unknown))
        for (at, _, origin), id in zip(page, known, strict=True):
            if id is None and origin in columns:
                id = columns[origin].id_of(at.seq)
            if id is not None:
                yield Entry(at.seq, at.time, "", id, None)

    def _columns_of(self, origins: Iterable[Origin]) -> dict[Origin, Columns]:
        """Return the columns of places. A segment is missing if its events have expired."""
        columns: dict[Origin, Columns] = {}
        zones: list[Zone] = []
        for origin in origins:
            if isinstance(origin, Columns):
                columns[origin] = origin
            else:
                zones.append(origin)
        if zones:
            self.allowance.note(sum(zone.units for zone in zones) / UNITS_PER_ITEM)
            columns |= self.segments.read(self.scope, zones, groups_of(["id"]))
        return columns

    def _read(self, entries: Iterable[Entry]) -> dict[int, Event]:
        return read_entries(self.client, self.events, self.scope, entries, self.clock)


@dataclass(frozen=True, slots=True)
class Searcher:
    """Makes finders for the tables of a log."""

    client: DynamoDBClient
    events: str
    segments: Segments
    memory: Memory
    clock: Clock

    def finder(
        self,
        scope: str,
        filter: Filter,
        moment: Moment,
        reader: Reader,
        allowance: Allowance,
        after: int | None = None,
    ) -> Finder:
        """Return a finder for the events of a moment that pass a filter.

        With `after`, it finds only events that arrived after that number. If they are few, it does
        without the directory.
        """
        blocks: Sequence[Block] = ()
        if after is None or moment.known.number_from(after + 1) > _FEW_LATER:
            blocks = self.segments.blocks(scope, moment.known.last, after or 0)
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
            self.memory.known(scope, filter) if blocks else Known(),
            after or 0,
        )


def _entries(part: Part) -> Iterator[Entry]:
    for row in part.rows():
        yield part.columns.place(row)._replace(source=part.columns["source"].at(row))


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
    """Return the position that comes, in order, just before all events of this time."""
    if order is Order.ASCENDING:
        return Position(time, 0)
    return Position(time, MAX_SEQ)


def _is_later(one: Position, other: Position, order: Order) -> bool:
    return one > other if order is Order.ASCENDING else one < other
