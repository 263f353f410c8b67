"""The write units of an event, by the indexes and facets that a deployment chooses.

`python -m bench.cases.choices` measures only this.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from polylog_cli.local.dynamodb import dynamodb_local
from polylog_cli.local.tables import TABLES, connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT, writes
from tools.units import Shape

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RESULTS: Final = ROOT / "bench" / "publish" / "choices.json"

_BYTES: Final = 1000
_OFFERS: Final = 200
_TRAFFIC: Final = f"{writes.BATCHES}, {writes.FOR_LONG}"

_INDEXES: Final = ("target,actor,project,organization", "")
_FACETS: Final = ("", "organization,project", "organization,project,actor,target")


@dataclass(frozen=True, slots=True)
class Choice:
    """The write units of an event in a batch: for itself, for its index entries, and for the tally.

    `field_indexes` and `tallied_facets` are the parameters of these names.
    """

    field_indexes: str
    tallied_facets: str
    table: float
    indexes: float
    tally: float

    @property
    def units(self) -> float:
        """The sum of all write units."""
        return self.table + self.indexes + self.tally


def measure(client: DynamoDBClient) -> list[Choice]:
    """Return the write units with each choice. What indexes cost does not depend on the facets."""
    entries = {each: _price(client, each).indexes for each in _INDEXES}
    prices = {each: _price(client, _INDEXES[0], each) for each in _FACETS}
    return [
        Choice(indexes, facets, price.table, entries[indexes], price.tally)
        for indexes in _INDEXES
        for facets, price in prices.items()
    ]


def _price(client: DynamoDBClient, indexes: str, facets: str = "") -> writes.Price:
    template = Template.read(ROOT / "template.yaml", {"FieldIndexes": indexes})
    shapes = {name: Shape.of(arguments) for name, arguments in template.tables.items()}
    names = facets.split(",") if facets else []
    (price,) = writes.measure(client, TABLES, shapes, [_TRAFFIC], [_BYTES], _OFFERS, names)
    return price


def main() -> None:
    """Measure all choices, and keep the results for the guide to costs."""
    with dynamodb_local(None) as url:
        client = connect(url)
        create_tables(client, Template.read(ROOT / "template.yaml"))
        found = [asdict(choice) for choice in measure(client)]
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
