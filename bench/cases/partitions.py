"""What an event takes from the partitions that all events of a scope share.

`python -m bench.cases.partitions` measures only this.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final

from polylog_cli.local.dynamodb import dynamodb_local
from polylog_cli.local.tables import TABLES, connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT, writes
from tools.units import Shape

RESULTS: Final = ROOT / "bench" / "publish" / "partitions.json"

TRAFFICS: Final = (f"{writes.SINGLES}, ten a second", f"{writes.BATCHES}, ten a second")
SIZES: Final = (1000, 3000, 30_000)


def measure() -> list[writes.Price]:
    """Return what events of each size take, one by one and in batches."""
    template = Template.read(ROOT / "template.yaml")
    shapes = {name: Shape.of(arguments) for name, arguments in template.tables.items()}
    with dynamodb_local(None) as url:
        client = connect(url)
        create_tables(client, template)
        return writes.measure(client, TABLES, shapes, TRAFFICS, SIZES)


def main() -> None:
    """Measure, and keep the results for the guide to deploying."""
    RESULTS.write_text(json.dumps([asdict(price) for price in measure()], indent=1) + "\n")


if __name__ == "__main__":
    main()
