"""The planner turns a filter into an index, requests for DynamoDB, and what is left to check.

For example, take this filter::

    type = "app.crash" AND time >= "2026-11-01T00:00:00Z" AND severity = "error"

Its plan reads the index by type for ``app.crash``, from that time on. What is left to check on each
event is ``severity = "error"``: the *residual*.

All functions are pure. They expect simplified filters (`polylog.model.filter`): every term at the
top level of such a filter must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from polylog.dynamo.tables import FIELD_INDEXES, TIME_INDEX
from polylog.model.event import MAX_KEY_LENGTH, Event
from polylog.model.filter import (
    EVERYTHING,
    FIELDS,
    NOTHING,
    And,
    Compare,
    Filter,
    Op,
    Or,
    conjunction,
    conjuncts,
    disjunction,
    fields_of,
)
from polylog.model.predicate import predicate
from polylog.model.query import Order, Position
from polylog.model.times import EARLIEST, LATEST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from polylog.dynamo.tables import Item


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A range of time: from `first` to `last`, both included, in microseconds since the epoch.

    >>> TimeRange(10, 20).intersection(TimeRange(first=15))
    TimeRange(first=15, last=20)
    """

    first: int = EARLIEST
    last: int = LATEST

    @property
    def is_empty(self) -> bool:
        """Whether no time lies in the range."""
        return self.first > self.last

    @property
    def is_instant(self) -> bool:
        """Whether it is a single time."""
        return self.first == self.last

    @property
    def bounds(self) -> tuple[Filter, ...]:
        """The conditions that only these times meet."""
        if self.is_instant:
            return (Compare("time", Op.EQ, self.first),)
        first = () if self.first == EARLIEST else (Compare("time", Op.GE, self.first),)
        last = () if self.last == LATEST else (Compare("time", Op.LE, self.last),)
        return first + last

    def has(self, time: int) -> bool:
        """Return whether a time lies in the range."""
        return self.first <= time <= self.last

    def touches(self, first: int, last: int) -> bool:
        """Return whether some of the times from `first` to `last` lie in the range."""
        return first <= self.last and last >= self.first

    def covers(self, first: int, last: int) -> bool:
        """Return whether all of the times from `first` to `last` lie in the range."""
        return self.first <= first and last <= self.last

    def intersection(self, other: TimeRange) -> TimeRange:
        """Return the times that lie in both."""
        return TimeRange(max(self.first, other.first), min(self.last, other.last))


@dataclass(frozen=True, slots=True)
class Span:
    """A part of an index's sort key: a range of time, or the seqs beyond one at a single time."""

    time: TimeRange
    beyond_seq: int | None = None


def spans_after(time: TimeRange, order: Order, after: Position | None) -> list[Span]:
    """Return the parts of a range of time that follow a position, in order.

    After `seq` 7 at time 15, the range 10 to 20 has two parts in ascending order: the rest of time
    15, beyond `seq` 7, and then the times 16 to 20.
    """
    if after is None:
        return [Span(time)]
    if order is Order.ASCENDING:
        rest = TimeRange(first=after.time + 1)
    else:
        rest = TimeRange(last=after.time - 1)
    same = TimeRange(after.time, after.time)
    spans = [Span(time.intersection(same), after.seq), Span(time.intersection(rest))]
    return [span for span in spans if not span.time.is_empty]


