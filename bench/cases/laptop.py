"""Asks `polylog run` over HTTP on this machine: one client alone, and eight clients at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Final
from urllib.parse import quote, urlsplit

from bench.cases.aims import aim_of
from bench.stage.clients import CLIENTS, Client
from bench.stage.measures import Measure, Runs, interleaved
from bench.stage.served import SCOPE, Served, served
from bench.stage.writers import WRITTEN_A_SECOND, writing
from polylog.dynamo.events.items import partition_key
from polylog.dynamo.tables import TIME_INDEX
from polylog.model.times import format_rfc3339
from polylog_cli.local.tables import TABLES
from tools import ROOT
from tools.events import DAY, START
from tools.searches import PAGE, REQUEST, TOKEN, TYPE, USER, Census, Search

SECTION: Final = "Over HTTP, 100,000 events, lists with exact totals"
WRITTEN: Final = "While written"
PARALLEL: Final = f"Over HTTP, {CLIENTS} clients at once"

_EVENTS: Final = 100_000
_ROUNDS: Final = 30
_DISCARDED: Final = 10
_SECONDS: Final = 20
_FLOOR_SUFFIX: Final = ", by DynamoDB alone"
_NEW_SUFFIX: Final = ", over a new connection"
_TRIVIAL: Final = "nothing: who asks"
_OF_DATA: Final = (TOKEN, REQUEST)
"""Searches that take seconds. Only `make bench-scale` measures them."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and how many milliseconds its answer may take.

    `is_mixed` says whether it is one of those that the eight clients ask. If `paths` has others,
    they ask for the same events in other words, each once.
    """

    name: str
    path: str
    limit: float | None = None
    is_mixed: bool = True
    paths: Iterator[str] | None = None

    def next_path(self) -> str:
        """Return what to ask for next."""
        return next(self.paths) if self.paths else self.path


def questions(census: Census) -> list[Question]:
    """Return the questions to a log; pages have 100 events, newest first, and the exact total."""
    page = f"/v1/events?page_size={PAGE}&total_size=true"
    type, actor = f'type="{census.middle(TYPE)}"', f'actor.id="{census.middle(USER)}"'
    since, until = (format_rfc3339(START + days * DAY) for days in (200, 230))
    month = f"{type} AND time>={since} AND time<{until}"

    def with_filter(path: str, filter: str) -> str:
        return f"{path}{'&' if '?' in path else '?'}filter={quote(filter)}"

    return [
        Question("first page", page, 14),
        Question("middle page", f"{page}&skip={census.number // 2}", 28),
        Question("last page", f"{page}&skip={census.number - PAGE}", 28),
        Question("by type", with_filter(page, type), 11),
        Question("by type and time", with_filter(page, month), 13),
        Question("by actor", with_filter(page, actor), 30),
        *(
            question
            for search in census.searches()
            if search.name not in _OF_DATA
            for question in _by_search(search)
        ),
        Question("count", "/v1/events:count", 8),
        Question("count by actor", with_filter("/v1/events:count", actor), 36),
        Question("one event", f"/v1/events/{census.last_id}", 5),
        Question(_TRIVIAL, "/v1/me"),
    ]


def _by_search(search: Search) -> Iterator[Question]:
    """Yield the questions for the middle page of a search: in new words each time, and again."""
    aim, api = aim_of(search.name, _EVENTS), "Waldur's API: " if search.is_waldur else ""
    page, name = (search.pages + 1) // 2, f"{api}{search.name}"
    limit = aim.ms if aim else None
    paths = (search.path(page, turn) for turn in count(1)) if search.is_remembered else None
    yield Question(name, search.path(page), limit, is_mixed=False, paths=paths)
    if search.is_remembered:
        yield Question(f"{name}, asked again", search.path(page), is_mixed=False)


def measure() -> list[Measure]:
    """Return how long the log takes to answer."""
    with served(_EVENTS) as service:
        asked = questions(service.census)
        measures = [*_one_by_one(service, asked), *_at_once(service, asked)]
        return list(_while_written(service, asked, measures))


def _while_written(
    service: Served, asked: Sequence[Question], measures: Sequence[Measure]
) -> Iterator[Measure]:
    """Yield the measures, with the times of the same questions while events are written."""
    address, token = urlsplit(service.credentials.url).netloc, service.credentials.token
    client = Client(address, token)
    cases = {each.name: partial(_ask, client, each) for each in asked}
    with writing(service.credentials, WRITTEN_A_SECOND) as rate:
        taken = interleaved(cases, _ROUNDS, _DISCARDED)
    for line in measures:
        is_asked = line.section == SECTION and line.name in taken
        yield replace(line, written=taken[line.name].median) if is_asked else line
    yield Measure(WRITTEN, "events stored", rate.events, "events/s")


def _one_by_one(service: Served, asked: Sequence[Question]) -> list[Measure]:
    address, token = urlsplit(service.credentials.url).netloc, service.credentials.token
    kept, new = Client(address, token), Client(address, token, keep=False)
    cases = {
        name: partial(_ask, client, each)
        for each in asked
        for name, client in ((each.name, kept), (each.name + _NEW_SUFFIX, new))
    }
    taken = interleaved({**_floors(service), **cases}, _ROUNDS, _DISCARDED)
    return [_line(each, taken) for each in asked]


def _ask(client: Client, question: Question) -> None:
    client.get(question.next_path())


def _line(question: Question, taken: Mapping[str, Runs]) -> Measure:
    name = question.name
    runs, floor = taken[name], taken.get(_floor_of(name))
    detail = {
        "new_connection_ms": round(taken[name + _NEW_SUFFIX].median, 2),
        "trivial_ms": round(taken[_TRIVIAL].median, 2),
        **({"dynamodb_ms": round(floor.median, 2)} if floor else {}),
    }
    return Measure(
        SECTION, name, runs.median, "ms", runs.spread, limit=question.limit, detail=detail
    )


def _floors(service: Served) -> dict[str, Callable[[], object]]:
    """Return requests through botocore to DynamoDB, for the rows of some of the answers."""
    client = service.client
    page = partial(
        client.query,
        TableName=TABLES.events,
        IndexName=TIME_INDEX,
        KeyConditionExpression="#scope = :scope AND #shard = :shard",
        ExpressionAttributeNames={"#scope": "scope", "#shard": "shard"},
        ExpressionAttributeValues={":scope": {"S": SCOPE}, ":shard": {"N": "0"}},
        ScanIndexForward=False,
        Limit=PAGE,
    )
    key = {"pk": {"S": partition_key(SCOPE, service.census.last_id)}}
    one = partial(client.get_item, TableName=TABLES.events, Key=key, ConsistentRead=True)
    return {_floor_of("first page"): page, _floor_of("one event"): one}


def _floor_of(name: str) -> str:
    return name + _FLOOR_SUFFIX


def _at_once(service: Served, asked: Sequence[Question]) -> list[Measure]:
    """Return what several clients get that ask the mixed questions with a limit, all at once."""
    paths = [each.path for each in asked if each.limit and each.is_mixed]
    command = [sys.executable, "-m", "bench.stage.clients"]
    command += [urlsplit(service.credentials.url).netloc, str(_SECONDS)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        input="\n".join([service.credentials.token, *paths]),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    units = {"requests_per_second": "1/s", "p50_ms": "ms", "p99_ms": "ms"}
    names = {"requests_per_second": "requests", "p50_ms": "median", "p99_ms": "99th percentile"}
    return [Measure(PARALLEL, names[key], found[key], unit) for key, unit in units.items()]
