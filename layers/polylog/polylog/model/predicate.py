"""Judging events by a filter: `predicate` evaluates it on an `Event`.

>>> rule = And((Compare("type", Op.EQ, "login"), Not(Text("bot"))))
>>> predicate(rule)(Event(id="e1", time=0, type="login"))
True

An absent string compares as the empty string, as in proto3 and AIP-160: `project_id = ""` finds
the events without a project. Strings compare by code point. Besides `time` and `seq`, only `data`
can be compared with a number. A value in `data` that is not a JSON number is unequal to every
number, and neither less nor greater.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeGuard, assert_never

from pydantic import JsonValue

from polylog.model.event import Event
from polylog.model.filter import (
    ATTRIBUTE,
    DATA,
    FIELDS,
    SEARCHED,
    And,
    Compare,
    Filter,
    Not,
    Op,
    Or,
    Pattern,
    Text,
    Value,
)
from polylog.model.literals import names_of
from polylog.model.text import folded

Predicate = Callable[[Event], bool]

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


def condition(part: Compare | Pattern) -> Callable[[Value | None], bool]:
    """Return the function that says whether a value of the field passes; None means no value.

    The field is one of `FIELDS`.
    """
    if isinstance(part, Pattern):
        matches = _matching(part.pieces)
        return lambda found: matches(str(_or_empty(found)))
    if part.op is Op.EQ and part.value != "":
        return partial(operator.eq, part.value)  # It is called for each event of a segment.
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
