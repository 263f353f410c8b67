"""Writes events in transactions, exactly once however often they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from polylog.batches import batched_by_weight
from polylog.dynamo.connection import failures_as_unavailable, get_all
from polylog.dynamo.deadlines import pause
from polylog.dynamo.events.items import Draft, partition_key
from polylog.dynamo.events.numbers import Numbers
from polylog.dynamo.retention import Retention
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.rows import new_row, write_new
from polylog.model.errors import Throttled, Unavailable
from polylog.model.event import MAX_EVENT_BYTES, Event
from polylog.model.store import Outcome, Status
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from polylog.dynamo.tables import Item

# DynamoDB takes 100 actions and 4 MB in a transaction. Bookkeeping needs some of both.
_MAX_ACTIONS: Final = 95
_MAX_BYTES: Final = 3_000_000
_ITEM_BYTES: Final = 4096
"""What an item's keys may take in addition to its content."""

_KNOWN: Final = ("pk", "digest", "seq")
"""The attributes that are read to find out whether the log has an event."""

_ENTRY_SHARE: Final = 10
"""Entries may take a tenth of the bytes: a delta's entries share one item of at most 400 KB."""

# Readers in the order of arrival wait for each number. A folder soon fences numbers that are not
# used, so a writer takes new ones before that, by its own clock.
_TAKEN_SECONDS: Final = 8

_ATTEMPTS: Final = 8
_TOO_MUCH: Final = {"ThrottlingError", "ProvisionedThroughputExceeded"}
_RETRIED: Final = {
    "None",
    "ConditionalCheckFailed",
    "TransactionConflict",
    *_TOO_MUCH,
}


