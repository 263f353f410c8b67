"""Filters: what they let through, and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from polylog.event import Entity, Event
from polylog.filter import (
    EVERYTHING,
    NOTHING,
    And,
    Compare,
    Filter,
    Not,
    Op,
    Or,
    Text,
    conjunction,
    disjunction,
    predicate,
)

A, B, C = (Compare("type", Op.EQ, name) for name in "abc")


def event(**parts: object) -> Event:
    return Event.model_validate({"id": "1", "time": strategies.NOON, "type": "b"} | parts)


def passes(filter: Filter, event: Event) -> bool:
    return predicate(filter)(event)


def by_brute_force(filter: Filter, event: Event) -> bool:
    """Evaluate the tree over the event's JSON document, without anything of the product."""
    document = event.model_dump()
    match filter:
        case Compare(field, op, value):
            found: Any = document
            for name in field.split("."):
                found = found.get(name)
            found = "" if found is None else found
            outcomes: dict[str, Callable[[], bool]] = {
                "=": lambda: bool(found == value),
                "!=": lambda: bool(found != value),
                "<": lambda: bool(found < value),
                "<=": lambda: not found > value,
                ">": lambda: bool(found > value),
                ">=": lambda: not found < value,
                ":": lambda: str(value).casefold() in str(found).casefold(),
            }
            return outcomes[op.value]()
        case Text(text):
            return text.casefold() in (document["message"] or "").casefold()
        case Not(term):
            return not by_brute_force(term, event)
        case And(terms):
            return sum(by_brute_force(term, event) for term in terms) == len(terms)
        case Or(terms):
            return sum(by_brute_force(term, event) for term in terms) > 0


@given(strategies.filters(), strategies.stored_events())
def test_evaluation_agrees_with_brute_force(filter: Filter, event: Event) -> None:
    assert passes(filter, event) == by_brute_force(filter, event)


@pytest.mark.parametrize(
    ("op", "below", "same", "above"),
    [
        (Op.EQ, False, True, False),
        (Op.NE, True, False, True),
        (Op.LT, True, False, False),
        (Op.LE, True, True, False),
        (Op.GT, False, False, True),
        (Op.GE, False, True, True),
    ],
)
def test_an_operator_compares_strings_and_times(
    op: Op, below: bool, same: bool, above: bool
) -> None:
    words = [passes(Compare("type", op, "b"), event(type=name)) for name in "abc"]
    noon = strategies.NOON
    times = [
        passes(Compare("time", op, noon), event(time=time)) for time in (noon - 1, noon, noon + 1)
    ]
    assert words == times == [below, same, above]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (Compare("project_id", Op.EQ, ""), True),
        (Compare("project_id", Op.NE, ""), False),
        (Compare("project_id", Op.NE, "p"), True),
        (Compare("actor.name", Op.LT, "a"), True),
        (Compare("actor.name", Op.GE, "a"), False),
        (Compare("source", Op.HAS, ""), True),
        (Compare("source", Op.HAS, "a"), False),
        (Compare("attributes.colour", Op.EQ, ""), True),
        (Compare("attributes.colour", Op.EQ, "red"), False),
        (Text(""), True),
        (Text("a"), False),
    ],
)
def test_an_absent_string_compares_as_the_empty_one(filter: Filter, expected: bool) -> None:
    assert passes(filter, event()) is expected


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("Disk full", "disk", True),
        ("disk full", "K F", True),
        ("Straße", "STRASSE", True),
        ("ΟΔΟΣ", "οδος", True),
        ("disk full", "dusk", False),
        ("disk", "disk full", False),
        ("disk full", "", True),
    ],
)
def test_has_and_text_look_for_a_part_ignoring_case(text: str, part: str, expected: bool) -> None:
    found = event(message=text)
    assert passes(Compare("message", Op.HAS, part), found) is expected
    assert passes(Text(part), found) is expected


def test_a_null_attribute_compares_as_the_empty_string() -> None:
    assert passes(Compare("attributes.colour", Op.EQ, ""), event(attributes={"colour": None}))


def test_equality_heeds_case() -> None:
    assert not passes(Compare("type", Op.EQ, "B"), event(type="b"))


