"""Ranges are sets of numbers of arrival, such as those that are settled, young or fenced."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

Range = tuple[int, int]
"""The first and the last of some consecutive numbers."""

_first = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Ranges:
    """A set of whole numbers. Its ranges are sorted, and gaps lie between them.

    >>> numbers = Ranges.of([(1, 3), (7, 9), (4, 5)])
    >>> numbers.ranges
    ((1, 5), (7, 9))
    >>> list(numbers.missing(4, 12))
    [(6, 6), (10, 12)]
    """

    ranges: tuple[Range, ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[Range]) -> Ranges:
        """Return the numbers of these ranges, which may overlap and come in any order."""
        merged: list[Range] = []
        for first, last in sorted(ranges):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = merged[-1][0], max(merged[-1][1], last)
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    @classmethod
    def of_numbers(cls, numbers: Iterable[int]) -> Ranges:
        """Return the set of these numbers."""
        return cls.of((number, number) for number in numbers)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.ranges, number, key=_first)
        return place > 0 and number <= self.ranges[place - 1][1]

    def __or__(self, other: Ranges) -> Ranges:
        return Ranges.of((*self.ranges, *other.ranges))

    def __sub__(self, other: Ranges) -> Ranges:
        return Ranges.of(part for each in self.ranges for part in other.missing(*each))

    def missing(self, first: int, last: int) -> Iterator[Range]:
        """Yield the ranges of numbers from `first` to `last` that the set lacks, in order."""
        place = max(0, bisect_right(self.ranges, first, key=_first) - 1)
        for start, end in self.ranges[place:]:
            if start > last:
                break
            if first < start:
                yield first, start - 1
            first = max(first, end + 1)
        if first <= last:
            yield first, last

    def covers(self, first: int, last: int) -> bool:
        """Return whether all numbers from `first` to `last` are in the set."""
        return next(self.missing(first, last), None) is None

    def touches(self, first: int, last: int) -> bool:
        """Return whether any number from `first` to `last` is in the set."""
        return next(self.missing(first, last), None) != (first, last)

    def reach(self, number: int) -> int:
        """Return the last number that follows this one without a gap, or this one itself."""
        gap = next(self.missing(number + 1, max(number, self.last) + 1))
        return gap[0] - 1

    def number_from(self, first: int) -> int:
        """Return how many numbers of the set are `first` or higher."""
        return sum(end + 1 - max(start, first) for start, end in self.ranges if end >= first)

    @property
    def last(self) -> int:
        """The highest number, 0 if there is none."""
        return self.ranges[-1][1] if self.ranges else 0
