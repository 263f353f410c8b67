"""Times as people type them: given, named or ago; in UTC, or in the machine's zone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from polylog.model import times
from polylog_cli.commands.moments import bounds, parse_time

SUNDAY = times.parse_iso8601("2026-03-01T15:00:00Z")


@pytest.fixture
def live_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Yield a function that sets the zone of this machine."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-01", "2026-11-01T00:00:00Z"),
        ("2026-11-01T01:00:00.5+01:00", "2026-11-01T00:00:00.500000Z"),
        ("2026-11-01t01:00:00.5z", "2026-11-01T01:00:00.500000Z"),
        ("90s", "2026-03-01T14:58:30Z"),
        ("45m", "2026-03-01T14:15:00Z"),
        ("12h", "2026-03-01T03:00:00Z"),
        ("30d", "2026-01-30T15:00:00Z"),
        ("2w", "2026-02-15T15:00:00Z"),
        ("today", "2026-03-01T00:00:00Z"),
        ("yesterday", "2026-02-28T00:00:00Z"),
        ("monday", "2026-02-23T00:00:00Z"),
        ("saturday", "2026-02-28T00:00:00Z"),
        ("sunday", "2026-03-01T00:00:00Z"),
        ("Sunday", "2026-03-01T00:00:00Z"),
    ],
)
def test_times_are_given_named_or_ago(text: str, time: str) -> None:
    assert parse_time(text, SUNDAY) == time


@pytest.mark.parametrize(
    ("zone", "now", "text", "time"),
    [
        ("Europe/Berlin", "2026-02-28T23:30:00Z", "today", "2026-02-28T23:00:00Z"),
        ("Europe/Berlin", "2026-02-28T22:30:00Z", "today", "2026-02-27T23:00:00Z"),
        ("Europe/Berlin", "2026-02-28T23:30:00Z", "sunday", "2026-02-28T23:00:00Z"),
        ("America/New_York", "2026-03-01T03:00:00Z", "saturday", "2026-02-28T05:00:00Z"),
        ("Asia/Kathmandu", "2026-03-01T12:00:00Z", "yesterday", "2026-02-27T18:15:00Z"),
        # Clocks go forward on 29 March, and back on 25 October.
        ("Europe/Berlin", "2026-03-29T12:00:00Z", "today", "2026-03-28T23:00:00Z"),
        ("Europe/Berlin", "2026-03-30T12:00:00Z", "today", "2026-03-29T22:00:00Z"),
        ("Europe/Berlin", "2026-03-30T12:00:00Z", "yesterday", "2026-03-28T23:00:00Z"),
        ("Europe/Berlin", "2026-10-26T12:00:00Z", "today", "2026-10-25T23:00:00Z"),
        ("Europe/Berlin", "2026-10-26T12:00:00Z", "yesterday", "2026-10-24T22:00:00Z"),
        # There was no midnight on 4 November 2018, and there were two on 1 November 2020.
        ("America/Sao_Paulo", "2018-11-04T12:00:00Z", "today", "2018-11-04T03:00:00Z"),
        ("America/Havana", "2020-11-01T12:00:00Z", "today", "2020-11-01T04:00:00Z"),
        ("Europe/Berlin", "2026-03-01T12:00:00Z", "2026-07-01", "2026-06-30T22:00:00Z"),
        ("Europe/Berlin", "2026-03-01T12:00:00Z", "20260701T120000", "2026-07-01T10:00:00Z"),
        ("Europe/Berlin", "2026-03-01T12:00:00Z", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        ("Europe/Berlin", "2026-03-01T12:00:00Z", "2026-07-01T12:00Z", "2026-07-01T12:00:00Z"),
        ("Europe/Berlin", "2026-03-01T12:00:00Z", "2026-07-01T12:00-01", "2026-07-01T13:00:00Z"),
        ("Europe/Berlin", "2026-03-29T01:30:00Z", "2h", "2026-03-28T23:30:00Z"),
    ],
)
def test_they_are_in_the_machines_zone_on_request(
    live_in: Callable[[str], None], zone: str, now: str, text: str, time: str
) -> None:
    live_in(zone)
    assert parse_time(text, times.parse_iso8601(now), local=True) == time


def test_the_zone_of_the_machine_does_not_matter_otherwise(live_in: Callable[[str], None]) -> None:
    live_in("Asia/Kathmandu")
    given = ["today", "2026-03-01T12:00"]
    assert [parse_time(text, SUNDAY) for text in given] == [
        "2026-03-01T00:00:00Z",
        "2026-03-01T12:00:00Z",
    ]


@given(st.integers(min_value=0, max_value=times.LATEST // 2))
def test_a_weekday_is_one_of_the_last_seven_days(now: int) -> None:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    days = sorted(times.parse_iso8601(parse_time(name, now)) for name in names)
    day = 86_400 * times.SECOND
    assert days == [now - now % day - back * day for back in range(6, -1, -1)]


@pytest.mark.parametrize(
    "text",
    ["", "1", "0d", "-1d", "1y", "2026-02-30", "999999999w", "\u0661d", "tomorrow", "mon", "noon"],
)
@pytest.mark.parametrize("local", [False, True])
def test_a_text_that_is_not_a_time_is_refused(text: str, local: bool) -> None:
    with pytest.raises(typer.BadParameter):
        parse_time(text, local=local)


@pytest.mark.parametrize(
    ("zone", "text"),
    [("Asia/Tokyo", "0001-01-01"), ("America/New_York", "9999-12-31T23:59:59")],
)
def test_a_time_outside_all_years_in_utc_is_refused(
    live_in: Callable[[str], None], zone: str, text: str
) -> None:
    live_in(zone)
    with pytest.raises(typer.BadParameter):
        parse_time(text, local=True)


@pytest.mark.parametrize(("since", "until", "option"), [("x", None, "since"), (None, "x", "until")])
def test_an_error_names_the_option(since: str | None, until: str | None, option: str) -> None:
    with pytest.raises(typer.BadParameter) as raised:
        bounds(since, until, local=False)
    assert raised.value.param_hint == f"--{option}"
