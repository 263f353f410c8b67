"""How much is used of each thing that AWS has a price for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from bench.prices import ALL, Price


@dataclass(frozen=True, slots=True)
class Usage:
    """A quantity for each price; a price that is not in it is not used.

    >>> from bench.prices import WRITE_UNITS
    >>> Usage({WRITE_UNITS: 1_000_000}).dollars()
    0.625
    """

    quantities: Mapping[Price, float] = field(default_factory=dict, hash=False)

    @classmethod
    def of_all(cls, usages: Iterable[Usage]) -> Self:
        """Return the sum of several usages."""
        together: dict[Price, float] = defaultdict(float)
        for usage in usages:
            for price, quantity in usage.quantities.items():
                together[price] += quantity
        return cls(dict(together))

    def __add__(self, other: Usage) -> Usage:
        return Usage.of_all((self, other))

    def times(self, number: float) -> Usage:
        """Return this usage a number of times."""
        return Usage({price: number * each for price, each in self.quantities.items()})

    def dollars(self, *prices: Price) -> float:
        """Return what it costs, counting only these prices; without any, all."""
        return sum(self.quantities.get(price, 0) * price for price in prices or ALL)


NOTHING: Final = Usage()
