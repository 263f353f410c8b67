"""Filters: which events pass them, and how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import brute_force, strategies

from polylog.language.parser import parse
from polylog.model.event import Entity, Event
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
    fields_of,
)
from polylog.model.predicate import predicate

A, B, C = (Compare("type", Op.EQ, name) for name in "abc")


def event(**parts: object) -> Event:
    return Event.model_validate({"id": "1", "time": strategies.NOON, "type": "b"} | parts)


def passes(filter: Filter, event: Event) -> bool:
    return predicate(filter)(event)


@given(strategies.filters(), strategies.stored_events())
def test_evaluation_agrees_with_brute_force(filter: Filter, event: Event) -> None:
    assert passes(filter, event) == brute_force.holds(filter, event)


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
        (Compare("data.colour", Op.EQ, ""), True),
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
        ("Cafe\u0301", "CAFÉ", True),
        ("Café", "cafe\u0301", True),
        ("Cafe\u0301", "cafe", False),
        ("disk full", "dusk", False),
        ("disk", "disk full", False),
        ("disk full", "", True),
    ],
)
def test_has_and_text_look_for_a_part_in_any_case_and_form(
    text: str, part: str, expected: bool
) -> None:
    found = event(message=text)
    assert passes(Compare("message", Op.HAS, part), found) is expected
    assert passes(Text(part), found) is expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"message": "Ada came"}, True),
        ({"actor": Entity(id="ada-1")}, True),
        ({"actor": Entity(name="ADA")}, True),
        ({"target": Entity(id="u/ada")}, True),
        ({"target": Entity(name="Ada's")}, True),
        ({"message": "A", "actor": Entity(id="d"), "target": Entity(id="a")}, False),
        ({"id": "ada", "type": "ada", "source": "ada", "status": "ada"}, False),
        ({"actor": Entity(type="ada"), "project_id": "ada", "organization_id": "ada"}, False),
        ({"data": {"ada": "ada"}, "attributes": {"ada": "ada"}, "links": ["ada"]}, False),
    ],
    ids=str,
)
def test_a_text_is_looked_for_where_a_person_expects_it(
    parts: dict[str, object], expected: bool
) -> None:
    assert passes(Text("ada"), event(**parts)) is expected


@pytest.mark.parametrize(
    ("pieces", "text", "expected"),
    [
        (("a.", ""), "a.b", True),
        (("a.", ""), "a.", True),
        (("a.", ""), "a", False),
        (("a.", ""), "x.a.b", False),
        (("", ".b"), "a.b", True),
        (("", ".b"), "a.bc", False),
        (("", "b", ""), "abc", True),
        (("", "b", ""), "ac", False),
        (("ab", "bc"), "abc", False),
        (("ab", "bc"), "abbc", True),
        (("a", "b", "b", "c"), "abc", False),
        (("a", "b", "b", "c"), "abbc", True),
        (("a", "b", "c"), "a\nb\nc", True),
        (("a", "c", "b", "d"), "abcd", False),
        (("A", ""), "abc", False),
        (("e", ""), "e\u0301", True),
        (("a", ".", "c"), "abc", False),
    ],
)
def test_a_pattern_has_its_pieces_in_order(
    pieces: tuple[str, ...], text: str, expected: bool
) -> None:
    assert passes(Pattern("type", pieces), event(type=text)) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (Pattern("project_id", ("", "p")), False),
        (Pattern("actor.name", ("a", "")), True),
        (Pattern("attributes.colour", ("r", "d")), True),
        (Pattern("data.n", ("4", "")), True),
        (Pattern("data.n", ("", "3")), False),
        (Pattern("data.list", ("[", "x", "]")), True),
        (Pattern("data.none", ("n", "")), False),
    ],
)
def test_a_pattern_compares_texts_as_an_equality_does(pattern: Pattern, expected: bool) -> None:
    given = event(
        actor=Entity(name="ada"),
        attributes={"colour": "red"},
        data={"n": 42, "list": ["x"], "none": None},
    )
    assert passes(pattern, given) is expected


def test_a_null_attribute_compares_as_the_empty_string() -> None:
    assert passes(Compare("attributes.colour", Op.EQ, ""), event(attributes={"colour": None}))


@pytest.mark.parametrize(("stored", "asked"), [("b", "B"), ("é", "e\u0301")])
def test_equality_depends_on_case_and_form(stored: str, asked: str) -> None:
    assert not passes(Compare("type", Op.EQ, asked), event(type=stored))


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
        ('attributes."shoe size"', "44"),
        ("attributes.a.b", "45"),
        ('attributes."a.b"', "45"),
    ],
)
def test_a_field_is_found_at_its_place_in_the_event(field: str, value: str | int) -> None:
    given = event(
        seq=7,
        actor=Entity(id="ada"),
        target=Entity(type="app"),
        organization_id="org",
        attributes={"shoe size": "44", "a.b": "45"},
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
        (Compare("type", Op.EQ, "a*"), r'type = "a\*"'),
        (Compare("type", Op.NE, "\\*"), r'type != "\\\*"'),
        (Compare("type", Op.HAS, "a*"), 'type: "a*"'),
        (Pattern("type", ("a.", "")), 'type = "a.*"'),
        (Pattern("type", ("", '"*', "\n")), r'type = "*\"\**\n"'),
        (Not(Pattern("type", ("a", ""))), 'NOT type = "a*"'),
        (Text("disk full"), '"disk full"'),
        (Not(A), 'NOT type = "a"'),
        (Not(Not(A)), 'NOT (NOT type = "a")'),
        (And((Not(A), B)), 'NOT type = "a" AND type = "b"'),
        (Compare("data.n", Op.LT, -3), "data.n < -3"),
        (Compare("data.n", Op.EQ, 1e22), "data.n = 1e+22"),
        (Compare("data.n", Op.EQ, "3"), 'data.n = "3"'),
        (Compare('data."a.b".c', Op.EQ, "x"), 'data."a.b".c = "x"'),
        (Compare("links", Op.HAS, "/a/"), 'links: "/a/"'),
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


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", set()),
        ("NOT ()", set()),
        ("type = a", {"type"}),
        ("type = a* OR NOT type:b", {"type"}),
        ("type = a (origin = system OR data.a.b = 5)", {"type", "origin", "data.a.b"}),
        ("ada", {"message", "actor.id", "actor.name", "target.id", "target.name"}),
    ],
)
def test_a_filter_knows_which_fields_it_asks_about(text: str, fields: set[str]) -> None:
    assert fields_of(parse(text)) == fields


some_filters = st.lists(strategies.filters(max_leaves=3), max_size=3)


@given(some_filters, strategies.events())
def test_a_conjunction_passes_what_all_its_parts_pass(filters: list[Filter], event: Event) -> None:
    assert passes(conjunction(filters), event) == all(passes(part, event) for part in filters)


@given(some_filters, strategies.events())
def test_a_disjunction_passes_what_one_of_its_parts_passes(
    filters: list[Filter], event: Event
) -> None:
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


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ('"a.b".c', "dotted"),
        ("a.b.c", "nested"),
        ('"a"."b".\'c\'', "nested"),
        ('"say \\"hi\\""', "quoted"),
        ('""', "empty"),
        ('"a"b', "no string"),
        ("a..", "empty at the end"),
    ],
)
def test_a_name_in_quotes_may_hold_dots(path: str, value: str) -> None:
    data = {
        "a.b": {"c": "dotted"},
        "a": {"b": {"c": "nested"}, "": {"": "empty at the end"}},
        'say "hi"': "quoted",
        "": "empty",
        '"a"b': "no string",
    }
    assert passes(Compare(f"data.{path}", Op.EQ, value), event(data=data))


NO_NUMBERS: list[JsonValue] = [None, True, False, "2", "", [2], {"n": 2}]


@pytest.mark.parametrize("op", [op for op in Op if op is not Op.HAS])
@pytest.mark.parametrize("found", NO_NUMBERS, ids=repr)
def test_a_value_that_is_not_a_number_is_unequal_to_any_and_has_no_order(
    op: Op, found: JsonValue
) -> None:
    given = event(data={"n": found})
    assert [passes(Compare("data.n", op, value), given) for value in (0, 1, 2.0)] == [
        op is Op.NE
    ] * 3


@pytest.mark.parametrize("found", [2, 2.0])
@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        (Op.EQ, 2, True),
        (Op.EQ, 2.0, True),
        (Op.NE, 2, False),
        (Op.LT, 10, True),
        (Op.GE, 2.5, False),
        (Op.LE, 2, True),
        (Op.GT, 1.5, True),
        (Op.HAS, "2", True),
    ],
)
def test_numbers_in_the_data_compare_as_numbers(
    found: float, op: Op, value: str | float, expected: bool
) -> None:
    assert passes(Compare("data.n", op, value), event(data={"n": found})) is expected


def test_large_integers_in_the_data_compare_exactly() -> None:
    assert not passes(Compare("data.n", Op.EQ, 2**53), event(data={"n": 2**53 + 1}))


@pytest.mark.parametrize(
    ("found", "part", "expected"),
    [
        (["disk", "Net"], "net", True),
        (["disk", "net"], "disk, net", False),
        (["disk", "net"], '"', False),
        ([42], "42", True),
        ([["in", "ner"]], "inner", False),
        ([], "", False),
        ([None], "", True),
        ("Disk", "disk", True),
        ({"a": "disk"}, '"a"', True),
        (None, "disk", False),
    ],
)
def test_a_list_has_what_one_of_its_elements_contains(
    found: JsonValue, part: str, expected: bool
) -> None:
    assert passes(Compare("data.list", Op.HAS, part), event(data={"list": found})) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('data.items.name : "two"', True),
        ("data.items.name : three", True),
        ("data.items.name : four", False),
        ("data.items.deep.list.x : inner", True),
        ("data.items.deep.list.x : OUTER", True),
        ("data.nested : bottom", True),
        ("data.nested : [", False),
        ("data.items.name:*", True),
        ("data.items.deep.list.x:*", True),
        ("data.items.missing:*", False),
        ("data.items.empty:*", False),
        ("data.nothing:*", False),
        ("data.items:*", True),
        ('data.items.name = ""', False),
        ('data.items.missing = ""', True),
        ("NOT data.items.name:*", False),
        ("data.items.name = two", False),
    ],
)
def test_has_looks_into_lists_along_its_path(text: str, expected: bool) -> None:
    data = {
        "items": [
            {"name": "one, two", "empty": ""},
            {"name": ["three"], "deep": {"list": [[{"x": "inner"}], {"x": "outer"}]}},
            5,
        ],
        "nested": [[["bottom"]]],
        "nothing": [],
    }
    given = Event(id="e", time=0, type="t", data=data)
    assert predicate(parse(text))(given) is expected


def test_links_have_a_value_that_one_of_them_has() -> None:
    event = Event(id="e", time=0, type="t", links=("/a/", "/b/"))
    assert predicate(Compare("links", Op.HAS, "/b/"))(event)
    assert not predicate(Compare("links", Op.HAS, "/b"))(event)
