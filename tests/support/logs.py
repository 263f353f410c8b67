"""Logs of many events, completely folded and sealed. Each is loaded once, for all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from mypy_boto3_dynamodb import DynamoDBClient

from polylog.api.call import Services
from polylog.dynamo.limits import Limits
from polylog.dynamo.store import DynamoEventStore
from polylog.model import times
from polylog.model.event import Event
from polylog.model.times import SECOND, SYSTEM_CLOCK
from support.memory import MemoryKeyStore
from support.stores import TABLES, dynamo_store
from tools.bulk import load
from tools.meter import Cost, Meter
from tools.searches import Census, Search, answer
from tools.sought import sought

FACETS: Final = ("organization", "project")
LARGE: Final = 100_000


def later() -> int:
    """Return a time after everything was loaded: loading moves its own clock on."""
    return times.now() + 86_400 * SECOND


@dataclass(frozen=True)
class Logs:
    """Logs of several sizes in one DynamoDB, folded and sealed, each loaded when it is needed."""

    client: DynamoDBClient
    meter: Meter
    searches: dict[int, dict[str, Search]] = field(default_factory=dict)
    events: dict[int, list[Event]] = field(default_factory=dict)

    def load(self, number: int) -> str:
        """Return the scope that has this many events, and load it if needed."""
        scope = f"log-{number}"
        if number not in self.searches:
            self.events[number] = list(sought(number))
            census = Census(self.events[number])
            load(self.client, TABLES, scope, census, shards=1, facets=FACETS)
            self.searches[number] = {each.name: each for each in census.searches()}
        return scope

    def cost(self, number: int, ask: Callable[[DynamoEventStore, str], object]) -> list[float]:
        """Return requests and read units of an answer, cold, and again when warm."""
        scope = self.load(number)
        store = dynamo_store(self.client, clock=later)
        cold = self.meter.measure(lambda: ask(store, scope))[1]
        warm = self.meter.measure(lambda: ask(store, scope))[1]
        return [cold.requests, cold.units, warm.requests, warm.units]

    def search(self, number: int, name: str, path: str) -> tuple[int | None, Cost]:
        """Return the total that an answer tells, and what the answer costs with nothing cached."""
        (found,) = self.in_turn(number, name, [path])
        return found

    def in_turn(
        self, number: int, name: str, paths: Sequence[str]
    ) -> Iterator[tuple[int | None, Cost]]:
        """Yield the same for several answers of one store. It remembers what was asked before."""
        scope = self.load(number)
        limits = Limits.of_units(20_000, 60)
        store = dynamo_store(self.client, limits=limits, clock=later, facets=FACETS)
        keys, search = MemoryKeyStore(), self.searches[number][name]
        token = keys.create(scope, frozenset({"read"})).token
        services = Services(store, keys, SYSTEM_CLOCK)
        for path in paths:
            found, cost = self.meter.measure(partial(answer, services, token, path))
            yield search.told(dict(found.headers), found.body), cost
