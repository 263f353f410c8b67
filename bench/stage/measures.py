"""What a benchmark found: a value, how much it varies, what it is held against."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import median, quantiles
from typing import Any, Final, Self

_SEED: Final = 2014


@dataclass(frozen=True, slots=True)
class Runs:
    """Several runs of one thing: their median, and the noise.

    `spread` is how far the middle half of the runs reaches, as a part of the median.
    """

    median: float
    spread: float
    number: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the middle of at least two values."""
        low, middle, high = quantiles(values, n=4)
        return cls(middle, (high - low) / middle if middle else 0, len(values))


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the results.

    `floor` is what the same would take without us, measured in the same run. `limit` is the goal:
    of the ratio to the floor where there is one, else of the value; the most that it may be, or
    with `at_least` the least. `written` is the same value while events are written all the time.
    `detail` is what else is known of it, for the file of results.
    """

    section: str
    name: str
    value: float
    unit: str
    spread: float = 0
    floor: float | None = None
    limit: float | None = None
    at_least: bool = False
    written: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of the floor."""
        return self.value / self.floor if self.floor else None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is kept; None where there is none."""
        if self.limit is None:
            return None
        held = self.value if self.ratio is None else self.ratio
        return held >= self.limit if self.at_least else held <= self.limit


def interleaved(
    cases: Mapping[str, Callable[[], object]],
    rounds: int,
    discarded: int,
) -> dict[str, Runs]:
    """Return how many milliseconds each case takes.

    All run once a round, in another order each time, so that all meet the same machine; the first
    rounds do not count.
    """
    random, taken = Random(_SEED), {name: list[float]() for name in cases}
    for round in range(discarded + rounds):
        for name in random.sample(list(cases), len(cases)):
            start = time.perf_counter()
            cases[name]()
            if round >= discarded:
                taken[name].append((time.perf_counter() - start) * 1000)
    return {name: Runs.of(values) for name, values in taken.items()}


def noise(measures: Sequence[Measure]) -> float:
    """Return the middle of what the measures vary by: the noise of the machine in this run."""
    return median(measure.spread for measure in measures if measure.spread)
