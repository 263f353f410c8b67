"""The goals for the results of `scale`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.cases.questions import FIRST, LAST, MIDDLE
from tools.meter import Cost
from tools.writes import ALONE, BATCHES, SINGLES, Price

Key = tuple[str, int, str]
"""A question, the number of events, and a way of asking: cold, warm, plain (pages only) or naive.
"""

_WAYS: Final = ("cold", "warm")

# Times that are the same differ by this much from run to run.
_AS_FAST: Final = 1.1

_FACETS: Final = 0.25
"""What two facets may add: half of what all four may add."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit that results must not exceed, the worst result, and where that was."""

    name: str
    limit: float
    worst: float
    where: str

    @property
    def is_met(self) -> bool:
        """Whether the worst result is within the limit."""
        return self.worst <= self.limit

    @classmethod
    def of(cls, name: str, limit: float, found: Iterable[tuple[float, str]]) -> Goal:
        """Return the goal with the worst of the results, and where that was."""
        worst, where = max(found)
        return cls(name, limit, round(worst, 3), where)


def goals(
    costs: Mapping[Key, Cost], beside: Mapping[Key, float], prices: Sequence[Price]
) -> list[Goal]:
    """Return the goals; `beside` has the read units besides those of the events themselves."""
    ours = [key for key in costs if key[2] in _WAYS]
    return [
        Goal.of("time: largest log / smallest", 1.5, _growth(costs, lambda cost: cost.ms)),
        Goal.of("requests: largest / smallest", 1.5, _growth(costs, lambda cost: cost.requests)),
        Goal.of("units: largest / smallest", 1.5, _growth(costs, lambda cost: cost.units)),
        Goal.of("last page / first, cold", _AS_FAST, _ratios(costs, LAST, "cold")),
        Goal.of("last page / first, warm", _AS_FAST, _ratios(costs, LAST, "warm")),
        Goal.of("middle page / first, cold", 1.75, _ratios(costs, MIDDLE, "cold")),
        Goal.of("middle page / first, warm", 1.25, _ratios(costs, MIDDLE, "warm")),
        Goal.of("requests", 7, ((costs[key].requests, _place(key)) for key in ours)),
        Goal.of("read units besides the events", 7, ((beside[key], _place(key)) for key in ours)),
        Goal.of("tally, write units an event: batches", 0.4 + _FACETS, _tally(prices, BATCHES)),
        Goal.of("tally, write units an event: singles", 4.6 + _FACETS, _tally(prices, SINGLES)),
    ]


def _growth(
    costs: Mapping[Key, Cost], value: Callable[[Cost], float]
) -> Iterator[tuple[float, str]]:
    smallest = min(number for _, number, _ in costs)
    largest = max(number for _, number, _ in costs)
    for question, number, way in costs:
        if number == largest and way in _WAYS:
            before, after = (costs[question, size, way] for size in (smallest, largest))
            yield value(after) / value(before), f"{question}, {way}"


def _ratios(costs: Mapping[Key, Cost], question: str, way: str) -> Iterator[tuple[float, str]]:
    for number in sorted({number for _, number, _ in costs}):
        first = costs[FIRST, number, way].ms
        yield costs[question, number, way].ms / first, f"{number:,} events"


def _tally(prices: Iterable[Price], traffic: str) -> Iterator[tuple[float, str]]:
    """Return the cost of this traffic, except where events are so rare that each is folded alone.

    Folding alone costs more for each event, but little in all, and after a minute readers find
    nothing young.
    """
    return (
        (price.tally, f"{price.traffic}, {price.size:,} bytes")
        for price in prices
        if price.traffic.startswith(traffic) and not price.traffic.endswith(ALONE)
    )


def _place(key: Key) -> str:
    question, number, way = key
    return f"{question}, {number:,} events, {way}"
