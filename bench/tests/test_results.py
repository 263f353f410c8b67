"""Results of benchmarks are compared with their goals, and published as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.publish import console
from bench.publish.results import BEGIN, END, joined, markdown, publish, read
from bench.stage.measures import Measure, Runs, interleaved, noise
from tools import ROOT
from tools.searches import MIDDLING

PAGE = Measure("pages", "100 events", 6, "ms", 0.1, floor=4, limit=1.5, written=9)
RATE = Measure("rates", "batches", 700, "events/s", 0.3, floor=1000, limit=0.8, at_least=True)
LAYER = Measure("layer", "unzipped", 14.2, "MB", limit=15)


def test_the_goal_of_a_measure_with_a_floor_is_about_the_ratio() -> None:
    assert (PAGE.ratio, PAGE.is_met) == (1.5, True)


def test_a_goal_may_be_the_least() -> None:
    assert (RATE.ratio, RATE.is_met) == (0.7, False)


def test_the_goal_of_a_measure_without_a_floor_is_about_its_value() -> None:
    assert (LAYER.ratio, LAYER.is_met) == (None, True)


def test_what_has_no_goal_neither_meets_nor_misses_it() -> None:
    assert Measure("a", "b", 1, "ms").is_met is None


def test_the_noise_is_how_far_the_middle_half_reaches() -> None:
    assert Runs.of([1, 2, 3, 4, 5]).spread == 1
    assert noise([PAGE, RATE, LAYER]) == pytest.approx(0.2)


def test_cases_run_as_often_as_asked_in_changing_order() -> None:
    seen: list[str] = []
    cases = {name: lambda name=name: seen.append(name) for name in "abcd"}
    runs = interleaved(cases, rounds=6, discarded=2)
    rounds = {"".join(seen[n : n + 4]) for n in range(0, len(seen), 4)}
    assert len(seen) == 32
    assert len(rounds) > 1
    assert {name: each.number for name, each in runs.items()} == dict.fromkeys("abcd", 6)


def test_a_row_says_what_was_measured_and_whether_the_goal_is_met() -> None:
    rows = markdown([PAGE, RATE, LAYER]).splitlines()
    assert "| 100 events | 6.00 ms | 9.00 ms | 4.00 ms | 1.50 | at most 1.5x | met |" in rows
    assert (
        "| batches | 700 events/s |  | 1,000 events/s | 0.70 | at least 0.8x | **not met** |"
        in rows
    )
    assert "| unzipped | 14.2 MB |  |  |  | at most 15 MB | met |" in rows


def test_publishing_again_replaces_the_table_and_nothing_else(tmp_path: Path) -> None:
    page, document = tmp_path / "benchmarks.md", tmp_path / "results.json"
    page.write_text(f"Before.\n{BEGIN}{END}\nAfter.\n")
    publish([PAGE], document, page)
    publish([PAGE, LAYER], document, page)
    assert page.read_text() == f"Before.\n{BEGIN}{markdown([PAGE, LAYER])}{END}\nAfter.\n"
    assert read(document) == [PAGE, LAYER]


def test_the_page_shows_what_was_measured_last() -> None:
    """`make bench` writes both."""
    shown = (
        (ROOT / "docs" / "benchmarks.md").read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    )
    assert shown == markdown(read(ROOT / "bench" / "publish" / "results.json"))


def test_the_guide_shows_what_the_console_took_last() -> None:
    """`make bench-console` writes both."""
    page = console.GUIDE.read_text("utf-8")
    shown = page.partition(console.BEGIN)[2].partition(console.END)[0]
    assert shown == markdown(read(console.RESULTS))


def test_the_scale_is_joined_by_its_largest_log_and_its_goals() -> None:
    def asked(question: str, events: int, way: str, ms: float) -> dict[str, object]:
        return {"question": question, "events": events, "way": way, "ms": ms}

    reading = [
        asked(question, events, way, ms)
        for question, ways in {
            "page": {"cold": 9, "warm": 8, "plain": 6},
            "total": {"cold": 2, "warm": 2},
        }.items()
        for events in (10, 1000)
        for way, ms in ways.items()
    ]
    goals = [{"name": "requests", "limit": 7, "worst": 6, "where": "page"}]
    page, total, requests = joined({"reading": reading, "goals": goals})
    assert (page.name, page.value, page.floor) == ("page", 9, 6)
    assert (total.name, total.floor) == ("total", None)
    assert (requests.name, requests.value, requests.is_met) == ("requests", 6, True)


def test_searches_are_joined_by_their_slowest_page_and_their_most_units() -> None:
    def page(events: int, ms: float, units: float, *, is_answered: bool = True) -> object:
        search = {"search": MIDDLING, "events": events, "is_answered": is_answered}
        return search | {"ms": ms, "written_ms": ms + 1, "cold": {"units": units}}

    large = [page(1_000_000, 900, 80, is_answered=False)]
    searching = [page(10, 9, 8), page(100_000, 140, 870), page(100_000, 160, 880), *large]
    reading = [{"question": "total", "events": 10, "way": way, "ms": 2} for way in ("cold", "warm")]
    scale = {"reading": reading, "goals": [], "searching": searching}
    _, ms, units = joined(scale)
    assert (ms.name, ms.value, ms.written) == (f"{MIDDLING}, 100,000 events", 160, 161)
    assert (units.value, ms.is_met, units.is_met) == (880, False, True)
