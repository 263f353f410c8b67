"""The results of all parts: as one table for docs/benchmarks.md, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Final

from bench.cases.aims import AIMED, aim_of
from bench.stage.measures import Measure, noise

BEGIN: Final = "<!-- begin: make bench -->\n"
END: Final = "<!-- end: make bench -->\n"

SCALE: Final = "Totals and pages, of a million events"
SEARCHES: Final = "Searches over HTTP with exact totals"


def joined(scale: Mapping[str, Any]) -> Iterator[Measure]:
    """Yield the results of `make bench-scale`, as lines of the same table.

    For each question it is the time in the largest log, with a store that remembers nothing. The
    floor of a page is a plain query for as many events at the same place. The goals over all sizes
    of log follow.
    """
    reading = {(e["question"], e["events"], e["way"]): e for e in scale["reading"]}
    largest = max(events for _, events, _ in reading)
    for question, events, way in reading:
        if (events, way) == (largest, "cold"):
            cold, warm = (reading[question, events, each] for each in ("cold", "warm"))
            plain = reading.get((question, events, "plain"))
            floor = plain["ms"] if plain else None
            detail = {"cold": cold, "warm": warm}
            yield Measure(SCALE, question, cold["ms"], "ms", floor=floor, detail=detail)
    for goal in scale["goals"]:
        detail = {"where": goal["where"]}
        yield Measure(SCALE, goal["name"], goal["worst"], "", limit=goal["limit"], detail=detail)
    yield from _searches(scale.get("searching", ()))


def _searches(searching: Sequence[Mapping[str, Any]]) -> Iterator[Measure]:
    """Yield the slowest page of each search, and the most read units of its pages.

    The units are those of a store that remembers nothing. Searches without an answer are left out,
    and so are logs without goals.
    """
    in_turn = sorted(searching, key=itemgetter("events"))
    for (events, search), group in groupby(in_turn, key=itemgetter("events", "search")):
        pages, aim = list(group), aim_of(search, events)
        if events in AIMED and all(page["is_answered"] for page in pages):
            name = f"{search}, {events:,} events"
            ms, written = (max(page[key] for page in pages) for key in ("ms", "written_ms"))
            limit, most = (aim.ms, aim.units) if aim else (None, None)
            units = max(page["cold"]["units"] for page in pages)
            detail = {"pages": pages}
            yield Measure(SEARCHES, name, ms, "ms", limit=limit, written=written, detail=detail)
            yield Measure(SEARCHES, f"{name}: read", units, "units", limit=most)


def publish(
    measures: Sequence[Measure], json_path: Path, page: Path, begin: str = BEGIN, end: str = END
) -> None:
    """Write the results to a file, and put their table between the marks of the page."""
    json_path.write_text(json.dumps(_document(measures), indent=1) + "\n", "utf-8")
    before, _, rest = page.read_text("utf-8").partition(begin)
    after = rest.partition(end)[2]
    page.write_text(f"{before}{begin}{markdown(measures)}{end}{after}", "utf-8")


def read(json_path: Path) -> list[Measure]:
    """Return the results from a file."""
    lines = json.loads(json_path.read_text("utf-8"))["measures"]
    return [Measure(**{n: v for n, v in line.items() if n not in _TOLD}) for line in lines]


def markdown(measures: Sequence[Measure]) -> str:
    """Return the results as one table, each section under its name, and then their noise."""
    lines = ["| | measured | while written | floor | ratio | goal | |", f"|{'---|' * 7}"]
    for section, group in groupby(measures, key=attrgetter("section")):
        lines.append(f"| **{section}** | | | | | | |")
        lines += map(_row, group)
    return "\n".join([*lines, "", f"Noise of this run: {noise(measures):.0%}."]) + "\n"


_TOLD: Final = ("ratio", "is_met")


def _document(measures: Sequence[Measure]) -> dict[str, Any]:
    lines = [asdict(e) | {name: getattr(e, name) for name in _TOLD} for e in measures]
    return {"noise": noise(measures), "measures": lines}


def _row(line: Measure) -> str:
    cells = (
        line.name,
        _amount(line.value, line.unit),
        "" if line.written is None else _amount(line.written, line.unit),
        "" if line.floor is None else _amount(line.floor, line.unit),
        "" if line.ratio is None else f"{line.ratio:.2f}",
        _goal(line),
        {True: "met", False: "**not met**", None: ""}[line.is_met],
    )
    return f"| {' | '.join(cells)} |"


def _goal(line: Measure) -> str:
    if line.limit is None:
        return ""
    limit = f"{line.limit:g} {line.unit}".rstrip() if line.floor is None else f"{line.limit:g}x"
    return f"{'at least' if line.at_least else 'at most'} {limit}"


def _amount(value: float, unit: str) -> str:
    """Return a number with about three digits, and its unit."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()
