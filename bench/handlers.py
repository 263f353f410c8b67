"""Measures how long the functions take to answer; `make bench-handlers` keeps that in a file.

They run in this process, one after the other, with DynamoDB Local and moto's S3 beside it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from functools import partial
from io import StringIO
from itertools import count
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import boto3
from aws_lambda_powertools import Logger

from bench import payloads
from bench.bulk import load
from bench.events import START, Maker
from bench.payloads import Payload
from bench.questions import FIRST, LAST, MIDDLE
from bench.scale import TABLES
from bench.units import item_bytes
from bench.writes import folding
from polylog.auth import PERMISSIONS, Restriction
from polylog.aws.measures import LOG
from polylog.dynamo.schema import TIME_INDEX
from polylog.event import Event
from polylog.times import SECOND
from polylog_cli.engine import dynamodb_local
from polylog_cli.gateway import load_handler
from polylog_cli.home import Home
from polylog_cli.local import ENVIRONMENT, connect, create_tables, engine
from polylog_cli.log import local_keys
from polylog_cli.template import Template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT: Final = Path(__file__).parent.parent
RESULTS: Final = Path(__file__).with_suffix(".json")

BATCH: Final = 95
"""Events a transaction of the writer takes."""

IMPORTED: Final = 20 * BATCH
ONE_EVENT: Final = "one event by its id"
POSTED: Final = {number: f"POST of {number}" for number in (1, BATCH)}
TAKEN: Final = {number: f"batch of {number} messages" for number in (1, BATCH)}
IMPORT: Final = f"import of {IMPORTED} events"
WAKE: Final = "wake-up with nothing to fold"

_SCOPE: Final = "bench"
_SEED: Final = 7
_EVENTS: Final = 10_000
_READ_BYTES: Final = 500
_WRITTEN_BYTES: Final = 1000
"""Of an event's JSON, about: those that are asked for are of the size that bench.scale asks for."""

_RUNS: Final = 40
_DISCARDED: Final = 10
_BUCKET: Final = "bench-imports"

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
    """What an invocation took, in the middle: all of the time, and that of the processor.

    `answer_bytes` is the body of an HTTP response, `log_bytes` what the function logged.
    """

    name: str
    ms: float
    cpu_ms: float
    answer_bytes: int
    log_bytes: int


class _Context:
    """What Lambda tells a function of its invocation: here that there is time."""

    function_name = "polylog-IngestFunction-1A2B3C4D5E6F"
    memory_limit_in_mb = 1024
    invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function_name}"
    aws_request_id = "8f8fc8e4-5b8e-4d43-9d2e-6a5d8e6f0c11"

    def get_remaining_time_in_millis(self) -> int:
        """Return as much as there is at most."""
        return 900_000


