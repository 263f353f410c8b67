"""Plans: the index a filter is read by, the range of time, and the conditions left to check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support import strategies

from polylog.dynamo.queries import QueryPlan, TimeRange, by_types, plan
from polylog.language.parser import parse
from polylog.model.event import MAX_KEY_LENGTH, Event
from polylog.model.filter import (
    EVERYTHING,
    NOTHING,
    And,
    Compare,
    Filter,
    Not,
    Op,
    Or,
    Pattern,
    Text,
    conjunction,
    disjunction,
    simplified,
)
from polylog.model.predicate import predicate
from polylog.model.times import EARLIEST, LATEST, SECOND

ALWAYS = TimeRange(EARLIEST, LATEST)
NEVER: tuple[str, ...] = ()
READ: Mapping[str | None, Callable[[Event], str | None]] = {
    "target_id": attrgetter("target.id"),
    "actor_id": attrgetter("actor.id"),
    "project_id": attrgetter("project_id"),
    "organization_id": attrgetter("organization_id"),
    "type": attrgetter("type"),
    None: lambda event: "",
}
"""The attribute by which a plan reads; the index by time holds everything in one stream."""


def planned(filter: Filter, most_values: int = 50) -> QueryPlan:
    return plan(simplified(filter), most_values=most_values)


def equals(field: str, value: str) -> Compare:
    return Compare(field, Op.EQ, value)


def one_of(field: str, *values: str) -> Filter:
    return disjunction(equals(field, value) for value in values)


def time(op: Op, value: int) -> Compare:
    return Compare("time", op, value)


def many(count: int) -> tuple[str, ...]:
    return tuple(f"{number:04}" for number in range(count))


TYPE, ACTOR, TARGET = equals("type", "t"), equals("actor.id", "a"), equals("target.id", "x")
PROJECT, ORGANIZATION = equals("project_id", "p"), equals("organization_id", "o")
SOURCE = equals("source", "s")


@pytest.mark.parametrize(
    ("filter", "index", "attribute", "values"),
    [
        (EVERYTHING, "by_time", None, ("",)),
        (TYPE, "by_type", "type", ("t",)),
        (ACTOR, "by_actor", "actor_id", ("a",)),
        (TARGET, "by_target", "target_id", ("x",)),
        (PROJECT, "by_project", "project_id", ("p",)),
        (ORGANIZATION, "by_organization", "organization_id", ("o",)),
        (one_of("type", "b", "a", "b"), "by_type", "type", ("a", "b")),
    ],
)
def test_an_equality_is_left_to_its_index(
    filter: Filter, index: str, attribute: str | None, values: tuple[str, ...]
) -> None:
    assert planned(filter) == QueryPlan(index, attribute, values, ALWAYS, EVERYTHING)


@pytest.mark.parametrize(
    ("terms", "index", "residual"),
    [
        ((TYPE, ORGANIZATION, PROJECT, ACTOR, TARGET), "by_target", {0, 1, 2, 3}),
        ((TYPE, ORGANIZATION, PROJECT, ACTOR), "by_actor", {0, 1, 2}),
        ((TYPE, ORGANIZATION, PROJECT), "by_project", {0, 1}),
        ((TYPE, ORGANIZATION), "by_organization", {0}),
        ((SOURCE, TYPE), "by_type", {0}),
        ((SOURCE, Text("x")), "by_time", {0, 1}),
    ],
)
def test_the_most_selective_index_is_chosen(
    terms: tuple[Filter, ...], index: str, residual: set[int]
) -> None:
    chosen = planned(And(terms))
    left = conjunction(term for place, term in enumerate(terms) if place in residual)
    assert (chosen.index, chosen.residual) == (index, left)


@pytest.mark.parametrize(
    "filter",
    [
        Compare("type", Op.NE, "t"),
        Compare("type", Op.GE, "t"),
        Compare("type", Op.HAS, "t"),
        Not(Compare("type", Op.HAS, "t")),
        Pattern("type", ("t", "")),
        SOURCE,
        equals("id", "1"),
        equals("attributes.type", "t"),
        Or((TYPE, ACTOR)),
        Or((TYPE, time(Op.GE, 5))),
        Or((And((TYPE, SOURCE)), SOURCE)),
    ],
)
def test_conditions_that_no_index_answers_are_left_to_check(filter: Filter) -> None:
    assert planned(filter) == QueryPlan("by_time", None, ("",), ALWAYS, filter)


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (time(Op.EQ, 5), TimeRange(5, 5)),
        (time(Op.GE, 5), TimeRange(first=5)),
        (time(Op.GT, 5), TimeRange(first=6)),
        (time(Op.LE, 5), TimeRange(last=5)),
        (time(Op.LT, 5), TimeRange(last=4)),
        (And((time(Op.GE, 5), time(Op.LT, 9), time(Op.GE, 3))), TimeRange(5, 8)),
        (Not(time(Op.GE, 5)), TimeRange(last=4)),
        (Not(Or((time(Op.LT, 5), Not(time(Op.LE, 9))))), TimeRange(5, 9)),
    ],
)
def test_bounds_of_time_become_the_range_and_need_no_check(
    filter: Filter, expected: TimeRange
) -> None:
    assert planned(filter) == QueryPlan("by_time", None, ("",), expected, EVERYTHING)


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (Or((time(Op.EQ, 5), time(Op.EQ, 9))), TimeRange(5, 9)),
        (Or((And((time(Op.GE, 5), time(Op.LT, 7))), time(Op.EQ, 2))), TimeRange(2, 6)),
        (Or((And((time(Op.GE, 7), time(Op.LT, 5))), time(Op.EQ, 2))), TimeRange(2, 2)),
        (Or((time(Op.EQ, 5), TYPE)), ALWAYS),
        (time(Op.NE, 5), ALWAYS),
    ],
)
def test_a_choice_of_times_narrows_the_range_and_is_checked(
    filter: Filter, expected: TimeRange
) -> None:
    assert planned(filter) == QueryPlan("by_time", None, ("",), expected, filter)


def test_index_range_and_residual_come_from_one_conjunction() -> None:
    residual = And((Compare("source", Op.NE, "s"), Text("x")))
    filter = And((time(Op.GE, 5), *residual.terms, one_of("type", "b", "a"), time(Op.LT, 9)))
    assert planned(filter) == QueryPlan("by_type", "type", ("a", "b"), TimeRange(5, 8), residual)


@pytest.mark.parametrize(
    ("one", "other", "values"),
    [
        (("a", "b"), ("b", "c"), ("b",)),
        (("a", "b"), ("b",), ("b",)),
        (("a",), ("a",), ("a",)),
        (("a",), ("b",), NEVER),
    ],
)
def test_two_choices_leave_the_values_in_both(
    one: tuple[str, ...], other: tuple[str, ...], values: tuple[str, ...]
) -> None:
    chosen = planned(And((one_of("type", *one), one_of("type", *other))))
    assert (chosen.index, chosen.values, chosen.residual) == ("by_type", values, EVERYTHING)


@pytest.mark.parametrize(
    "filter",
    [
        NOTHING,
        And((TYPE, NOTHING)),
        And((TYPE, equals("type", "u"))),
        And((time(Op.GE, 5), time(Op.LT, 5))),
        And((TARGET, time(Op.GE, 5), time(Op.LT, 5))),
        And((time(Op.EQ, 5), Or((time(Op.EQ, 6), time(Op.EQ, 7))))),
        time(Op.GT, LATEST),
        time(Op.LT, EARLIEST),
        equals("type", ""),
        equals("target.id", "x" * (MAX_KEY_LENGTH + 1)),
    ],
)
def test_a_contradiction_asks_for_nothing(filter: Filter) -> None:
    assert planned(filter).values == NEVER


def test_a_value_longer_than_any_stored_is_not_asked_for() -> None:
    longest = "x" * MAX_KEY_LENGTH
    assert planned(one_of("type", longest, longest + "x")).values == (longest,)


@pytest.mark.parametrize("field", ["target.id", "actor.id", "project_id", "organization_id"])
def test_an_absent_value_is_looked_for_outside_its_index(field: str) -> None:
    filter = one_of(field, "", "x")
    assert planned(filter) == QueryPlan("by_time", None, ("",), ALWAYS, filter)


def test_the_empty_type_is_dropped_from_a_choice() -> None:
    assert planned(one_of("type", "", "t")).values == ("t",)


def test_as_many_values_as_allowed_are_streams() -> None:
    assert planned(one_of("type", *many(7)), most_values=7).values == many(7)


def test_more_values_are_left_to_check() -> None:
    filter = one_of("type", *many(8))
    assert planned(filter, most_values=7) == QueryPlan("by_time", None, ("",), ALWAYS, filter)


@pytest.mark.parametrize(
    ("text", "index", "values", "residual"),
    [
        ("type = a", "by_type", "a", ""),
        ("type = (a OR b)", "by_type", "ab", ""),
        ("type = a AND ()", "by_type", "a", ""),
        ("type = a OR NOT ()", "by_type", "a", ""),
        ("type = a OR (type = b OR type = a)", "by_type", "ab", ""),
        ("-(type != a type != b)", "by_type", "ab", ""),
        ("(type = a) ((project_id = p))", "by_project", "p", "type = a"),
        ("x (type = a (y z))", "by_type", "a", "x y z"),
        ("-((type != a OR -x) (type != b OR -y))", "by_type", "ab", "(type=a x) OR (type=b y)"),
        ("type = (a OR c) ((type = a x) OR type = b)", "by_type", "a", "(type=a x) OR type=b"),
        ("type = c ((type = a x) OR type = b)", "by_type", "", "(type = a x) OR type = b"),
        ("type = a OR ()", "by_time", None, ""),
        ("NOT type = a", "by_time", None, "type != a"),
    ],
)
def test_a_text_is_read_by_an_index(
    text: str, index: str, values: str | None, residual: str
) -> None:
    chosen = planned(parse(text))
    expected = ("",) if values is None else tuple(values)
    assert (chosen.index, chosen.values, chosen.residual) == (index, expected, parse(residual))


@pytest.mark.parametrize(
    ("text", "index", "values"),
    [
        ("(type = a x) OR (type = b y)", "by_type", "ab"),
        ("(type = a x) OR type = b", "by_type", "ab"),
        ("(type = a x) OR (type = (b OR c) y)", "by_type", "abc"),
        ("(type = a x) OR (y (type = b OR (type = c z)))", "by_type", "abc"),
        ("(type = a project_id = p) OR (type = b project_id = q)", "by_project", "pq"),
        ("(type = a target.id = p) OR (type = b project_id = q)", "by_type", "ab"),
        ("project_id = p ((target.id = s x) OR (target.id = t y))", "by_target", "st"),
    ],
)
def test_a_choice_with_more_than_values_is_checked(text: str, index: str, values: str) -> None:
    chosen = planned(parse(text))
    assert (chosen.index, chosen.values, chosen.residual) == (index, tuple(values), parse(text))


def test_only_an_existing_index_is_chosen() -> None:
    chosen = plan(simplified(parse("target.id = x actor.id = a")), ["actor.id", "type"])
    assert (chosen.index, str(chosen.residual)) == ("by_actor", 'target.id = "x"')


def test_without_any_index_of_its_own_a_field_is_left_to_check() -> None:
    chosen = plan(simplified(parse("actor.id = a")), ["type"])
    assert (chosen.index, str(chosen.residual)) == ("by_time", 'actor.id = "a"')


@pytest.mark.parametrize(
    "text",
    [
        "type = a OR type:b",
        "(type = a x) OR y",
        "(type = a x) OR (type != b y)",
        '(target.id = s x) OR (target.id = "" y)',
        "(type = a target.id = s) OR project_id = p",
    ],
)
def test_a_choice_that_leaves_a_field_any_value_does_not_choose_its_index(text: str) -> None:
    chosen = planned(parse(text))
    assert (chosen.index, chosen.values, chosen.residual) == ("by_time", ("",), parse(text))


SECOND_1, SECOND_9 = "1970-01-01T00:00:01Z", "1970-01-01T00:00:09Z"


@pytest.mark.parametrize(
    ("text", "residual"),
    [
        (f"NOT (time < {SECOND_1} OR time > {SECOND_9})", ""),
        (f"time >= {SECOND_1} (x time <= {SECOND_9})", "x"),
        (
            f"(time = {SECOND_1} x) OR NOT (time != {SECOND_9} OR y)",
            f"(time = {SECOND_1} x) OR (time = {SECOND_9} NOT y)",
        ),
    ],
)
def test_bounds_of_time_are_found_at_any_depth(text: str, residual: str) -> None:
    chosen = planned(parse(text))
    assert (chosen.time, chosen.residual) == (TimeRange(SECOND, 9 * SECOND), parse(residual))


def is_found(chosen: QueryPlan, event: Event) -> bool:
    """Return whether the event lies in one of the plan's streams and passes the rest."""
    in_time = chosen.time.first <= event.time <= chosen.time.last
    in_values = READ[chosen.attribute](event) in chosen.values
    return in_time and in_values and predicate(chosen.residual)(event)