_NEVER = TimeRange(LATEST, EARLIEST)


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """How an index answers a filter: with one stream of events for each value and shard.

    `attribute` is the index's attribute that has one of `values`. It is None for the index by time,
    which has a single stream for each shard. All streams stay within `time`. Their events must
    still be checked against `residual`. Without `values`, no event can pass.
    """

    index: str
    attribute: str | None
    values: tuple[str, ...]
    time: TimeRange
    residual: Filter

    @property
    def field(self) -> str | None:
        """The field that is kept in the attribute."""
        fields = {attribute: field for field, (_, attribute) in FIELD_INDEXES.items()}
        return None if self.attribute is None else fields[self.attribute]

    @property
    def is_settled(self) -> bool:
        """Whether the index shows exactly the events that pass the filter."""
        return self.residual == EVERYTHING

    @property
    def is_optional(self) -> bool:
        """Whether a log may do without the index."""
        return self.attribute not in (None, "type")

    @property
    def is_narrow(self) -> bool:
        """Whether the index may give the answer with little reading."""
        return self.is_optional or self.is_settled

    @property
    def is_searchable(self) -> bool:
        """Whether the columns of the arrival log can help to answer the filter."""
        if fields_of(self.residual) == {"type"}:  # An index is read for each type that passes.
            return False
        terms = conjuncts(self.residual)
        return self.is_settled or any(fields_of(term) <= FIELDS.keys() for term in terms)

    @property
    def filter(self) -> Filter:
        """The filter that the plan answers."""
        return conjunction([*self.conditions, self.residual]) if self.values else NOTHING

    def within(self, time: TimeRange) -> QueryPlan:
        """Return the plan for another range of time."""
        return replace(self, time=time, values=() if time.is_empty else self.values)

    def since(self, time: int) -> QueryPlan:
        """Return the plan without the events before a time."""
        return self.within(self.time.intersection(TimeRange(first=time)))

    @property
    def conditions(self) -> tuple[Filter, ...]:
        """The conditions that the index takes care of: values of a field, and bounds of time."""
        if not self.values:
            return ()
        field = self.field
        wanted = disjunction(Compare(field or "", Op.EQ, value) for value in self.values)
        return (*([wanted] if field else []), *self.time.bounds)

    def partitions(self, scope: str, shards: int) -> tuple[Item, ...]:
        """Return the partition keys of the index, one for each value and shard."""
        return tuple(
            self._partition(scope, value, shard) for value in self.values for shard in range(shards)
        )

    def _partition(self, scope: str, value: str, shard: int) -> Item:
        chosen: Item = {} if self.attribute is None else {self.attribute: {"S": value}}
        return {"scope": {"S": scope}, **chosen, "shard": {"N": str(shard)}}

    def request(self, table: str, partition: Item, span: Span, order: Order) -> QueryInputTypeDef:
        """Return the query for the items of one partition in a span of its sort key."""
        values = {f":{name}": value for name, value in partition.items()}
        conditions = [f"#{name} = :{name}" for name in partition]
        names = [*partition, "time"]
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
            "TableName": table,
            "IndexName": self.index,
            "KeyConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
            "ExpressionAttributeValues": values,
            "ScanIndexForward": order is Order.ASCENDING,
        }


def plan(filter: Filter, fields: Iterable[str] = FIELD_INDEXES, most_values: int = 50) -> QueryPlan:
    """Return the plan that reads least: the most selective index, and the time range.

    `fields` are those that have an index, the most selective first. An index is not used if the
    filter allows more than `most_values` values of its field.

    >>> chosen = plan(And((Compare("type", Op.EQ, "app.crash"), Compare("source", Op.EQ, "cc"))))
    >>> chosen.index, chosen.values, str(chosen.residual)
    ('by_type', ('app.crash',), 'source = "cc"')
    """
    return next(plans(filter, fields, most_values))


def plans(
    filter: Filter, fields: Iterable[str] = FIELD_INDEXES, most_values: int = 50
) -> Iterator[QueryPlan]:
    """Yield a plan for each index that may answer, the one that reads least first."""
    time = time_range(filter)
    left = tuple(term for term in conjuncts(filter) if not is_time_bound(term))
    streams: tuple[str, ...]
    for field in fields:
        index, attribute = FIELD_INDEXES[field]
        values = values_of(And(left), field)
        if values is not None and len(values) <= most_values:
            residual = conjunction(term for term in left if choice(term, field) is None)
            streams = () if time.is_empty else tuple(sorted(values))
            yield QueryPlan(index, attribute, streams, time, residual)
    streams = () if time.is_empty else ("",)
    yield QueryPlan(TIME_INDEX, None, streams, time, conjunction(left))


