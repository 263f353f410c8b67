"""Searches logs for words, names and data over HTTP, with exact totals: at rest, and while written.

`polylog run` gives the times. The requests and units come from the same answers in this process.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bench.stage.clients import Client
from bench.stage.measures import interleaved
from bench.stage.served import SEARCHED, running
from bench.stage.writers import WRITTEN_A_SECOND, writing
from polylog.api.call import Services
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance.seal import Sealer
from polylog.dynamo.store import DynamoEventStore
from polylog.dynamo.tables import TIME_INDEX, Shards
from polylog.dynamo.tally.moment import read_moment
from polylog.dynamo.tally.stretch import SPAN
from polylog.model.times import SYSTEM_CLOCK
from polylog_cli.client.credentials import Credentials
from polylog_cli.local.home import Home
from polylog_cli.local.log import local_keys
from polylog_cli.local.tables import TABLES, connect
from tools.meter import Cost, Meter
from tools.searches import APPLICATION, COMMAND, PAGE, Search, answer, spelled
from tools.sought import NAME

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LIMITS: Final = Limits.of_units(20_000, 10)
"""The limits of the template."""

_MOST_ROUNDS: Final = 20
_FEWEST_ROUNDS: Final = 6
_EVENTS_IN_ALL: Final = 2_000_000
"""Divided by the number of events, this gives the rounds: larger logs are asked less often."""

_DISCARDED: Final = 2
_REST_SECONDS: Final = 600
_PLAIN: Final = "a plain query"


@dataclass(frozen=True, slots=True)
class Sought:
    """A scope, the number of its events, and the searches in it."""

    scope: str
    number: int
    searches: Sequence[Search]


@dataclass(frozen=True, slots=True)
class Taken:
    """The cost of one page of a search: its times over HTTP, and its requests to DynamoDB.

    `ms` is the time of a question that nobody asked before, `again_ms` of one that was asked just
    before. `plain_ms` and `written_plain_ms` are the times, in the same rounds, of a plain query
    for as many events as a page has. If the service refused to answer, the times are those of the
    refusal.
    """

    search: str
    events: int
    total: int
    page: str
    is_answered: bool
    ms: float
    again_ms: float
    written_ms: float
    written_again_ms: float
    plain_ms: float
    written_plain_ms: float
    cold: Cost
    warm: Cost


@dataclass(frozen=True, slots=True)
class _Case:
    """One page of a search, its cost, and functions that ask for it over HTTP.

    `ask` asks in new words each time, and `ask_again` in the same ones as `ask` did.
    """

    search: Search
    page: str
    is_answered: bool
    cold: Cost
    warm: Cost
    ask: Callable[[], object]
    ask_again: Callable[[], object]

    @property
    def name(self) -> str:
        return f"{self.search.name}, {self.page}"

    @property
    def again(self) -> str:
        return f"{self.name}, again"


class _Asker:
    """Asks for pages of one log, in this process and over HTTP.

    `refused` has the searches and pages that the service did not answer.
    """

    def __init__(self, client: DynamoDBClient, home: Home, credentials: Credentials) -> None:
        self._client = client
        self._meter = Meter(client)
        self.refused: set[tuple[str, str]] = set()
        self._keys = local_keys(client, home)
        self._home = home
        self._credentials = credentials
        self._turns = defaultdict[tuple[str, str], Iterator[int]](lambda: count(1))
        self._http = Client(urlsplit(credentials.url).netloc, credentials.token)

    def cases(self, search: Search) -> Iterator[_Case]:
        """Yield the first page of a search, the one in the middle, and the last."""
        numbers = {search.pages: "last", (search.pages + 1) // 2: "middle", 1: "first"}
        for number, page in sorted(numbers.items()):
            services = self._services()
            is_answered, cold = self._cost(services, search, number)
            _, warm = self._cost(services, search, number)
            ask = partial(self._ask, search, page, number)
            yield self._case(search, page, ask, is_answered, cold, warm)
            if search.name == APPLICATION and number == 1:
                named = Search(COMMAND, False, search.filter, search.total)
                yield self._case(named, page, self._command, is_answered, cold, warm)

    def _case(
        self,
        search: Search,
        page: str,
        ask: Callable[[int], object],
        is_answered: bool,
        cold: Cost,
        warm: Cost,
    ) -> _Case:
        """Return a case for a function that asks, in other words for each number that it gets."""
        turns, turn = self._turns[search.filter], 0

        def ask_anew() -> object:
            nonlocal turn
            turn = next(turns)
            return ask(turn)

        return _Case(search, page, is_answered, cold, warm, ask_anew, lambda: ask(turn))

    def _services(self) -> Services:
        store = DynamoEventStore(
            self._client, TABLES, shards=Shards(1, 1), limits=_LIMITS, facets=SEARCHED
        )
        return Services(store, self._keys, SYSTEM_CLOCK)

    def _cost(self, services: Services, search: Search, number: int) -> tuple[bool, Cost]:
        """Return whether a page was answered, and its cost without the look-up of the key."""
        token = self._credentials.token
        answer(services, token, "/v1/me")
        found, cost = self._meter.measure(lambda: answer(services, token, search.path(number)))
        return _is_answered(search, dict(found.headers), found.body), cost

    def _ask(self, search: Search, page: str, number: int, turn: int) -> None:
        _, headers, body = self._http.ask(search.path(number, turn))
        if not _is_answered(search, headers, body):
            self.refused.add((search.name, page))

    def _command(self, turn: int) -> None:
        """Run the command as a person does, including the start of Python."""
        command = (str(Path(sys.executable).with_name("polylog")), "query", spelled(NAME, turn))
        asked = (*command, "--data", str(self._home.path))
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
        assert done.stderr.strip().endswith("events"), done.stderr


def measure(url: str, plain: DynamoDBClient, logs: Sequence[Sought]) -> list[Taken]:
    """Return the costs of the searches in each log. It also writes to the logs.

    `plain` is a client as botocore makes it.
    """
    return [taken for log in logs for taken in _measure(url, plain, log)]


def _measure(url: str, plain: DynamoDBClient, log: Sought) -> Iterator[Taken]:
    client = connect(url)
    with (
        TemporaryDirectory() as folder,
        running(Path(folder), url, log.scope) as (home, credentials),
    ):
        _rest(client, log)
        asker = _Asker(client, home, credentials)
        _say(f"counting what searches of {log.number:,} events read")
        cases = [case for search in log.searches for case in asker.cases(search)]
        _say(f"searching {log.number:,} events at rest")
        others = {_PLAIN: partial(plain.query, **_newest(log.scope))}
        resting = _time(log, cases, others)
        _say(f"searching {log.number:,} events while more are written")
        with writing(credentials, WRITTEN_A_SECOND) as rate:
            written = _time(log, cases, others)
        _say(f"{rate.events:.0f} events a second were written meanwhile")
        for case in cases:
            name = case.search.name
            yield Taken(
                *(name, log.number, case.search.total, case.page),
                is_answered=(name, case.page) not in asker.refused,
                ms=round(resting[case.name], 2),
                again_ms=round(resting[case.again], 2),
                written_ms=round(written[case.name], 2),
                written_again_ms=round(written[case.again], 2),
                plain_ms=round(resting[_PLAIN], 2),
                written_plain_ms=round(written[_PLAIN], 2),
                cold=case.cold,
                warm=case.warm,
            )


def _time(
    log: Sought, cases: Sequence[_Case], others: Mapping[str, Callable[[], object]]
) -> dict[str, float]:
    """Return the milliseconds of each case. A refusal takes long, so it is measured only once."""
    rounds = max(_FEWEST_ROUNDS, min(_MOST_ROUNDS, _EVENTS_IN_ALL // log.number))
    answered, refused = dict[str, Callable[[], object]](), dict[str, Callable[[], object]]()
    for case in cases:
        some = answered if case.is_answered else refused
        some |= {case.name: case.ask, case.again: case.ask_again}
    following = {case.name: case.again for case in cases if case.is_answered}
    taken = interleaved({**answered, **others}, rounds, _DISCARDED, following)
    return {name: runs.median for name, runs in taken.items()} | _once(refused)


def _once(cases: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    found = {}
    for name, ask in cases.items():
        start = time.perf_counter()
        ask()
        found[name] = (time.perf_counter() - start) * 1000
    return found


def _is_answered(search: Search, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether an answer has a total; fails if the total is wrong."""
    total = search.told(headers, body)
    assert total in (None, search.total), (search, total)
    return total is not None