@pytest.mark.parametrize(
    ("smaller", "greater"), [("Z", "a"), ("z", "é"), ("\uffee", "\U0001f4a9"), ("1", "10")]
)
def test_strings_compare_by_code_point(smaller: str, greater: str) -> None:
    assert passes(Compare("type", Op.LT, greater), event(type=smaller))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "1"),
        ("seq", 7),
        ("origin", "system"),
        ("actor.id", "ada"),
        ("target.type", "app"),
        ("organization_id", "org"),
        ("attributes.shoe size", "44"),
    ],
)
def test_a_field_is_found_where_it_lies_in_the_event(field: str, value: str | int) -> None:
    given = event(
        seq=7,
        actor=Entity(id="ada"),
        target=Entity(type="app"),
        organization_id="org",
        attributes={"shoe size": "44"},
    )
    assert passes(Compare(field, Op.EQ, value), given)


@pytest.mark.parametrize(
    ("filter", "text"),
    [
        (A, 'type = "a"'),
        (Compare("actor.name", Op.NE, ""), 'actor.name != ""'),
        (Compare("seq", Op.GE, 5), "seq >= 5"),
        (Compare("time", Op.LT, 1), 'time < "1970-01-01T00:00:00.000001Z"'),
        (Compare("time", Op.GT, 0), 'time > "1970-01-01T00:00:00Z"'),
        (Compare("source", Op.HAS, "x"), 'source: "x"'),
        (Compare("source", Op.LE, 'say "é"\n\\'), 'source <= "say \\"é\\"\\n\\\\"'),
        (Text("disk full"), '"disk full"'),
        (Not(A), 'NOT type = "a"'),
        (Not(Not(A)), 'NOT NOT type = "a"'),
        (And((A, B)), 'type = "a" AND type = "b"'),
        (Or((A, B)), 'type = "a" OR type = "b"'),
        (And((A, Or((B, C)))), 'type = "a" AND (type = "b" OR type = "c")'),
        (Or((A, And((B, C)))), 'type = "a" OR (type = "b" AND type = "c")'),
        (Not(And((A, B))), 'NOT (type = "a" AND type = "b")'),
        (EVERYTHING, ""),
        (NOTHING, "NOT ()"),
    ],
)
def test_the_text_of_a_filter_is_canonical(filter: Filter, text: str) -> None:
    assert str(filter) == text


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], EVERYTHING),
        ([A], A),
        ([A, B], And((A, B))),
        ([And((A, B)), C], And((A, B, C))),
        ([A, And((B, C))], And((A, B, C))),
        ([EVERYTHING, A], A),
        ([EVERYTHING, EVERYTHING], EVERYTHING),
        ([NOTHING], NOTHING),
        ([NOTHING, A], And((NOTHING, A))),
        ([Or((A, B)), C], And((Or((A, B)), C))),
    ],
)
def test_a_conjunction_does_not_nest(filters: list[Filter], expected: Filter) -> None:
    assert conjunction(filters) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [([], NOTHING), ([A], A), ([A, B], Or((A, B))), ([And((A, B)), C], Or((And((A, B)), C)))],
)
def test_a_disjunction_of_one_is_that_one(filters: list[Filter], expected: Filter) -> None:
    assert disjunction(filters) == expected


some_filters = st.lists(strategies.filters(max_leaves=3), max_size=3)


@given(some_filters, strategies.events())
def test_a_conjunction_passes_what_all_pass(filters: list[Filter], event: Event) -> None:
    assert passes(conjunction(filters), event) == all(passes(part, event) for part in filters)


@given(some_filters, strategies.events())
def test_a_disjunction_passes_what_one_passes(filters: list[Filter], event: Event) -> None:
    assert passes(disjunction(filters), event) == any(passes(part, event) for part in filters)


@pytest.mark.parametrize(
    ("field", "value", "passes"),
    [
        ("data.a.b", "x", True),
        ("data.a.b", "y", False),
        ("data.a.n", "1", True),
        ("data.a", '{"b": "x", "n": 1}', True),
        ("data.a.b.c", "", True),
        ("data.none", "", True),
        ("data.none.below", "", True),
    ],
)
def test_a_path_leads_into_the_data(field: str, value: str, passes: bool) -> None:
    event = Event(id="e", time=0, type="t", data={"a": {"b": "x", "n": 1}, "none": None})
    assert predicate(Compare(field, Op.EQ, value))(event) is passes


def test_links_have_what_is_one_of_them() -> None:
    event = Event(id="e", time=0, type="t", links=("/a/", "/b/"))
    assert predicate(Compare("links", Op.HAS, "/b/"))(event)
    assert not predicate(Compare("links", Op.HAS, "/b"))(event)
