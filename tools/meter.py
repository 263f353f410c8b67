"""Measures what an answer cost: time, requests and read units, as a DynamoDB client sees them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

READING: Final = ("BatchGetItem", "GetItem", "Query", "Scan")
"""Operations that consume read units."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one answer cost, or the medians of several; `p95_ms` is their 95th percentile."""

    ms: float = 0
    p95_ms: float = 0
    requests: float = 0
    units: float = 0
    runs: int = 1

    @classmethod
    def of(cls, runs: Sequence[Cost]) -> Self:
        """Return the medians of several runs."""
        times = sorted(run.ms for run in runs)
        return cls(
            round(median(times), 3),
            round(times[ceil(0.95 * len(times)) - 1], 3),
            median(run.requests for run in runs),
            median(run.units for run in runs),
            len(runs),
        )

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            round(self.ms + other.ms, 3),
            round(self.p95_ms + other.p95_ms, 3),
            self.requests + other.requests,
            self.units + other.units,
            min(self.runs, other.runs),
        )


class Meter:
    """Counts the requests of clients, and the units that DynamoDB says they consumed.

    It counts only `operations`, such as `READING`; without any, all operations.
    """

    def __init__(self, *clients: DynamoDBClient, operations: Sequence[str] = ()) -> None:
        self._requests = 0
        self._units = 0.0
        names = [f"after-call.dynamodb.{name}" for name in operations] or ["after-call.dynamodb"]
        for client in clients:
            client.meta.events.register("provide-client-params.dynamodb", _ask_for_capacity)
            for name in names:
                client.meta.events.register(name, self._after_call)

    def measure(self, ask: Callable[[], T]) -> tuple[T, Cost]:
        """Return an answer and its cost."""
        requests, units, start = self._requests, self._units, time.perf_counter()
        answer = ask()
        ms = (time.perf_counter() - start) * 1000
        return answer, Cost(ms, ms, self._requests - requests, self._units - units)

    def _after_call(self, parsed: Any, **_: object) -> None:
        self._requests += 1
        consumed = parsed.get("ConsumedCapacity", [])
        tables = consumed if isinstance(consumed, list) else [consumed]
        self._units += sum(table["CapacityUnits"] for table in tables)


def _ask_for_capacity(params: Any, model: Any, **_: object) -> Any:
    if "ReturnConsumedCapacity" in model.input_shape.members:
        return params | {"ReturnConsumedCapacity": "TOTAL"}
    return params
