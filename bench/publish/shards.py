"""How many events a second a partition takes: `make shards` updates the table in docs/deploying.md.

Every event of a scope has an entry in one shard of the index by time, and is counted in one
partition of the tally. The other writes are not the limit: an event has its own partition, and the
numbers of arrival take one unit a request.
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
"""The most write units a second that DynamoDB allows for one partition."""

MOST_SHARDS: Final = 32
"""The most shards that the parameters of the template allow."""

_TRANSACTIONAL: Final = 2
"""DynamoDB charges an event twice, because a transaction writes it, but an index entry once."""


def table() -> str:
    """Return the table of the guide."""
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
    """Return how many shards take as much as the tally, but not more than there may be."""
    return min(MOST_SHARDS, ceil(scope / shard))


def _rounded(number: float) -> int:
    """Return a number rounded down to two digits; the others are noise."""
    place = 10 ** (len(str(int(number))) - 2)
    return int(number // place * place)


def main() -> None:
    """Put the table into the guide."""
    before, _, rest = GUIDE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    GUIDE.write_text(f"{before}{BEGIN}{table()}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