FEW = st.integers(0, 6)

bounds = st.builds(time, st.sampled_from(Op), st.sampled_from(strategies.TIMES))
choices = st.lists(strategies.comparisons(), max_size=3).map(lambda terms: Or(tuple(terms)))
pairs = st.lists(strategies.comparisons(), min_size=1, max_size=2).map(conjunction)
alternatives = st.lists(pairs, min_size=1, max_size=3).map(disjunction)
conjunctions = st.lists(
    bounds | choices | strategies.comparisons() | alternatives | alternatives.map(Not), max_size=4
).map(conjunction)


@given(strategies.filters() | conjunctions, strategies.stored_events())
@example(And((TYPE, TYPE)), Event(id="1", time=0, type="t"))
def test_a_plan_finds_exactly_what_passes(filter: Filter, event: Event) -> None:
    assert is_found(planned(filter), event) == predicate(filter)(event)


@given(strategies.filters() | conjunctions, strategies.stored_events())
def test_a_plan_knows_which_filter_it_answers(filter: Filter, event: Event) -> None:
    assert predicate(planned(filter).filter)(event) == predicate(filter)(event)


@given(strategies.filters(), strategies.stored_events(), FEW)
def test_a_plan_since_a_time_finds_what_passes_from_then_on(
    filter: Filter, event: Event, first: int
) -> None:
    later = conjunction([filter, time(Op.GE, first)])
    assert is_found(planned(filter).since(first), event) == predicate(later)(event)


