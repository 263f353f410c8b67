"""How long warm functions take for a page, compared with a plain query of the same rows.

The floor is one request by botocore's own client, with its own parser, for only these rows. A
function also asks for totals, and turns the rows into events and an answer; it remembers the key of
its caller. Everything runs in this process, with DynamoDB Local in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from cProfile import Profile
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from pstats import Stats
from typing import Any, Final

import boto3

from bench.stage.measures import Measure, Runs, interleaved
from bench.stage.split import own_cpu_ms, split
from bench.stage.stage import SCOPE, Stage, stage
from polylog.dynamo.tables import FIELD_INDEXES, TIME_INDEX
from polylog.model import times
from polylog.model.event import Event
from polylog.model.times import SECOND
from polylog_cli.local.tables import TABLES
from tools.bulk import load
from tools.events import Maker

SECTION: Final = "A warm page"

_EVENTS: Final = 10_000
_EVENT_BYTES: Final = 500
_SEED: Final = 7
_ROUNDS: Final = 40
_DISCARDED: Final = 10
_SPLIT: Final = 25
_PROFILED: Final = 100
_SHOWN: Final = 15

_SIZES: Final = (10, 100, 1000)
_OWN_MS: Final = 2.0
_LIMITS: Final = {100: 1.5, 1000: 1.4}
"""The most that the ratio to the floor may be, by the number of events."""

_FUNCTIONS: Final = {
    "native": "EventsFunction",
    "Cloud Foundry": "CloudFoundryFunction",
    "Waldur": "WaldurFunction",
    "DWS": "DwsFunction",
    "Cloud Eye": "CesFunction",
    "Cedana": "CedanaFunction",
}
_COMMON: Final = "audit.app.create"
"""The type to ask Cloud Eye for: one request lists the events of one type."""

_SOURCE: Final = "service-3"
"""The source of about one event in ten; there is no index by source."""


@dataclass(frozen=True, slots=True)
class Case:
    """A page with a number of events: the request for it, and the plain query of its rows."""

    name: str
    events: int
    rows: int
    ask: Callable[[], Any]
    query: Callable[[], Any]


def measure() -> list[Measure]:
    """Return how long a page takes, API by API, and how much of that is our own work."""
    events = list(Maker(_SEED, _EVENT_BYTES).spread(_EVENTS))
    with stage() as running:
        load(running.client, TABLES, SCOPE, events, 1)
        cases = list(Requests(running, events[::-1]).cases())
        asks = {case.name: case.ask for case in cases}
        floors = {f"{case.name}, floor": case.query for case in cases}
        runs = interleaved(asks | floors, _ROUNDS, _DISCARDED)
        lines = [_line(case, runs[case.name], runs[f"{case.name}, floor"]) for case in cases]
        return [*lines, _own([case for case in cases if case.events == case.rows == 100])]


class Requests:
    """The requests for pages of a log, given its events, the newest first."""

    def __init__(self, stage: Stage, newest: list[Event]) -> None:
        self._stage = stage
        self._newest = newest
        self._plain = boto3.client("dynamodb")

    def cases(self) -> Iterator[Case]:
        """Yield the pages to measure."""
        for size in _SIZES:
            since = (times.now() - self._newest[size - 1].time) // SECOND
            yield self._case("native", f"v1/events?page_size={size}", size)
            yield self._case("DWS", f"v2/{SCOPE}/events?limit={size}", size)
            yield self._case("Cedana", f"v2/events?time={since}", size)
            if size <= 100:
                yield from self._smaller(size)
        found = (n for n, event in enumerate(self._newest, 1) if event.source == _SOURCE)
        rows = next(islice(found, 99, None))
        path = f"v1/events?page_size=100&filter=source=%22{_SOURCE}%22"
        yield self._case("native", path, 100, rows)

    def _smaller(self, size: int) -> Iterator[Case]:
        path = f"cf/v2/events?order-direction=desc&results-per-page={size}"
        yield self._case("Cloud Foundry", path, size)
        yield self._case("Waldur", f"api/events/?page_size={size}", size)
        common = [event.time // 1000 for event in self._newest if event.type == _COMMON]
        within = f"event_type=EVENT.SYS&from={common[size - 1]}&to={common[0] + 1}"
        yield self._case("Cloud Eye", f"V1.0/{SCOPE}/event/{_COMMON}?{within}", size)

    def _case(self, family: str, path: str, size: int, rows: int | None = None) -> Case:
        name = f"{family}, {size:,}" + (f" out of {rows:,} by a filter" if rows else "")
        ask = partial(self._stage.function(_FUNCTIONS[family]), self._stage.asked(path))
        query = partial(self._query, rows or size, _COMMON if family == "Cloud Eye" else None)
        return Case(name, size, rows or size, ask, query)

    def _query(self, rows: int, type: str | None = None) -> Any:
        index, attribute = FIELD_INDEXES["type"] if type else (TIME_INDEX, None)
        key = {"scope": {"S": SCOPE}, "shard": {"N": "0"}}
        if type and attribute:
            key[attribute] = {"S": type}
        return self._plain.query(
            TableName=TABLES.events,
            IndexName=index,
            KeyConditionExpression=" AND ".join(f"#{name} = :{name}" for name in key),
            ExpressionAttributeNames={f"#{name}": name for name in key},
            ExpressionAttributeValues={f":{name}": value for name, value in key.items()},
            ScanIndexForward=False,
            Limit=rows,
        )


def _line(case: Case, taken: Runs, floor: Runs) -> Measure:
    return Measure(
        SECTION,
        case.name,
        taken.median,
        "ms",
        taken.spread,
        floor.median,
        _LIMITS.get(case.events),
        detail={"parts_ms": split(case.ask, _SPLIT)},
    )


def _own(cases: list[Case]) -> Measure:
    """Return the most of our own work that 100 events take, and for which page."""
    taken = {case.name: Runs.of(own_cpu_ms(case.ask, _SPLIT)) for case in cases}
    worst = max(cases, key=lambda case: taken[case.name].median)
    own = taken[worst.name]
    detail = {
        "own_cpu_ms": {name: round(runs.median, 3) for name, runs in taken.items()},
        "where": worst.name,
        "profile": _profile(worst.ask),
    }
    name = "our own CPU for 100 events, the most"
    return Measure(SECTION, name, own.median, "ms", own.spread, limit=_OWN_MS, detail=detail)


def _profile(ask: Callable[[], Any]) -> list[dict[str, Any]]:
    """Return the functions that take most of the time, with their milliseconds a request."""
    profile = Profile()
    for _ in range(_PROFILED):
        profile.runcall(ask)
    stats: Any = Stats(profile).stats  # type: ignore[attr-defined]  # typeshed lacks it
    rows = sorted(stats.items(), key=lambda row: -row[1][2])[:_SHOWN]
    return [
        {
            "function": f"{Path(file).name}:{name}",
            "calls": calls / _PROFILED,
            "ms": round(own * 1000 / _PROFILED, 3),
        }
        for (file, _, name), (_, calls, own, *_) in rows
    ]
