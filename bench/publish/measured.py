"""Turns measurements into quantities of the things that AWS has prices for.

Lambda gives a function a whole processor at 1,769 MB of memory, and a part of one below. So the
processor time measured here becomes longer in a function with less memory. Time that a function
waits stays the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import ceil
from typing import Any, Final

from bench.cases.counted import RESULTS as COUNTED
from bench.cases.handlers import ONE_EVENT, RESULTS, WAKE, WRITTEN_BYTES
from bench.cases.questions import FIRST
from bench.cases.ways import SINGLE, Way
from bench.prices import (
    API_REQUESTS,
    GB_SECONDS,
    INVOCATIONS,
    LOGGED_GB,
    OBJECTS_GB,
    READ_UNITS,
    RECOVERABLE_GB,
    SENT_GB,
    STORED_GB,
    WRITE_UNITS,
)
from bench.stage import lines
from bench.usage import Usage
from polylog_cli.local.template import Template
from tools import ROOT
from tools.units import ROW_BYTES

GB: Final = 2**30

EVENTS: Final = 1_000_000
"""The number of events in the log of the questions."""

BROAD: Final = "a question that reads 100,000 events"
FREQUENT: Final = "search for a word of one message in 50"
RARE: Final = "search for a word of one message in 5,000"

_PROCESSOR_MB: Final = 1769
_MB: Final = 1024
_COLD: Final = "Cold start, the processor's time"


class Measured:
    """What events, questions and starts take, from the JSON files next to this module."""

    def __init__(self) -> None:
        handlers, counted = json.loads(RESULTS.read_text()), json.loads(COUNTED.read_text())
        scale = json.loads(RESULTS.with_name("scale.json").read_text())
        results = json.loads(RESULTS.with_name("results.json").read_text())
        self.functions = Template.read(ROOT / "template.yaml").functions
        self.look_units: float = counted["look_units"]
        self.objects: dict[str, float] = counted["objects"]
        self._item_bytes: int = handlers["item_bytes"]
        self._memory_mb = {each.name: each.memory_mb for each in self.functions}
        self._taken: dict[str, Any] = {each["name"]: each for each in handlers["taken"]}
        self._logged = {each["name"]: each["bytes"] for each in counted["logged"]}
        self._folding = {each["traffic"]: each for each in counted["folding"]}
        written = (*scale["writing"], *counted["writing"])
        self._writing = {e["traffic"]: e for e in written if e["size"] == WRITTEN_BYTES}
        self._starts = {e["name"]: e for e in results["measures"] if e["section"] == _COLD}
        self.entries = dict(_entries(results))
        self._read = dict(_read(scale))

    @property
    def questions(self) -> tuple[str, ...]:
        """The names of all questions, in the order of their measurement."""
        return tuple(self._read)

    def stored(self, way: Way) -> Usage:
        """Return what it takes to store an event, without folding."""
        written = self._writing[way.traffic]
        units = written["table"] + written["indexes"] + written["tally"]
        asked = self._request(way) if way.body_bytes else self.invocation(way.invocation)
        return Usage({WRITE_UNITS: units}) + asked.times(1 / way.events) + way.requests

    def folded(self, way: Way) -> Usage:
        """Return what it takes to fold an event. `stored` already counts what folding writes."""
        folding = self._folding[way.traffic]
        waited = self._gb_seconds("CompactFunction", folding["seconds"] * 1000)
        wakes = self.invocation(WAKE).times(folding["wakes"])
        return wakes + Usage({GB_SECONDS: waited, READ_UNITS: folding["reads"]})

    def kept(self, events: float, traffic: str) -> Usage:
        """Return what it takes to keep events for a month, with their index entries and tally."""
        rows = (self._item_bytes + ROW_BYTES) / GB
        indexes = self._writing[SINGLE]["indexes"]
        tally = self._folding[traffic]["stored_bytes"] / GB
        return Usage({STORED_GB: rows * (1 + indexes) + tally, RECOVERABLE_GB: rows + tally}).times(
            events
        )

    def kept_entries(self, events: float) -> Usage:
        """Return what one index takes that keeps an entry of each event for a month."""
        return Usage({STORED_GB: events * (self._item_bytes + ROW_BYTES) / GB})

    def dropped(self, events: float) -> Usage:
        """Return what it takes to keep the objects of imported events for a month."""
        return Usage({OBJECTS_GB: events * sum(self.objects.values()) / GB})

    def question(self, name: str) -> Usage:
        """Return what an answer takes if its caller has not asked in the last minute."""
        units, ms = self._read[name]
        known = self._taken.get(name, self._taken[FIRST])
        asked = self._answered(known["name"], known["answer_bytes"])
        if ms is not None:  # The handler was measured with another question.
            seconds = self._computed(known["function"], ms) - self._seconds(known["name"])
            asked = asked + Usage({GB_SECONDS: seconds})
        return asked + Usage({READ_UNITS: units + 1})  # One for the key.

    def look(self) -> Usage:
        """Return what a look at the tail takes that finds nothing: the time of a single event."""
        return self._answered(ONE_EVENT, 0) + Usage({READ_UNITS: self.look_units})

    def waiting(self, seconds: float, looks: float) -> Usage:
        """Return what a request takes that waits at the tail and looks now and then."""
        waited = self._gb_seconds("EventsFunction", seconds * 1000)
        return self._answered(ONE_EVENT, 0) + Usage(
            {GB_SECONDS: waited, READ_UNITS: looks * self.look_units}
        )

    def refused(self) -> Usage:
        """Return the most that a request with a bad key takes: it reads nothing."""
        return self._answered(ONE_EVENT, 0)

    def invocation(self, name: str) -> Usage:
        """Return what an invocation takes, with its logs."""
        logged = self._logged[name] + lines.size(*lines.LAMBDA)
        return Usage({INVOCATIONS: 1, GB_SECONDS: self._seconds(name), LOGGED_GB: logged / GB})

    def start(self, function: str) -> Usage:
        """Return what a start from the code takes: Lambda bills it like an answer."""
        return Usage({GB_SECONDS: self._computed(function, self._starts[function]["value"])})

    def logged_bytes(self, name: str) -> tuple[int, int, int]:
        """Return the bytes that the function, Lambda and the gateway each log for a request."""
        return self._logged[name], lines.size(*lines.LAMBDA), lines.size(lines.GATEWAY)

    def _request(self, way: Way) -> Usage:
        """Return what a request takes that brings events; it looks up the key each time."""
        answer = self._taken[way.invocation]["answer_bytes"]
        asked = self._answered(way.invocation, answer, way.body_bytes)
        return asked + Usage({READ_UNITS: 1})

    def _answered(self, name: str, answer_bytes: float, body_bytes: float = 0) -> Usage:
        """Return what an invocation takes through the gateway."""
        beside = {
            API_REQUESTS: API_REQUESTS.pieces(max(answer_bytes, body_bytes)),
            LOGGED_GB: lines.size(lines.GATEWAY) / GB,
            SENT_GB: answer_bytes / GB,
        }
        return self.invocation(name) + Usage(beside)

    def _seconds(self, name: str) -> float:
        taken = self._taken[name]
        waited = taken["ms"] - taken["cpu_ms"]
        return self._computed(taken["function"], taken["cpu_ms"], waited)

    def _computed(self, function: str, cpu_ms: float, waited_ms: float = 0) -> float:
        """Return the GB-seconds of an invocation; Lambda bills every started millisecond."""
        slower = max(1, _PROCESSOR_MB / self._memory_mb[function])
        return self._gb_seconds(function, ceil(cpu_ms * slower + waited_ms))

    def _gb_seconds(self, function: str, ms: float) -> float:
        return ms / 1000 * self._memory_mb[function] / _MB


def _entries(results: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the write units of an index entry, by the size of the event: `"1,000 bytes"`."""
    for each in results["measures"]:
        measured, _, size = each["name"].partition(", ")
        if measured == "write units of an index entry":
            yield size.removesuffix(" of JSON"), each["value"]


def _read(scale: dict[str, Any]) -> dict[str, tuple[float, float | None]]:
    """Return the read units of each question, and its time where no handler was measured."""
    asked = {(e["question"], e["events"], e["way"]): e for e in scale["reading"]}
    names = dict.fromkeys(question for question, _, _ in asked)
    read: dict[str, tuple[float, float | None]] = {
        name: (asked[name, EVENTS, "cold"]["units"], None) for name in names
    }
    read[ONE_EVENT] = (1, None)
    for each in scale["searching"]:
        name = f"search for {each['search']}"
        if (each["events"], each["page"]) == (EVENTS, "first") and name in (FREQUENT, RARE):
            read[name] = (each["cold"]["units"], each["cold"]["ms"])
    broad = asked["groups of everything", 100_000, "naive"]
    return read | {BROAD: (broad["units"], broad["ms"])}
