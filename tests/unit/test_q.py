"""Cloud Foundry's parameter `q` (query.rb)."""

from __future__ import annotations

import pytest

from polylog.dialects.cloudfoundry.q import parse
from polylog.model.errors import InvalidParameter, UnknownField
from polylog.model.filter import EVERYTHING, NOTHING, And, Compare, Filter, Op, Or
from polylog.model.times import SECOND, parse_iso8601

V = parse_iso8601("2026-03-01T10:00:00Z")
DAY = parse_iso8601("2026-03-02T00:00:00Z")


def equals(field: str, value: str) -> Compare:
    return Compare(field, Op.EQ, value)


def since(time: int) -> Compare:
    return Compare("time", Op.GE, time)


def before(time: int) -> Compare:
    return Compare("time", Op.LT, time)


def within(time: int) -> And:
    return And((since(time), before(time + SECOND)))


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("type:audit.app.create", equals("type", "audit.app.create")),
        ("actee:app", equals("target.id", "app")),
        ("space_guid:space", equals("project_id", "space")),
        ("organization_guid:org", equals("organization_id", "org")),
        ("type>x", Compare("type", Op.GT, "x")),
        ("type>=x", Compare("type", Op.GE, "x")),
        ("type<x", Compare("type", Op.LT, "x")),
        ("actee<=x", Compare("target.id", Op.LE, "x")),
        ("type IN a,b", Or((equals("type", "a"), equals("type", "b")))),
        ("type IN a", equals("type", "a")),
    ],
)
def test_a_clause_compares_a_field(q: str, expected: Filter) -> None:
    assert parse(q) == expected


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("type:a:b", equals("type", "a:b")),
        ("type:a>b", equals("type", "a>b")),
        ("type>a:b", Compare("type", Op.GT, "a:b")),
        ("type>>=b", Compare("type", Op.GT, ">=b")),
        ("type:a IN b,c", equals("type", "a IN b,c")),
        ("type IN a:b,c>d", Or((equals("type", "a:b"), equals("type", "c>d")))),
        ("type: a ", equals("type", " a ")),
        ("type:a\nb\n", equals("type", "a\nb\n")),
        ("type:a,b", equals("type", "a,b")),
        ("type IN a, b", Or((equals("type", "a"), equals("type", " b")))),
        ("type IN  a", equals("type", " a")),
    ],
)
def test_the_first_operator_splits_and_the_rest_is_the_value(q: str, expected: Filter) -> None:
    assert parse(q) == expected


@pytest.mark.parametrize(
    ("q", "name"),
    [
        ("actor:x", "actor"),
        ("guid:x", "guid"),
        ("id:1", "id"),
        ("TYPE:x", "TYPE"),
        ("type :x", "type "),
        (" type:x", " type"),
        ("type=x", "type=x"),
        ("type in a", "type in a"),
        ("type In a", "type In a"),
        ("type  IN a", "type "),
        ("type IN", "type IN"),
        ("nonsense", "nonsense"),
        (":x", ""),
        (" IN a", ""),
        (";type:a", ""),
        ("type:a;actor:x", "actor"),
        ("type:a; type:b", " type"),
    ],
)
def test_another_name_is_unknown(q: str, name: str) -> None:
    with pytest.raises(UnknownField) as raised:
        parse(q)
    assert (raised.value.parameter, raised.value.field) == ("q", name)


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("type:a;actee:b", And((equals("type", "a"), equals("target.id", "b")))),
        ("type:a;type:b", And((equals("type", "a"), equals("type", "b")))),
        ("type:a;timestamp:2026-03-01T10:00:00Z", And((equals("type", "a"), *within(V).terms))),
        ("type:a;", equals("type", "a")),
        ("type:a;;b", equals("type", "a;b")),
        ("type:a;;", equals("type", "a;")),
        ("type:a;;;actee:b", And((equals("type", "a;"), equals("target.id", "b")))),
        ("type:;;;;", equals("type", ";;")),
        ("type IN a;;b,c", Or((equals("type", "a;b"), equals("type", "c")))),
        ("", EVERYTHING),
        (";", EVERYTHING),
    ],
)
def test_semicolons_join_and_doubled_ones_are_literal(q: str, expected: Filter) -> None:
    assert parse(q) == expected


@pytest.mark.parametrize("q", ["type", "actee", "space_guid", "organization_guid"])
def test_only_a_name_matches_nothing(q: str) -> None:
    assert parse(q) == NOTHING


def test_only_the_name_timestamp_is_refused() -> None:
    """The server fails on it (query.rb); we answer 400."""
    with pytest.raises(InvalidParameter):
        parse("timestamp")


@pytest.mark.parametrize("q", ["timestamp:", "timestamp IN ", "type IN ", "space_guid IN "])
def test_an_empty_time_or_list_matches_nothing(q: str) -> None:
    assert parse(q) == NOTHING


@pytest.mark.parametrize(
    ("q", "field"), [("type:", "type"), ("space_guid:", "project_id"), ("actee:", "target.id")]
)
def test_an_empty_value_equals_the_empty_string(q: str, field: str) -> None:
    assert parse(q) == equals(field, "")


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("space_guid IN a,", equals("project_id", "a")),
        ("space_guid IN a,,", equals("project_id", "a")),
        ("timestamp IN 2026-03-02,", within(DAY)),
        ("space_guid IN a,,b", Or(tuple(equals("project_id", name) for name in ("a", "", "b")))),
        ("space_guid IN ,a", Or((equals("project_id", ""), equals("project_id", "a")))),
        ("space_guid IN ,", NOTHING),
    ],
)
def test_commas_at_the_end_of_a_list_add_no_value(q: str, expected: Filter) -> None:
    """Ruby's `split` drops empty fields at the end (query.rb)."""
    assert parse(q) == expected


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("timestamp:2026-03-01T10:00:00Z", within(V)),
        ("timestamp>2026-03-01T10:00:00Z", since(V + SECOND)),
        ("timestamp>=2026-03-01T10:00:00Z", since(V)),
        ("timestamp<2026-03-01T10:00:00Z", before(V)),
        ("timestamp<=2026-03-01T10:00:00Z", before(V + SECOND)),
        ("timestamp IN 2026-03-01T10:00:00Z,2026-03-02", Or((within(V), within(DAY)))),
        ("timestamp IN 2026-03-02", within(DAY)),
        ("timestamp>=2026-03-01T15:30:00+05:30", since(V)),
        ("timestamp>2026-03-01 05:00:00-05:00", since(V + SECOND)),
        ("timestamp>=2026-03-01T10:00:00.5Z", since(V + SECOND // 2)),
        ("timestamp:2026-03-01T10:00:00.5Z", within(V + SECOND // 2)),
    ],
)
def test_timestamps_compare_whole_seconds(q: str, expected: Filter) -> None:
    assert parse(q) == expected


@pytest.mark.parametrize(
    ("q", "shown"),
    [
        ("timestamp:asdf", "'asdf'"),
        ("timestamp>2014-01-01T00:00:00 04:00", "'2014-01-01T00:00:00 04:00'"),
        ("timestamp>", "''"),
        ("timestamp<= ", "' '"),
        ("timestamp IN 2026-03-01,asdf", "'asdf'"),
        ("type:a;timestamp>1388534400", "'1388534400'"),
    ],
)
def test_the_refusal_of_a_bad_time_repeats_it(q: str, shown: str) -> None:
    with pytest.raises(InvalidParameter, match="must be an ISO 8601 time") as raised:
        parse(q)
    assert raised.value.parameter == "timestamp"
    assert raised.value.reason.endswith(f"but was {shown}")