def test_a_plan_for_no_time_has_no_streams() -> None:
    assert planned(TYPE).within(TimeRange(2, 1)).values == NEVER


@given(conjunctions, strategies.stored_events())
def test_a_plan_finds_the_event_it_was_made_for(filter: Filter, event: Event) -> None:
    """Random filters let few events through: here each filter uses the event's own values."""
    own = And((filter, one_of("type", event.type, "other"), time(Op.GE, event.time)))
    assert is_found(planned(own), event) == predicate(filter)(event)


@given(conjunctions, conjunctions, strategies.stored_events())
def test_a_plan_loses_nothing_of_a_choice(one: Filter, other: Filter, event: Event) -> None:
    own = And((equals("type", event.type), time(Op.GE, event.time), one))
    either = Or((own, And((equals("type", "other"), other))))
    assert is_found(planned(either), event) == predicate(one)(event)


@given(FEW, FEW, FEW, FEW)
def test_a_range_touches_times_that_it_overlaps_and_covers_times_that_it_contains(
    first: int, length: int, start: int, duration: int
) -> None:
    within, times = range(first, first + length + 1), range(start, start + duration + 1)
    chosen = TimeRange(within[0], within[-1])
    assert chosen.touches(times[0], times[-1]) == any(time in within for time in times)
    assert chosen.covers(times[0], times[-1]) == all(time in within for time in times)


