"""Measures how long the functions take to answer; `make bench-handlers` writes it to a file.

The functions run in this process, one after the other, with DynamoDB Local and moto's S3.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count
from statistics import mean, median
from typing import TYPE_CHECKING, Final

from bench.cases.questions import FIRST, LAST, MIDDLE
from bench.stage import payloads
from bench.stage.payloads import Payload
from bench.stage.stage import SCOPE, Stage, stage
from polylog.dynamo.tables import TIME_INDEX
from polylog.model.event import Event
from polylog.model.times import SECOND
from polylog_cli.local.tables import TABLES
from tools import ROOT
from tools.bulk import load
from tools.events import START, Maker
from tools.units import item_bytes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RESULTS: Final = ROOT / "bench" / "publish" / "handlers.json"

BATCH: Final = 95
"""The number of events that the writer stores in a transaction."""

IMPORTED: Final = 20 * BATCH
ONE_EVENT: Final = "one event by its id"
POSTED: Final = {number: f"POST of {number}" for number in (1, BATCH)}
TAKEN: Final = {number: f"batch of {number} messages" for number in (1, BATCH)}
IMPORT: Final = f"import of {IMPORTED} events"
WAKE: Final = "wake-up with nothing to fold"

_SEED: Final = 7
_EVENTS: Final = 10_000
_READ_BYTES: Final = 500
WRITTEN_BYTES: Final = 1000
"""About the size of a written event as JSON. Events that are read are as large as in `scale`."""

_RUNS: Final = 40
_DISCARDED: Final = 10

_QUESTIONS: Final = {
    FIRST: "events?order_by=time&page_size=100&total_size=true",
    MIDDLE: f"events?order_by=time&page_size=100&total_size=true&skip={_EVENTS // 2}",
    LAST: "events?page_size=100&total_size=true",
    "total of everything": "events:count",
    "total of one type": "events:count?filter=type=%22audit.key.create%22",
    "total of 300 days, cut within minutes": (
        "events:count?filter=time%3E=2025-02-03T05:17:23.4Z%20AND%20time%3C2025-11-30T10:34:46.9Z"
    ),
    "groups of 30 days, cut within minutes": (
        "events:groups?by=type&filter=time%3E=2025-07-20T05:17:23.4Z%20AND%20time%3C2025-08-19T05:17:23.4Z"
    ),
    "groups of everything": "events:groups?by=type",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """The medians of several invocations: the whole time, and the processor time.

    `function` is its name in the template; `answer_bytes` is the size of the body of an HTTP
    response.
    """

    name: str
    function: str
    ms: float
    cpu_ms: float
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class Call:
    """A way to invoke a function of the template; each invocation makes a new payload."""

    name: str
    function: str
    make: Callable[[], Payload]
    runs: int = _RUNS


class Calls:
    """All calls that functions are measured with."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._maker = Maker(_SEED + 1, WRITTEN_BYTES)
        self._times = count(START, SECOND)

    def all(self) -> Iterator[Call]:
        """Yield every call. Invoke each one before you ask for the next."""
        # It comes first: after the others there would be something to fold.
        yield Call(WAKE, "CompactFunction", partial(payloads.stream, SCOPE))
        for name, path in _QUESTIONS.items():
            yield Call(name, "EventsFunction", self._asking(path))
        kept = self._stored()
        yield Call(ONE_EVENT, "EventsFunction", self._asking(f"events/{kept.id}"))
        for number, name in POSTED.items():
            yield Call(name, "EventsFunction", partial(self._posted, number))
        for number, name in TAKEN.items():
            yield Call(name, "IngestFunction", partial(self._messages, number))
        yield Call(IMPORT, "ImportFunction", self._dropped, runs=4)

    def _events(self, number: int) -> list[Event]:
        return [self._maker.at(next(self._times)) for _ in range(number)]

    def _stored(self) -> Event:
        (event,) = self._events(1)
        load(self._stage.client, TABLES, SCOPE, [event], 1)
        return event

    def _asking(self, path: str) -> Callable[[], Payload]:
        return lambda: self._stage.request("GET", path)

    def _posted(self, number: int) -> Payload:
        return self._stage.posted(self._events(number))

    def _dropped(self) -> Payload:
        return self._stage.dropped(self._events(IMPORTED))

    def _messages(self, number: int) -> Payload:
        return payloads.messages(map(payloads.line, self._events(number)))


def _measure(stage: Stage, call: Call) -> Taken:
    print(call.name, file=sys.stderr, flush=True)
    invoke, found = stage.function(call.function), []
    for _ in range(call.runs + min(call.runs, _DISCARDED)):
        payload = call.make()
        wall, cpu = time.perf_counter(), time.process_time()
        answer = invoke(payload)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        found.append((wall, cpu, len((answer or {}).get("body", ""))))
    walls, cpus, answers = zip(*found[-call.runs :], strict=True)
    ms, cpu_ms = (round(median(seconds) * 1000, 2) for seconds in (walls, cpus))
    return Taken(call.name, call.function, ms, min(ms, cpu_ms), round(median(answers)))


def _stored_bytes(client: DynamoDBClient) -> list[int]:
    """Return the sizes of the rows of some events."""
    load(client, TABLES, "sizes", Maker(_SEED, WRITTEN_BYTES).spread(500), 1)
    found = client.query(
        TableName=TABLES.events,
        IndexName=TIME_INDEX,
        KeyConditionExpression="#scope = :scope AND #shard = :shard",
        ExpressionAttributeNames={"#scope": "scope", "#shard": "shard"},
        ExpressionAttributeValues={":scope": {"S": "sizes"}, ":shard": {"N": "0"}},
    )
    return list(map(item_bytes, found["Items"]))


def ready(stage: Stage) -> None:
    """Store the events that the questions ask for."""
    load(stage.client, TABLES, SCOPE, Maker(_SEED, _READ_BYTES).spread(_EVENTS), 1)


def main() -> None:
    """Measure everything, and write it to the file."""
    with stage() as running:
        ready(running)
        taken = [_measure(running, call) for call in Calls(running).all()]
        sizes = _stored_bytes(running.client)
    document = {
        "item_bytes": round(mean(sizes)),
        "taken": [asdict(each) for each in taken],
    }
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
