"""What a tail reads: each row of the order of arrival once, and hardly an event too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import LIMITS, TABLES, dynamo_store

from polylog.dynamo.arrivals import log as arrival_log
from polylog.dynamo.arrivals.log import ArrivalLog
from polylog.dynamo.limits import Limits
from polylog.dynamo.store import DynamoEventStore
from polylog.model import times
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Compare, Filter, Op, Or, Text
from polylog.model.store import Explanation, Tail
from polylog.model.times import SECOND
from polylog_cli.local.tables import connect
from tools.bulk import load
from tools.meter import Meter

pytestmark = pytest.mark.engine

NUMBER = 6_000
SCOPE = "tail"
# Loading moves its own clock on.
LATER = 86_400 * SECOND

RARE = Compare("type", Op.EQ, "rare")
NONE = Compare("type", Op.EQ, "none")


@dataclass(frozen=True)
class Log:
    """A long log, and what reading its rows of the order of arrival costs."""

    client: DynamoDBClient
    meter: Meter
    requests: float
    units: float

    def store(self, limits: Limits = LIMITS) -> DynamoEventStore:
        return dynamo_store(self.client, limits=limits, clock=lambda: times.now() + LATER)

    def explain(self, filter: Filter, limit: int) -> tuple[Tail, Explanation]:
        told = Explanation()
        store = self.store()
        with store.explaining(told):
            return store.tail(SCOPE, filter, 0, limit), told


@pytest.fixture(scope="module")
def log(engine: DynamoDBClient) -> Iterator[Log]:
    """Yield a log that takes several requests to read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrival_log, "_ROWS_AT_ONCE", 5)
        yield _long_log(engine)


def _long_log(engine: DynamoDBClient) -> Log:
    client = connect(engine.meta.endpoint_url)
    events = (
        Event(id=f"{n:05}", time=n * SECOND, type="many" if n % 600 else "rare", message="m")
        for n in range(NUMBER)
    )
    load(client, TABLES, SCOPE, events, shards=1)
    meter, arrivals = Meter(client), ArrivalLog(client, TABLES.tally)
    rows, cost = meter.measure(lambda: list(arrivals.rows(SCOPE)))
    assert len(rows) > 10
    assert cost.requests > 1
    return Log(client, meter, cost.requests, cost.units)


def walked(tail: Callable[[int], Tail]) -> Iterator[Tail]:
    """Continue to the end; every call must get further."""
    after = 0
    while after < NUMBER:
        some = tail(after)
        assert some.complete > after
        after = some.complete
        yield some


def test_where_nothing_passes_every_row_is_read_once(log: Log) -> None:
    tail, cost = log.meter.measure(lambda: log.store().tail(SCOPE, NONE, 0, 100))
    assert tail == Tail((), NUMBER, False)
    assert cost.requests <= log.requests + 1
    assert cost.units <= log.units + 1


def test_where_few_pass_only_their_events_are_read(log: Log) -> None:
    tail, told = log.explain(RARE, 100)
    assert ([event.seq for event in tail.events], tail.complete) == (
        list(range(1, NUMBER, 600)),
        NUMBER,
    )
    assert told.items_read == NUMBER // 600
    assert told.requests <= 2 * log.requests + 1


@pytest.mark.parametrize("limit", [1, 10, 100])
def test_where_all_pass_no_more_are_read_than_asked_for(log: Log, limit: int) -> None:
    tail, told = log.explain(EVERYTHING, limit)
    assert [event.seq for event in tail.events] == list(range(1, limit + 1))
    assert (told.items_read, tail.complete) == (limit, limit)


@pytest.mark.parametrize("filter", [EVERYTHING, Text("m")], ids=["known", "to be read"])
def test_where_all_pass_at_most_a_hundred_too_many_are_read(log: Log, filter: Filter) -> None:
    tail, told = log.explain(filter, 150)
    assert (len(tail.events), tail.complete) == (150, 150)
    assert told.items_read <= 150 + 100


@pytest.mark.parametrize("filter", [NONE, RARE, Or((RARE, Text("x")))], ids=str)
@pytest.mark.parametrize("limits", [Limits(10**6, 0), Limits(1, 60)], ids=["time", "items"])
def test_at_the_end_of_its_budget_it_returns_what_a_step_found(
    log: Log, filter: Filter, limits: Limits
) -> None:
    store = log.store(limits)
    steps = list(walked(lambda after: store.tail(SCOPE, filter, after, 100)))
    assert steps[0].complete < NUMBER
    found = [event.seq for step in steps for event in step.events]
    assert found == ([] if filter == NONE else list(range(1, NUMBER, 600)))


def test_without_time_it_returns_what_one_step_found(log: Log) -> None:
    tail = log.store(Limits(10**6, 0)).tail(SCOPE, EVERYTHING, 0, 1000)
    assert (len(tail.events), tail.complete) == (100, 100)
