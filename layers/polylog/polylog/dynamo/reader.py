"""Reads events through the indexes: sorted streams merged, within a budget."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from polylog.dynamo.client import failures_as_unavailable
from polylog.dynamo.plan import QueryPlan, TimeRange, plan
from polylog.dynamo.schema import read_item, read_position
from polylog.errors import TooBroad
from polylog.filter import EVERYTHING, Filter, predicate
from polylog.query import EventQuery, Order, Page, Position

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        QueryInputTypeDef,
        QueryOutputTypeDef,
    )

    from polylog.dynamo.schema import Item

# Items asked for at once: fewer make more requests, more are read in vain where streams are
# merged or events are checked by us. A stream that goes on asks for twice as many each time.
_LEAST: Final = 100
_MOST: Final = 1000

# Streams are asked one after the other; more values than these are checked by us.
_MOST_STREAMS: Final = 50


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one answer may read: items of an index, and seconds."""

    items: int
    seconds: float


class Reader:
    """Answers `find` and `count` of the port from the indexes of the events table."""

    def __init__(self, client: DynamoDBClient, table: str, shards: int, limits: Limits) -> None:
        self._client = client
        self._table = table
        self._shards = shards
        self._limits = limits

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window; see `EventStore.find`."""
        reading, window = self._reading(query.scope, query.filter), query.window
        stop = window.offset + window.limit
        items = reading.items(query.order, window.after, stop)
        if reading.plan.residual == EVERYTHING:
            events = tuple(map(read_item, islice(items, window.offset, stop)))
        else:
            passing = filter(predicate(reading.plan.residual), map(read_item, items))
            events = tuple(islice(passing, window.offset, stop))
        is_full = 0 < len(events) == window.limit
        return Page(events, Position(events[-1].time, events[-1].seq) if is_full else None)

    def count(self, scope: str, filter: Filter) -> int:
        """Return how many events pass; reads bodies only where the index alone cannot tell."""
        reading = self._reading(scope, filter)
        if reading.plan.residual == EVERYTHING:
            return reading.count()
        passes = predicate(reading.plan.residual)
        items = reading.items(Order.ASCENDING, None, _MOST)
        return sum(passes(read_item(item)) for item in items)

    def _reading(self, scope: str, filter: Filter) -> _Reading:
        chosen = plan(filter, most_values=max(1, _MOST_STREAMS // self._shards))
        keys = tuple(
            _key(scope, chosen.attribute, value, shard)
            for value in chosen.values
            for shard in range(self._shards)
        )
        return _Reading(self._client, self._table, chosen, keys, _Budget(self._limits))


def _key(scope: str, attribute: str | None, value: str, shard: int) -> Item:
    chosen: Item = {} if attribute is None else {attribute: {"S": value}}
    return {"scope": {"S": scope}, **chosen, "shard": {"N": str(shard)}}


class _Budget:
    def __init__(self, limits: Limits) -> None:
        self._items = limits.items
        self._deadline = time.monotonic() + limits.seconds

    def spend(self, items: int) -> None:
        """Raise `TooBroad` when more has been read than is allowed."""
        self._items -= items
        if self._items < 0 or time.monotonic() > self._deadline:
            raise TooBroad


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of an index's sort key: a range of time, or of seq within the one time."""

    time: TimeRange
    beyond_seq: int | None = None


def _spans(time: TimeRange, order: Order, after: Position | None) -> list[_Span]:
    """Return the stretches that follow a position, in order."""
    if after is None:
        return [_Span(time)]
    if order is Order.ASCENDING:
        rest = TimeRange(first=after.time + 1)
    else:
        rest = TimeRange(last=after.time - 1)
    same = TimeRange(after.time, after.time)
    spans = [_Span(time.intersection(same), after.seq), _Span(time.intersection(rest))]
    return [span for span in spans if not span.time.is_empty]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One question being answered: a plan, the partitions it names, and what it may cost."""

    client: DynamoDBClient
    table: str
    plan: QueryPlan
    keys: tuple[Item, ...]
    budget: _Budget

    def items(self, order: Order, after: Position | None, wanted: int) -> Iterator[Item]:
        """Return the items of all partitions, merged into the order."""
        spans = _spans(self.plan.time, order, after)
        is_exact = self.plan.residual == EVERYTHING and len(self.keys) == 1
        limit = min(_MOST, wanted if is_exact else max(_LEAST, wanted // max(1, len(self.keys))))
        streams = [self._stream(key, spans, order, limit) for key in self.keys]
        return heapq.merge(*streams, key=read_position, reverse=order is Order.DESCENDING)

    def count(self) -> int:
        """Return how many items the partitions hold in the plan's range of time."""
        span = _Span(self.plan.time)
        requests = [self._request(key, span, Order.ASCENDING) for key in self.keys]
        for request in requests:
            request["Select"] = "COUNT"
        return sum(answer["Count"] for request in requests for answer in self._answers(request))

    def _stream(self, key: Item, spans: list[_Span], order: Order, limit: int) -> Iterator[Item]:
        for span in spans:
            request = self._request(key, span, order)
            request["Limit"] = limit
            for answer in self._answers(request):
                yield from answer["Items"]
                request["Limit"] = min(_MOST, request["Limit"] * 2)

    def _answers(self, request: QueryInputTypeDef) -> Iterator[QueryOutputTypeDef]:
        """Follow continuation keys to the end; `request` may change between the answers."""
        while True:
            with failures_as_unavailable():
                answer = self.client.query(**request)
            self.budget.spend(answer["ScannedCount"])
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _request(self, key: Item, span: _Span, order: Order) -> QueryInputTypeDef:
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
