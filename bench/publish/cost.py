"""What running Polylog costs: what was measured, at list prices; `make cost` renews the guide.

A processor's time is taken for that of a whole one, which Lambda gives a function at 1,769 MB;
what a function waits costs by its memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from bench import prices
from bench.cases.choices import RESULTS as CHOICES
from bench.cases.choices import Choice
from bench.cases.handlers import ONE_EVENT, RESULTS, WAKE
from bench.cases.ways import SINGLE, WAYS, Way
from polylog_cli.local.template import Template
from tools import ROOT

GUIDE: Final = ROOT / "docs" / "cost.md"
BEGIN: Final = "<!-- begin: make cost -->\n"
END: Final = "<!-- end: make cost -->\n"

ALARM_METRICS: Final = 27
_PROCESSOR_MB: Final = 1769
_GB: Final = 2**30
_MILLION: Final = 1_000_000

_PLATFORM_LOG_BYTES: Final = 400
"""About what Lambda itself logs of an invocation: its start, and its report."""

_ENTRY_BYTES: Final = 100
"""What DynamoDB stores beside each item, and beside each entry of an index."""

_POLLS: Final = 2 * 5 * 30 * 86_400 / 20
"""A month: Lambda looks into two queues with five pollers each, for 20 seconds at a time."""


class Costs:
    """Dollars for a million of everything, from the files beside this one."""

    def __init__(self) -> None:
        handlers = json.loads(RESULTS.read_text())
        scale = json.loads(RESULTS.with_name("scale.json").read_text())
        self._item_bytes: int = handlers["item_bytes"]
        functions = Template.read(ROOT / "template.yaml").functions
        self._memory_mb = {each.name: each.memory_mb for each in functions}
        self._taken: dict[str, Any] = {each["name"]: each for each in handlers["taken"]}
        self._folding = {each["traffic"]: each for each in handlers["folding"]}
        self._writing = {e["traffic"]: e for e in scale["writing"] if e["size"] == 1000}
        self._choices = [Choice(**each) for each in json.loads(CHOICES.read_text())]
        self._asked = {(e["question"], e["events"], e["way"]): e for e in scale["reading"]}

    def tables(self) -> str:
        """Return what the guide shows."""
        lines = (
            *_head("a million events in", "tables", "functions", "folding", "requests", "logs"),
            *(_row(way.name, *self._way(way)) for way in WAYS),
            "",
            *_head("a million questions", "tables", "functions", "gateway", "logs", "sent"),
            *(_row(name, *self._question(name, units)) for name, units in self._units().items()),
            _row("what reads 100,000 events", *self._broad()),
            "",
            "| `FieldIndexes` | `TalliedFacets` | own units | in indexes | beside | $ a million |",
            "|---|---|---|---|---|---|",
            *map(_choice, self._choices),
            "",
            "| a month | $ |",
            "|---|---|",
            *(f"| {name} | {amount:.2f} |" for name, amount in self._standing().items()),
        )
        return "\n".join(lines) + "\n"

    def _units(self) -> dict[str, float]:
        """Return the read units of each question to the largest log."""
        largest = max(events for _, events, _ in self._asked)
        asked = {
            question: each["units"]
            for (question, events, way), each in self._asked.items()
            if (events, way) == (largest, "cold")
        }
        return asked | {ONE_EVENT: 1}

    def _way(self, way: Way) -> Iterator[float]:
        written, folded = self._writing[way.traffic], self._folding[way.traffic]
        units = written["table"] + written["indexes"] + written["tally"]
        yield units * prices.WRITE_UNITS + way.reads * prices.READ_UNITS / way.events
        yield self._invocation(way.invocation) / way.events
        wake = self._invocation(WAKE) + self._logs(WAKE)
        yield folded["wakes"] * wake + self._seconds(WAKE, 0, folded["seconds"] * 1000)
        yield way.requests
        yield self._logs(way.invocation) / way.events

    def _question(self, name: str, units: float) -> Iterator[float]:
        yield units * prices.READ_UNITS
        yield self._invocation(name)
        yield prices.API_REQUESTS
        yield self._logs(name)
        yield self._taken[name]["answer_bytes"] / _GB * _MILLION * prices.SENT_GB

    def _broad(self) -> Iterator[float]:
        read = self._asked["groups of everything", 100_000, "naive"]
        yield read["units"] * prices.READ_UNITS
        yield self._seconds("groups of everything", read["ms"], 0) + prices.INVOCATIONS
        yield prices.API_REQUESTS
        yield self._logs("groups of everything")
        yield 0

    def _invocation(self, name: str) -> float:
        taken = self._taken[name]
        waited = taken["ms"] - taken["cpu_ms"]
        return self._seconds(name, taken["cpu_ms"], waited) + prices.INVOCATIONS

    def _seconds(self, name: str, cpu_ms: float, waited_ms: float) -> float:
        """Return what a million times so much computing and waiting costs in a function."""
        memory_mb = self._memory_mb[self._taken[name]["function"]]
        gb_ms = (cpu_ms * max(_PROCESSOR_MB, memory_mb) + waited_ms * memory_mb) / 1024
        return gb_ms / 1000 * _MILLION * prices.GB_SECOND

    def _logs(self, name: str) -> float:
        size = self._taken[name]["log_bytes"] + _PLATFORM_LOG_BYTES
        return float(size / _GB * _MILLION * prices.LOGGED_GB)

    def _standing(self) -> dict[str, float]:
        indexes = self._writing[SINGLE]["indexes"]
        rows = (self._item_bytes + _ENTRY_BYTES) / _GB * _MILLION
        return {
            "a million events in the tables": rows * (1 + indexes) * prices.STORED_GB,
            "their point-in-time recovery, without indexes": rows * prices.RECOVERABLE_GB,
            f"alarms, of {ALARM_METRICS} metrics": ALARM_METRICS * prices.WATCHED_METRIC,
            "six metrics of Polylog's own": 6 * prices.OWN_METRIC,
            "the dashboard": prices.DASHBOARD,
            "the secret": prices.SECRET,
            "looking into empty queues": _POLLS / _MILLION * prices.QUEUE_REQUESTS,
        }


def _head(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} | $ |"
    yield "|---" * (len(names) + 1) + "|"


def _row(name: str, *amounts: float) -> str:
    cells = [name, *(f"{amount:.2f}" for amount in (*amounts, sum(amounts)))]
    return f"| {' | '.join(cells)} |"


def _choice(choice: Choice) -> str:
    names = (choice.field_indexes or "none", choice.tallied_facets or "none")
    units = (choice.table, choice.indexes, choice.tally, choice.units * prices.WRITE_UNITS)
    return f"| {' | '.join([*names, *(f'{amount:.2f}' for amount in units)])} |"


def main() -> None:
    """Put the tables into the guide."""
    before, _, rest = GUIDE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    GUIDE.write_text(f"{before}{BEGIN}{Costs().tables()}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
