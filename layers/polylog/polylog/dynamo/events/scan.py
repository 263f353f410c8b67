"""One question to the events table: sorted streams of the index and of what is young, merged."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from polylog.batches import batches
from polylog.dynamo.batch_get import get_all
from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.events.items import READ, partition_key, read_item, read_position
from polylog.dynamo.events.selection import selector
from polylog.dynamo.limits import Budget
from polylog.dynamo.queries import QueryPlan, Span, spans_after
from polylog.dynamo.tally.bucket import Entry
from polylog.dynamo.tally.question import Question
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Filter, predicate
from polylog.model.query import EventQuery, Order, Position

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        QueryInputTypeDef,
        QueryOutputTypeDef,
    )

    from polylog.dynamo.events.items import Item

    Found = Item | Entry | Event

# Items asked for at once: fewer make more requests, more are read in vain where streams are
# merged or events are checked by us. A stream that goes on asks for twice as many each time.
_LEAST: Final = 100
MOST: Final = 1000

# What is only counted comes in pages of 1 MB, however many items that is.
_NO_LIMIT: Final = 2**31 - 1

_READ: Final = {f"#{name}": name for name in READ}
_place = itemgetter(0)


def read_entries(
    client: DynamoDBClient, table: str, scope: str, entries: Iterable[Entry]
) -> dict[int, Event]:
    """Return the events that entries stand for, by `seq`, as far as they are there."""
    # An id comes again when the event that had it has expired.
    ids = {entry.id: None for entry in entries}
    keys: list[Item] = [{"pk": {"S": partition_key(scope, each)}} for each in ids]
    events = map(read_item, get_all(client, table, keys))
    return {event.seq: event for event in events}


@dataclass(frozen=True, slots=True)
class Reading:
    """One question being answered: a plan, the partitions it names, and what it may cost."""

    client: DynamoDBClient
    table: str
    scope: str
    plan: QueryPlan
    keys: tuple[Item, ...]
    budget: Budget

    def items(self, order: Order, after: Position | None, wanted: int) -> Iterator[Item]:
        """Return the items of all partitions, merged into the order."""
        spans = spans_after(self.plan.time, order, after)
        is_exact = self.plan.residual == EVERYTHING and len(self.keys) == 1
        limit = wanted if is_exact else max(_LEAST, wanted // max(1, len(self.keys)))
        limit = min(MOST, limit, self.budget.share)
        streams = [self._stream(key, spans, order, limit) for key in self.keys]
        return heapq.merge(*streams, key=read_position, reverse=order is Order.DESCENDING)

    def examined(
        self, query: EventQuery, young: Iterable[Entry], wanted: int
    ) -> Iterator[tuple[Position, Found | None]]:
        """Return what the indexes show and what is young, each event once, in order.

        None stands for one that does not pass. Raises `TooBroad` at the end of the budget: what
        came until then is all that there is up to there.
        """
        descending = query.order is Order.DESCENDING
        shown = self._judged(self.items(query.order, query.window.after, wanted))
        entries = tuple(young)
        if not entries:
            return shown
        both = heapq.merge(shown, self._young(query, entries), key=_place, reverse=descending)
        return (next(same) for _, same in groupby(both, key=_place))

    def found(
        self, query: EventQuery, young: Iterable[Entry], wanted: int
    ) -> Iterator[tuple[Position, Found]]:
        """Return those of the examined that pass."""
        return _passing(self.examined(query, young, wanted))

    def shown(self) -> Iterator[tuple[Position, Found]]:
        """Return what passes of all that the indexes show, in order."""
        return _passing(self._judged(self.items(Order.ASCENDING, None, MOST)))

    def young(
        self, query: EventQuery, entries: Iterable[Entry]
    ) -> Iterator[tuple[Position, Found]]:
        """Return the young events that pass, in order; reads them only where it has to."""
        return _passing(self._young(query, entries))

    def _judged(self, items: Iterable[Item]) -> Iterator[tuple[Position, Found | None]]:
        if self.plan.residual == EVERYTHING:
            return ((read_position(item), item) for item in items)
        select = selector(self.plan.residual)
        return ((read_position(item), select(item)) for item in items)

    def _young(
        self, query: EventQuery, entries: Iterable[Entry]
    ) -> Iterator[tuple[Position, Found | None]]:
        question = Question.of(query.filter)
        positions = {
            Position(entry.time, entry.seq): entry
            for entry in entries
            if self._may_hold(entry) and (question is None or question.wants(entry.kind))
        }
        after, descending = query.window.after, query.order is Order.DESCENDING
        ordered = sorted(positions, reverse=descending)
        if after is not None:
            ordered = [p for p in ordered if (p < after if descending else p > after)]
        if question is not None:
            return ((place, positions[place]) for place in ordered)
        return self._judged_young([(place, positions[place]) for place in ordered], query.filter)

    def _judged_young(
        self, entries: Iterable[tuple[Position, Entry]], filter: Filter
    ) -> Iterator[tuple[Position, Found | None]]:
        passes = predicate(filter)
        for batch in batches(entries, lambda _: 0, most=_LEAST, most_weight=1):
            self.budget.check_time()
            for place, event in self.resolved(batch):
                yield place, event if passes(event) else None

    def resolved(self, found: Sequence[tuple[Position, Found]]) -> Iterator[tuple[Position, Event]]:
        """Return the events themselves; those of entries are read by their key."""
        entries = [each for _, each in found if isinstance(each, Entry)]
        read = read_entries(self.client, self.table, self.scope, entries)
        for place, each in found:
            if isinstance(each, dict):
                yield place, read_item(each)
            elif not isinstance(each, Entry):
                yield place, each
            elif each.seq in read:
                yield place, read[each.seq]

    def _may_hold(self, entry: Entry) -> bool:
        """Return whether an entry lies in the plan's range, and its kind is not ruled out."""
        type = entry.kind.partition(":")[2]
        is_possible = (
            type in self.plan.values if self.plan.attribute == "type" else self.plan.values
        )
        return bool(is_possible) and self.plan.time.first <= entry.time <= self.plan.time.last

    def count(self) -> int:
        """Return how many items the partitions hold in the plan's range of time."""
        span = Span(self.plan.time)
        requests = [self._request(key, span, Order.ASCENDING) for key in self.keys]
        for request in requests:
            request["Select"] = "COUNT"
        answers = (self._answers(request, repeat(_NO_LIMIT)) for request in requests)
        return sum(answer["Count"] for each in answers for answer in each)

    def _stream(self, key: Item, spans: list[Span], order: Order, limit: int) -> Iterator[Item]:
        for span in spans:
            request = _with_items(self._request(key, span, order))
            for answer in self._answers(request, _growing(limit)):
                yield from answer["Items"]

    def _answers(
        self, request: QueryInputTypeDef, limits: Iterable[int]
    ) -> Iterator[QueryOutputTypeDef]:
        """Follow continuation keys to the end; `limits` says how many items each may have."""
        for limit in limits:
            request["Limit"] = self.budget.allowed(limit)
            with failures_as_unavailable():
                answer = self.client.query(**request)
            self.budget.spend(answer["ScannedCount"])
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _request(self, key: Item, span: Span, order: Order) -> QueryInputTypeDef:
        values: dict[str, AttributeValueTypeDef] = {f":{name}": key[name] for name in key}
        conditions = [f"#{name} = :{name}" for name in key]
        names = [*key, "time"]
        values[":first"] = {"N": str(span.time.first)}
        if span.beyond_seq is None:
            conditions.append("#time BETWEEN :first AND :last")
            values[":last"] = {"N": str(span.time.last)}
        else:
            beyond = ">" if order is Order.ASCENDING else "<"
            conditions.append(f"#time = :first AND #seq {beyond} :seq")
            names.append("seq")
            values[":seq"] = {"N": str(span.beyond_seq)}
        return {
            "TableName": self.table,
            "IndexName": self.plan.index,
            "KeyConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
            "ExpressionAttributeValues": values,
            "ScanIndexForward": order is Order.ASCENDING,
        }


def _with_items(request: QueryInputTypeDef) -> QueryInputTypeDef:
    """Return the request for what is read of items."""
    names = {**request["ExpressionAttributeNames"], **_READ}
    return {**request, "ProjectionExpression": ", ".join(_READ), "ExpressionAttributeNames": names}


def _growing(limit: int) -> Iterator[int]:
    while True:
        yield limit
        limit = min(MOST, limit * 2)


def _passing(
    examined: Iterable[tuple[Position, Found | None]],
) -> Iterator[tuple[Position, Found]]:
    return ((place, found) for place, found in examined if found is not None)
