"""From a filter to what DynamoDB is asked and what is left for us to check; pure."""

from __future__ import annotations

from dataclasses import dataclass

from polylog.dynamo.events.items import FIELD_INDEXES, TIME_INDEX
from polylog.model.event import MAX_KEY_LENGTH
from polylog.model.filter import (
    And,
    Compare,
    Filter,
    Op,
    Or,
    conjunction,
    conjuncts,
    disjunction,
    simplified,
)
from polylog.model.query import Order, Position
from polylog.model.times import EARLIEST, LATEST


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `first` to `last`, both included, in microseconds."""

    first: int = EARLIEST
    last: int = LATEST

    @property
    def is_empty(self) -> bool:
        """Whether no time lies in the range."""
        return self.first > self.last

    @property
    def bounds(self) -> tuple[Filter, ...]:
        """The conditions that no other times than these meet."""
        if self.first == self.last:
            return (Compare("time", Op.EQ, self.first),)
        first = () if self.first == EARLIEST else (Compare("time", Op.GE, self.first),)
        last = () if self.last == LATEST else (Compare("time", Op.LE, self.last),)
        return first + last

    def intersection(self, other: TimeRange) -> TimeRange:
        """Return the times that lie in both."""
        return TimeRange(max(self.first, other.first), min(self.last, other.last))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an index's sort key: a range of time, or of seq within the one time."""

    time: TimeRange
    beyond_seq: int | None = None


def spans_after(time: TimeRange, order: Order, after: Position | None) -> list[Span]:
    """Return the stretches that follow a position, in order."""
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
    """One stream of events for each value of `attribute` (and shard), within a time range.

    `attribute` is None on the index by time, which has a single stream. `residual` is what the
    events read have to be checked for still. No values: no event can pass.
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
    def conditions(self) -> tuple[Filter, ...]:
        """What the index takes care of: the values of the field, and bounds of time."""
        if not self.values:
            return ()
        field = self.field
        wanted = disjunction(Compare(field or "", Op.EQ, value) for value in self.values)
        return (*([wanted] if field else []), *self.time.bounds)


def plan(filter: Filter, most_values: int = 50) -> QueryPlan:
    """Return the plan that reads least: the most selective index, and the time range.

    A field of which more than `most_values` are wanted does not choose the index.
    """
    wanted = simplified(filter)
    time = time_range(wanted)
    left = tuple(term for term in conjuncts(wanted) if not is_time_bound(term))
    streams: tuple[str, ...]
    for field, (index, attribute) in FIELD_INDEXES.items():
        values = values_of(And(left), field)
        if values is not None and len(values) <= most_values:
            residual = conjunction(term for term in left if choice(term, field) is None)
            streams = () if time.is_empty else tuple(sorted(values))
            return QueryPlan(index, attribute, streams, time, residual)
    streams = () if time.is_empty else ("",)
    return QueryPlan(TIME_INDEX, None, streams, time, conjunction(left))


def time_range(filter: Filter) -> TimeRange:
    """Return a range outside which no event passes the filter."""
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
    """Return whether all that the term says is a bound of time."""
    return isinstance(term, Compare) and term.field == "time" and term.op in _RANGES


def choice(term: Filter, field: str) -> frozenset[str] | None:
    """Return the values that the term leaves to the field, if that is all that it says."""
    options = term.terms if isinstance(term, Or) else (term,)
    if all(isinstance(option, Compare) for option in options):
        return values_of(term, field)
    return None


def values_of(filter: Filter, field: str) -> frozenset[str] | None:
    """Return values of which the field has one in every event that passes; None: any.

    An absent field, which compares as "", is not in its index; a value longer than any stored one
    cannot be found.
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
