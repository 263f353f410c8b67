"""Folds deltas into the buckets, and deletes them.

One transaction counts events in every row that they touch, and adds their numbers to the settled
ones of the head. Each row must still have the version that was read. So a fold happens once or not
at all, even if it dies or if two run at a time.

Counting does not wait for the indexes. The head names what it counted lately (`recent`), and
readers take that from the arrival log. A folder takes a name off the list once it has seen it for
five seconds of its own clock: it never compares its clock with that of another machine.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.facets import partition_of
from polylog.dynamo.tally.head import (
    Head,
    Recent,
    Span,
    coarse,
    read_head,
    read_root,
    spans_of,
)
from polylog.dynamo.tally.kinds import Kinds
from polylog.dynamo.tally.levels import ROOT, parent_of, path_to
from polylog.dynamo.tally.moment import moment_of
from polylog.dynamo.tally.ranges import Range, Ranges
from polylog.dynamo.tally.registry import Scopes
from polylog.dynamo.tally.rows import (
    RowsTooLargeError,
    delete_rows,
    new_row,
    read_buckets,
    write_rows,
)
from polylog.dynamo.tally.stretch import SPAN, Stretch, read_stretches, stretches
from polylog.dynamo.tally.summary import OfMinute, Summary, counted, merged, summary_of
from polylog.dynamo.tally.wake import Wake, leave_wake, read_wake
from polylog.model.errors import Unavailable
from polylog.model.times import SECOND, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item

SETTLING_SECONDS: Final = 5
"""How long an index may lag behind."""

FENCING_SECONDS: Final = 15
"""How long a number may be missing until nobody can store an event under it any more."""

# A request that was signed before is refused by AWS after five minutes.
_FENCED: Final = 30 * 60 * SECOND
"""How long a fence stands, in microseconds. Afterwards only the head knows of it."""

_MOST_FENCED: Final = 500
"""How many ranges of numbers that nobody used the head tells apart from used ones."""

_FENCES_AT_ONCE: Final = 100

# Reading 64 small deltas, or the summaries of a thousand events, costs little. Folding half as many
# would take 0.2 write units more for each event stored alone, and 0.1 for one in a batch.
_DUE_DELTAS: Final = 64
_DUE_EVENTS: Final = 1000

_MOST_RECENT: Final = 400
"""How many rows that the indexes may not show the head names: four times what comes in a while."""

_SOON_SECONDS: Final = 8
"""A folder waits for what will be due within this time, rather than being woken again."""

_QUIET_TIMES: Final = 3
"""How many wake-ups in a row must find nothing new, before a few deltas are worth a fold."""

# DynamoDB takes 100 actions in a transaction.
_MAX_ROWS: Final = 95

# Each facet's tally is folded in a transaction of its own.
_MAX_FACETS: Final = 50

# How many rows to try, the next number if a transaction gets too large. One minute touches five.
_MOST_ROWS: Final = (_MAX_ROWS, 40, 15, 6)


class Work(Enum):
    """How a scope was found and left: what is to be done about it next."""

    DONE = "done"
    """Nothing is young, and the indexes show everything."""
    FOLDED = "folded"
    """There may be more to fold at once."""
    SOON = "soon"
    """There will be something to do within seconds."""
    LATER = "later"
    """A little is left. A wake-up was left for it."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A delta, or the part of it up to a number, that one fold takes."""

    delta: Delta
    upto: int
    is_ripe: bool

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left of the delta."""
        return self.upto == self.delta.last

    @property
    def range(self) -> Range:
        """The numbers that are folded."""
        return self.delta.first, self.upto


@dataclass(frozen=True, slots=True)
class Share:
    """What one fold takes, and the rows that its transaction adds to the arrival log."""

    pieces: tuple[_Piece, ...]
    stretches: tuple[Stretch, ...]

    @classmethod
    def of(cls, pieces: Sequence[_Piece]) -> Share:
        """Return the share of these pieces. Entries of small deltas go to the arrival log now."""
        entries = (each for p in pieces if p.delta.is_inline for each in p.delta.entries or ())
        return cls(tuple(pieces), tuple(stretches(entries)))

    @property
    def completed(self) -> int:
        """How many deltas are wholly taken."""
        return sum(piece.is_whole for piece in self.pieces)

    @property
    def numbers(self) -> Ranges:
        """The numbers that will be settled."""
        return Ranges.of(p.range for p in self.pieces if p.delta.fenced_at is None)

    @property
    def fences(self) -> Ranges:
        """The numbers that will be known to have no event."""
        return Ranges.of(p.range for p in self.pieces if p.delta.fenced_at is not None)

    @property
    def summary(self) -> Summary:
        """What the share's events are."""
        return merged(piece.delta.summary for piece in self.pieces)

    def entries(self) -> Iterator[Entry]:
        """Yield the entries of deltas that have them."""
        return chain.from_iterable(piece.delta.entries or () for piece in self.pieces)

    def recent(self) -> Iterator[Recent]:
        """Yield what an index may not show yet."""
        inline = Ranges.of(p.range for p in self.pieces if not p.is_ripe and p.delta.is_inline)
        for stretch in self.stretches:
            if any(entry.seq in inline for entry in stretch.entries):
                yield Recent(stretch.first, spans_of(summary_of(stretch.entries)))
        for piece in self.pieces:
            if not (piece.is_ripe or piece.delta.is_inline):
                yield Recent(piece.delta.first, spans_of(piece.delta.summary))


