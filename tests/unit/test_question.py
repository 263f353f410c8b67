"""Questions: which filters a tally can count, in any spelling."""

from __future__ import annotations

import pytest

from polylog.dynamo.queries import TimeRange
from polylog.dynamo.tally.kinds import OTHER
from polylog.dynamo.tally.question import Question
from polylog.language.parser import parse
from polylog.model.filter import simplified
from polylog.model.times import SECOND

START = TimeRange(first=5 * SECOND)


@pytest.mark.parametrize(
    ("text", "time", "types", "origins"),
    [
        ("", TimeRange(), None, None),
        ("time >= 1970-01-01T00:00:05Z", START, None, None),
        ("NOT time < 1970-01-01T00:00:05Z", START, None, None),
        ("NOT (time < 1970-01-01T00:00:05Z OR type != a)", START, {"a"}, None),
        ("(time >= 1970-01-01T00:00:05Z type = a) origin = system", START, {"a"}, {"system"}),
        ("type = a OR (type = b OR type = c)", TimeRange(), {"a", "b", "c"}, None),
        ("NOT (type != a AND type != b)", TimeRange(), {"a", "b"}, None),
        ("type = (a OR b) type = (b OR c)", TimeRange(), {"b"}, None),
    ],
)
def test_a_tally_counts_times_types_and_origins(
    text: str, time: TimeRange, types: set[str] | None, origins: set[str] | None
) -> None:
    question = Question.of(simplified(parse(text)))
    assert question is not None
    assert (question.time, question.types, question.origins) == (time, types, origins)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("type = a.*", {"system:a.b", "custom:a.c"}),
        ("type != a.*", {"system:b", "custom:b"}),
        ("type : A", {"system:a.b", "custom:a.c"}),
        ("type != b", {"system:a.b", "custom:a.c"}),
        ("type >= a.c", {"custom:a.c", "system:b", "custom:b"}),
        ("type = a.* origin = system", {"system:a.b"}),
        ("type = *b type = (a.b OR a.c)", {"system:a.b"}),
        ("type = a.c OR origin = system", {"system:a.b", "custom:a.c", "system:b"}),
        ("(type = b origin = system) OR type = *.c", {"system:b", "custom:a.c"}),
        ("type = x*", set()),
    ],
)
def test_a_tally_is_asked_for_the_kinds_that_pass(text: str, wanted: set[str]) -> None:
    question = Question.of(simplified(parse(text)))
    kinds = ("system:a.b", "custom:a.c", "system:b", "custom:b")
    assert question is not None
    assert {kind for kind in kinds if question.wants(kind)} == wanted


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", True), ("type = a", True), ("type = b", False), ("type = a*", False), ("type:a", False)],
)
def test_a_tally_that_counts_some_kinds_together_answers_for_the_others(
    text: str, expected: bool
) -> None:
    question = Question.of(simplified(parse(text)))
    assert question is not None
    assert question.is_counted_among({"system:a", "custom:a", OTHER}) is expected
    assert question.is_counted_among({"system:a", "custom:a"})


@pytest.mark.parametrize(
    "text",
    [
        "disk",
        "time = (1970-01-01 OR 1970-01-02)",
        "type = a* OR time = 1970-01-01",
        "type = a* OR source = s",
        "project_id = p",
    ],
)
def test_a_tally_does_not_count_anything_else(text: str) -> None:
    assert Question.of(simplified(parse(text))) is None


def test_a_facet_is_found_within_a_nested_conjunction() -> None:
    question = Question.of(simplified(parse("(type = a (project_id = p))")), ["project"])
    assert question is not None
    assert question.facet == "project=p"
