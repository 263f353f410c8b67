"""What a run publishes, and how it is compared with the goals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.cases.aims import Pages
from bench.cases.questions import FIRST, LAST, MIDDLE
from bench.cases.report import (
    BEGIN,
    END,
    SEARCHES_BEGIN,
    SEARCHES_END,
    Results,
    publish,
    searches_markdown,
)
from bench.cases.searching import Taken
from tools.meter import Cost
from tools.searches import MIDDLING, RARE, TOKEN
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
    prices = [Price(SINGLES, 300, 320, 1, 2, 5, 4.85), Price(BATCHES, 300, 320, 95, 2, 5, 0.7)]
    return Results((10, 1000), 1, (), costs, prices, [taken(), taken(page="last", ms=61)])


def taken(search: str = RARE, page: str = "first", **values: Any) -> Taken:
    """Return the cost of a page that just meets its aim."""
    kept = Taken(
        *(search, 100_000, 20, page, True),
        ms=60,
        again_ms=6,
        written_ms=66,
        written_again_ms=7,
        plain_ms=6,
        written_plain_ms=11,
        cold=Cost(requests=9, units=90),
        warm=Cost(requests=5, units=80),
    )
    return replace(kept, **values)


def test_goals_are_met_up_to_their_limits(results: Results) -> None:
    missed = [goal.name for goal in results.goals() if not goal.is_met]
    assert missed == [
        "middle page / first, cold",
        "middle page / first, warm",
        "tally, write units an event: batches",
    ]


def test_units_are_those_beside_the_events(results: Results) -> None:
    assert results.beside(FIRST, 10, "cold") == 1


@pytest.mark.parametrize(
    ("pages", "verdict"),
    [
        ([taken(), taken()], "met"),
        ([taken(), taken(ms=61)], "**not met**"),
        ([taken(), taken(written_ms=67)], "**at rest**"),
        ([taken(MIDDLING, cold=Cost(units=901))], "**not met**"),
        ([taken(), taken(is_answered=False)], "**refused**"),
        ([taken(TOKEN)], ""),
        ([taken(events=10)], ""),
    ],
)
def test_a_search_is_as_good_as_its_worst_page(pages: list[Taken], verdict: str) -> None:
    assert Pages(pages).verdict == verdict


def test_a_search_has_one_row_for_all_of_its_pages(results: Results) -> None:
    (row,) = searches_markdown(results).splitlines()[2:]
    assert row == (
        f"| {RARE} | 100,000 | 20 | 60, 61 | 6, 6 | 66, 66 | 7, 7 | 10.2, 6.0 | 9, 5 | 90, 80 "
        "| 60 ms | **not met** |"
    )


def test_publishing_again_replaces_the_tables_and_nothing_else(
    results: Results, tmp_path: Path
) -> None:
    readme, document = tmp_path / "README.md", tmp_path / "scale.json"
    searches = f"{SEARCHES_BEGIN}\n{SEARCHES_END}\n"
    readme.write_text(f"Before.\n{BEGIN}\n{END}\n{searches}\nAfter.\n")
    publish(results, document, readme)
    published = readme.read_text()
    publish(results, document, readme)
    assert readme.read_text() == published
    assert published.startswith(f"Before.\n{BEGIN}\n| asked |")
    assert published.endswith(f"|\n{SEARCHES_END}\n\nAfter.\n")
    assert searches_markdown(results) in published
    assert len(json.loads(document.read_text())["reading"]) == len(results.costs)


def test_medians_leave_outliers_out() -> None:
    cost = Cost.of([Cost(ms, ms, 2, 1.5) for ms in (3, 1, 100, 2, 4)])
    assert cost == Cost(3, 100, 2, 1.5, runs=5)