class _Room:
    """How much room is left in the transactions of a fold."""

    def __init__(self, most_rows: int) -> None:
        self._most_rows = most_rows
        self._rows: set[str] = set()
        self._facets: set[str] = set()
        self._logs: tuple[int, int] | None = None
        self._is_empty = True

    def admits(
        self, minutes: Iterable[str], facets: Iterable[str], seq: int | None, *, is_one: bool
    ) -> bool:
        """Take some events if there is room for them; a single one always fits into an empty room.

        `seq` is the number of the last one that needs a place in the arrival log.
        """
        rows = self._rows.union(*map(path_to, minutes))
        named = self._facets.union(facets)
        logs = self._logs
        if seq is not None:
            first, number = logs or (seq, 1)
            logs = (seq, number + 1) if seq - first >= SPAN else (first, number)
        size = len(rows) + (logs[1] if logs else 0)
        is_full = size > self._most_rows or len(named) > _MAX_FACETS
        if is_full and not (is_one and self._is_empty):
            return False
        self._rows, self._facets, self._logs, self._is_empty = rows, named, logs, False
        return True


class _Watch:
    """Tells how long something has been there, by the clock of the one who watches."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[Hashable, float] = {}

    def see(self, things: Iterable[Hashable]) -> None:
        """Note what is there now; what is not is forgotten."""
        now = self._clock.monotonic()
        self._since = {thing: self._since.get(thing, now) for thing in things}

    def age(self, thing: Hashable) -> float:
        """Return for how many seconds a thing has been seen."""
        now = self._clock.monotonic()
        return now - self._since.get(thing, now)


@dataclass(slots=True)
class _Pace:
    """When and how full a scope was looked at, a second ago or two: how fast it fills now."""

    at: float
    deltas: int
    events: int


@dataclass(slots=True)
class _Memory:
    """What a folder remembers of a scope between its looks."""

    watch: _Watch
    pace: _Pace | None = None
    wake: Wake = field(default_factory=Wake)
    is_hasty: bool = False

    def is_quiet(self, head: Head) -> bool:
        """Return whether whatever is left is worth a fold, since nothing else comes."""
        is_last = head.decided.last <= self.wake.last
        return self.is_hasty or (self.wake.times >= _QUIET_TIMES and is_last)


class Folder:
    """Folds the tallies of scopes, a step at a time.

    `facets` names the facets that events are also tallied by.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Clock,
        *,
        facets: Iterable[str] = (),
        retention: Retention = FOR_EVER,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._facets = frozenset(facets)
        self._retention = retention
        self._scopes = Scopes(client, table)
        self._memories: dict[str, _Memory] = {}

    def wake(self, scope: str) -> None:
        """Take note of a scope's wake-up: after some that found nothing new, it is quiet."""
        self._memory(scope).wake = read_wake(self._client, self._table, scope)

    def work(self, scope: str) -> Work:
        """Do what is due in a scope, in a few requests.

        A few deltas are not worth a fold: reading them costs less. They are folded once the scope
        is quiet. Whoever gets `LATER` can forget the scope: a wake-up tells when to come again.
        """
        head = self._look(scope)
        if not (head.young or head.recent or any(_holes(head))):
            del self._memories[scope]
            return Work.DONE
        if self._is_due(scope, head):
            return Work.FOLDED if self._fold(scope, head) else Work.SOON
        if self._is_soon(scope, head):
            return Work.SOON
        if not head.bucket.version:
            self._scopes.add(scope)
        wake = self._memories.pop(scope).wake.next(head.decided.last)
        leave_wake(self._client, self._table, scope, wake, self._clock)
        return Work.LATER

    def leave(self, scope: str) -> None:
        """Leave a wake-up for a scope in which there is more to do, since the time is up."""
        leave_wake(self._client, self._table, scope, Wake(), self._clock)

    def settle(self, scope: str, seconds: float) -> bool:
        """Fold everything, until the indexes show it or the time is up; return whether they do."""
        deadline = self._clock.deadline(seconds)
        self._memory(scope).is_hasty = True
        while (work := self.work(scope)) is not Work.DONE:
            if deadline.is_over:
                return False
            if work is Work.SOON:
                self._clock.sleep(0.5)
        return True

    def fold(self, scope: str) -> bool:
        """Fold once, whether it is due or not; return whether there is more to fold at once.

        It also returns False if somebody else folded meanwhile: they go on.
        """
        return self._fold(scope, self._look(scope))

    def _memory(self, scope: str) -> _Memory:
        return self._memories.setdefault(scope, _Memory(_Watch(self._clock)))

    def _look(self, scope: str) -> Head:
        """Return a scope's head; delete deltas that were left over, and fence old numbers."""
        head = read_head(self._client, self._table, scope)
        watch = self._memory(scope).watch
        holes = tuple(_holes(head))
        watch.see(
            (*(delta.row for delta in head.deltas), *(each.first for each in head.recent), *holes)
        )
        self._delete(scope, (d for d in head.deltas if head.is_settled(d) and self._is_over(d)))
        old = [hole for hole in holes if watch.age(hole) >= FENCING_SECONDS]
        return self._fenced(scope, old) if old else head

    def _is_over(self, delta: Delta) -> bool:
        """Return whether a settled delta may go. Fences stand for a while."""
        return delta.fenced_at is None or delta.fenced_at <= self._clock.now() - _FENCED

    def _is_due(self, scope: str, head: Head) -> bool:
        """Return whether folding costs less than reading the deltas again and again."""
        if len(head.young) >= _DUE_DELTAS or head.young_events >= _DUE_EVENTS:
            return True
        memory = self._memory(scope)
        things = (*(delta.row for delta in head.young), *(each.first for each in head.recent))
        oldest = max(map(memory.watch.age, things), default=0.0)
        return memory.is_quiet(head) and oldest >= SETTLING_SECONDS

    def _is_soon(self, scope: str, head: Head) -> bool:
        """Return whether there will be something to do within seconds."""
        memory, now = self._memory(scope), self._clock.monotonic()
        if memory.is_quiet(head) or any(_holes(head)):
            return True
        deltas, events = len(head.young), head.young_events
        pace = memory.pace = memory.pace or _Pace(now, deltas, events)
        seconds = now - pace.at
        if seconds < 1:
            return True
        memory.pace = _Pace(now, deltas, events)
        deltas_soon = deltas + (deltas - pace.deltas) / seconds * _SOON_SECONDS
        events_soon = events + (events - pace.events) / seconds * _SOON_SECONDS
        return deltas_soon >= _DUE_DELTAS or events_soon >= _DUE_EVENTS

    def _fenced(self, scope: str, holes: Sequence[Range]) -> Head:
        """Keep everybody from storing events under numbers that are missing; return the head.

        The highest numbers come first: the last of a writer's numbers names its delta. So it cannot
        store anything any more once one of its numbers is fenced.
        """
        now = self._clock.now()
        numbers = (n for first, last in reversed(holes) for n in range(last, first - 1, -1))
        fences = [Delta.fence(number, now) for number in islice(numbers, _FENCES_AT_ONCE)]
        items = (item for fence in fences for item in fence.items(scope, self._retention))
        # A writer may be storing an event under one of them. The next look tells.
        with (
            failures_as_unavailable(),
            suppress(self._client.exceptions.TransactionCanceledException),
        ):
            self._client.transact_write_items(
                TransactItems=[{"Put": new_row(self._table, item)} for item in items]
            )
        return read_head(self._client, self._table, scope)

    def _fold(self, scope: str, head: Head) -> bool:
        """Fold once; return whether there is more to fold at once."""
        self._memory(scope).pace = None
        if not head.bucket.version:
            self._scopes.add(scope)
        for most_rows in _MOST_ROWS:
            share = self._share(scope, head, most_rows)
            with suppress(RowsTooLargeError):
                is_done = self._fold_share(scope, head, share)
                return is_done and share.completed < len(head.young)
        raise Unavailable("rows of the tally have grown too large")

    def _share(self, scope: str, head: Head, most_rows: int) -> Share:
        """Take of the young deltas, in their order, what can be folded together."""
        watch, room, pieces = self._memory(scope).watch, _Room(most_rows), list[_Piece]()
        load = partial(read_stretches, self._client, self._table, scope, clock=self._clock)
        moment = moment_of(head, load)
        has_facets = any(delta.facets for delta in moment.young)
        if has_facets:
            moment.read_young()
        for delta in moment.young:
            is_ripe = watch.age(delta.row) >= SETTLING_SECONDS
            entries = moment.entries_of(delta) if has_facets else delta.entries
            facets = {facet for entry in entries or () for facet in entry.facets}
            seq = delta.last if delta.is_inline and delta.entries else None
            if room.admits(delta.summary, facets, seq, is_one=False):
                known = delta if entries is None else replace(delta, entries=entries)
                pieces.append(_Piece(known, delta.last, is_ripe))
                continue
            if not pieces:
                pieces.append(_part(delta, moment.entries_of(delta), room, is_ripe=is_ripe))
            break
        return Share.of(pieces)

    def _fold_share(self, scope: str, head: Head, share: Share) -> bool:
        """Fold a share everywhere, facets first: what is settled in the scope is so in all."""
        watch = self._memory(scope).watch
        left = [each for each in head.recent if watch.age(each.first) < SETTLING_SECONDS]
        recent = tuple(_united((*left, *share.recent())))
        if len(recent) > max(_MOST_RECENT, len(head.recent)):
            return False  # The indexes have to catch up first.
        if not share.pieces and recent == head.recent:
            return False
        if not all(self._fold_facet(scope, facet, head, share) for facet in _facets(share)):
            return False
        fenced = head.fenced - share.numbers | share.fences
        many, few = fenced.ranges[:-_MOST_FENCED], fenced.ranges[-_MOST_FENCED:]
        settled = head.settled | share.numbers | Ranges(many)
        new = replace(
            head,
            settled=settled,
            fenced=Ranges(few),
            recent=recent,
            tallied=head.facets(self._facets),
        )
        added = (stretch.item(scope, self._retention) for stretch in share.stretches)
        if not self._count(scope, new, share.summary, added):
            return False
        gone = (p.delta for p in share.pieces if p.is_whole and p.delta.fenced_at is None)
        self._delete(scope, gone)
        return True

    def _fold_facet(self, scope: str, facet: str, head: Head, share: Share) -> bool:
        """Fold into a facet's tally what it lacks; return False if somebody else was faster."""
        partition = partition_of(scope, facet)
        own = read_root(self._client, self._table, partition)
        left = summary_of(
            e for e in share.entries() if facet in e.facets and e.seq not in own.settled
        )
        if not left:
            return True
        if not own.bucket.version:
            self._scopes.add_facet(scope, facet)
        settled = own.settled | head.settled | share.numbers
        return self._count(partition, replace(own, settled=settled), left, ())

    def _count(self, partition: str, head: Head, summary: Summary, added: Iterable[Item]) -> bool:
        """Count events in every row that they touch; return False if one was changed meanwhile."""
        kept = {minute: each for minute, each in summary.items() if each.earliest >= head.cleared}
        touched = _by_bucket(counted(kept, Kinds(head.bucket.kinds())))
        names = [name for name in touched if name != ROOT]
        rows = (
            read_buckets(self._client, self._table, partition, names, self._clock) if names else {}
        )
        rows[ROOT] = head.bucket
        new = _counted(rows, touched)
        root = replace(head, bucket=new[ROOT])
        return write_rows(self._client, self._table, partition, rows, new, root, added)

    def _delete(self, scope: str, deltas: Iterable[Delta]) -> None:
        rows = [delta.row for delta in deltas]
        delete_rows(self._client, self._table, scope, rows, self._clock)