@dataclass(frozen=True, slots=True)
class _Taken:
    """Numbers that nobody else gets, when they were taken, and the first time that is kept.

    `at` is on the writer's monotonic clock, in seconds.
    """

    first: int
    last: int
    at: float
    floor: int

    def holds(self, seq: int) -> bool:
        """Return whether a number is one of these."""
        return self.first <= seq <= self.last


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the log holds under an id, and the draft if this call stored it."""

    digest: bytes
    seq: int
    draft: Draft | None = None


_EXPIRED: Final = _Kept(b"", 0)
"""Stands for an event that is too old for the log."""


class Writer:
    """Stores events for `EventStore.put`."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        shards: int,
        clock: Clock,
        retention: Retention,
    ) -> None:
        self._client = client
        self._events = tables.events
        self._tally = tables.tally
        self._numbers = Numbers(client, tables.tally)
        self._shards = shards
        self._clock = clock
        self._retention = retention

    def put(
        self, scope: str, events: Sequence[Event], *, is_repeat: bool = False
    ) -> tuple[Outcome, ...]:
        """Store events; see `EventStore.put`."""
        floor = self._retention.floor(self._clock.now())
        drafts = [Draft.of(event) for event in events]
        refused = [_refusal(draft, floor) for draft in drafts]
        offered = [draft for draft, why in zip(drafts, refused, strict=True) if why is None]
        storable = {draft.event.id: draft for draft in reversed(offered)}
        in_order = [draft for draft in offered if storable[draft.event.id] is draft]
        kept: dict[str, _Kept] = {}
        for batch in batched_by_weight(
            in_order, self._weight, most=_MAX_ACTIONS, most_weight=_MAX_BYTES
        ):
            # Looking up costs one read unit an event, a failed condition two write units.
            there = self._look_up(scope, batch) if is_repeat else {}
            absent = [draft for draft in batch if draft.event.id not in there]
            kept |= there | (self._store(scope, absent) if absent else {})
        return tuple(
            why or _outcome(draft, kept) for draft, why in zip(drafts, refused, strict=True)
        )

    def _weight(self, draft: Draft) -> int:
        entry = draft.entry(0)
        return max(len(draft.content) + _ITEM_BYTES, entry.weight * _ENTRY_SHARE)

    def _store(self, scope: str, drafts: Sequence[Draft]) -> dict[str, _Kept]:
        """Store all drafts in one transaction, except those whose ids are already taken.

        An attempt may commit although DynamoDB reported a conflict, or did not answer. Then its
        events are found under numbers that this call took: it stored them, and their delta too. If
        no event is found, a folder has fenced the numbers, and this call takes new ones.
        """
        kept: dict[str, _Kept] = {}
        taken = self._take(scope, len(drafts))
        tried = [taken]
        for attempt in range(_ATTEMPTS):
            kept |= {d.event.id: _EXPIRED for d in drafts if d.event.time < taken.floor}
            pending = [draft for draft in drafts if draft.event.id not in kept]
            if not pending:
                self._close(scope, taken, kept)
                return kept
            if self._clock.monotonic() - taken.at >= _TAKEN_SECONDS:
                taken = self._take(scope, len(pending))
                tried.append(taken)
            numbered = dict(enumerate(pending, taken.first))
            reasons = self._transact(scope, taken, numbered)
            if not reasons:
                stored = {d.event.id: _Kept(d.digest, seq, d) for seq, d in numbered.items()}
                return kept | stored
            if "ConditionalCheckFailed" in reasons:
                found = self._look_up(scope, pending, tried)
                kept |= found
                if not found:
                    taken = self._take(scope, len(pending))
                    tried.append(taken)
            else:
                pause(attempt, self._clock)
        if reasons & _TOO_MUCH:
            raise Throttled("DynamoDB kept throttling the transactions")
        raise Unavailable("the transactions kept conflicting")

    def _take(self, scope: str, count: int) -> _Taken:
        at = self._clock.monotonic()
        taken = self._numbers.take(scope, count)
        floor = max(taken.floor, self._retention.floor(self._clock.now()))
        return _Taken(taken.first, taken.last, at, floor)

    def _close(self, scope: str, taken: _Taken, kept: Mapping[str, _Kept]) -> None:
        """Record that no event will have these numbers, unless one has."""
        if any(taken.holds(each.seq) for each in kept.values()):
            return
        delta = Delta.of(taken.first, taken.last)
        for item in delta.items(scope, self._retention):
            write_new(self._client, self._tally, item)

    def _transact(self, scope: str, taken: _Taken, numbered: dict[int, Draft]) -> set[str]:
        """Store all or nothing; return DynamoDB's reasons against it, none if stored."""
        entries = (draft.entry(seq) for seq, draft in numbered.items())
        delta = Delta.of(taken.first, taken.last, entries)
        actions: list[TransactWriteItemTypeDef] = [
            {
                "Put": {
                    "TableName": self._events,
                    "Item": draft.item(scope, seq, self._shards, self._retention),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            for seq, draft in numbered.items()
        ]
        rows = delta.items(scope, self._retention)
        actions += [{"Put": new_row(self._tally, row)} for row in rows]
        with failures_as_unavailable():
            try:
                self._client.transact_write_items(TransactItems=actions)
            except self._client.exceptions.TransactionCanceledException as error:
                codes = {
                    reason.get("Code", "None") for reason in error.response["CancellationReasons"]
                }
                if not codes <= _RETRIED:
                    raise
                return codes
        return set()

    def _look_up(
        self, scope: str, drafts: Sequence[Draft], tried: Iterable[_Taken] = ()
    ) -> dict[str, _Kept]:
        """Return what the log holds under the ids of drafts; `tried` are our own numbers."""
        by_key = {partition_key(scope, draft.event.id): draft for draft in drafts}
        keys: list[Item] = [{"pk": {"S": key}} for key in by_key]
        kept: dict[str, _Kept] = {}
        for item in get_all(self._client, self._events, keys, self._clock, _KNOWN):
            draft, seq = by_key[item["pk"]["S"]], int(item["seq"]["N"])
            own = draft if any(taken.holds(seq) for taken in tried) else None
            kept[draft.event.id] = _Kept(item["digest"]["B"], seq, own)
        return kept


def _refusal(draft: Draft, floor: int) -> Outcome | None:
    """Return why an event can never be stored, None if it can."""
    size = len(draft.content)
    if size > MAX_EVENT_BYTES:
        reason = f"the event has {size} bytes, more than {MAX_EVENT_BYTES}"
        return Outcome(Status.INVALID, draft.event.id, reason=reason)
    return _expired(draft) if draft.event.time < floor else None


def _expired(draft: Draft) -> Outcome:
    reason = "the event is older than the log's retention"
    return Outcome(Status.EXPIRED, draft.event.id, reason=reason)


def _outcome(draft: Draft, kept: dict[str, _Kept]) -> Outcome:
    event_id = draft.event.id
    there = kept[event_id]
    if there is _EXPIRED:
        return _expired(draft)
    if there.draft is draft:
        return Outcome(Status.STORED, event_id, there.seq)
    if there.digest == draft.digest:
        return Outcome(Status.DUPLICATE, event_id, there.seq)
    reason = "another event has this id already"
    return Outcome(Status.CONFLICT, event_id, there.seq, reason)