class Bench:
    """The functions of the template, each made when it is measured first."""

    def __init__(self, client: DynamoDBClient, token: str, template: Template) -> None:
        self._client = client
        self._token = token
        self._functions = {each.name: each for each in template.functions}
        self._maker = Maker(_SEED + 1, _WRITTEN_BYTES)
        self._times = count(START, SECOND)
        self._log = StringIO()

    def run(self) -> Iterator[Taken]:
        """Yield what everything takes."""
        ask = self._measure
        # First: what others store would be due to be folded.
        yield ask(WAKE, "CompactFunction", partial(payloads.stream, _SCOPE))
        for name, path in _QUESTIONS.items():
            yield ask(name, "EventsFunction", partial(self._request, "GET", path))
        kept = self._stored()
        yield ask(ONE_EVENT, "EventsFunction", partial(self._request, "GET", f"events/{kept.id}"))
        for number, name in POSTED.items():
            yield ask(name, "EventsFunction", partial(self._post, number))
        for number, name in TAKEN.items():
            yield ask(name, "IngestFunction", partial(self._messages, number))
        yield ask(IMPORT, "ImportFunction", self._dropped, runs=4)

    def _measure(
        self, name: str, function: str, make: Callable[[], Payload], runs: int = _RUNS
    ) -> Taken:
        print(name, file=sys.stderr, flush=True)
        log, found = self._log, []
        with redirect_stdout(log):
            handler = load_handler(self._functions[function])
            Logger(LOG).clear_state()  # Functions share one here.
            for _ in range(runs + min(runs, _DISCARDED)):
                event, logged = make(), log.tell()
                wall, cpu = time.perf_counter(), time.process_time()
                answer = handler(event, _Context())
                cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
                _check(answer)
                found.append((wall, cpu, len((answer or {}).get("body", "")), log.tell() - logged))
        walls, cpus, answers, logs = zip(*found[-runs:], strict=True)
        ms, cpu_ms = (round(median(seconds) * 1000, 2) for seconds in (walls, cpus))
        return Taken(name, ms, min(ms, cpu_ms), round(median(answers)), round(median(logs)))

    def _events(self, number: int) -> list[Event]:
        return [self._maker.at(next(self._times)) for _ in range(number)]

    def _stored(self) -> Event:
        (event,) = self._events(1)
        load(self._client, TABLES, _SCOPE, [event], 1)
        return event

    def _post(self, number: int) -> Payload:
        body = f"[{','.join(map(payloads.line, self._events(number)))}]"
        return self._request("POST", "events?format=native", body)

    def _request(self, method: str, path: str, body: str = "") -> Payload:
        return payloads.request(self._token, method, path, body)

    def _messages(self, number: int) -> Payload:
        return payloads.messages(map(payloads.line, self._events(number)))

    def _dropped(self) -> Payload:
        lines = [payloads.line(event) for event in self._events(IMPORTED)]
        key = f"import/{_SCOPE}/native/{lines[0][8:44]}.ndjson"
        put = boto3.client("s3").put_object(Bucket=_BUCKET, Key=key, Body="\n".join(lines).encode())
        return payloads.notification(_BUCKET, key, put["ETag"].strip('"'))


def _check(answer: Payload) -> None:
    assert (answer or {}).get("statusCode", 200) == 200, answer
    assert not (answer or {}).get("batchItemFailures"), answer


def _stored_bytes(client: DynamoDBClient) -> list[int]:
    """Return how large the rows of some events are."""
    load(client, TABLES, "sizes", Maker(_SEED, _WRITTEN_BYTES).spread(500), 1)
    found = client.query(
        TableName=TABLES.events,
        IndexName=TIME_INDEX,
        KeyConditionExpression="#scope = :scope AND #shard = :shard",
        ExpressionAttributeNames={"#scope": "scope", "#shard": "shard"},
        ExpressionAttributeValues={":scope": {"S": "sizes"}, ":shard": {"N": "0"}},
    )
    return list(map(item_bytes, found["Items"]))


def main() -> None:
    """Measure everything, and keep it."""
    os.environ |= ENVIRONMENT
    del os.environ["POWERTOOLS_METRICS_DISABLED"]
    template = Template.read(ROOT / "template.yaml")
    with TemporaryDirectory() as folder, dynamodb_local(None) as url, engine("moto", None) as aws:
        client, home = connect(url), Home(Path(folder)).make()
        create_tables(client, template)
        os.environ |= {
            "AWS_ENDPOINT_URL": aws,
            "AWS_ENDPOINT_URL_DYNAMODB": url,
            "PEPPER_FILE": str(home.pepper),
        }
        # In any other region it would have to be told where it lies.
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=_BUCKET)
        keys = local_keys(client, home)
        token = keys.create(_SCOPE, frozenset(PERMISSIONS), Restriction(), None).token
        load(client, TABLES, _SCOPE, Maker(_SEED, _READ_BYTES).spread(_EVENTS), 1)
        taken = list(Bench(client, token, template).run())
        sizes = _stored_bytes(client)
        folded = folding(client, TABLES)
    document = {
        "item_bytes": round(mean(sizes)),
        "taken": [asdict(each) for each in taken],
        "folding": [asdict(each) for each in folded],
    }
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
