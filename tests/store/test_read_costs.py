"""What answers cost: requests and read units of pages, totals, groups, bars and searches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.examples import long
from support.logs import LARGE, Logs
from support.stores import TABLES

from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tally.stretch import SPAN
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Op, Pattern
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import Interval
from tools.events import DAY, START, TYPES
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
)
from tools.sought import NAME, WORD, sought

pytestmark = pytest.mark.engine

SMALLEST = 500
SMALL = 1_000
SEALED = 2 * SPAN
"""All of these events are in segments."""

PAGE = 10
# Rows of busy days are a few KB larger than those of quiet ones.
FEW_UNITS = 5.0
MONTH: Filter = And(
    (
        Compare("time", Op.GE, START + 200 * DAY + 1),
        Compare("time", Op.LT, START + 230 * DAY + 12_345_678),
    )
)
TYPE: Filter = Compare("type", Op.EQ, TYPES[7])
ALIKE: Filter = Pattern("type", ("audit.app.", ""))

# The most requests and read units of a search, including those for the events on the page.
SEARCHES = [
    (SEALED, FREQUENT, 5, 20),
    (SEALED, MIDDLING, 5, 15),
    (SEALED, RARE, 5, 8),
    (SEALED, ABSENT, 3, 4),
    (SEALED, USER, 4, 8),
    (SEALED, CUSTOMER, 4, 18),
    (SEALED, PROJECT, 4, 8),
    (SEALED, APPLICATION, 5, 32),
    (SEALED, TOKEN, 8, 215),
    (SEALED, REQUEST, 8, 215),
    (LARGE, FREQUENT, 9, 900),
    (LARGE, MIDDLING, 9, 900),
    (LARGE, RARE, 6, 160),
    (LARGE, ABSENT, 4, 70),
    (LARGE, USER, 7, 400),
    (LARGE, CUSTOMER, 15, 150),
    (LARGE, PROJECT, 8, 150),
    (LARGE, APPLICATION, 6, 250),
]


def page_at(part: float, filter: Filter = EVERYTHING) -> Callable[[DynamoEventStore, str], object]:
    def ask(store: DynamoEventStore, scope: str) -> object:
        total = int(scope.removeprefix("log-"))
        offset = min(int(total * part), total - PAGE)
        query = EventQuery(scope, filter, Order.ASCENDING, Window(PAGE, offset), with_total=True)
        page = store.find(query)
        assert (len(page.events), page.total) == (PAGE, total)
        return page

    return ask


def total_of(filter: Filter) -> Callable[[DynamoEventStore, str], object]:
    return lambda store, scope: store.count(scope, filter)


def groups_of(filter: Filter) -> Callable[[DynamoEventStore, str], object]:
    return lambda store, scope: store.groups(scope, filter)


def bars_of(filter: Filter) -> Callable[[DynamoEventStore, str], object]:
    return lambda store, scope: store.histogram(scope, filter, Interval.DAY)


@pytest.mark.parametrize("number", [SMALL, *long(LARGE)])
@pytest.mark.parametrize(
    ("ask", "most_cold", "most_warm"),
    [
        pytest.param(page_at(0), 2, 2, id="first page and total"),
        pytest.param(page_at(0.5), 5, 2, id="middle page and total"),
        pytest.param(page_at(1), 2, 2, id="last page and total"),
        pytest.param(total_of(EVERYTHING), 1, 1, id="total"),
        pytest.param(total_of(TYPE), 1, 1, id="total of a type"),
        pytest.param(total_of(ALIKE), 1, 1, id="total of types that begin alike"),
        pytest.param(total_of(MONTH), 4, 3, id="total of a range"),
        pytest.param(groups_of(MONTH), 7, 3, id="groups of a range"),
        pytest.param(groups_of(EVERYTHING), 1, 1, id="groups of everything"),
        pytest.param(bars_of(MONTH), 4, 3, id="histogram of a range"),
        pytest.param(bars_of(And((MONTH, ALIKE))), 4, 3, id="histogram of a range and alike types"),
    ],
)
def test_an_answer_costs_no_more_in_a_large_log_than_in_a_small_one(
    logs: Logs,
    number: int,
    ask: Callable[[DynamoEventStore, str], object],
    most_cold: int,
    most_warm: int,
) -> None:
    small, large = logs.cost(SMALLEST, ask), logs.cost(number, ask)
    assert small[0] <= most_cold
    assert large[0] <= most_cold
    assert large[2] <= most_warm
    assert large[1] <= small[1] + FEW_UNITS
    assert large[3] <= small[3] + FEW_UNITS


@pytest.mark.parametrize("number", [SMALL, *long(LARGE)])
def test_a_loaded_log_is_as_the_ordinary_path_would_have_left_it(logs: Logs, number: int) -> None:
    report = Verifier(logs.client, TABLES, 1).verify(logs.load(number))
    assert (report.settled, report.young, report.drifts) == (number, 0, ())


def marked(*case: Any) -> Any:
    """Return a case; one with the large log runs only in a long run."""
    return pytest.param(*case, marks=pytest.mark.long if case[0] == LARGE else ())


@pytest.mark.parametrize("page", ["first", "middle", "last"])
@pytest.mark.parametrize(
    ("number", "name", "requests", "units"), [marked(*case) for case in SEARCHES]
)
def test_any_page_of_a_search_costs_little_with_its_exact_total(
    logs: Logs, number: int, name: str, page: str, requests: int, units: int
) -> None:
    logs.load(number)
    search = logs.searches[number][name]
    numbers = {"first": 1, "middle": (search.pages + 1) // 2, "last": search.pages}
    total, cost = logs.search(number, name, search.path(numbers[page]))
    assert total == search.total
    assert cost.requests <= requests
    assert cost.units <= units


AGAIN = [
    *((SMALL, name) for name in (FREQUENT, MIDDLING, RARE, ABSENT, APPLICATION)),
    *((LARGE, name) for name in (FREQUENT, MIDDLING, RARE, ABSENT, APPLICATION, TOKEN, REQUEST)),
]


@pytest.mark.parametrize(("number", "name"), [marked(*case) for case in AGAIN])
def test_other_pages_of_a_search_read_no_more_than_their_events(
    logs: Logs, number: int, name: str
) -> None:
    logs.load(number)
    search = logs.searches[number][name]
    pages = [1, *range(1, search.pages + 1)[-2:], 1]
    new, *again = logs.in_turn(number, name, [search.path(page) for page in pages])
    assert {total for total, _ in (new, *again)} == {search.total}
    for _, cost in again:
        assert cost.requests <= 6
        assert cost.units <= 110


@pytest.mark.parametrize("name", [FREQUENT, RARE])
def test_the_same_search_in_other_words_is_new(logs: Logs, name: str) -> None:
    """The benchmarks rely on it."""
    logs.load(SMALL)
    search = logs.searches[SMALL][name]
    found = list(logs.in_turn(SMALL, name, [search.path(1, turn) for turn in (0, 0, 1, 2)]))
    assert {total for total, _ in found} == {search.total}
    _, again, *new = [cost.units for _, cost in found]
    assert all(units > again for units in new)


@pytest.mark.parametrize("name", [TOKEN, REQUEST, APPLICATION])
def test_any_search_has_other_words(logs: Logs, name: str) -> None:
    logs.load(SMALL)
    search = logs.searches[SMALL][name]
    paths = {search.path(1, turn) for turn in range(500)}
    assert len(paths) == 500
    total, _ = logs.search(SMALL, name, search.path(1, 499))
    assert total == search.total


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (APPLICATION, f"/v1/events?filter={NAME}&total_size=true"),
        (MIDDLING, f"/api/events/?message={WORD}&page=last"),
    ],
)
def test_a_page_and_its_total_are_one_search(logs: Logs, name: str, path: str) -> None:
    logs.load(SEALED)
    search = logs.searches[SEALED][name]
    count = f"/v1/events:count?filter={search.filter[1]}"
    _, counted = logs.search(SEALED, name, count)
    total, cost = logs.search(SEALED, name, path)
    assert total == search.total
    assert cost.requests <= counted.requests + 1
    assert cost.units <= counted.units + total


@pytest.mark.parametrize("number", [SMALL, *long(LARGE)])
def test_an_id_is_found_by_its_key(logs: Logs, number: int) -> None:
    first = next(sought(number))
    filter = And((Compare("id", Op.EQ, first.id), Compare("type", Op.EQ, first.type)))
    query = EventQuery(logs.load(number), filter, Order.DESCENDING, Window(PAGE), with_total=True)

    def ask(store: DynamoEventStore, _: str) -> None:
        page = store.find(query)
        assert ([event.id for event in page.events], page.total) == ([first.id], 1)

    cost = logs.cost(number, ask)
    assert cost[0] <= 6
    assert cost[1] <= 20
