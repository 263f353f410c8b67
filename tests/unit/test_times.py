"""Wire times: what `parse_iso8601` accepts, what it refuses, and how times are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polylog.model.errors import InvalidParameter
from polylog.model.times import (
    EARLIEST,
    LATEST,
    SECOND,
    format_rfc3339,
    format_seconds,
    parse_iso8601,
    parse_time,
    read_time,
)

times = st.integers(EARLIEST, LATEST)


def at(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, us: int = 0
) -> int:
    """Return the microseconds of a UTC calendar time, computed by the standard library."""
    moment = datetime(year, month, day, hour, minute, second, us, UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-01-01T00:00:00Z", at(2014, 1, 1)),
        ("20140101T000000Z", at(2014, 1, 1)),
        ("2014-01-01t00:00:00z", at(2014, 1, 1)),
        ("2014-01-01t00:00:00.25Z", at(2014, 1, 1, 0, 0, 0, 250_000)),
        ("2014-01-01T00:00:00z", at(2014, 1, 1)),
        ("2014-01-01 00:00:00z", at(2014, 1, 1)),
        ("2014-01-01t00:00:00-04:00", at(2014, 1, 1, 4)),
        ("2014-01-01 00:00:00 UTC", at(2014, 1, 1)),
        ("2014-01-01 00:00:00 GMT", at(2014, 1, 1)),
        ("2014-01-01 00:00:00-04:00", at(2014, 1, 1, 4)),
        ("2014-01-01 00:00:00-0400", at(2014, 1, 1, 4)),
        ("2014-01-01 00:00:00 -0400", at(2014, 1, 1, 4)),
        ("2014-01-01 00:00:00-04", at(2014, 1, 1, 4)),
        ("2014-01-01T00:00:00+05:30", at(2013, 12, 31, 18, 30)),
        ("2014-01-01T00:00:00-00:30", at(2014, 1, 1, 0, 30)),
        ("2014-01-01T00:00:00-23:59", at(2014, 1, 1, 23, 59)),
        ("2014-01-01T00:00-04:00", at(2014, 1, 1, 4)),
        ("2014-01-01T00:00:00", at(2014, 1, 1)),
        ("2014-01-01 00:00", at(2014, 1, 1)),
        ("2014-01-01 13:45", at(2014, 1, 1, 13, 45)),
        ("20140101T1345", at(2014, 1, 1, 13, 45)),
        ("2014-01-01", at(2014, 1, 1)),
        ("20140101", at(2014, 1, 1)),
        ("2014-01-01T00:00:00.123Z", at(2014, 1, 1, 0, 0, 0, 123_000)),
        ("2014-01-01T00:00:00,5Z", at(2014, 1, 1, 0, 0, 0, 500_000)),
        ("2014-01-01T00:00:00.000001", at(2014, 1, 1, 0, 0, 0, 1)),
        ("2014-01-01T00:00:00.1234569Z", at(2014, 1, 1, 0, 0, 0, 123_456)),
        ("2014-01-01T24:00:00Z", at(2014, 1, 2)),
        ("2016-12-31T23:59:60Z", at(2017, 1, 1)),
        ("2016-02-29", at(2016, 2, 29)),
        ("1969-12-31T23:59:59Z", -SECOND),
        ("0001-01-01T00:00:00Z", EARLIEST),
        ("9999-12-31T23:59:59.999999Z", LATEST),
    ],
)
def test_iso_8601_is_read_exactly(text: str, expected: int) -> None:
    assert parse_iso8601(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "asdf",
        "2014",
        "2014-01",
        "2014-13-01",
        "20141301",
        "2014-00-01",
        "2014-01-01T25:00:00Z",
        "2014-01-01T24:00:01Z",
        "2014-01-01T24:00:00.5Z",
        "2014-01-01T24:01:00Z",
        "2014-01-01T00:60:00Z",
        "2014-01-01T00:00:61Z",
        "1388534400",
        "1388534400000",
        "",
        " ",
        "2014-01-01T",
        "2014-01-01T00:00:00.Z",
        "2014-01-01T00:00:00-4",
        "2014-01-01T00:00:00-04:60",
        " 2014-01-01",
        "2014-01-01 ",
        "2014-01-01\n",
        "2014-01-01; DROP TABLE events",
    ],
)
def test_times_that_ruby_refuses_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_iso8601(text)


@pytest.mark.parametrize(
    "text",
    [
        "Wed, 01 Jan 2014 00:00:00 GMT",
        "Jan 1 2014",
        "2014-01-01 00:00:00 EST",
        "2014-01-01 00:00:00 PST",
        "2014-02-30",
        "2014-1-1",
        "2014/01/01",
        "２０１４-01-01",  # noqa: RUF001 - full-width digits are the point
    ],
)
def test_other_date_forms_of_ruby_are_refused(text: str) -> None:
    """Ours: only ISO 8601."""
    with pytest.raises(ValueError, match=r".+"):
        parse_iso8601(text)


def test_an_offset_whose_plus_became_a_blank_is_refused() -> None:
    """Ours: a wrong window is worse than an error."""
    with pytest.raises(ValueError, match="04:00"):
        parse_iso8601("2014-01-01T00:00:00 04:00")


def test_a_time_without_a_zone_is_utc() -> None:
    assert parse_iso8601("2014-07-01 12:00:00") == parse_iso8601("2014-07-01T12:00:00Z")


@pytest.mark.parametrize("zone", ["+24:00", "-99:59"])
def test_an_offset_of_a_day_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 8601 time"):
        parse_iso8601(f"2014-01-01T00:00:00{zone}")


@pytest.mark.parametrize(
    "text",
    [
        "0000-12-31",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T24:00:00Z",
        "9999-12-31T23:59:60Z",
        "10000-01-01",
    ],
)
def test_a_time_outside_the_years_1_to_9999_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_iso8601(text)


@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),
    st.integers(-14 * 60, 14 * 60),
)
def test_an_offset_moves_the_clock_and_not_the_time(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert parse_iso8601(elsewhere.isoformat()) == parse_iso8601(moment.isoformat())


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (999_999, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (EARLIEST, "0001-01-01T00:00:00Z"),
        (LATEST, "9999-12-31T23:59:59Z"),
    ],
)
def test_seconds_are_cut_and_not_rounded(time: int, expected: str) -> None:
    assert format_seconds(time) == expected


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (500_000, "1970-01-01T00:00:00.500000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (EARLIEST, "0001-01-01T00:00:00Z"),
        (LATEST, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_rfc_3339_has_six_digits_where_there_is_a_fraction(time: int, expected: str) -> None:
    assert format_rfc3339(time) == expected


@given(times)
def test_rfc_3339_keeps_every_microsecond(time: int) -> None:
    assert parse_iso8601(format_rfc3339(time)) == time


@given(times)
def test_lower_case_means_the_same(time: int) -> None:
    """RFC 3339, section 5.6: a reader accepts `t` and `z` as well."""
    assert parse_iso8601(format_rfc3339(time).lower()) == time


@given(times)
def test_whole_seconds_read_back_without_their_fraction(time: int) -> None:
    assert parse_iso8601(format_seconds(time)) == time // SECOND * SECOND


@given(times, times)
def test_formatted_times_sort_like_the_times(one: int, other: int) -> None:
    assert (format_seconds(one) < format_seconds(other)) == (one // SECOND < other // SECOND)


@pytest.mark.parametrize("value", ["noon", "2026-02-30", "", 5, None])
def test_a_bad_time_is_refused_in_a_sentence_with_an_example(value: object) -> None:
    with pytest.raises(
        ValueError, match=r"^must be a time like 2026-03-01T12:00:00\.25Z"
    ) as raised:
        parse_time(value)
    assert str(raised.value).endswith(f"but was '{value}'")


def test_a_bad_time_is_refused_under_the_name_of_its_parameter() -> None:
    with pytest.raises(InvalidParameter, match=r"^start must be a day but was 'noon'") as raised:
        read_time("noon", "start", "a day")
    assert raised.value.parameter == "start"
