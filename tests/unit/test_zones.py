"""Zones: what the directory says of a segment."""

from __future__ import annotations

import pytest

from polylog.dynamo.queries import TimeRange
from polylog.dynamo.search.directory import Zone

ZONE = Zone(first=1, last=500, number=100, earliest=10, latest=29, size=1, is_open=False)


@pytest.mark.parametrize(
    ("time", "number"),
    [
        (TimeRange(), 100),
        (TimeRange(10, 29), 100),
        (TimeRange(first=20), 50),
        (TimeRange(15, 16), 10),
        (TimeRange(last=9), 0),
        (TimeRange(first=30), 0),
    ],
)
def test_a_range_has_the_same_share_of_the_events_as_of_the_time(
    time: TimeRange, number: float
) -> None:
    assert ZONE.number_within(time) == pytest.approx(number)
