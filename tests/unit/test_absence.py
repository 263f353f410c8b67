"""Why a question finds nothing."""

from __future__ import annotations

import pytest

from polylog_cli.client.absence import reason_for_nothing
from polylog_cli.client.answers import JsonObject
from polylog_cli.client.log import Question

TYPES: list[JsonObject] = [
    {"value": "audit.app.create", "count": 3, "time": "2026-03-01T12:00:00Z"},
    {"value": "audit.app.delete", "count": 1, "time": "2026-03-03T12:00:00.250000Z"},
    {"value": "door.open", "count": 2, "time": "2026-03-02T12:00:00Z"},
]
OTHER: JsonObject = {"value": None, "count": 9, "time": "2026-03-01T12:00:00Z", "is_other": True}
WORD = "a word alone is looked for in the message, and in the ids and names of actor and target"


def reason(text: str, since: str | None = None, until: str | None = None) -> str | None:
    return reason_for_nothing(Question(text, since, until), lambda: TYPES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'type = "audit.app.creat"',
            'no event has the type "audit.app.creat"; did you mean "audit.app.create"?',
        ),
        ("type = nonsense", 'no event has the type "nonsense"'),
        (
            'actor.id = ada AND (severity = info AND type = "door.opened")',
            'no event has the type "door.opened"; did you mean "door.open"?',
        ),
        (
            "type = (door.opn OR x)",
            'no event has the type "door.opn" or "x"; did you mean "door.open"?',
        ),
        ("type = (door.open OR x)", None),
        ("type = door.open", None),
        ("type = x OR actor.id = ada", None),
        ("NOT type = x", None),
        ('type : "x"', None),
        ("open", f'{WORD}; try type : "open"'),
        ("severity = info AND (Open)", f'{WORD}; try type : "Open"'),
        ("timeout", WORD),
        ("NOT open", None),
        ("", None),
        ("type =", None),
    ],
)
def test_it_is_in_the_filter(text: str, expected: str | None) -> None:
    assert reason(text) == expected


@pytest.mark.parametrize("until", ["2026-03-02T00:00:00Z", "2026-03-01T23:59:59.5Z"])
def test_it_is_that_the_times_are_in_the_wrong_order(until: str) -> None:
    since = "2026-03-02T00:00:00Z"
    expected = f"--since {since} is not before --until {until}"
    assert reason("type = x", since, until) == expected


def test_times_in_the_wrong_order_ask_the_service_nothing() -> None:
    question = Question("", "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z")
    assert reason_for_nothing(question, lambda: pytest.fail("asked"))


@pytest.mark.parametrize(
    ("since", "is_told"),
    [
        ("2026-03-03T12:00:00Z", False),
        ("2026-03-03T12:00:00.25Z", False),
        ("2026-03-03T12:00:01Z", True),
    ],
)
def test_it_is_that_all_events_are_older(since: str, is_told: bool) -> None:
    told = f"the newest event is from 2026-03-03T12:00:00.250000Z, and --since is {since}"
    assert (reason("", since) == told) is is_told


def test_it_is_that_the_key_may_read_no_events() -> None:
    told = reason_for_nothing(Question("type = x"), lambda: [])
    assert told == "the log has no events that this key may read"


def test_types_that_are_counted_together_are_not_called_unknown() -> None:
    assert reason_for_nothing(Question("type = x"), lambda: [*TYPES, OTHER]) is None