def _holes(head: Head) -> Iterator[Range]:
    """Yield the numbers that are missing before others that are there."""
    decided = head.decided
    return decided.missing(1, decided.last)


def _part(delta: Delta, entries: Sequence[Entry], room: _Room, *, is_ripe: bool) -> _Piece:
    """Return the part of a delta that there is room for: at least one event."""
    taken: list[Entry] = []
    for entry in sorted(entries):
        seq = entry.seq if delta.is_inline else None
        if not room.admits([entry.minute], entry.facets, seq, is_one=True):
            break
        taken.append(entry)
    return _Piece(delta.with_entries(taken), taken[-1].seq, is_ripe)


def _united(recent: Iterable[Recent]) -> Iterator[Recent]:
    """Yield each row once; a delta that is folded in parts has named its row before."""
    spans: dict[int, dict[Span, None]] = {}
    for each in recent:
        spans.setdefault(each.first, {}).update(dict.fromkeys(each.spans))
    return (Recent(first, coarse(each)) for first, each in spans.items())


def _facets(share: Share) -> list[str]:
    """Return the facets that any of the entries has."""
    return sorted({facet for entry in share.entries() for facet in entry.facets})


def _by_bucket(summary: Summary) -> dict[str, Summary]:
    """Return what each row counts, parents before their children."""
    touched: dict[str, dict[str, OfMinute]] = {ROOT: {}}
    for minute, part in summary.items():
        for name in path_to(minute):
            touched.setdefault(name, {})[minute] = part
    return dict(sorted(touched.items(), key=lambda item: len(item[0])))


def _counted(rows: Mapping[str, Bucket], touched: Mapping[str, Summary]) -> dict[str, Bucket]:
    """Return the next version of every touched row, each stating its children's."""
    version = rows[ROOT].version + 1
    new = {
        name: rows.get(name, Bucket()).with_summary(name, summary)
        for name, summary in touched.items()
    }
    versions: dict[str, dict[str, int]] = {name: dict(new[name].versions) for name in new}
    for name in new:
        if name != ROOT:
            versions[parent_of(name)][name] = version
    return {
        name: replace(bucket, version=version, versions=versions[name])
        for name, bucket in new.items()
    }
