"""The filter: a small tree, which query languages parse to and which is evaluated on an `Event`.

>>> rule = conjunction([Compare("type", Op.EQ, "login"), Not(Text("bot"))])
>>> str(rule)
'type = "login" AND NOT "bot"'
>>> predicate(rule)(Event(id="e1", time=0, type="login"))
True

An absent string compares as the empty string, as in proto3 and AIP-160: `project_id = ""` finds
the events without a project. Strings compare by code point. Besides `time` and `seq`, only `data`
can be compared with a number. A value in `data` that is not a JSON number is unequal to every
number, and neither less nor greater.

A `Compare` has no wildcards. A `Pattern` has, and only the native language makes patterns.

The module begins with the tree (`And`, `Or`, ...). Then it joins filters (`conjunction`),
evaluates them (`predicate`) and simplifies them (`simplified`).
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeGuard, assert_never

from pydantic import JsonValue

from polylog.model.event import Event
from polylog.model.literals import names_of, quoted, quoted_pattern
from polylog.model.text import folded
from polylog.model.times import format_rfc3339

Value = str | int | float


class Op(StrEnum):
    """How a field is compared with a value. `HAS` means "contains", and compares `folded` texts."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    HAS = ":"


@dataclass(frozen=True, slots=True)
class Compare:
    """One field of the event compared with one value; a time is in microseconds.

    >>> str(Compare("time", Op.GE, 0))
    'time >= "1970-01-01T00:00:00Z"'

    In `attributes.<name>` and `data.<path>`, quote each name that has characters other than
    letters, digits, `_` and `-`: `data."a b".c`.
    """

    field: str
    op: Op
    value: Value

    def __str__(self) -> str:
        blank = "" if self.op is Op.HAS else " "
        return f"{self.field}{blank}{self.op} {_literal(self)}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One field of the event has these pieces in order, with any text between them, or none.

    It begins with the first piece and ends with the last. There are at least two pieces. They do
    not overlap, and compare by code point.

    >>> str(Pattern("type", ("audit.", ".delete")))
    'type = "audit.*.delete"'
    """

    field: str
    pieces: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.field} = {quoted_pattern(self.pieces)}"


@dataclass(frozen=True, slots=True)
class Text:
    """The message, or the id or name of the actor or the target, contains this text.

    All texts are `folded` first. To search the message alone, compare it:
    `Compare("message", Op.HAS, text)`.
    """

    text: str

    def __str__(self) -> str:
        return quoted(self.text)


@dataclass(frozen=True, slots=True)
class Not:
    """The term does not hold."""

    term: Filter

    def __str__(self) -> str:
        return f"NOT ({self.term})" if isinstance(self.term, Not) else f"NOT {_nested(self.term)}"


@dataclass(frozen=True, slots=True)
class And:
    """Every term holds. Without terms, every event passes."""

    terms: tuple[Filter, ...]

    def __str__(self) -> str:
        return " AND ".join(map(_nested, self.terms))


@dataclass(frozen=True, slots=True)
class Or:
    """At least one term holds. Without terms, no event passes."""

    terms: tuple[Filter, ...]

    def __str__(self) -> str:
        return " OR ".join(map(_nested, self.terms)) or "NOT ()"


Filter = And | Or | Not | Compare | Pattern | Text

EVERYTHING = And(())
NOTHING = Or(())


def conjunction(filters: Iterable[Filter]) -> Filter:
    """Return the filter that demands all of these, without an `And` directly in another one."""
    terms = tuple(term for part in filters for term in conjuncts(part))
    return terms[0] if len(terms) == 1 else And(terms)


def conjuncts(part: Filter) -> tuple[Filter, ...]:
    """Return the terms of an `And`, or the filter itself if it is something else."""
    return part.terms if isinstance(part, And) else (part,)


def disjunction(filters: Iterable[Filter]) -> Filter:
    """Return the filter that demands at least one of these; without any, no event passes."""
    terms = tuple(filters)
    return terms[0] if len(terms) == 1 else Or(terms)


def _nested(part: Filter) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)


def _literal(part: Compare) -> str:
    value = part.value
    if isinstance(value, str):
        return quoted_pattern([value]) if part.op in (Op.EQ, Op.NE) else quoted(value)
    if part.field == "time" and isinstance(value, int):
        return quoted(format_rfc3339(value))
    return json.dumps(value)


Predicate = Callable[[Event], bool]

FIELDS: Mapping[str, Callable[[Event], Value | None]] = {
    name: operator.attrgetter(name)
    for name in (
        *("id", "seq", "time", "type", "origin", "source", "message"),
        *("severity", "status", "category", "organization_id", "project_id"),
        *("actor.id", "actor.type", "actor.name", "target.id", "target.type", "target.name"),
    )
}
"""Every field that a filter may name, and how to read it from an event.

