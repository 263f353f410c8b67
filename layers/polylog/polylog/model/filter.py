"""The filter: a small tree, which query languages parse to. `predicate` judges events by it.

>>> str(conjunction([Compare("type", Op.EQ, "login"), Not(Text("bot"))]))
'type = "login" AND NOT "bot"'

A `Compare` has no wildcards. A `Pattern` has, and only the native language makes patterns.

The module begins with the tree (`And`, `Or`, ...). Then it joins filters (`conjunction`), names
their fields (`FIELDS`, `fields_of`) and simplifies them (`simplified`).
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from polylog.model.event import Event
from polylog.model.literals import quoted, quoted_pattern
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
