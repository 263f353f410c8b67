"""What whole stacks and careless readers take in a month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bench.cases.counted import QUIET
from bench.cases.handlers import ONE_EVENT, WAKE
from bench.cases.questions import FIRST, MIDDLE
from bench.cases.ways import BY_BUCKET, BY_QUEUE, MANY_A_REQUEST, ONE_A_REQUEST, Way
from bench.prices import (
    DASHBOARDS,
    KEPT_LOGS_GB,
    LOGGED_GB,
    OBJECTS_GB,
    OWN_METRICS,
    QUEUE_REQUESTS,
    RESTORED_GB,
    SCHEDULED,
    SECRET_REQUESTS,
    SECRETS,
    SNAPSHOT_GB_SECONDS,
    TRACES,
    WATCHED_METRICS,
)
from bench.publish.measured import BROAD, FREQUENT, GB, RARE, Measured
from bench.usage import Usage
from tools.writes import ALONE, BATCHES, SINGLES

HOURS: Final = 730
MINUTES: Final = HOURS * 60
SECONDS: Final = MINUTES * 60
DAYS: Final = HOURS / 24

ALARM_METRICS: Final = 27
METRICS: Final = 6
"""The number of Polylog's own metrics. In an idle stack only two have values, by the daily run."""

TOTAL: Final = "total of one type"
GROUPS: Final = "groups of 30 days, cut within minutes"

_IDLE_METRICS: Final = 2
_HOURS_OF_DAILY_RUNS: Final = DAYS / HOURS
"""The part of a month's hours in which the daily run works: AWS bills metrics by the hour."""

_POLLED_QUEUES: Final = 2
_POLLERS: Final = 5
_POLL_SECONDS: Final = 20
"""Lambda polls a queue with five pollers, each for 20 seconds at a time."""

_ARTIFACT_BYTES: Final = 15_000_000
_DEPLOYMENTS: Final = 12
"""The bucket of SAM keeps a layer for each deployment; these are those of a year."""

_WAIT_SECONDS: Final = 20
_LOOKS: Final = 40
"""`polylog tail` asks the service to wait this long, which takes this many looks."""

_TRACED: Final = 0.05
"""The part of the requests that X-Ray records, beyond one a second."""


def standing(metrics: float) -> Usage:
    """Return what a stack takes even if nobody uses it."""
    polls = _POLLED_QUEUES * _POLLERS * SECONDS / _POLL_SECONDS
    return Usage(
        {
            WATCHED_METRICS: ALARM_METRICS,
            OWN_METRICS: metrics,
            DASHBOARDS: 1,
            SECRETS: 1,
            QUEUE_REQUESTS: polls,
            SCHEDULED: DAYS,
            OBJECTS_GB: _DEPLOYMENTS * _ARTIFACT_BYTES / GB,
        }
    )


def daily(measured: Measured) -> Usage:
    """Return what the daily runs of a month take; each is a cold start."""
    run = measured.invocation(WAKE) + measured.start("CompactFunction")
    return run.times(DAYS)


def snapshots(measured: Measured, restores: int) -> Usage:
    """Return what SnapStart takes in a month: a snapshot of each HTTP function, and restores."""
    memory_gb = [each.memory_mb / 1024 for each in measured.functions if each.routes]
    restored = restores * sum(memory_gb) / len(memory_gb)
    return Usage({SNAPSHOT_GB_SECONDS: sum(memory_gb) * SECONDS, RESTORED_GB: restored})


def traces(requests: float) -> Usage:
    """Return the most that X-Ray records of a month's requests, by its default rule."""
    return Usage({TRACES: min(requests, SECONDS) + _TRACED * max(0, requests - SECONDS)})


def careless(measured: Measured) -> dict[str, Usage]:
    """Return what careless habits take in a month, by name."""
    alone = replace(ONE_A_REQUEST, traffic=f"{SINGLES}, {ALONE}")
    dashboard = (measured.question(TOTAL) + measured.question(GROUPS)).times(5 * MINUTES)
    waiting = measured.waiting(_WAIT_SECONDS, _LOOKS)
    return {
        "a search for a word of one message in 50, every minute": measured.question(FREQUENT).times(
            MINUTES
        ),
        "a question that reads 100,000 events, every minute": measured.question(BROAD).times(
            MINUTES
        ),
        "a dashboard of 10 totals and groups, every minute": dashboard,
        "the first page of 100, every second": measured.question(FIRST).times(SECONDS),
        "a request to the tail that finds nothing, every second": measured.look().times(SECONDS),
        "`polylog tail`, left open": waiting.times(SECONDS / _WAIT_SECONDS),
        "a single event, every minute": (measured.stored(alone) + measured.folded(alone)).times(
            MINUTES
        ),
        "a client without a key, 10 requests a second": measured.refused().times(10 * SECONDS),
    }


