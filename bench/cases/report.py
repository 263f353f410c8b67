"""The results of a run of `scale`: as tables, compared with the goals, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from bench.cases.aims import Pages
from bench.cases.goals import Goal, Key, goals
from bench.cases.searching import Taken
from tools.meter import Cost
from tools.writes import Price

BEGIN: Final = "<!-- bench-scale -->"
END: Final = "<!-- /bench-scale -->"
SEARCHES_BEGIN: Final = "<!-- bench-scale: searches -->"
SEARCHES_END: Final = "<!-- /bench-scale: searches -->"


@dataclass(frozen=True, slots=True)
class Load:
    """What a check of a loaded log found."""

    events: int
    settled: int
    young: int
    rows: int
    drifts: int


@dataclass(frozen=True, slots=True)
class Results:
    """All results of a run."""

    sizes: Sequence[int]
    rounds: int
    loads: Sequence[Load]
    costs: Mapping[Key, Cost]
    prices: Sequence[Price]
    searches: Sequence[Taken]

    def questions(self) -> Sequence[str]:
        """Return the questions, in order."""
        return list(dict.fromkeys(question for question, _, _ in self.costs))

    def plain(self, question: str, number: int) -> Cost | None:
        """Return the cost of the events of an answer alone; None if the answer is not a page."""
        return self.costs.get((question, number, "plain"))

    def beside(self, question: str, number: int, way: str) -> float:
        """Return the read units of an answer besides those of the events in it."""
        plain = self.plain(question, number)
        return self.costs[question, number, way].units - (plain.units if plain else 0)

    def goals(self) -> Sequence[Goal]:
        """Return the goals with the worst results."""
        beside = {key: self.beside(*key) for key in self.costs}
        return goals(self.costs, beside, self.prices)


def markdown(results: Results) -> str:
    """Return the results as tables."""
    tables = (_reading(results), _writing(results.prices), _goals(results.goals()))
    return "\n\n".join("\n".join(lines) for lines in tables)


def searches_markdown(results: Results) -> str:
    """Return the results of searches as a table, a row for each search and size of log."""
    return "\n".join(_searches(results.searches))


def publish(results: Results, json_path: Path, guide: Path) -> None:
    """Write the results to a file, and put their tables between the marks of the guide."""
    json_path.write_text(json.dumps(_document(results), indent=1) + "\n")
    text = _put(guide.read_text("utf-8"), BEGIN, markdown(results), END)
    guide.write_text(_put(text, SEARCHES_BEGIN, searches_markdown(results), SEARCHES_END), "utf-8")


def _put(text: str, begin: str, tables: str, end: str) -> str:
    """Return a text with `tables` between two marks, in place of what was there."""
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{tables}\n{end}{rest.partition(end)[2]}"


def _document(results: Results) -> dict[str, Any]:
    return {
        "rounds": results.rounds,
        "loads": [asdict(load) for load in results.loads],
        "reading": [
            {"question": question, "events": number, "way": way, **asdict(cost)}
            for (question, number, way), cost in results.costs.items()
        ],
        "writing": [asdict(price) for price in results.prices],
        "searching": [asdict(taken) for taken in results.searches],
        "goals": [{**asdict(goal), "is_met": goal.is_met} for goal in results.goals()],
    }


def _reading(results: Results) -> Iterator[str]:
    yield (
        "| asked | events | cold, ms (p95) | warm, ms (p95) | / plain query | requests | units "
        "| naive way: s | requests | units |"
    )
    yield "|---" * 10 + "|"
    for question in results.questions():
        for number in results.sizes:
            cold, warm, naive = (
                results.costs[question, number, way] for way in ("cold", "warm", "naive")
            )
            units = [results.beside(question, number, way) for way in ("cold", "warm")]
            cells = [
                question if number == results.sizes[0] else "",
                f"{number:,}",
                *(f"{cost.ms:.1f} ({cost.p95_ms:.0f})" for cost in (cold, warm)),
                _ratio(results.plain(question, number), cold, warm),
                f"{cold.requests:g}, {warm.requests:g}",
                f"{units[0]:g}, {units[1]:g}",
                f"{naive.ms / 1000:.2f}",
                f"{naive.requests:,.0f}",
                f"{naive.units:,.0f}",
            ]
            yield _row(cells)


def _ratio(plain: Cost | None, cold: Cost, warm: Cost) -> str:
    return f"{cold.ms / plain.ms:.1f}, {warm.ms / plain.ms:.1f}" if plain else ""


def _writing(prices: Sequence[Price]) -> Iterator[str]:
    sizes = sorted({price.size for price in prices})
    yield _row(["write units an event", *(f"{size:,} bytes of JSON" for size in sizes)])
    yield "|---" * (len(sizes) + 1) + "|"
    for traffic, group in groupby(prices, key=attrgetter("traffic")):
        yield _row([traffic, *map(_price, group)])


def _price(price: Price) -> str:
    return f"{price.table:g} + {price.indexes:g} in indexes + {price.tally:.2f} in the tally"


def _goals(goals: Sequence[Goal]) -> Iterator[str]:
    yield "| goal | at most | worst | | where |"
    yield "|---|---|---|---|---|"
    for goal in goals:
        verdict = "met" if goal.is_met else "**not met**"
        yield _row([goal.name, f"{goal.limit:g}", f"{goal.worst:g}", verdict, goal.where])


def _searches(searches: Sequence[Taken]) -> Iterator[str]:
    yield (
        "| asked, with exact total | events | found | new, ms | again, ms | new, while written "
        "| again, while written | new / plain query | requests | units | goal | |"
    )
    yield "|---" * 12 + "|"
    by_search = sorted(searches, key=lambda taken: _order(searches, taken.search))
    for search, group in groupby(by_search, key=attrgetter("search")):
        for place, (_, pages) in enumerate(groupby(group, key=attrgetter("events"))):
            yield _row(_search(search if place == 0 else "", Pages(tuple(pages))))


def _order(searches: Sequence[Taken], name: str) -> int:
    return [taken.search for taken in searches].index(name)


def _search(name: str, pages: Pages) -> list[str]:
    first = pages.taken[0]
    return [
        name,
        f"{first.events:,}",
        f"{first.total:,}",
        *(
            ", ".join(f"{getattr(taken, name):,.0f}" for taken in pages.taken)
            for name in ("ms", "again_ms", "written_ms", "written_again_ms")
        ),
        f"{pages.ms / first.plain_ms:.1f}, {pages.written_ms / first.written_plain_ms:.1f}",
        _most((taken.cold.requests, taken.warm.requests) for taken in pages.taken),
        _most((taken.cold.units, taken.warm.units) for taken in pages.taken),
        pages.goal,
        pages.verdict,
    ]


def _most(amounts: Iterable[tuple[float, float]]) -> str:
    """Return the most of each, as text."""
    return ", ".join(f"{max(some):,g}" for some in zip(*amounts, strict=True))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
