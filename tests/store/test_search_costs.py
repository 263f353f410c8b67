"""What searches cost: requests and read units of words, names and data, with their exact totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.memory import MemoryKeyStore
from support.stores import TABLES, dynamo_store

from polylog.api.call import Services
from polylog.dynamo.limits import Limits
from polylog.model import times
from polylog.model.times import SECOND, SYSTEM_CLOCK
from polylog_cli.local.tables import connect
from tools.bulk import load
from tools.meter import Cost, Meter
from tools.searches import (
    ABSENT,
    APPLICATION,
    CUSTOMER,
    FREQUENT,
    MIDDLING,
    PROJECT,
    RARE,
    REQUEST,
    TOKEN,
    USER,
    Census,
    Search,
    answer,
)
from tools.sought import NAME, WORD, sought

pytestmark = pytest.mark.engine


def later() -> int:
    """Return a time after everything was loaded: loading moves its own clock on."""
    return times.now() + 86_400 * SECOND


@dataclass(frozen=True)
class Log:
    """A log that is wholly folded and sealed, and what can be found in it."""

    client: DynamoDBClient
    meter: Meter
    scope: str
    searches: dict[str, Search]

    def ask(self, name: str, path: str) -> tuple[int | None, Cost]:
        """Return the total that is told, and what that costs while nothing is remembered."""
        limits = Limits.of_units(20_000, 60)
        store = dynamo_store(self.client, limits=limits, clock=later, facets=FACETS)
        keys, search = MemoryKeyStore(), self.searches[name]
        token = keys.create(self.scope, frozenset({"read"})).token
        services = Services(store, keys, SYSTEM_CLOCK)
        found, cost = self.meter.measure(lambda: answer(services, token, path))
        return search.told(dict(found.headers), found.body), cost


@pytest.fixture(scope="module")
def log(request: pytest.FixtureRequest, engine: DynamoDBClient) -> Log:
    client, census = connect(engine.meta.endpoint_url), Census(sought(request.param))
    scope = f"searched-{request.param}"
    load(client, TABLES, scope, census, shards=1, facets=FACETS)
    return Log(client, Meter(client), scope, {each.name: each for each in census.searches()})


FACETS = ("organization", "project")
SMALL = 1_000
LARGE = 100_000

# The most requests and read units, those of the events on the page included.
COSTS = [
    (SMALL, FREQUENT, 5, 20),
    (SMALL, MIDDLING, 5, 15),
    (SMALL, RARE, 5, 8),
    (SMALL, ABSENT, 3, 4),
    (SMALL, USER, 4, 8),
    (SMALL, CUSTOMER, 4, 18),
    (SMALL, PROJECT, 4, 8),
    (SMALL, APPLICATION, 5, 32),
    (SMALL, TOKEN, 8, 210),
    (SMALL, REQUEST, 8, 210),
    (LARGE, FREQUENT, 9, 930),
    (LARGE, MIDDLING, 9, 930),
    (LARGE, RARE, 6, 160),
    (LARGE, ABSENT, 4, 70),
    (LARGE, USER, 7, 400),
    (LARGE, CUSTOMER, 15, 150),
    (LARGE, PROJECT, 8, 150),
    (LARGE, APPLICATION, 6, 250),
]


def marked(*case: Any) -> Any:
    """Return a case; the large log is for a long run."""
    return pytest.param(*case, marks=pytest.mark.long if case[0] == LARGE else ())


@pytest.mark.parametrize("page", ["first", "middle", "last"])
@pytest.mark.parametrize(
    ("log", "name", "requests", "units"),
    [marked(*case) for case in COSTS],
    indirect=["log"],
    scope="module",
)
def test_any_page_of_a_search_costs_little_with_its_exact_total(
    log: Log, name: str, page: str, requests: int, units: int
) -> None:
    search = log.searches[name]
    numbers = {"first": 1, "middle": (search.pages + 1) // 2, "last": search.pages}
    total, cost = log.ask(name, search.path(numbers[page]))
    assert total == search.total
    assert cost.requests <= requests
    assert cost.units <= units


@pytest.mark.parametrize("log", [SMALL], indirect=True, scope="module")
@pytest.mark.parametrize(
    ("name", "path"),
    [
        (APPLICATION, f"/v1/events?filter={NAME}&total_size=true"),
        (MIDDLING, f"/api/events/?message={WORD}&page=last"),
    ],
)
def test_a_page_and_its_total_are_one_search(log: Log, name: str, path: str) -> None:
    search = log.searches[name]
    _, counted = log.ask(name, f"/v1/events:count?filter={search.filter[1]}")
    total, cost = log.ask(name, path)
    assert total == search.total
    assert cost.requests <= counted.requests + 1
    assert cost.units <= counted.units + total
