"""What a query language parses to: a small tree that is evaluated over an `Event`.

An absent string compares as the empty string (proto3's rule, which AIP-160 builds on), so that
`project_id = ""` finds the events without a project. Strings compare by code point.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from pydantic import JsonValue

from polylog.event import Event
from polylog.times import format_rfc3339

Value = str | int


class Op(StrEnum):
    """How a field is compared with a value; `HAS` is "contains", ignoring case."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    HAS = ":"


@dataclass(frozen=True, slots=True)
class Compare:
    """One field of the event compared with one value (a time: microseconds)."""

    field: str
    op: Op
    value: Value

    def __str__(self) -> str:
        blank = "" if self.op is Op.HAS else " "
        return f"{self.field}{blank}{self.op} {_literal(self.field, self.value)}"


@dataclass(frozen=True, slots=True)
class Text:
    """The message contains these words, ignoring case."""

    text: str

    def __str__(self) -> str:
        return json.dumps(self.text, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The term does not hold."""

    term: Filter

    def __str__(self) -> str:
        return f"NOT {_nested(self.term)}"


@dataclass(frozen=True, slots=True)
class And:
    """Every term holds; no term at all: everything."""

    terms: tuple[Filter, ...]

    def __str__(self) -> str:
        return " AND ".join(map(_nested, self.terms))


@dataclass(frozen=True, slots=True)
class Or:
    """One of the terms holds; no term at all: nothing."""

    terms: tuple[Filter, ...]

    def __str__(self) -> str:
        return " OR ".join(map(_nested, self.terms)) or "NOT ()"


Filter = And | Or | Not | Compare | Text

EVERYTHING = And(())
NOTHING = Or(())


def conjunction(filters: Iterable[Filter]) -> Filter:
    """Return the filter that demands all of them, without needless nesting."""
    terms = tuple(term for part in filters for term in conjuncts(part))
    return terms[0] if len(terms) == 1 else And(terms)


def conjuncts(part: Filter) -> tuple[Filter, ...]:
    """Return the terms that all must hold."""
    return part.terms if isinstance(part, And) else (part,)


def disjunction(filters: Iterable[Filter]) -> Filter:
    """Return the filter that demands one of them; of none: nothing."""
    terms = tuple(filters)
    return terms[0] if len(terms) == 1 else Or(terms)


def _nested(part: Filter) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)


def _literal(field: str, value: Value) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f'"{format_rfc3339(value)}"' if field == "time" else str(value)


Predicate = Callable[[Event], bool]

FIELDS: Mapping[str, Callable[[Event], Value | None]] = {
    name: operator.attrgetter(name)
    for name in (
        *("id", "seq", "time", "type", "origin", "source", "message"),
        *("severity", "status", "category", "organization_id", "project_id"),
        *("actor.id", "actor.type", "actor.name", "target.id", "target.type", "target.name"),
    )
}
"""Every field that a filter may name, and how it is read.

`attributes.<name>` and `data.<path>` come on top, and `links`, which can be asked for one of them.
"""

_ATTRIBUTE = "attributes."
_DATA = "data."
_ORDERINGS: Mapping[Op, Callable[[Value, Value], bool]] = {
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.HAS: lambda text, part: str(part).casefold() in str(text).casefold(),
}


def predicate(part: Filter) -> Predicate:
    """Return the function that says whether an event passes the filter."""
    match part:
        case Compare("links", Op.HAS, value):
            return lambda event: value in event.links
        case Compare(field, op, value):
            read, holds = _reader(field), _ORDERINGS[op]
            return lambda event: holds(_or_empty(read(event)), value)
        case Text(text):
            wanted = text.casefold()
            return lambda event: wanted in (event.message or "").casefold()
        case Not(term):
            passes = predicate(term)
            return lambda event: not passes(event)
        case And(terms):
            checks = tuple(map(predicate, terms))
            return lambda event: all(check(event) for check in checks)
        case Or(terms):
            options = tuple(map(predicate, terms))
            return lambda event: any(check(event) for check in options)
        case _:
            assert_never(part)


def _or_empty(value: Value | None) -> Value:
    return "" if value is None else value


def _reader(field: str) -> Callable[[Event], Value | None]:
    if field.startswith(_ATTRIBUTE):
        name = field.removeprefix(_ATTRIBUTE)
        return lambda event: event.attributes.get(name)
    if field.startswith(_DATA):
        path = field.removeprefix(_DATA).split(".")
        return lambda event: _text_at(event.data, path)
    return FIELDS[field]


def _text_at(value: JsonValue, path: Iterable[str]) -> str | None:
    """Return what lies in a document under the names of a path: a text, or JSON."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str | None) else json.dumps(value, ensure_ascii=False)