def _rest(client: DynamoDBClient, log: Sought) -> None:
    """Wait until the log is folded and sealed, and print how long that took."""
    sealer, began = Sealer(client, TABLES, SYSTEM_CLOCK), time.monotonic()
    while True:
        moment = read_moment(client, TABLES.tally, log.scope, SYSTEM_CLOCK)
        young, sealed = len(moment.head.deltas), sealer.sealed(log.scope)
        loose = moment.head.decided.last - sealed
        waited = time.monotonic() - began
        if not young and loose < SPAN:
            _say(f"{log.scope} is at rest: {sealed:,} numbers are sealed, waited {waited:.0f} s")
            return
        assert waited < _REST_SECONDS, (young, loose)
        _say(f"waiting for {log.scope}: {young} deltas are young, {loose:,} numbers not sealed")
        time.sleep(5)


def _newest(scope: str) -> Any:
    """Return the plain query for as many of the newest events as a page has."""
    return {
        "TableName": TABLES.events,
        "IndexName": TIME_INDEX,
        "KeyConditionExpression": "#scope = :scope AND #shard = :shard",
        "ExpressionAttributeNames": {"#scope": "scope", "#shard": "shard"},
        "ExpressionAttributeValues": {":scope": {"S": scope}, ":shard": {"N": "0"}},
        "ScanIndexForward": False,
        "Limit": PAGE,
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
