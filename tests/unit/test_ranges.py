"""Sets of numbers that are kept as ranges, compared with Python's own sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from polylog.dynamo.tally.ranges import Ranges

MOST = 40

sets = st.sets(st.integers(1, MOST))
numbers = st.integers(1, MOST + 2)


def numbers_of(ranges: Ranges) -> set[int]:
    return {number for first, last in ranges.ranges for number in range(first, last + 1)}


@given(sets)
def test_they_have_the_numbers_and_gaps_between_them(wanted: set[int]) -> None:
    ranges = Ranges.of_numbers(wanted)
    assert numbers_of(ranges) == wanted
    assert {number for number in range(MOST + 2) if number in ranges} == wanted
    ends = [end for each in ranges.ranges for end in each]
    assert all(after - before > 1 for before, after in zip(ends[1::2], ends[2::2], strict=False))
    assert bool(ranges) == bool(wanted)
    assert ranges.last == max(wanted, default=0)


@given(sets, sets)
def test_they_are_united_and_taken_apart(one: set[int], other: set[int]) -> None:
    first, second = Ranges.of_numbers(one), Ranges.of_numbers(other)
    assert (first | second) == Ranges.of_numbers(one | other)
    assert (first - second) == Ranges.of_numbers(one - other)


@given(sets, numbers, numbers)
def test_they_know_what_is_missing(wanted: set[int], one: int, other: int) -> None:
    first, last = sorted((one, other))
    asked = set(range(first, last + 1))
    ranges = Ranges.of_numbers(wanted)
    missing = Ranges.of(ranges.missing(first, last))
    assert numbers_of(missing) == asked - wanted
    assert ranges.covers(first, last) == (asked <= wanted)
    assert ranges.touches(first, last) == bool(asked & wanted)


@given(sets, numbers)
def test_they_count_the_numbers_from_one_on(wanted: set[int], first: int) -> None:
    assert Ranges.of_numbers(wanted).number_from(first) == sum(number >= first for number in wanted)


@given(sets, numbers)
def test_they_know_how_far_the_numbers_are_consecutive(wanted: set[int], number: int) -> None:
    reach = Ranges.of_numbers(wanted).reach(number)
    assert set(range(number + 1, reach + 1)) <= wanted
    assert reach + 1 not in wanted
    assert reach >= number