def judge_kinds(filter: Filter) -> Callable[[str, str], bool]:
    """Return the function that says whether events of a type and an origin pass.

    The filter must not ask about anything else.
    """
    passes, rest = predicate(filter), {"id": "-", "time": 0}
    return lambda type, origin: passes(
        Event.model_validate({**rest, "type": type, "origin": origin})
    )


def by_types(
    chosen: QueryPlan, types: Callable[[], Mapping[str, int] | None], most_values: int = 50
) -> QueryPlan:
    """Return a plan by type instead of one by time, if it is known to read less.

    It serves conditions such as ``type : "crash"``: the plan by type reads the types that pass.
    `types` returns how many events there are of each type, None if that is not known.
    """
    asked = [term for term in conjuncts(chosen.residual) if fields_of(term) == {"type"}]
    known = types() if asked and chosen.attribute is None and chosen.values else None
    if known is None:
        return chosen
    passes = judge_kinds(conjunction(asked))
    wanted = tuple(sorted(type for type in known if passes(type, "system")))
    # For a page, each of the streams reads a page; by time, `total / number` pages are read.
    number, total = sum(known[type] for type in wanted), sum(known.values())
    if len(wanted) > most_values or len(wanted) * number > total:
        return chosen
    index, attribute = FIELD_INDEXES["type"]
    residual = conjunction(term for term in conjuncts(chosen.residual) if term not in asked)
    return QueryPlan(index, attribute, wanted, chosen.time, residual)


def time_range(filter: Filter) -> TimeRange:
    """Return a range of time outside which no event passes the filter.

    >>> time_range(Or((Compare("time", Op.EQ, 5), Compare("time", Op.EQ, 9))))
    TimeRange(first=5, last=9)
    """
    match filter:
        case Compare("time", op, int(value)):
            return _RANGES[op](value) if op in _RANGES else TimeRange()
        case And(terms):
            range = TimeRange()
            for term in terms:
                range = range.intersection(time_range(term))
            return range
        case Or(terms):
            ranges = [range for term in terms if not (range := time_range(term)).is_empty]
            if not ranges:
                return _NEVER
            return TimeRange(min(r.first for r in ranges), max(r.last for r in ranges))
        case _:
            return TimeRange()


_RANGES = {
    Op.EQ: lambda value: TimeRange(value, value),
    Op.LT: lambda value: TimeRange(last=value - 1),
    Op.LE: lambda value: TimeRange(last=value),
    Op.GT: lambda value: TimeRange(first=value + 1),
    Op.GE: lambda value: TimeRange(first=value),
}


def is_time_bound(term: Filter) -> bool:
    """Return whether the term only bounds the time, as ``time >= "2026-11-01T00:00:00Z"`` does."""
    return isinstance(term, Compare) and term.field == "time" and term.op in _RANGES


def choice(term: Filter, field: str) -> frozenset[str] | None:
    """Return the values that the term allows for the field, None if it says anything else.

    ``type = "a" OR type = "b"`` allows `a` and `b` for the type.
    """
    options = term.terms if isinstance(term, Or) else (term,)
    if all(isinstance(option, Compare) for option in options):
        return values_of(term, field)
    return None


def values_of(filter: Filter, field: str) -> frozenset[str] | None:
    """Return the values that the field can have in events that pass; None means any.

    An absent field compares as "", and its event is not in the field's index. A value that is
    longer than every stored one finds nothing.
    """
    match filter:
        case Compare(name, Op.EQ, str(value)) if name == field and (value or field == "type"):
            return frozenset([value] if 0 < len(value) <= MAX_KEY_LENGTH else [])
        case And(terms):
            demanded = [values for term in terms if (values := values_of(term, field)) is not None]
            return frozenset.intersection(*demanded) if demanded else None
        case Or(terms):
            offered = [values_of(term, field) for term in terms]
            known = [values for values in offered if values is not None]
            return frozenset().union(*known) if len(known) == len(offered) else None
        case _:
            return None
