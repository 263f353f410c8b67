"""The ports in memory: the reference for every store, and stores for tests."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from polylog.api.auth import (
    AccessKey,
    Credential,
    Permission,
    Principal,
    Restriction,
    derive_secret,
    new_key_id,
)
from polylog.model.errors import PositionExpired, TooBroad
from polylog.model.event import MAX_EVENT_BYTES, Event
from polylog.model.filter import Filter
from polylog.model.predicate import predicate, text_reader
from polylog.model.query import EventQuery, Order, Page, Position
from polylog.model.store import Bar, Explanation, Group, Interval, OfValue, Outcome, Status, Tail
from polylog.model.times import EARLIEST

UNRESTRICTED = Restriction()


class MemoryEventStore:
    """The `EventStore` in its simplest form: a list of events for each scope.

    It keeps no event from before `floor`, which you may move. `budget` is how many events it may
    look at for one page.
    """

    def __init__(self, budget: int = 10**12) -> None:
        self.floor = EARLIEST
        self.budget = budget
        self._scopes: dict[str, list[Event]] = defaultdict(list)

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        return tuple(self._put_one(scope, event) for event in events)

    def _put_one(self, scope: str, event: Event) -> Outcome:
        there = self.get(scope, event.id)
        size = len(event.model_dump_json(exclude={"seq"}, exclude_defaults=True).encode())
        if size > MAX_EVENT_BYTES:
            reason = f"the event has {size} bytes, more than {MAX_EVENT_BYTES}"
            return Outcome(Status.INVALID, event.id, reason=reason)
        if event.time < self.floor:
            return Outcome(Status.EXPIRED, event.id, reason="the event is too old")
        if there is None:
            seq = len(self._scopes[scope]) + 1
            self._scopes[scope].append(event.model_copy(update={"seq": seq}))
            return Outcome(Status.STORED, event.id, seq)
        if _content(there) == _content(event):
            return Outcome(Status.DUPLICATE, event.id, there.seq)
        reason = "another event has this id already"
        return Outcome(Status.CONFLICT, event.id, there.seq, reason)

    def get(self, scope: str, event_id: str) -> Event | None:
        return next((event for event in self._kept(scope) if event.id == event_id), None)

    def get_by_seq(self, scope: str, seq: int) -> Event | None:
        return next((event for event in self._kept(scope) if event.seq == seq), None)

    def find(self, query: EventQuery) -> Page:
        if query.window.after is not None and query.window.after.time < self.floor:
            raise PositionExpired
        following, passes, window = self._following(query), predicate(query.filter), query.window
        passing = [n for n, event in enumerate(following) if passes(event)]
        stop = window.offset + window.limit
        examined = passing[stop - 1] + 1 if len(passing) >= stop > 0 else len(following)
        is_counted = query.with_total or query.with_known_total
        total = self.count(query.scope, query.filter) if is_counted else None
        is_cut = window.limit > 0 and examined > self.budget
        if is_cut and not (query.is_partial and self.budget):
            raise TooBroad
        found = [following[n] for n in passing[:stop] if not is_cut or n < self.budget]
        events = tuple(found[window.offset :])
        if is_cut:
            last, skip = _position(following[self.budget - 1]), max(0, window.offset - len(found))
            return Page(events, last, total, is_cut=True, skip=skip)
        is_full = len(events) == window.limit > 0
        return Page(events, _position(events[-1]) if is_full else None, total)

    def _following(self, query: EventQuery) -> list[Event]:
        is_descending, after = query.order is Order.DESCENDING, query.window.after
        ordered = sorted(self._kept(query.scope), key=_position, reverse=is_descending)
        return [
            event
            for event in ordered
            if after is None
            or (_position(event) != after and (_position(event) < after) == is_descending)
        ]

    def count(self, scope: str, filter: Filter) -> int:
        return len(self._passing(scope, filter))

    def groups(self, scope: str, filter: Filter) -> tuple[Group, ...]:
        groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for event in sorted(self._passing(scope, filter), key=_position):
            groups[event.origin, event.type].append(event)
        return tuple(
            Group(origin, type, len(events), events[-1].time, events[-1].source)
            for (origin, type), events in groups.items()
        )

    def values(
        self, scope: str, filter: Filter, fields: Sequence[str], moment: object | None = None
    ) -> dict[str, tuple[OfValue, ...]]:
        events = sorted(self._passing(scope, filter), key=_position)
        return {field: tuple(_of_values(events, text_reader(field))) for field in fields}

    def histogram(
        self, scope: str, filter: Filter, interval: Interval, by: str | None = None
    ) -> tuple[Bar, ...]:
        starts: dict[int, list[Event]] = defaultdict(list)
        for event in self._passing(scope, filter):
            starts[_start(event.time, interval)].append(event)
        return tuple(
            Bar(start, len(events), dict(Counter(map(text_reader(by), events))) if by else {})
            for start, events in sorted(starts.items())
        )

    def tail(self, scope: str, filter: Filter, after: int, limit: int) -> Tail:
        later = [event for event in self._passing(scope, filter) if event.seq > after]
        events = tuple(later[:limit])
        complete = events[-1].seq if len(events) == limit else len(self._scopes[scope])
        return Tail(events, max(after, complete), False)

    def latest(self, scope: str) -> int:
        return len(self._scopes[scope])

    @contextmanager
    def explaining(self, explanation: Explanation) -> Iterator[None]:
        explanation.reason = "all events are looked at"
        yield

    def _passing(self, scope: str, filter: Filter) -> list[Event]:
        passes = predicate(filter)
        return [event for event in self._kept(scope) if passes(event)]

    def _kept(self, scope: str) -> list[Event]:
        return [event for event in self._scopes[scope] if event.time >= self.floor]


_CUT = {
    Interval.MINUTE: {"second": 0},
    Interval.HOUR: {"second": 0, "minute": 0},
    Interval.DAY: {"second": 0, "minute": 0, "hour": 0},
    Interval.MONTH: {"second": 0, "minute": 0, "hour": 0, "day": 1},
}
_EPOCH = datetime(1970, 1, 1)


def _start(time: int, interval: Interval) -> int:
    moment = _EPOCH + timedelta(microseconds=time)
    start = moment.replace(microsecond=0, **_CUT[interval])
    return (start - _EPOCH) // timedelta(microseconds=1)


def _of_values(events: Sequence[Event], value: Callable[[Event], str]) -> Iterator[OfValue]:
    by_value: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_value[value(event)].append(event)
    for text, some in by_value.items():
        yield OfValue(text, len(some), some[-1].time, some[-1].source)


def _position(event: Event) -> Position:
    return Position(event.time, event.seq)


def _content(event: Event) -> str:
    """As JSON text, since Python takes 1, 1.0 and True for equal."""
    return json.dumps(event.model_dump(mode="json", exclude={"seq"}), sort_keys=True)


class MemoryKeyStore:
    """The `KeyStore` over two dictionaries; tests may change `keys` and `peppers`."""

    def __init__(self) -> None:
        self.peppers = {"1": b"a pepper for tests"}
        self.keys: dict[str, AccessKey] = {}

    def create(
        self,
        scope: str,
        permissions: frozenset[Permission],
        restriction: Restriction = UNRESTRICTED,
        expires_at: int | None = None,
    ) -> Credential:
        version = max(self.peppers, key=int)
        key_id = new_key_id(version)
        principal = Principal(key_id, scope, permissions, restriction, expires_at)
        self.keys[key_id] = AccessKey(principal, created_at=0)
        return Credential(key_id, derive_secret(self.peppers[version], key_id))

    def list(self, scope: str) -> tuple[AccessKey, ...]:
        return tuple(key for key in self.keys.values() if key.principal.scope == scope)

    def revoke(self, scope: str, key_id: str) -> bool:
        key = self.keys.get(key_id)
        if key is None or key.principal.scope != scope:
            return False
        self.keys[key_id] = replace(key, revoked_at=key.revoked_at or 0)
        return True

    def pepper(self, version: str) -> bytes | None:
        return self.peppers.get(version)

    def get(self, key_id: str, *, fresh: bool) -> AccessKey | None:
        return self.keys.get(key_id)
