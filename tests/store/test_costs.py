"""What answers cost: requests and read units that do not grow with the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import long
from support.stores import TABLES, dynamo_store

from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tally.facets import FACETS
from polylog.model import times
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Op, Pattern
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import Interval
from polylog.model.times import SECOND, parse_iso8601
from polylog_cli.local.tables import connect
from polylog_cli.local.template import Template
from tools import ROOT
from tools.bulk import load
from tools.meter import Meter
from tools.units import Shape
from tools.writes import measure

pytestmark = pytest.mark.engine

START = parse_iso8601("2025-01-01T00:00:00Z")
DAY = 86_400 * SECOND
DAYS = 400
# Loading moves its own clock on.
LATER = DAY
SMALL = 500
PAGE = 10
# Rows of busy days are a few KB larger than those of quiet ones.
FEW_UNITS = 5.0
MONTH: Filter = And(
    (
        Compare("time", Op.GE, START + 200 * DAY + 1),
        Compare("time", Op.LT, START + 230 * DAY + 12_345_678),
    )
)
TYPE: Filter = Compare("type", Op.EQ, "type-7")
TYPES: Filter = Pattern("type", ("type-1", ""))


def made(number: int) -> Iterator[Event]:
    for n in range(number):
        time = START + n * DAYS * DAY // number
        yield Event(id=f"{n:06}", time=time, type=f"type-{n * n % 40}", source="s")


@dataclass(frozen=True)
class Logs:
    """A small log and a large one, in one DynamoDB."""

    client: DynamoDBClient
    meter: Meter
    large: int

    def cost(self, number: int, ask: Callable[[DynamoEventStore, str], object]) -> list[float]:
        """Return requests and read units of an answer, cold, and once more when it is warm."""
        store = dynamo_store(self.client, clock=lambda: times.now() + LATER)
        cold = self.meter.measure(lambda: ask(store, str(number)))[1]
        warm = self.meter.measure(lambda: ask(store, str(number)))[1]
        return [cold.requests, cold.units, warm.requests, warm.units]


@pytest.fixture(scope="module", params=[1_500, *long(100_000)])
def logs(request: pytest.FixtureRequest, engine: DynamoDBClient) -> Logs:
    client = connect(engine.meta.endpoint_url)
    for number in (SMALL, request.param):
        load(client, TABLES, str(number), made(number), shards=1)
    return Logs(client, Meter(client), request.param)


def page_at(part: float, filter: Filter = EVERYTHING) -> Callable[[DynamoEventStore, str], object]:
    def ask(store: DynamoEventStore, scope: str) -> object:
        total = int(scope)
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


@pytest.mark.parametrize(
    ("ask", "most_cold", "most_warm"),
    [
        pytest.param(page_at(0), 2, 2, id="first page and total"),
        pytest.param(page_at(0.5), 5, 2, id="middle page and total"),
        pytest.param(page_at(1), 2, 2, id="last page and total"),
        pytest.param(total_of(EVERYTHING), 1, 1, id="total"),
        pytest.param(total_of(TYPE), 1, 1, id="total of a type"),
        pytest.param(total_of(TYPES), 1, 1, id="total of types that begin alike"),
        pytest.param(total_of(MONTH), 4, 3, id="total of a range"),
        pytest.param(groups_of(MONTH), 7, 3, id="groups of a range"),
        pytest.param(groups_of(EVERYTHING), 1, 1, id="groups of everything"),
        pytest.param(
            lambda store, scope: store.histogram(scope, MONTH, Interval.DAY),
            *(4, 3),
            id="histogram of a range",
        ),
        pytest.param(
            lambda store, scope: store.histogram(scope, And((MONTH, TYPES)), Interval.DAY),
            *(4, 3),
            id="histogram of a range and of types that begin alike",
        ),
    ],
)
def test_an_answer_costs_the_same_in_a_small_log_and_in_a_large_one(
    logs: Logs,
    ask: Callable[[DynamoEventStore, str], object],
    most_cold: int,
    most_warm: int,
) -> None:
    small, large = logs.cost(SMALL, ask), logs.cost(logs.large, ask)
    assert small[0] <= most_cold
    assert large[0] <= most_cold
    assert large[2] <= most_warm
    assert abs(large[1] - small[1]) <= FEW_UNITS
    assert abs(large[3] - small[3]) <= FEW_UNITS


def test_the_large_log_is_as_the_ordinary_path_would_have_left_it(logs: Logs) -> None:
    report = Verifier(logs.client, TABLES, 1).verify(str(logs.large))
    assert (report.settled, report.young, report.drifts) == (logs.large, 0, ())


@pytest.mark.parametrize(
    ("traffic", "parameters", "indexes", "most"),
    [
        ("batches of 95, ten a second", {"FieldIndexes": ""}, 2, 4.6),
        ("batches of 95, one a second", {}, 5, 7.6),
    ],
)
def test_an_event_costs_a_write_unit_for_each_of_its_indexes(
    engine: DynamoDBClient,
    traffic: str,
    parameters: dict[str, str],
    indexes: int,
    most: float,
) -> None:
    """These events name no organization. Each takes two units in the table itself."""
    template = Template.read(ROOT / "template.yaml", parameters)
    shapes = {name: Shape.of(arguments) for name, arguments in template.tables.items()}
    client = connect(engine.meta.endpoint_url)
    (price,) = measure(client, TABLES, shapes, [traffic], [700], most=20)
    assert (price.table, price.indexes) == (2, indexes)
    assert price.table + price.indexes + price.tally <= most


@pytest.mark.parametrize(
    ("traffic", "offers", "most"),
    [
        ("single events, one a second", 100, 4.6),
        pytest.param("single events, one a second", None, 4.6, marks=pytest.mark.long),
        pytest.param("batches of 95, ten a second", None, 0.4, marks=pytest.mark.long),
    ],
)
def test_counting_costs_few_write_units(
    engine: DynamoDBClient, template: Template, traffic: str, offers: int | None, most: float
) -> None:
    """Computed from the sizes of items: DynamoDB Local misreports those of transactions."""
    shapes = {name: Shape.of(arguments) for name, arguments in template.tables.items()}
    client = connect(engine.meta.endpoint_url)
    (price,) = measure(client, TABLES, shapes, [traffic], [1000], offers)
    assert price.tally <= most


@pytest.mark.long
def test_counting_four_facets_costs_half_a_write_unit_at_most(
    engine: DynamoDBClient, template: Template
) -> None:
    """The events name 200 actors, 1,000 targets and 50 projects, some of them far more often."""
    shapes = {name: Shape.of(arguments) for name, arguments in template.tables.items()}
    client, traffic = connect(engine.meta.endpoint_url), "batches of 95, one a second for long"
    (without,) = measure(client, TABLES, shapes, [traffic], [1000], 80)
    (price,) = measure(client, TABLES, shapes, [traffic], [1000], 80, FACETS)
    assert price.tally - without.tally <= 0.5
