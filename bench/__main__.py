"""Measures everything except how answers scale, and publishes the results: `make bench`.

It takes how answers scale from the last `make bench-scale`, and also updates the guide to costs.
`python -m bench cold warm` measures only these parts, and prints them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Final

from bench.cases import (
    choices,
    cold,
    counted,
    folding,
    handlers,
    ingestion,
    laptop,
    partitions,
    warm,
)
from bench.publish import cost, results, shards
from bench.stage.measures import Measure
from tools import ROOT

_PARTS: Final[dict[str, Callable[[], list[Measure]]]] = {
    "cold": cold.measure,
    "warm": warm.measure,
    "ingestion": ingestion.measure,
    "folding": folding.measure,
    "laptop": laptop.measure,
}


def main() -> None:
    """Measure the parts that you name, or all. Only a run of all changes what is published."""
    named = sys.argv[1:] or list(_PARTS)
    measures = [line for name in named for line in _measure(name)]
    if not sys.argv[1:]:
        scale = json.loads((ROOT / "bench" / "publish" / "scale.json").read_text("utf-8"))
        measures += results.joined(scale)
        page = ROOT / "docs" / "benchmarks.md"
        results.publish(measures, ROOT / "bench" / "publish" / "results.json", page)
        handlers.main()
        counted.main()
        choices.main()
        partitions.main()
        cost.main()
        shards.main()
    print(results.markdown(measures))


def _measure(part: str) -> list[Measure]:
    print(f"measuring: {part}", file=sys.stderr, flush=True)
    return _PARTS[part]()


if __name__ == "__main__":
    main()