A filter may also name `attributes.<name>`, `data.<path>` and `links`. `links : "URL"` finds the
events that have this link.
"""

SEARCHED = ("message", "actor.id", "actor.name", "target.id", "target.name")
"""The fields that a `Text` searches."""

ATTRIBUTE = "attributes."
DATA = "data."
_ORDERINGS: Mapping[Op, Callable[[Value, Value], bool]] = {
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
}


def predicate(part: Filter) -> Predicate:
    """Return the function that says whether an event passes the filter."""
    match part:
        case Compare():
            return _comparison(part)
        case Pattern(field, pieces):
            read, matches = text_reader(field), _matching(pieces)
            return lambda event: matches(read(event))
        case Text(text):
            checks = tuple(_comparison(Compare(field, Op.HAS, text)) for field in SEARCHED)
            return lambda event: any(check(event) for check in checks)
        case Not(term):
            passes = predicate(term)
            return lambda event: not passes(event)
        case And(terms):
            checks = tuple(map(predicate, terms))
            return lambda event: all(check(event) for check in checks)
        case Or(terms):
            checks = tuple(map(predicate, terms))
            return lambda event: any(check(event) for check in checks)
        case _:
            assert_never(part)


def fields_of(part: Filter) -> frozenset[str]:
    """Return the fields that the filter asks about."""
    match part:
        case Compare(field) | Pattern(field):
            return frozenset([field])
        case Text():
            return frozenset(SEARCHED)
        case Not(term):
            return fields_of(term)
        case And(terms) | Or(terms):
            return frozenset[str]().union(*map(fields_of, terms))
        case _:
            assert_never(part)


def condition(part: Compare | Pattern) -> Callable[[Value | None], bool]:
    """Return the function that says whether a value of the field passes; None means no value.

    The field is one of `FIELDS`.
    """
    if isinstance(part, Pattern):
        matches = _matching(part.pieces)
        return lambda found: matches(str(_or_empty(found)))
    holds = _holding(part.op, part.value)
    return lambda found: holds(_or_empty(found))


def _comparison(part: Compare) -> Predicate:
    field, op, value = part.field, part.op, part.value
    if field == "links" and op is Op.HAS:
        return lambda event: value in event.links
    if field.startswith(DATA):
        return _comparison_of_data(names_of(field.removeprefix(DATA)), op, value)
    read, holds = _reader(field), _holding(op, value)
    return lambda event: holds(_or_empty(read(event)))


def _holding(op: Op, value: Value) -> Callable[[Value], bool]:
    """Return the function that says whether its argument compares with `value` as `op` asks."""
    if op is Op.HAS:
        part = folded(str(value))
        return lambda found: part in folded(str(found))
    holds = _ORDERINGS[op]
    return lambda found: holds(found, value)


def _matching(pieces: Sequence[str]) -> Callable[[str], bool]:
    """Return the function that says whether a text matches the pieces of a `Pattern`."""
    first, *others, last = pieces

    def matches(text: str) -> bool:
        place, end = len(first), len(text) - len(last)
        if place > end or not (text.startswith(first) and text.endswith(last)):
            return False
        for piece in others:
            found = text.find(piece, place, end)
            if found < 0:
                return False
            place = found + len(piece)
        return True

    return matches


def text_reader(field: str) -> Callable[[Event], str]:
    """Return the function that reads a field as text; an absent value reads as `""`."""
    if field.startswith(DATA):
        names = names_of(field.removeprefix(DATA))
        return lambda event: _text(_found(event.data, names))
    read = _reader(field)
    return lambda event: str(_or_empty(read(event)))


def _or_empty(value: Value | None) -> Value:
    return "" if value is None else value


def _reader(field: str) -> Callable[[Event], Value | None]:
    if field.startswith(ATTRIBUTE):
        name = ".".join(names_of(field.removeprefix(ATTRIBUTE)))
        return lambda event: event.attributes.get(name)
    return FIELDS[field]


def _comparison_of_data(names: Sequence[str], op: Op, value: Value) -> Predicate:
    """Return the function that compares the part of `data` at a path with a value.

    Two kinds of comparison also look into lists on the path: `:`, and those with the empty text,
    which ask whether there is anything (`field:*` means `field != ""`).
    """
    if op is Op.HAS:
        holds = _holding(op, value)
        return lambda event: any(map(holds, _texts(event.data, names)))
    if value == "" and op in (Op.EQ, Op.NE):
        is_asked = op is Op.NE
        return lambda event: any(_texts(event.data, names)) is is_asked
    is_met = _condition(op, value)
    return lambda event: is_met(_found(event.data, names))


def _condition(op: Op, value: Value) -> Callable[[JsonValue], bool]:
    """Return the function that says whether a part of `data` compares with `value` as `op` asks."""
    holds = _holding(op, value)
    if isinstance(value, str):
        return lambda found: holds(_text(found))
    return lambda found: holds(found) if _is_number(found) else op is Op.NE


def _found(value: JsonValue, names: Iterable[str]) -> JsonValue:
    """Return the value at a path of names in a document, or None if there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _texts(value: JsonValue, names: Sequence[str]) -> Iterator[str]:
    """Yield the values at a path of names, as texts; the path goes on in each element of a list."""
    for place, name in enumerate(names):
        if isinstance(value, list):
            for each in value:
                yield from _texts(each, names[place:])
            return
        value = value.get(name) if isinstance(value, dict) else None
    yield from map(_text, _members(value))


