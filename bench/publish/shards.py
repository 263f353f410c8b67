"""How many events a second a partition takes, for docs/deploying.md; `make shards` renews it.

Every event of a scope has an entry in the index of time, in one of its shards, and is counted in
one partition of the tally. The rest spreads: an event has a partition of its own, and numbers of
arrival take one unit a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import ceil
from typing import Any, Final

from bench.cases.partitions import RESULTS
from tools import ROOT

GUIDE: Final = ROOT / "docs" / "deploying.md"
BEGIN: Final = "<!-- begin: make shards -->\n"
END: Final = "<!-- end: make shards -->\n"

UNITS_A_SECOND: Final = 1000
"""What DynamoDB lets one partition be written."""

MOST_SHARDS: Final = 32
"""What the parameters of the template allow."""

_TRANSACTIONAL: Final = 2
"""How many times over an event itself is charged; an entry of an index is charged once."""


def table() -> str:
    """Return what the guide shows."""
    return "\n".join(_lines(json.loads(RESULTS.read_text()))) + "\n"


def _lines(prices: list[dict[str, Any]]) -> Iterator[str]:
    yield "| Events a second | One shard | The tally of a scope | Useful shards, 32 at most |"
    yield "|---|---|---|---|"
    for price in prices:
        shard = UNITS_A_SECOND / (price["table"] / _TRANSACTIONAL)
        scope = UNITS_A_SECOND / price["busiest"]
        how = price["traffic"].partition(",")[0]
        name = f"{how}, {price['size']:,} bytes of JSON"
        yield f"| {name} | {_rounded(shard):,} | {_rounded(scope):,} | {_shards(shard, scope)} |"


def _shards(shard: float, scope: float) -> int:
    """Return how many shards together take what the tally takes, or as many as there may be."""
    return min(MOST_SHARDS, ceil(scope / shard))


def _rounded(number: float) -> int:
    """Return two digits of a number, the rest being noise; rounded down."""
    place = 10 ** (len(str(int(number))) - 2)
    return int(number // place * place)


def main() -> None:
    """Put the table into the guide."""
    before, _, rest = GUIDE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    GUIDE.write_text(f"{before}{BEGIN}{table()}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
