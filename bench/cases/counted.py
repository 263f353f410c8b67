"""Counts what requests and folding take. The numbers are the same on every machine.

`make bench-counted` writes them to a file: the bytes of log lines, the read units of folding, what
folding leaves in the tally table, the read units of a look at the tail, and the sizes of the
objects of an import.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

import boto3

from bench.cases.handlers import IMPORTED, WRITTEN_BYTES, Call, Calls, ready
from bench.stage.served import facets_of
from bench.stage.stage import BUCKET, SCOPE, Stage, stage
from polylog.dynamo.limits import Limits
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tables import Shards
from polylog.model.filter import EVERYTHING
from polylog.model.times import SYSTEM_CLOCK
from polylog_cli.local.tables import TABLES
from tools import ROOT
from tools.meter import READING, Meter
from tools.units import Shape
from tools.writes import BATCHES, SELDOM, SINGLES, folding, measure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RESULTS: Final = ROOT / "bench" / "publish" / "counted.json"

QUIET: Final = f"{SINGLES}, {SELDOM}"

_RUNS: Final = 4

_TRAFFIC: Final = (
    *(f"{SINGLES}, {rate}" for rate in ("ten a second", "one a second", SELDOM, "one a minute")),
    *(f"{BATCHES}, {rate}" for rate in ("ten a second", "one a second", "one a minute")),
    f"scattered over 400 days, {BATCHES}, one a second",
)


@dataclass(frozen=True, slots=True)
class Logged:
    """What the code of a function logs in one invocation."""

    name: str
    lines: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Objects:
    """What an import leaves in the bucket, in bytes an event: the objects dropped, and results."""

    dropped_bytes: float
    result_bytes: float


def _logged(stage: Stage, call: Call) -> Logged:
    print(call.name, file=sys.stderr, flush=True)
    invoke, found = stage.function(call.function), []
    for _ in range(1 + _RUNS):
        payload, before = call.make(), stage.log.tell()
        invoke(payload)
        found.append(stage.log.getvalue()[before:].splitlines(keepends=True))
    usual = found[1:]  # The first invocation also logs that it was a cold start.
    return Logged(call.name, round(median(map(len, usual))), round(median(map(_bytes, usual))))


def _bytes(lines: list[str]) -> int:
    return sum(len(line.encode()) for line in lines)


def _look(stage: Stage) -> float:
    """Return the read units of a look at the tail that finds nothing."""
    store = DynamoEventStore(
        stage.client,
        TABLES,
        shards=Shards(1, 1),
        limits=Limits(items=1000, seconds=10),
        clock=SYSTEM_CLOCK,
    )
    latest = store.latest(SCOPE)
    meter = Meter(stage.client, operations=READING)
    found, cost = meter.measure(lambda: store.tail(SCOPE, EVERYTHING, latest, 100))
    assert not found.events
    return cost.units


def _objects(events: int) -> Objects:
    """Return the sizes of the objects in the bucket after an import of this number of events."""
    sizes = dict(_sizes(boto3.client("s3")))
    dropped, results = (
        sum(size for key, size in sizes.items() if key.startswith(prefix))
        for prefix in ("import/", "import-results/")
    )
    return Objects(round(dropped / events, 2), round(results / events, 2))


def _sizes(s3: S3Client) -> Iterator[tuple[str, int]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for each in page["Contents"]:
            yield each["Key"], each["Size"]


def main() -> None:
    """Count everything, and write it to the file."""
    with stage() as running:
        ready(running)
        look = _look(running)
        logged = [_logged(running, call) for call in Calls(running).all()]
        events = (_RUNS + 1) * IMPORTED
        objects = _objects(events)
        print("folding", file=sys.stderr, flush=True)
        facets = sorted(facets_of(running.template))
        folded = folding(running.client, TABLES, _TRAFFIC, facets)
        shapes = {name: Shape.of(arguments) for name, arguments in running.template.tables.items()}
        written = measure(running.client, TABLES, shapes, [QUIET], [WRITTEN_BYTES], facets=facets)
    document = {
        "logged": [asdict(each) for each in logged],
        "folding": [asdict(each) for each in folded],
        "writing": [asdict(each) for each in written],
        "look_units": look,
        "objects": asdict(objects),
    }
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