def _text(value: JsonValue) -> str:
    """Return a string as it is, null as `""`, and anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _members(value: JsonValue) -> Iterator[JsonValue]:
    """Yield the elements of a list and of the lists in it; yield any other value itself."""
    if isinstance(value, list):
        for each in value:
            yield from _members(each)
    else:
        yield value


def _is_number(value: JsonValue) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


# Only true for values with a total order: text (where absent is ""), `time` and `seq`.
_OPPOSITES: Final[Mapping[Op, Op]] = {
    Op.EQ: Op.NE,
    Op.NE: Op.EQ,
    Op.LT: Op.GE,
    Op.GE: Op.LT,
    Op.GT: Op.LE,
    Op.LE: Op.GT,
}


def simplified(filter: Filter) -> Filter:
    """Return an equivalent filter that has as many required terms as possible at its top.

    >>> str(simplified(Not(Or((Compare("seq", Op.LT, 5), Text("bot"))))))
    'seq >= 5 AND NOT "bot"'

    In the result no `And` directly contains an `And`, and no `Or` an `Or`; each has at least two
    terms, all different. `Not` stands only before a term that has no opposite. `EVERYTHING` and
    `NOTHING` occur only as the whole filter.
    """
    match filter:
        case And(terms):
            return _all_of(map(simplified, terms))
        case Or(terms):
            return _one_of(map(simplified, terms))
        case Not(term):
            return _opposite(term)
        case _:
            return filter


def _opposite(filter: Filter) -> Filter:
    """Return the simplified filter that passes exactly the events this one does not."""
    match filter:
        case And(terms):
            return _one_of(map(_opposite, terms))
        case Or(terms):
            return _all_of(map(_opposite, terms))
        case Not(term):
            return simplified(term)
        case Compare(field, op, value) if op in _OPPOSITES and not _is_in_data(filter):
            return Compare(field, _OPPOSITES[op], value)
        case _:
            return Not(filter)


def _is_in_data(part: Compare) -> bool:
    """Return whether this compares `data`, which may hold any type, with a number."""
    return part.field.startswith(DATA) and not isinstance(part.value, str)


def _all_of(filters: Iterable[Filter]) -> Filter:
    terms = _distinct(map(conjuncts, filters))
    if NOTHING in terms:
        return NOTHING
    return terms[0] if len(terms) == 1 else And(terms)


def _one_of(filters: Iterable[Filter]) -> Filter:
    nested = (each.terms if isinstance(each, Or) else (each,) for each in filters)
    terms = _distinct(nested)
    if EVERYTHING in terms:
        return EVERYTHING
    return terms[0] if len(terms) == 1 else Or(terms)


def _distinct(nested: Iterable[tuple[Filter, ...]]) -> tuple[Filter, ...]:
    return tuple(dict.fromkeys(term for terms in nested for term in terms))
