"""What a run publishes, and what it is held against."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.cases.questions import FIRST, LAST, MIDDLE
from bench.cases.report import BEGIN, END, Results, publish
from tools.meter import Cost
from tools.writes import BATCHES, SINGLES, Price


@pytest.fixture
def results() -> Results:
    """Return results where the middle page takes three times as long as the first."""
    costs = {
        (question, number, way): Cost(ms, ms, 2, 7 if way != "plain" else 6)
        for question, ms in ((FIRST, 10), (MIDDLE, 30), (LAST, 10))
        for number in (10, 1000)
        for way in ("cold", "warm", "plain", "naive")
    }
    prices = [Price(SINGLES, 300, 320, 1, 2, 5, 4.6), Price(BATCHES, 300, 320, 95, 2, 5, 0.5)]
    return Results((10, 1000), 1, (), costs, prices)


def test_goals_are_met_up_to_their_limits(results: Results) -> None:
    missed = [goal.name for goal in results.goals() if not goal.is_met]
    assert missed == [
        "middle page / first, cold",
        "middle page / first, warm",
        "tally, write units an event: batches",
    ]


def test_units_are_those_beside_the_events(results: Results) -> None:
    assert results.beside(FIRST, 10, "cold") == 1


def test_publishing_again_replaces_the_tables_and_nothing_else(
    results: Results, tmp_path: Path
) -> None:
    readme, document = tmp_path / "README.md", tmp_path / "scale.json"
    readme.write_text(f"Before.\n{BEGIN}\n{END}\n\nAfter.\n")
    publish(results, document, readme)
    published = readme.read_text()
    publish(results, document, readme)
    assert readme.read_text() == published
    assert published.startswith(f"Before.\n{BEGIN}\n| asked |")
    assert published.endswith(f"|\n{END}\n\nAfter.\n")
    assert len(json.loads(document.read_text())["reading"]) == len(results.costs)


def test_medians_leave_outliers_out() -> None:
    cost = Cost.of([Cost(ms, ms, 2, 1.5) for ms in (3, 1, 100, 2, 4)])
    assert cost == Cost(3, 100, 2, 1.5, runs=5)
