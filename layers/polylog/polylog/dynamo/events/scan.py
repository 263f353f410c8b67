"""One question to the events table: an index, merged with the events it may not show yet."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from polylog.batches import batched
from polylog.dynamo.connection import failures_as_unavailable, get_all
from polylog.dynamo.events.indexes import MissingIndex
from polylog.dynamo.events.items import (
    READ,
    partition_key,
    read_item,
    read_position,
    read_seq,
)
from polylog.dynamo.events.selection import selector
from polylog.dynamo.limits import Budget
from polylog.dynamo.queries import QueryPlan, Span, spans_after
from polylog.dynamo.tally.columns import Columns
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.marks import judge
from polylog.dynamo.tally.moment import Moment
from polylog.model.event import Event
from polylog.model.filter import Filter
from polylog.model.predicate import predicate
from polylog.model.query import Order, Position
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, QueryOutputTypeDef

    from polylog.dynamo.tables import Item

    Found = Item | Entry | Event

# How many items one request asks for. With fewer, there are more requests. With more, some are read
# for nothing where streams are merged or events are checked. A stream doubles it at each request.
_LEAST: Final = 100
_MOST: Final = 1000

# DynamoDB ends a page at 1 MB, however many items that is.
_NO_LIMIT: Final = 2**31 - 1


_place = itemgetter(0)


def items_asked(wanted: int, streams: int, *, is_exact: bool) -> int:
    """Return how many items to ask each stream for at first, to get `wanted` events from them all.

    `is_exact` says that all items pass.
    """
    if is_exact and streams == 1:
        return wanted
    return max(_LEAST, wanted // max(1, streams))


def read_entries(
    client: DynamoDBClient, table: str, scope: str, entries: Iterable[Entry], clock: Clock
) -> dict[int, Event]:
    """Return the events of these entries by `seq`; an event that is gone is left out.

    The first read may lag, which costs half as much. What it lacks is read once more, strongly
    consistent.
    """
    events: dict[int, Event] = {}
    left = {entry.seq: entry.id for entry in entries}
    for consistent in (False, True):
        # An event may have the id of one that has expired.
        ids = {id: None for seq, id in left.items() if seq not in events}
        keys: list[Item] = [{"pk": {"S": partition_key(scope, each)}} for each in ids]
        items = get_all(client, table, keys, clock, consistent=consistent)
        events |= {event.seq: event for event in map(read_item, items)}
    return events


@dataclass(frozen=True, slots=True)
class Scan:
    """One question being answered: its plan, the partitions of an index, and what it may cost.

    `later` has the latest events that pass, if they are known.
    """

    client: DynamoDBClient
    table: str
    scope: str
    plan: QueryPlan
    partitions: tuple[Item, ...]
    budget: Budget
    clock: Clock
    later: tuple[Entry, ...] | None = None

    def items(self, order: Order, after: Position | None, wanted: int) -> Iterator[Item]:
        """Return the items of all partitions, merged into the order."""
        spans = spans_after(self.plan.time, order, after)
        streams = len(self.partitions)
        limit = items_asked(wanted, streams, is_exact=self.plan.is_settled)
        limit = min(_MOST, limit, self.budget.share)
        items = [self._stream(each, spans, order, limit) for each in self.partitions]
        return heapq.merge(*items, key=read_position, reverse=order is Order.DESCENDING)

    def events(self) -> Iterator[Event]:
        """Return the events that pass and that the index shows, the earliest first."""
        events = map(selector(self.plan.residual), self.items(Order.ASCENDING, None, _MOST))
        return (event for event in events if event is not None)

    def examined(
        self, order: Order, after: Position | None, moment: Moment, wanted: int
    ) -> Iterator[tuple[Position, Found | None]]:
        """Return the events of a moment, each once, in order.

        None stands for an event that does not pass. Raises `TooBroad` at the end of the budget, or
        `TimedOut`; nothing is missing before that point.
        """
        items = self.items(order, after, wanted)
        shown = self._judged(item for item in items if moment.knows(read_seq(item)))
        young = self.unindexed(moment, order, after)
        both = heapq.merge(shown, young, key=_place, reverse=order is Order.DESCENDING)
        return (next(same) for _, same in groupby(both, key=_place))

    def found(self, moment: Moment) -> Iterator[tuple[Position, Found]]:
        """Return all events of a moment that pass, the earliest first."""
        examined = self.examined(Order.ASCENDING, None, moment, _MOST)
        return ((place, found) for place, found in examined if found is not None)

    def _judged(self, items: Iterable[Item]) -> Iterator[tuple[Position, Found | None]]:
        if self.plan.is_settled:
            return ((read_position(item), item) for item in items)
        select = selector(self.plan.residual)
        return ((read_position(item), select(item)) for item in items)

    def unindexed(
        self, moment: Moment, order: Order, after: Position | None = None
    ) -> Iterator[tuple[Position, Found | None]]:
        """Return the events of a moment that the indexes may not show, in order.

        It reads the events themselves only if their entries do not tell whether they pass.
        """
        if not self.plan.values:
            return iter(())
        descending = order is Order.DESCENDING
        entries = (
            (Position(entry.time, entry.seq), entry)
            for entry in self._latest(moment, is_descending=descending)
            if self._may_hold(entry)
        )
        rest = (
            (place, entry)
            for place, entry in entries
            if after is None or (place < after if descending else place > after)
        )
        return rest if self.later is not None else self._judged_entries(rest, self.plan.filter)

    def _latest(self, moment: Moment, *, is_descending: bool) -> Iterable[Entry]:
        if self.later is None:
            return moment.unindexed(self.plan.time, is_descending=is_descending)
        return sorted(self.later, key=lambda entry: (entry.time, entry.seq), reverse=is_descending)

    def _judged_entries(
        self, entries: Iterable[tuple[Position, Entry]], filter: Filter
    ) -> Iterator[tuple[Position, Found | None]]:
        for batch in batched(entries, _LEAST):
            verdicts = judge(filter, Columns.of([entry for _, entry in batch])).verdicts(len(batch))
            judged = list(zip(batch, verdicts, strict=True))
            unsure = [each for each, verdict in judged if verdict is None]
            read = dict(self._judged_by_key(unsure, filter)) if unsure else {}
            for (place, entry), verdict in judged:
                if verdict is not None:
                    yield place, entry if verdict else None
                elif place in read:
                    yield place, read[place]

    def _judged_by_key(
        self, entries: Sequence[tuple[Position, Entry]], filter: Filter
    ) -> Iterator[tuple[Position, Event | None]]:
        passes = predicate(filter)
        self.budget.allow_keys(len(entries))
        for place, event in self.resolved(entries):
            yield place, event if passes(event) else None

    def resolved(self, found: Sequence[tuple[Position, Found]]) -> Iterator[tuple[Position, Event]]:
        """Return the events themselves; what came from an entry is read by its key."""
        entries = [each for _, each in found if isinstance(each, Entry)]
        read = read_entries(self.client, self.table, self.scope, entries, self.clock)
        for place, each in found:
            if isinstance(each, dict):
                yield place, read_item(each)
            elif not isinstance(each, Entry):
                yield place, each
            elif each.seq in read:
                yield place, read[each.seq]

    def _may_hold(self, entry: Entry) -> bool:
        """Return whether an entry may be one of the plan's, by its time and its type."""
        type = entry.kind.partition(":")[2]
        is_possible = (
            type in self.plan.values if self.plan.attribute == "type" else self.plan.values
        )
        return bool(is_possible) and self.plan.time.first <= entry.time <= self.plan.time.last

    def seqs(self) -> Iterator[int]:
        """Yield the numbers of the items in the plan's range of time, without their bodies.

        DynamoDB cannot count only the numbers of a moment: its filters must not be about the key of
        an index.
        """
        for partition in self.partitions:
            request = self.plan.request(
                self.table, partition, Span(self.plan.time), Order.ASCENDING
            )
            for answer in self._answers(_with(request, ("seq",)), repeat(_NO_LIMIT)):
                yield from map(read_seq, answer["Items"])

    def _stream(
        self, partition: Item, spans: list[Span], order: Order, limit: int
    ) -> Iterator[Item]:
        for span in spans:
            request = _with(self.plan.request(self.table, partition, span, order), READ)
            for answer in self._answers(request, _growing(limit)):
                yield from answer["Items"]

    def _answers(
        self, request: QueryInputTypeDef, limits: Iterable[int]
    ) -> Iterator[QueryOutputTypeDef]:
        """Follow continuation keys to the end; `limits` yields the size of each page."""
        for limit in limits:
            request["Limit"] = self.budget.allowed(limit)
            with failures_as_unavailable(), _missing(self.plan):
                answer = self.client.query(**request)
            self.budget.spend(answer["ScannedCount"])
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


@contextmanager
def _missing(plan: QueryPlan) -> Iterator[None]:
    """Raise `MissingIndex` if DynamoDB refuses to read an index that a log may do without."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if plan.is_optional and code in ("ValidationException", "ResourceNotFoundException"):
            raise MissingIndex(plan.index) from error
        raise


def _with(request: QueryInputTypeDef, attributes: Sequence[str]) -> QueryInputTypeDef:
    """Return the request for only these attributes."""
    projection = ", ".join(f"#{name}" for name in attributes)
    names = {f"#{name}": name for name in attributes}
    names |= request["ExpressionAttributeNames"]
    return {**request, "ProjectionExpression": projection, "ExpressionAttributeNames": names}


def _growing(limit: int) -> Iterator[int]:
    while True:
        yield limit
        limit = min(_MOST, limit * 2)
