"""Which intervals a histogram shows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polylog_cli.client.answers import Bar
from polylog_cli.client.intervals import Interval, weeks
from polylog_cli.output.bars import rows


def bars(*starts: str) -> list[Bar]:
    return [
        Bar(start=datetime.fromisoformat(start).replace(tzinfo=UTC), count=1) for start in starts
    ]


def shown(interval: Interval, most: int, *starts: str) -> list[tuple[str, int | None]]:
    found = rows(bars(*starts), interval, most)
    return [(start.strftime("%Y-%m-%d %H:%M"), count) for start, count in found]


@pytest.mark.parametrize(
    ("interval", "first", "between", "last"),
    [
        (Interval.MINUTE, "2026-12-31T23:59", "2027-01-01 00:00", "2027-01-01T00:01"),
        (Interval.HOUR, "2026-12-31T23:00", "2027-01-01 00:00", "2027-01-01T01:00"),
        (Interval.DAY, "2028-02-28T00:00", "2028-02-29 00:00", "2028-03-01T00:00"),
        (Interval.WEEK, "2026-12-21T00:00", "2026-12-28 00:00", "2027-01-04T00:00"),
        (Interval.MONTH, "2026-01-01T00:00", "2026-02-01 00:00", "2026-03-01T00:00"),
    ],
)
def test_empty_intervals_are_shown(interval: Interval, first: str, between: str, last: str) -> None:
    first_shown, last_shown = first.replace("T", " "), last.replace("T", " ")
    assert shown(interval, 3, first, last) == [(first_shown, 1), (between, 0), (last_shown, 1)]


def test_too_many_intervals_are_left_out() -> None:
    found = shown(Interval.DAY, 3, "2026-03-01", "2026-03-02", "2026-03-05")
    assert found == [
        ("2026-03-01 00:00", 1),
        ("2026-03-02 00:00", 1),
        ("2026-03-03 00:00", None),
        ("2026-03-05 00:00", 1),
    ]


def test_a_single_empty_interval_is_shown_even_then() -> None:
    found = shown(Interval.DAY, 3, "2026-03-01", "2026-03-03", "2026-03-06")
    assert found == [
        ("2026-03-01 00:00", 1),
        ("2026-03-02 00:00", 0),
        ("2026-03-03 00:00", 1),
        ("2026-03-04 00:00", None),
        ("2026-03-06 00:00", 1),
    ]
    months = shown(Interval.MONTH, 2, "2026-11-01", "2027-01-01", "2027-04-01")
    assert [count for _, count in months] == [1, 0, 1, None, 1]


def test_centuries_of_minutes_are_not_counted_out() -> None:
    found = shown(Interval.MINUTE, 50, "0001-01-01", "9999-12-31T23:59")
    assert [count for _, count in found] == [1, None, 1]


def test_nothing_is_drawn_for_no_events() -> None:
    assert shown(Interval.DAY, 3) == []


def test_the_end_of_time_is_drawn() -> None:
    assert shown(Interval.MONTH, 3, "9999-11-01", "9999-12-01")[-1] == ("9999-12-01 00:00", 1)


def test_weeks_go_from_monday_to_sunday() -> None:
    days = bars("2026-03-01", "2026-03-02", "2026-03-05", "2026-03-08", "2026-03-09")
    assert [(f"{week.start:%a %d %b}", week.count) for week in weeks(days)] == [
        ("Mon 23 Feb", 1),
        ("Mon 02 Mar", 3),
        ("Mon 09 Mar", 1),
    ]


def test_the_first_and_the_last_week_of_all_years_are_drawn() -> None:
    assert [f"{week.start:%d.%m}" for week in weeks(bars("0001-01-01", "9999-12-31"))] == [
        "01.01",
        "27.12",
    ]


@given(st.lists(st.dates(), unique=True).map(sorted))
def test_weeks_have_all_events_of_their_days(days: list[date]) -> None:
    found = weeks(bars(*map(str, days)))
    starts = [week.start for week in found]
    assert sum(week.count for week in found) == len(days)
    assert starts == sorted(set(starts))
    assert {start.weekday() for start in starts} <= {0}