KNOWN = {"a.b": 1, "a.c": 2, "b.c": 7, "b.d": 90}


def typed(text: str, known: Mapping[str, int] | None = KNOWN, most_values: int = 50) -> QueryPlan:
    return by_types(planned(parse(text)), lambda: known, most_values)


@pytest.mark.parametrize(
    ("text", "types", "residual"),
    [
        ("type = a.*", ("a.b", "a.c"), ""),
        ("type : C", ("a.c", "b.c"), ""),
        ("type != b.d", ("a.b", "a.c", "b.c"), ""),
        ("type = b.* type = *c", ("b.c",), ""),
        ("type = (a.* OR b.c)", ("a.b", "a.c", "b.c"), ""),
        ("type = a.* disk", ("a.b", "a.c"), '"disk"'),
        ("type = a.* origin = system", ("a.b", "a.c"), 'origin = "system"'),
        ("type = x*", (), ""),
    ],
)
def test_types_that_pass_are_read_by_their_index(
    text: str, types: tuple[str, ...], residual: str
) -> None:
    chosen = typed(f"{text} time >= 1970-01-01")
    assert (chosen.index, chosen.attribute, chosen.values) == ("by_type", "type", types)
    assert (chosen.time, str(chosen.residual)) == (TimeRange(first=0), residual)


@pytest.mark.parametrize(
    ("text", "known", "most_values"),
    [
        pytest.param("type = a.*", None, 50, id="types that are not known"),
        pytest.param("type = b.*", KNOWN, 50, id="most events"),
        pytest.param("type = a.*", dict.fromkeys(["a.b", "a.c", "b"], 1), 50, id="many streams"),
        pytest.param("type = a.*", KNOWN, 1, id="more types than streams"),
        pytest.param("type = a.* OR source = s", KNOWN, 50, id="types or something else"),
        pytest.param("source = s", KNOWN, 50, id="no condition on the type"),
        pytest.param("type = a.* actor.id = ada", KNOWN, 50, id="another index"),
        pytest.param("type = a.b", KNOWN, 50, id="the same index"),
        pytest.param("type = a.* NOT ()", KNOWN, 50, id="nothing"),
    ],
)
def test_otherwise_the_plan_stays(
    text: str, known: Mapping[str, int] | None, most_values: int
) -> None:
    assert typed(text, known, most_values) == planned(parse(text))


@given(strategies.filters(), strategies.stored_events(), st.integers(1, 9))
def test_a_plan_by_types_finds_exactly_what_passes(
    filter: Filter, event: Event, number: int
) -> None:
    known = dict.fromkeys(strategies.POOLS["type"], number) | {event.type: 1}
    chosen = by_types(planned(filter), lambda: known)
    assert is_found(chosen, event) == predicate(filter)(event)
