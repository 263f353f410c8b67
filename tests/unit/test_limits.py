"""What one answer may read: items, and requests in some time."""

from __future__ import annotations

import pytest

from polylog.dynamo.limits import Budget, Limits
from polylog.model.errors import ApiError, TimedOut, TooBroad
from polylog.model.times import Clock

SECONDS = 10
ON_A_BAD_DAY = 3 * SECONDS
"""How many requests DynamoDB answers in that time at least."""


@pytest.mark.parametrize(
    ("requests", "error"),
    [(0, TimedOut), (ON_A_BAD_DAY - 1, TimedOut), (ON_A_BAD_DAY, TooBroad)],
)
def test_few_requests_in_the_time_of_an_answer_mean_that_the_database_is_slow(
    requests: int, error: type[ApiError]
) -> None:
    now = [0.0]
    budget = Budget(1, Limits(1, SECONDS).allow(Clock(monotonic=lambda: now[0])), 1)
    for _ in range(requests):
        budget.begin_request()
    now[0] = SECONDS
    with pytest.raises(error) as raised:
        budget.allowed(1)
    assert type(raised.value) is error


def test_readings_of_one_answer_are_counted_together() -> None:
    now = [0.0]
    allowance = Limits(1000, SECONDS).allow(Clock(monotonic=lambda: now[0]))
    for _ in range(ON_A_BAD_DAY):
        assert Budget(1000, allowance, 1).allowed(7) == 7
    now[0] = SECONDS
    with pytest.raises(TooBroad):
        Budget(1000, allowance, 1).allowed(7)