@dataclass(frozen=True, slots=True)
class Example:
    """A stack in a month: the events that come in, the questions, and what it keeps.

    `kept_events` is the number of events at the end, `log_days` how long it keeps its own logs.
    `starts` is the number of starts of functions that answer HTTP, `busy` how many of these run all
    the time.
    """

    name: str
    said: tuple[str, ...]
    ways: Mapping[Way, float] = field(default_factory=dict)
    questions: Mapping[str, float] = field(default_factory=dict)
    kept_events: float = 0
    log_days: int = 30
    starts: int = 0
    busy: int = 0
    metrics: float = _IDLE_METRICS * _HOURS_OF_DAILY_RUNS

    def usage(self, measured: Measured) -> Usage:
        """Return everything that the stack takes."""
        running = Usage.of_all((*self._taken_in(measured), *self._asked(measured), daily(measured)))
        return running + self._kept(measured, running) + standing(self.metrics)

    def _taken_in(self, measured: Measured) -> Iterator[Usage]:
        for way, events in self.ways.items():
            yield (measured.stored(way) + measured.folded(way)).times(events)

    def _asked(self, measured: Measured) -> Iterator[Usage]:
        for name, number in self.questions.items():
            yield measured.question(name).times(number)
        yield measured.start("EventsFunction").times(self.starts)
        yield Usage({SECRET_REQUESTS: self.starts + self.busy * HOURS})

    def _kept(self, measured: Measured, running: Usage) -> Usage:
        logs = running.quantities.get(LOGGED_GB, 0) * self.log_days / DAYS
        months = self.kept_events / max(1, sum(self.ways.values()))
        events = (measured.kept(months * n, way.traffic) for way, n in self.ways.items())
        dropped = measured.dropped(months * self.ways.get(BY_BUCKET, 0))
        return Usage.of_all((*events, dropped, Usage({KEPT_LOGS_GB: logs})))


def _shared(number: int, shares: Mapping[str, float]) -> dict[str, float]:
    return {name: number * share for name, share in shares.items()}


_PEOPLE: Final = {FIRST: 0.4, MIDDLE: 0.05, ONE_EVENT: 0.2, TOTAL: 0.15, GROUPS: 0.1, RARE: 0.1}
_WORKDAYS: Final = 22
_ASKED_A_DAY: Final = 100

TEAM: Final = Example(
    "A team of five, a million events a month",
    (
        "Events arrive evenly, in one scope. Five people each ask 100 questions a day, on 22 days.",
        "Events are kept forever. This is the bill after a year, with 12 million of them. "
        "Logs are kept for 30 days.",
        "One function that answers HTTP is busy all the time. About every fifth question finds "
        "no function running, which makes 2,000 starts.",
    ),
    {
        replace(ONE_A_REQUEST, name="HTTP, one in ten seconds", traffic=QUIET): 300_000,
        replace(MANY_A_REQUEST, traffic=f"{BATCHES}, {ALONE}"): 700_000,
    },
    _shared(5 * _WORKDAYS * _ASKED_A_DAY, _PEOPLE),
    kept_events=12_000_000,
    starts=2000,
    busy=1,
    metrics=1 + _HOURS_OF_DAILY_RUNS,
)

_DASHBOARD: Final = {TOTAL: 5.0 * MINUTES, GROUPS: 5.0 * MINUTES}
_MANY_PEOPLE: Final = _shared(200 * _WORKDAYS * _ASKED_A_DAY, _PEOPLE)

PLATFORM: Final = Example(
    "A platform with 100 million events a month",
    (
        "Events arrive evenly, in one scope. 200 people each ask 100 questions a day, on 22 days. "
        "A dashboard asks 10 questions a minute.",
        "`RetentionDays=90` keeps 300 million events. The bucket has the objects of the same three "
        "months. `LogRetentionDays=90` keeps the logs as long.",
        "Five functions that answer HTTP are busy all the time. There are 50,000 starts.",
    ),
    {
        MANY_A_REQUEST: 60_000_000,
        BY_QUEUE: 30_000_000,
        ONE_A_REQUEST: 5_000_000,
        BY_BUCKET: 5_000_000,
    },
    {name: number + _DASHBOARD.get(name, 0) for name, number in _MANY_PEOPLE.items()},
    kept_events=300_000_000,
    log_days=90,
    starts=50_000,
    busy=5,
    metrics=METRICS,
)

IDLE: Final = Example(
    "An idle stack",
    (
        "No events arrive, nobody asks, and no events are kept. The daily schedule runs, Lambda "
        "polls the two queues, and the alarms, the dashboard and the secret exist.",
    ),
)

EXAMPLES: Final = (TEAM, PLATFORM, IDLE)
