"""The results of a benchmark: values, how much they vary, and what they are compared with."""

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
        """Return the median and the spread of at least two values."""
        low, middle, high = quantiles(values, n=4)
        return cls(middle, (high - low) / middle if middle else 0, len(values))


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the results.

    `floor` is what the same work takes without our code, measured in the same run. `limit` is the
    goal: for the ratio to the floor if there is a floor, and otherwise for the value. It is the
    most that this may be, or with `at_least` the least. `written` is the value while events are
    written all the time. `detail` goes only into the file of results.
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
        """The value divided by the floor."""
        return self.value / self.floor if self.floor else None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None if there is no goal."""
        if self.limit is None:
            return None
        held = self.value if self.ratio is None else self.ratio
        return held >= self.limit if self.at_least else held <= self.limit


def interleaved(
    cases: Mapping[str, Callable[[], object]],
    rounds: int,
    discarded: int,
    following: Mapping[str, str] | None = None,
) -> dict[str, Runs]:
    """Return how many milliseconds each case takes.

    Each runs once a round, in a new order each time, so that none has an advantage. The first
    rounds do not count. `following` names cases that run right after another one, by its name.
    """
    random, taken = Random(_SEED), {name: list[float]() for name in cases}
    after = following or {}
    first = [name for name in cases if name not in after.values()]
    for round in range(discarded + rounds):
        ordered = random.sample(first, len(first))
        for name in (each for one in ordered for each in (one, after.get(one)) if each):
            start = time.perf_counter()
            cases[name]()
            if round >= discarded:
                taken[name].append((time.perf_counter() - start) * 1000)
    return {name: Runs.of(values) for name, values in taken.items()}


def noise(measures: Sequence[Measure]) -> float:
    """Return the median spread of the measures: the noise of the machine in this run."""
    return median(measure.spread for measure in measures if measure.spread)
