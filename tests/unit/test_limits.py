"""What one answer may read: a number of items, in some time."""

from __future__ import annotations

import pytest

from polylog.dynamo.limits import Budget, Limits
from polylog.model.errors import ApiError, TimedOut, TooBroad
from tools.clocks import StoppedClock

SECONDS = 10
ITEMS = 1000


@pytest.mark.parametrize(
    ("items", "error"), [(0, TimedOut), (ITEMS // 2 - 1, TimedOut), (ITEMS // 2, TooBroad)]
)
@pytest.mark.parametrize("by_key", [False, True])
def test_few_items_in_the_time_of_an_answer_mean_that_the_database_is_slow(
    items: int, error: type[ApiError], by_key: bool
) -> None:
    time = StoppedClock(0)
    budget = Budget(ITEMS, Limits(ITEMS, SECONDS).allow(time.clock), 1)
    if by_key:
        budget.allow_keys(items)
    else:
        budget.spend(items)
    time.sleep(SECONDS)
    with pytest.raises(error) as raised:
        budget.allowed(1)
    assert type(raised.value) is error


def test_the_reads_of_one_answer_are_counted_together() -> None:
    time = StoppedClock(0)
    allowance = Limits(ITEMS, SECONDS).allow(time.clock)
    for _ in range(ITEMS // 100):
        budget = Budget(ITEMS, allowance, 1)
        assert budget.allowed(50) == 50
        budget.spend(50)
    time.sleep(SECONDS)
    with pytest.raises(TooBroad):
        Budget(ITEMS, allowance, 1).allowed(7)
