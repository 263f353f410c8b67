"""Asks logs of 10 thousand to 1 million events the same questions: `make bench-scale`."""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config

from bench.cases import report, searching
from bench.cases.goals import Key
from bench.cases.naive import Naive
from bench.cases.questions import Question, Step, questions
from bench.cases.searching import Sought
from bench.stage.served import SEARCHED, facets_of
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.limits import UNLIMITED, Limits
from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tables import Shards
from polylog.dynamo.tally.moment import read_moment
from polylog.model import times
from polylog.model.times import SECOND, SYSTEM_CLOCK, Clock
from polylog_cli.local.dynamodb import dynamodb_local
from polylog_cli.local.tables import ENVIRONMENT, TABLES, connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT, writes
from tools.bulk import load
from tools.meter import Cost, Meter
from tools.searches import Census
from tools.sought import sought
from tools.units import Shape

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SIZES: Final = (10_000, 100_000, 1_000_000)

_SEED: Final = 2014
_ROUNDS: Final = 60
_DISCARDED: Final = 5
"""The first rounds, which do not count: Java still compiles the code of DynamoDB Local."""

# Reading a large log takes minutes, so it is read once, and smaller logs more often.
_NAIVE_EVENTS: Final = 50_000

_LIMITS: Final = Limits(items=100_000, seconds=60)


def _later() -> int:
    """Return the time of readers, a day from now: loading uses its own clock, which runs ahead."""
    return times.now() + 86_400 * SECOND


Known = dict[Step, tuple[object, Cost]]
"""The steps of naive ways that were measured already: their answers, and their costs."""


@dataclass(frozen=True, slots=True)
class Log:
    """A scope with events; `plain` is a client as botocore makes it."""

    client: DynamoDBClient
    plain: DynamoDBClient
    scope: str
    census: Census
    facets: frozenset[str]

    @property
    def number(self) -> int:
        """The number of events, once they are loaded."""
        return self.census.number

    def store(self) -> DynamoEventStore:
        """Return a store that remembers nothing yet."""
        return DynamoEventStore(
            self.client,
            TABLES,
            shards=Shards(1, 1),
            limits=_LIMITS,
            clock=Clock(_later),
            facets=self.facets,
        )

    def naive(self) -> Naive:
        """Return the naive way to answers of this log."""
        reader = Reader(self.client, TABLES.events, 1, UNLIMITED, SYSTEM_CLOCK)
        moment = read_moment(self.client, TABLES.tally, self.scope, SYSTEM_CLOCK)
        return Naive(reader, moment, self.scope, self.number)

    def questions(self) -> list[Question]:
        """Return the questions to this log."""
        return questions(self.plain, TABLES, self.store(), self.scope, self.number)


@dataclass(frozen=True, slots=True)
class Case:
    """One way of asking one question: cold, warm, or plain."""

    log: Log
    question: Question
    way: str
    ask: Callable[[], object]

    @property
    def key(self) -> Key:
        """The key of the results."""
        return self.question.name, self.log.number, self.way


def main() -> None:
    """Measure the sizes that you name, or all. Only a run of all changes the published results."""
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    os.environ |= ENVIRONMENT
    with _engine() as (url, template):
        client = connect(url)
        plain = boto3.client("dynamodb", endpoint_url=url)
        logs = [
            Log(client, plain, f"scale-{number}", Census(sought(number)), SEARCHED)
            for number in sizes
        ]
        loads = [_load(_loading_client(url), log) for log in logs]
        meter = Meter(client, plain)
        asked = [(log, question) for log in logs for question in log.questions()]
        _say("asking")
        costs = _ask(meter, [case for each in asked for case in _cases(*each)])
        known: dict[int, Known] = defaultdict(dict)
        for log, question in asked:
            _say(f"asking {log.number} events the naive way: {question.name}")
            costs[question.name, log.number, "naive"] = _ask_naively(
                meter, log, question, known[log.number]
            )
        _say("writing")
        shapes = {name: Shape.of(arguments) for name, arguments in template.tables.items()}
        prices = writes.measure(client, TABLES, shapes, facets=facets_of(template))
        asked_for = [Sought(log.scope, log.number, log.census.searches()) for log in logs]
        found = searching.measure(url, plain, asked_for)
    results = report.Results(sizes, _ROUNDS, loads, costs, prices, found)
    print(report.markdown(results), report.searches_markdown(results), sep="\n\n")
    if sizes == SIZES:
        document = ROOT / "bench" / "publish" / "scale.json"
        report.publish(results, document, ROOT / "docs" / "scale.md")


@contextmanager
def _engine() -> Iterator[tuple[str, Template]]:
    template = Template.read(ROOT / "template.yaml")
    with dynamodb_local(None) as url:
        create_tables(connect(url), template)
        yield url, template


def _loading_client(url: str) -> DynamoDBClient:
    """Return a client that does not check requests; the checks take as long as making them."""
    return boto3.client("dynamodb", endpoint_url=url, config=Config(parameter_validation=False))


def _load(client: DynamoDBClient, log: Log) -> report.Load:
    _say(f"loading {log.scope}")
    began = time.monotonic()
    loaded = load(client, TABLES, log.scope, log.census, 1, log.facets)
    _say(f"verifying them, after {time.monotonic() - began:.0f} s")
    found = Verifier(client, TABLES, 1).verify(log.scope)
    return report.Load(loaded, found.settled, found.young, found.rows, len(found.drifts))


def _cases(log: Log, question: Question) -> Iterator[Case]:
    warm = log.store()
    question.ask(warm)
    yield Case(log, question, "cold", lambda: question.ask(log.store()))
    yield Case(log, question, "warm", lambda: question.ask(warm))
    if question.plain:
        yield Case(log, question, "plain", question.plain)


def _ask(meter: Meter, cases: Sequence[Case]) -> dict[Key, Cost]:
    """Ask everything once a round, in a new order each time, so that none has an advantage."""
    random = Random(_SEED)
    runs: dict[Key, list[Cost]] = defaultdict(list)
    for round in range(_DISCARDED + _ROUNDS):
        for case in random.sample(cases, len(cases)):
            _, cost = meter.measure(case.ask)
            if round >= _DISCARDED:
                runs[case.key].append(cost)
    return {case.key: Cost.of(runs[case.key]) for case in cases}


def _ask_naively(meter: Meter, log: Log, question: Question, known: Known) -> Cost:
    """Return the cost of the naive way; fails if its answer is another one."""
    for step in question.naive:
        if step not in known:
            known[step] = _step(meter, log, step)
    parts = [known[step] for step in question.naive]
    assert [answer for answer, _ in parts] == list(question.ask(log.store())), question.name
    return sum((cost for _, cost in parts), start=Cost(runs=parts[0][1].runs))


def _step(meter: Meter, log: Log, step: Step) -> tuple[object, Cost]:
    rounds = max(1, _NAIVE_EVENTS // log.number)
    runs = [meter.measure(lambda: step(log.naive())) for _ in range(rounds)]
    return runs[0][0], Cost.of([cost for _, cost in runs])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
