"""Which numbers are old enough."""

from __future__ import annotations

from itertools import pairwise

from polylog.dynamo.tally.watermark import FINAL, Watermark
from polylog.model.times import SECOND


def test_nothing_is_final_at_first() -> None:
    assert Watermark().final(10 * FINAL) == 0


def test_a_number_is_final_a_minute_after_it_had_been_taken() -> None:
    mark = Watermark().risen(7, now=FINAL)
    assert [mark.final(2 * FINAL - 1), mark.final(2 * FINAL)] == [0, 7]


def test_a_lower_number_does_not_lower_the_mark() -> None:
    mark = Watermark().risen(7, now=FINAL).risen(5, now=FINAL + 1)
    assert mark.final(3 * FINAL) == 7


def test_it_follows_a_log_that_never_rests() -> None:
    mark, finals = Watermark(), []
    for second in range(600):
        mark = mark.risen(second, now=second * SECOND)
        assert len(mark.marks) <= 3
        finals.append(mark.final(second * SECOND))
    assert all(before <= after for before, after in pairwise(finals))
    assert all(60 <= n - final <= 121 for n, final in enumerate(finals) if n > 121)
