"""The write units that events cost: for themselves and their index entries, and for the tally."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bench.cases.ways import DENSE, SINGLE
from bench.stage.measures import Measure
from bench.stage.stage import SCOPE, Stage
from polylog.dynamo.events.items import Draft
from polylog.model.times import SECOND
from polylog_cli.local.tables import TABLES
from tools import writes
from tools.events import START, Maker
from tools.units import Shape, item_bytes, write_units

_SEED: Final = 11
_BYTES: Final = 1000
"""About the size of an event as JSON."""

_BESIDE_BATCHED: Final = 1.05
_BESIDE_SINGLE: Final = 4.5

# Every event is in the indexes by time and by type. It may also be in others, such as by actor.
_FEWEST_INDEXES: Final = 2

_DRAFTS: Final = 500


def charges(section: str, running: Stage) -> Iterator[Measure]:
    """Yield the write units of events, alone and in batches, and of index entries by size."""
    shapes = {name: Shape.of(arguments) for name, arguments in running.template.tables.items()}
    prices = writes.measure(running.client, TABLES, shapes, (DENSE, SINGLE), (_BYTES,))
    yield from _beside(section, *prices)
    for size in writes.SIZES:
        yield _entry(section, size)


def _beside(section: str, batched: writes.Price, single: writes.Price) -> Iterator[Measure]:
    """Yield the write units of the tally, compared with those of an event and its index entries.

    The tally does not depend on the indexes, so it is a larger part if an event is in few of them.
    """
    of_one = batched.table / 2
    for indexes in (batched.indexes / of_one, _FEWEST_INDEXES):
        own = batched.table + indexes * of_one
        yield Measure(
            section,
            f"write units, {batched.traffic}, in {indexes:.0f} indexes",
            round(own + batched.tally, 3),
            "units",
            floor=own,
            limit=_BESIDE_BATCHED,
            detail={"tally": batched.tally},
        )
    yield Measure(
        section,
        f"write units of the tally, {single.traffic}",
        single.tally,
        "units",
        limit=_BESIDE_SINGLE,
        detail={"table": single.table, "indexes": single.indexes},
    )


def _entry(section: str, size: int) -> Measure:
    """Return the most write units that an index entry takes, for events of a size."""
    maker = Maker(_SEED, size)
    drafts = [Draft.of(maker.at(START + n * SECOND)) for n in range(_DRAFTS)]
    largest = max(item_bytes(draft.item(SCOPE, 10**6, 1)) for draft in drafts)
    return Measure(
        section,
        f"write units of an index entry, {size:,} bytes of JSON",
        write_units(largest),
        "units",
        limit=1,
        detail={"largest_item_bytes": largest},
    )
