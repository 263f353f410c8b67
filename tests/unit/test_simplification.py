"""Simplified filters: the same events pass, and more necessary conditions are at the top."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from support import strategies

from polylog.language.parser import parse
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, NOTHING, And, Compare, Filter, Not, Op, Or, simplified
from polylog.model.predicate import predicate


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("NOT ()", "NOT ()"),
        ("NOT (NOT ())", ""),
        ("a", '"a"'),
        # nesting
        ("a AND (b AND (c d))", '"a" AND "b" AND "c" AND "d"'),
        ("a OR (b OR c)", '"a" OR "b" OR "c"'),
        ("a OR (b AND c)", '"a" OR ("b" AND "c")'),
        ("a AND (b OR (c OR d))", '"a" AND ("b" OR "c" OR "d")'),
        # doubles
        ("a a", '"a"'),
        ("a OR a", '"a"'),
        ("(a b) OR (a b)", '"a" AND "b"'),
        ("a (b a)", '"a" AND "b"'),
        ("type = a OR -type != a", 'type = "a"'),
        # everything and nothing
        ("a ()", '"a"'),
        ("a NOT ()", "NOT ()"),
        ("a OR ()", ""),
        ("a OR NOT ()", '"a"'),
        ("NOT (a OR ())", "NOT ()"),
        ("NOT (a NOT ())", ""),
        # negations
        ("NOT type = a", 'type != "a"'),
        ("NOT type != a", 'type = "a"'),
        ("NOT type < a", 'type >= "a"'),
        ("NOT type >= a", 'type < "a"'),
        ("NOT type > a", 'type <= "a"'),
        ("NOT type <= a", 'type > "a"'),
        ("NOT seq < 5", "seq >= 5"),
        ("NOT time < 2026-11-01", 'time >= "2026-11-01T00:00:00Z"'),
        ("NOT (NOT a)", '"a"'),
        ("NOT (a b)", 'NOT "a" OR NOT "b"'),
        ("NOT (a OR NOT b)", 'NOT "a" AND "b"'),
        ("NOT (a OR NOT (b c))", 'NOT "a" AND "b" AND "c"'),
        ("NOT (type = (a OR b))", 'type != "a" AND type != "b"'),
        ('NOT data.n < "5"', 'data.n >= "5"'),
        # what has no opposite
        ("NOT type:a", 'NOT type: "a"'),
        ("type != a*", 'NOT type = "a*"'),
        ("NOT type != a*", 'type = "a*"'),
        ("NOT links:a", 'NOT links: "a"'),
        ("NOT data.n < 5", "NOT data.n < 5"),
        ("NOT data.n = 5", "NOT data.n = 5"),
    ],
)
def test_a_filter_is_simplified(text: str, expected: str) -> None:
    assert str(simplified(parse(text))) == expected


@given(strategies.filters(), strategies.stored_events())
def test_the_same_events_pass(filter: Filter, event: Event) -> None:
    assert predicate(simplified(filter))(event) == predicate(filter)(event)


def parts(filter: Filter) -> Iterator[Filter]:
    yield filter
    match filter:
        case And(terms) | Or(terms):
            for term in terms:
                yield from parts(term)
        case Not(term):
            yield from parts(term)


def is_simple(part: Filter) -> bool:
    match part:
        case And(terms) | Or(terms):
            kinds = {type(term) for term in terms}
            return len(set(terms)) == len(terms) > 1 and type(part) not in kinds
        case Not(Compare(field, op, value)):
            is_number = field.startswith("data.") and not isinstance(value, str)
            return op is Op.HAS or is_number
        case Not(term):
            return not isinstance(term, And | Or | Not)
        case _:
            return True


@given(strategies.filters())
def test_nothing_is_left_to_simplify(filter: Filter) -> None:
    simple = simplified(filter)
    assert simplified(simple) == simple
    assert simple in (EVERYTHING, NOTHING) or all(map(is_simple, parts(simple)))
