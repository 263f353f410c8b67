"""Questions: which filters a tally can count, however they are written."""

from __future__ import annotations

import pytest

from polylog.dynamo.queries import TimeRange
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
    "text",
    [
        "disk",
        "type != a",
        "NOT type = a",
        "time = (1970-01-01 OR 1970-01-02)",
        "(type = a origin = system) OR type = b",
        "type = a OR origin = system",
        "project_id = p",
    ],
)
def test_a_tally_does_not_count_anything_else(text: str) -> None:
    assert Question.of(simplified(parse(text))) is None


def test_a_facet_is_found_within_a_nested_conjunction() -> None:
    question = Question.of(simplified(parse("(type = a (project_id = p))")), ["project"])
    assert question is not None
    assert question.facet == "project=p"
