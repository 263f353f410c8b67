"""How fast deltas are folded, compared with how fast one writer stores them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from bench.stage.measures import Measure, Runs
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tables import Shards
from polylog.model.times import SYSTEM_CLOCK
from polylog_cli.local.dynamodb import dynamodb_local
from polylog_cli.local.tables import TABLES, connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT
from tools.events import DAY, START, Maker

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECTION: Final = "Folding, compared with storing the same events"

_SEED: Final = 11
_EVENT_BYTES: Final = 500
_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Traffic:
    """Traffic of `batches` batches in each of `scopes` scopes; a part of the events is late.

    `batch` is the number of events in a batch, `late` the part of them that is late.
    """

    name: str
    batch: int
    batches: int
    scopes: int
    late: float = 0


_TRAFFIC: Final = (
    Traffic("batches of 95, one scope", 95, 60, 1),
    Traffic("batches of 95, ten scopes", 95, 6, 10),
    Traffic("batches of 95, a tenth late by up to a year, one scope", 95, 30, 1, 0.1),
    Traffic("single events, one scope", 1, 1000, 1),
    Traffic("single events, ten scopes", 1, 100, 10),
)

_numbers = count(1)


def measure() -> list[Measure]:
    """Return how many events a second are folded; the floor is how many one writer stores."""
    with _tables() as client:
        return [_line(client, traffic) for traffic in _TRAFFIC]


@contextmanager
def _tables() -> Iterator[DynamoDBClient]:
    with dynamodb_local(None) as url:
        client = connect(url)
        create_tables(client, Template.read(ROOT / "template.yaml"))
        yield client


def _line(client: DynamoDBClient, traffic: Traffic) -> Measure:
    rounds = [_round(client, traffic) for _ in range(_ROUNDS)]
    folded, stored = (Runs.of(rates) for rates in zip(*rounds, strict=True))
    return Measure(
        SECTION,
        traffic.name,
        folded.median,
        "events/s",
        folded.spread,
        floor=stored.median,
        limit=1,
        at_least=True,
    )


def _round(client: DynamoDBClient, traffic: Traffic) -> tuple[float, float]:
    """Return how many events a second are folded, and how many are stored."""
    scopes = [f"fold-{next(_numbers)}" for _ in range(traffic.scopes)]
    events = traffic.batch * traffic.batches * traffic.scopes
    began = time.perf_counter()
    _store(client, traffic, scopes)
    stored = time.perf_counter()
    _fold(client, scopes)
    folded = time.perf_counter()
    return events / (folded - stored), events / (stored - began)


def _store(client: DynamoDBClient, traffic: Traffic, scopes: Sequence[str]) -> None:
    store = DynamoEventStore(client, TABLES, shards=Shards(1, 1), limits=Limits(1, 60))
    maker = Maker(_SEED, _EVENT_BYTES)
    each = 1 / traffic.late if traffic.late else 0
    for number in range(traffic.batches):
        now = START + 400 * DAY + number * 100_000
        for scope in scopes:
            batch = [
                maker.at(now - n * number % 365 * DAY if each and n % each == 0 else now)
                for n in range(traffic.batch)
            ]
            store.put(scope, batch)


def _fold(client: DynamoDBClient, scopes: Sequence[str]) -> None:
    """Fold the scopes in turn until nothing is young."""
    folder, left = Folder(client, TABLES.tally, SYSTEM_CLOCK), list(scopes)
    while left:
        left = [scope for scope in left if folder.fold(scope)]
