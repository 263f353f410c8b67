"""The native filter language: what texts mean, what is refused, and where the error points."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support import brute_force, strategies

from polylog.language.parser import MAX_CONDITIONS, MAX_DEPTH, MAX_LENGTH, parse
from polylog.model.errors import InvalidFilter
from polylog.model.event import Event
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
    Value,
)
from polylog.model.predicate import predicate
from polylog.model.times import format_rfc3339, parse_iso8601


def like(field: str, *pieces: str) -> Pattern:
    return Pattern(field, pieces)


def c(field: str, op: str, value: Value) -> Compare:
    return Compare(field, Op(op), value)


A, B, C, D = map(Text, "abcd")
T, U = c("type", "=", "t"), c("type", "=", "u")
NOVEMBER = parse_iso8601("2026-11-01T00:00:00Z")
LOW, HIGH = c("severity", "=", "low"), c("severity", "=", "high")

ACCEPTED: list[tuple[str, Filter]] = [
    ("", EVERYTHING),
    (" \n\t", EVERYTHING),
    ("()", EVERYTHING),
    ("NOT ()", NOTHING),
    ("-()", NOTHING),
    ("NOT (NOT ())", Not(NOTHING)),
    ("() AND a", And((EVERYTHING, A))),
    # texts alone
    ("a", A),
    ('"a"', A),
    ("'a'", A),
    ('""', Text("")),
    ("disk full", And((Text("disk"), Text("full")))),
    ('"disk full"', Text("disk full")),
    ("5", Text("5")),
    ("null", Text("null")),
    ("hello!", Text("hello!")),
    ("a,b~c", Text("a,b~c")),
    ("naïve", Text("naïve")),
    ('"and" "or" "not"', And((Text("and"), Text("or"), Text("not")))),
    ("ANDROID", Text("ANDROID")),
    ('"AND"', Text("AND")),
    # strings
    (r'"say \"hi\" \\ \/ \b\f\n\r\t"', Text('say "hi" \\ / \b\f\n\r\t')),
    (r"'it\'s \"it\"'", Text('it\'s "it"')),
    ("'say \"hi\"'", Text('say "hi"')),
    ('"it\'s"', Text("it's")),
    ('"a\nb"', Text("a\nb")),
    (r'"\u00e9\ud83d\ude00"', Text("é😀")),
    # precedence
    ("a AND b", And((A, B))),
    ("a b", And((A, B))),
    ("a b AND c", And((A, B, C))),
    ("a OR b", Or((A, B))),
    ("a OR b OR c", Or((A, B, C))),
    ("a AND b OR c AND d", And((A, Or((B, C)), D))),
    ("a b OR c d", And((A, Or((B, C)), D))),
    ("(a AND b) OR c", Or((And((A, B)), C))),
    ("(a OR b) OR c", Or((Or((A, B)), C))),
    ("(a AND b) AND c", And((And((A, B)), C))),
    ("(a)(b)", And((A, B))),
    ("((a))", A),
    ("NOT a OR b", Or((Not(A), B))),
    ("NOT a b", And((Not(A), B))),
    ("NOT (a OR b)", Not(Or((A, B)))),
    ("NOT(a)", Not(A)),
    ("NOT (NOT a)", Not(Not(A))),
    ("-a", Not(A)),
    ('-"a"', Not(A)),
    ("a -b", And((A, Not(B)))),
    ("a-b", Text("a-b")),
    ("-(a OR b)", Not(Or((A, B)))),
    ("-type=t", Not(T)),
    ("-5", Not(Text("5"))),
    # comparisons
    ("type=t", T),
    ("type = t", T),
    ('type="t"', T),
    ("type   ='t'", T),
    ("type = audit.app.create", c("type", "=", "audit.app.create")),
    ("type = -t", c("type", "=", "-t")),
    ("type!=t", c("type", "!=", "t")),
    ("type<t", c("type", "<", "t")),
    ("type <= t", c("type", "<=", "t")),
    ("type>t", c("type", ">", "t")),
    ("type >=t", c("type", ">=", "t")),
    ("type:t", c("type", ":", "t")),
    ("actor.name : bot", c("actor.name", ":", "bot")),
    ("type = t u", And((T, Text("u")))),
    ("type = ''", c("type", "=", "")),
    ("id = 5", c("id", "=", "5")),
    ("status = true", c("status", "=", "true")),
    ("project_id = null", c("project_id", "=", "")),
    ('project_id = "null"', c("project_id", "=", "null")),
    ("message:null", c("message", ":", "null")),
    ("project_id:*", c("project_id", "!=", "")),
    ("NOT project_id:*", Not(c("project_id", "!=", ""))),
    ('project_id:"*"', c("project_id", ":", "*")),
    ("links:/api/a/", c("links", ":", "/api/a/")),
    ('links:"https://a/b"', c("links", ":", "https://a/b")),
    # wildcards
    ('type = "audit.app.*"', like("type", "audit.app.", "")),
    ("type=audit.app.*", like("type", "audit.app.", "")),
    ("type = '*.create'", like("type", "", ".create")),
    ("type = *app*", like("type", "", "app", "")),
    ("type = a*b**c", like("type", "a", "b", "", "c")),
    ("type != audit.*", Not(like("type", "audit.", ""))),
    ("-type = audit.*", Not(like("type", "audit.", ""))),
    ("data.a = 4*", like("data.a", "4", "")),
    ("attributes.a = *x", like("attributes.a", "", "x")),
    ("type = (audit.* OR t)", Or((like("type", "audit.", ""), T))),
    (r'type = "a\*"', c("type", "=", "a*")),
    (r"type != '\*'", c("type", "!=", "*")),
    (r'type = "a\**"', like("type", "a*", "")),
    (r'type = "a\\*"', like("type", "a\\", "")),
    (r"type = '\'\"*\n\u002a'", like("type", "'\"", "\n*")),
    (r"type = a\b*", like("type", "a\\b", "")),
    ('type < "a*"', c("type", "<", "a*")),
    ('type: "a*"', c("type", ":", "a*")),
    (r'type: "a\*"', c("type", ":", "a*")),
    ('"a*"', Text("a*")),
    (r"data.'a\*' = x", c('data."a*"', "=", "x")),
    # lists of values
    ("severity = (low OR high)", Or((LOW, HIGH))),
    ("severity=(low)", LOW),
    ("severity = (NOT low AND NOT high)", And((Not(LOW), Not(HIGH)))),
    ("severity = (low OR NOT (high OR low))", Or((LOW, Not(Or((HIGH, LOW)))))),
    ("message:(a b)", And((c("message", ":", "a"), c("message", ":", "b")))),
    ("NOT severity = (low OR high) a", And((Not(Or((LOW, HIGH))), A))),
    ("data.n = (-1 OR 'x')", Or((c("data.n", "=", -1), c("data.n", "=", "x")))),
    ("type:(* OR a)", Or((c("type", "!=", ""), c("type", ":", "a")))),
    # times and numbers
    ("time >= 2026-11-01T00:00:00Z", c("time", ">=", NOVEMBER)),
    ("time>=2026-11-01T00:00:00.000001Z", c("time", ">=", NOVEMBER + 1)),
    ("time >= 2026-11-01t00:00:00z", c("time", ">=", NOVEMBER)),
    ("time>=2026-11-01t00:00:00.000001z", c("time", ">=", NOVEMBER + 1)),
    ("(time>2026-11-01T00:00:00z)", c("time", ">", NOVEMBER)),
    ("time = 2026-10-31t22:00:00-02:00 a", And((c("time", "=", NOVEMBER), A))),
    ('time = "2026-11-01t02:00:00+02:00"', c("time", "=", NOVEMBER)),
    ("time = (2026-11-01t00:00:00z)", c("time", "=", NOVEMBER)),
    ("time < 2026-11-01", c("time", "<", NOVEMBER)),
    ('time = "2026-11-01T02:00:00+02:00"', c("time", "=", NOVEMBER)),
    ("time = 2026-10-31T22:00:00-02:00 a", And((c("time", "=", NOVEMBER), A))),
    ("(time>2026-11-01T00:00:00Z)", c("time", ">", NOVEMBER)),
    ("source = 2026-11-01T00:00:00Z", c("source", "=", "2026-11-01T00:00:00Z")),
    ("seq > 5", c("seq", ">", 5)),
    ("seq != -5", c("seq", "!=", -5)),
    ('seq = "5"', c("seq", "=", 5)),
    ("data.n > -3.5", c("data.n", ">", -3.5)),
    ("data.n=1e3", c("data.n", "=", 1000.0)),
    ('data.n = "5"', c("data.n", "=", "5")),
    ("data.n:5", c("data.n", ":", "5")),
    ("data.n = 007", c("data.n", "=", "007")),
    ("data.n = 1.2.3", c("data.n", "=", "1.2.3")),
    ("data.n = 36893488147419103232", c("data.n", "=", 2**65)),
    ("data.ok = true", c("data.ok", "=", "true")),
    ("data.ok != null", c("data.ok", "!=", "")),
    # names
    ("attributes.colour = red", c("attributes.colour", "=", "red")),
    ("attributes.'shoe size' = 44", c('attributes."shoe size"', "=", "44")),
    ('attributes."a.b".c = x', c("attributes.a.b.c", "=", "x")),
    ("data.a.b = x", c("data.a.b", "=", "x")),
    ('data."a.b".c = x', c('data."a.b".c', "=", "x")),
    ('data."a"."b" = x', c("data.a.b", "=", "x")),
    ("data.'' = x", c('data.""', "=", "x")),
    ("data.a/b = x", c('data."a/b"', "=", "x")),
    (r'data."\"(" = x', c(r'data."\"("', "=", "x")),
    ("data.NOT = x", c("data.NOT", "=", "x")),
]


@pytest.mark.parametrize(("text", "expected"), ACCEPTED, ids=[repr(text) for text, _ in ACCEPTED])
def test_a_text_means_a_filter(text: str, expected: Filter) -> None:
    # As text: to Python 1 and 1.0 are equal.
    assert (parse(text), str(parse(text))) == (expected, str(expected))


ENDS = "but the filter ends"
NO_CONDITION = "there must be a condition here, "
NO_VALUE = "there must be a value here, "
QUOTE = "; if you mean it as text, put it in quotes"
WILDCARD = "only = and != of texts take wildcards"
SURROGATE = "half of a surrogate pair is not a character"
NO_NAME = "between dots there must be a name, or a name in quotes"
ESCAPE = r"there is no such escape; there are \" \' \\ \/ \* \b \f \n \r \t \uXXXX"
ORDERED = "= != < <= > >="

REFUSED: list[tuple[str, int, str]] = [
    # structure
    ("a AND", 6, NO_CONDITION + ENDS),
    ("a AND ", 7, NO_CONDITION + ENDS),
    ("AND a", 1, NO_CONDITION + "not 'AND'" + QUOTE),
    ("a OR AND b", 6, NO_CONDITION + "not 'AND'" + QUOTE),
    ("a AND AND b", 7, NO_CONDITION + "not 'AND'" + QUOTE),
    ("NOT", 4, NO_CONDITION + ENDS),
    ("NOT NOT a", 5, NO_CONDITION + "not 'NOT'" + QUOTE),
    ("NOT -a", 5, "put parentheses around what you negate twice"),
    ("--a", 2, "put parentheses around what you negate twice"),
    ("a - b", 3, "'-' must stand right before what it negates" + QUOTE),
    ("- (a)", 1, "'-' must stand right before what it negates" + QUOTE),
    ("(a", 3, "there must be a ')' for the '(' at column 1"),
    ("a (b (c)", 9, "there must be a ')' for the '(' at column 3"),
    ("a)", 2, "there is no '(' for this ')'"),
    (")", 1, NO_CONDITION + "not ')'"),
    ("(a OR )", 7, NO_CONDITION + "not ')'"),
    ("a && b", 3, "'&&' is written AND" + QUOTE),
    ("a || b", 3, "'||' is written OR" + QUOTE),
    ("type = (t || u)", 11, "'||' is written OR" + QUOTE),
    ("f(a)", 1, "there are no functions; a blank must precede '('"),
    ("type = f(a)", 8, "there are no functions; a blank must precede '('"),
    # fields
    ("typ = t", 1, "there is no field 'typ'; did you mean 'type'?"),
    ("a AND (typ=t)", 8, "there is no field 'typ'; did you mean 'type'?"),
    ("-typ=t", 2, "there is no field 'typ'; did you mean 'type'?"),
    ("TYPE = t", 1, "there is no field 'TYPE'; did you mean 'type'?"),
    ("timestamp > 5", 1, "there is no field 'timestamp'; did you mean 'time'?"),
    ("actor = t", 1, "there is no field 'actor'; did you mean 'actor.id'?"),
    ("atributes.x = t", 1, "there is no field 'atributes.x'; did you mean 'attributes.x'?"),
    ("data = t", 1, "name a member, as in data.<name>"),
    ("attributes:t", 1, "name a member, as in attributes.<name>"),
    ("data. = t", 1, NO_NAME),
    ("data..a = t", 1, NO_NAME),
    ('data.a"b" = t', 1, NO_NAME),
    ('attributes."a"b = t', 1, NO_NAME),
    (r'data."\ud800" = t', 1, SURROGATE),
    ('"type" = t', 1, "a field must not be in quotes"),
    # operators
    ("= t", 1, NO_CONDITION + "not '='" + QUOTE),
    ("type t = u", 1, "type must be compared with a value" + QUOTE),
    ("actor.name", 1, "actor.name must be compared with a value" + QUOTE),
    ('actor.name LIKE "%x%"', 12, "there is no 'LIKE'; write actor.name : TEXT"),
    ("type ~ t", 6, "there is no '~'; write type : TEXT"),
    ("type in (t, u)", 6, "there is no 'in'; write type = (VALUE OR VALUE)"),
    ("type IS t", 6, "there is no 'IS'; write type = VALUE"),
    ("a and b", 3, "'and' is written AND" + QUOTE),
    ("type = Not", 8, "'Not' is written NOT" + QUOTE),
    ("*", 1, WILDCARD + QUOTE),
    ("bot*", 1, WILDCARD + QUOTE),
    ("b*t", 1, WILDCARD + QUOTE),
    ("actor.name : bot*", 14, WILDCARD + QUOTE),
    ("actor.name >= bot*", 15, WILDCARD + QUOTE),
    ("time = 2026*", 8, WILDCARD + QUOTE),
    ("type = *", 8, "every text matches this; type:* asks whether there is any"),
    ('type != "**"', 9, "every text matches this; type:* asks whether there is any"),
    (r"type = a\*", 8, r"\* is an asterisk only in quotes"),
    (r'type = "\ud83d*\ude00"', 8, SURROGATE),
    ('type = "a"*', 8, "put quotes around the whole text"),
    ("type = \u201ca*\u201d", 8, "quotes are straight: \" or '" + QUOTE),
    ("type = \u201ca\u201d", 8, "quotes are straight: \" or '" + QUOTE),
    (
        "type != (a OR b)",
        6,
        "this holds for every event; to exclude several values, write NOT type = (…)",
    ),
    ("type == t", 6, "type does not take '=='; it takes = != < <= > >= :"),
    ("type =~ t", 6, "type does not take '=~'; it takes = != < <= > >= :"),
    ("type !~ t", 6, "type does not take '!~'; it takes = != < <= > >= :"),
    ("type <> t", 6, "type does not take '<>'; it takes = != < <= > >= :"),
    ("seq:5", 4, "seq does not take ':'; it takes " + ORDERED),
    ("seq:*", 4, "seq does not take ':'; it takes " + ORDERED),
    ("time : 2026", 6, "time does not take ':'; it takes " + ORDERED),
    ("links = /a/", 7, "links does not take '='; it takes :"),
    # values
    ("type =", 7, NO_VALUE + ENDS),
    ("type = AND u", 8, NO_VALUE + "not 'AND'" + QUOTE),
    ("type => t", 7, NO_VALUE + "not '>'" + QUOTE),
    ("type = ()", 9, NO_VALUE + "not ')'"),
    ("type = (t OR)", 13, NO_VALUE + "not ')'"),
    ("type = (t = u)", 11, NO_VALUE + "not '='" + QUOTE),
    ("type = (t", 10, "there must be a ')' for the '(' at column 8"),
    ("type = t = u", 10, NO_CONDITION + "not '='" + QUOTE),
    ("type = t:u", 9, NO_CONDITION + "not ':'" + QUOTE),
    ("links:https://a", 12, NO_CONDITION + "not ':'" + QUOTE),
    ("links:*", 7, "links can only be compared with a whole URL"),
    ("time > noon", 8, "a time must be like 2026-11-01T00:00:00Z, not 'noon'"),
    ("time > null", 8, "a time must be like 2026-11-01T00:00:00Z, not 'null'"),
    ("time > 2026-02-30", 8, "a time must be like 2026-11-01T00:00:00Z, not '2026-02-30'"),
    ("time > 1772366400", 8, "a time must be like 2026-11-01T00:00:00Z, not '1772366400'"),
    ("seq = x", 7, "seq must be an integer of at most 18 digits, not 'x'"),
    ("seq = 1.5", 7, "seq must be an integer of at most 18 digits, not '1.5'"),
    ("seq = ٣", 7, "seq must be an integer of at most 18 digits, not '٣'"),
    ("seq = (1 OR x)", 13, "seq must be an integer of at most 18 digits, not 'x'"),
    ("data.n = 1e999", 10, "the number is too large" + QUOTE),
    (f"data.n = {'9' * 5000}", 10, "the number is too large" + QUOTE),
    # texts
    ('"a', 1, 'the text has no " at its end'),
    ("type = 'a", 8, "the text has no ' at its end"),
    ("don't", 4, "the text has no ' at its end"),
    (r'a "b\x"', 5, ESCAPE),
    (r'"\u12"', 2, ESCAPE),
    (r'"a\"', 1, 'the text has no " at its end'),
    (r'type = "\ud800"', 8, SURROGATE),
    ("a \ud800", 3, SURROGATE),
    ("'\ud800'", 1, SURROGATE),
    ('"a"b', 1, "put quotes around the whole text"),
    ('type = a"b"', 8, "put quotes around the whole text"),
    # limits
    ("a" * (MAX_LENGTH + 1), 8001, "a filter has at most 8000 characters, this one 8001"),
    ("(" * 21 + "a" + ")" * 21, 21, "parentheses nest at most 20 deep"),
    ("type = " + "(" * 21, 28, "parentheses nest at most 20 deep"),
    ("a " * 200 + "b", 401, "a filter has at most 200 conditions"),
    ("type = (" + "a OR " * 200 + "b)", 1009, "a filter has at most 200 conditions"),
]


@pytest.mark.parametrize(
    ("text", "column", "problem"), REFUSED, ids=[ascii(text[:40]) for text, _, _ in REFUSED]
)
def test_an_error_says_where_and_what_would_be_right(text: str, column: int, problem: str) -> None:
    with pytest.raises(InvalidFilter) as raised:
        parse(text)
    sentence = str(raised.value).partition("; there are id, seq,")[0]
    assert (raised.value.column, sentence) == (column, f"filter column {column}: {problem}")


def test_an_error_names_the_fields_when_none_is_near() -> None:
    with pytest.raises(InvalidFilter, match=r"links, attributes\.<name>, data\.<path>$"):
        parse("colour = red")


def test_a_filter_at_the_limits_is_accepted() -> None:
    text = "(" * MAX_DEPTH + "a " * MAX_CONDITIONS + ")" * MAX_DEPTH
    assert parse(text.ljust(MAX_LENGTH)) == And((A,) * MAX_CONDITIONS)


def test_parentheses_side_by_side_do_not_nest() -> None:
    assert parse("(a)" * (MAX_DEPTH + 1)) == And((A,) * (MAX_DEPTH + 1))


def both(filter: Filter) -> tuple[Filter, str]:
    """To Python 1 and 1.0 are equal."""
    return filter, str(filter)


@given(strategies.normal_filters())
@example(Not(Not(Not(A))))
@example(Compare("data.n", Op.EQ, 1e300))
def test_the_text_of_a_filter_means_that_filter(filter: Filter) -> None:
    assert both(parse(str(filter))) == both(filter)


writable_filters = strategies.filters().filter(
    lambda filter: not re.search(r"\b(time|seq):", str(filter))
)


@st.composite
def spellings(draw: st.DrawFn, filter: Filter) -> str:
    """Any spelling of a filter."""

    def chosen(*spellings: str) -> str:
        return draw(st.sampled_from(spellings))

    def nested(term: Filter) -> str:
        text = draw(spellings(term))
        return f"({text})" if isinstance(term, And | Or) else chosen(text, f"( {text})")

    match filter:
        case Compare() | Pattern() | Text():
            return draw(leaves(filter))
        case Not(Pattern(field, pieces)):
            return f"{field} != {chosen(*patterns(pieces))}"
        case Not(term):
            return chosen("NOT ({})", "-({})", "NOT\t( {} )").format(draw(spellings(term)))
        case And(terms):
            return chosen(" AND ", " ", "\n").join(map(nested, terms)) or chosen("", " ")
        case Or(terms):
            return " OR ".join(map(nested, terms)) or "-()"


@st.composite
def leaves(draw: st.DrawFn, filter: Compare | Pattern | Text) -> str:
    def chosen(*spellings: str) -> str:
        return draw(st.sampled_from(spellings))

    match filter:
        case Compare(field, op, value):
            blank = chosen("", " ", "\n ")
            literal = chosen(*literals(field, value))
            literal = literal.replace("*", r"\*") if op in (Op.EQ, Op.NE) else literal
            return f"{field}{blank}{op}{blank}{chosen(literal, f'({literal} )')}"
        case Pattern(field, pieces):
            return f"{field} = {chosen(*patterns(pieces))}"
        case Text(text):
            return chosen(*literals("message", text))


def patterns(pieces: tuple[str, ...]) -> list[str]:
    """Return the spellings of texts with wildcards between them."""
    return [text.replace(r"\ue000", "*") for text in literals("", "\ue000".join(pieces))]


def literals(field: str, value: Value) -> list[str]:
    if field == "time" and isinstance(value, int):
        return [format_rfc3339(value), f"'{format_rfc3339(value)}'"]
    text = json.dumps(value)
    if not isinstance(value, str):
        return [text]
    single = text[1:-1].replace('\\"', '"').replace("'", "\\'")
    bare = [value] if re.fullmatch("[a-z][a-z./-]*", value) and value != "null" else []
    return [text, f"'{single}'", *bare]


@given(st.data(), writable_filters, strategies.stored_events())
def test_every_spelling_agrees_with_brute_force(
    data: st.DataObject, filter: Filter, event: Event
) -> None:
    text = data.draw(spellings(filter))
    assert predicate(parse(text))(event) == brute_force.holds(filter, event)


def outcome(text: str) -> tuple[Filter | None, int]:
    """Return the filter, or the column of the error."""
    try:
        return parse(text), 1
    except InvalidFilter as error:
        return None, error.column


marks = st.sampled_from((*"()-:=<>!~*.,\"'\\", "AND", "OR", "NOT", " ", "  "))
words = st.sampled_from(("type", "time", "seq", "data.", "links", "a", "true", "null", "\ud800"))
values = st.sampled_from(("5", "-1.5e3", "2026-11-01T00:00:00Z", '"x"', "'y'", "\\n"))
pieces = marks | words | values | st.text(max_size=2)


@given(st.text() | st.lists(pieces, max_size=15).map("".join))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    filter, column = outcome(text)
    assert 1 <= column <= len(text) + 1
    assert filter is None or both(parse(str(filter))) == both(filter)
