"""What writing costs: write units of events, of their indexes, and of the rows that count them."""

from __future__ import annotations

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import TABLES

from polylog.dynamo.tally.facets import FACETS
from polylog_cli.local.tables import connect
from polylog_cli.local.template import Template
from tools import ROOT
from tools.units import Shape
from tools.writes import measure

pytestmark = pytest.mark.engine


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
