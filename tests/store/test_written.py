"""What answers cost while a log is written and folded: later no more than at first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import is_long
from support.stores import TABLES, dynamo_store

from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.tally import totals
from polylog.dynamo.tally.head import read_head
from polylog.dynamo.tally.wake import is_wake
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Compare, Filter, Op
from polylog.model.query import EventQuery, Order, Window
from polylog.model.times import SECOND
from polylog_cli.local.tables import connect
from tools.clocks import StoppedClock
from tools.events import START, Maker
from tools.meter import Cost, Meter

pytestmark = pytest.mark.engine

# Both on AWS and on this machine, a look at a scope and a fold take the folder about as long.
STEP = SECOND // 10
BATCH = 95
PAGE = 20
MOST_UNITS = 8

_numbers = count(1)


class Traffic:
    """A log that gets events all the time, and a folder that always looks at it."""

    def __init__(self, client: DynamoDBClient, a_second: int, batch: int) -> None:
        self.client = connect(client.meta.endpoint_url)
        self.meter = Meter(self.client)
        self.scope = f"written-{next(_numbers)}"
        self.time = StoppedClock(START)
        self.store = dynamo_store(client, clock=self.time.clock)
        self.reader = dynamo_store(self.client, clock=self.time.clock)
        self.folder = Folder(client, TABLES.tally, self.time.clock)
        self.acknowledged = 0
        self._maker = Maker(seed=7)
        self._a_second = a_second
        self._batch = batch

    def steps(self, number: int) -> Iterator[None]:
        """Let events come and the folder look, this many times."""
        for _ in range(number):
            due = self._a_second * (self.time.now + STEP - START) // SECOND
            while self.acknowledged + self._batch <= due:
                self.store.put(self.scope, [self._event() for _ in range(self._batch)])
                self.acknowledged += self._batch
            self.folder.work(self.scope)
            self.time.now += STEP
            yield

    def cost(self, answer: Any) -> Cost:
        return self.meter.measure(lambda: answer(self.reader, self.scope))[1]

    def young(self) -> int:
        return len(read_head(self.client, TABLES.tally, self.scope).deltas)

    def _event(self) -> Event:
        return self._maker.at(self.time.now)


def total(filter: Filter) -> Any:
    return lambda store, scope: store.count(scope, filter)


def page(order: Order) -> Any:
    query = EventQuery("", EVERYTHING, order, Window(PAGE), with_total=True)

    def ask(store: Any, scope: str) -> None:
        found = store.find(EventQuery(scope, query.filter, order, query.window, with_total=True))
        assert len(found.events) == PAGE

    return ask


@pytest.mark.parametrize(
    ("a_second", "batch"), [(1000, BATCH), (200, 1)], ids=["in batches", "alone"]
)
def test_answers_cost_few_units_at_any_rate(
    engine: DynamoDBClient, a_second: int, batch: int
) -> None:
    traffic = Traffic(engine, a_second, batch)
    recently = Compare("time", Op.GE, START - 60 * SECOND)
    asked = {
        "total": total(EVERYTHING),
        "total of a type": total(Compare("type", Op.EQ, "audit.app.create")),
        "total of a range": total(recently),
        "groups": lambda store, scope: store.groups(scope, EVERYTHING),
        "newest page": page(Order.DESCENDING),
        "oldest page": page(Order.ASCENDING),
    }
    most, young = dict.fromkeys(asked, 0.0), list[int]()
    for number, _ in enumerate(traffic.steps(200 if is_long() else 12)):
        if number % 4 == 3:
            young.append(traffic.young())
            for name, ask in asked.items():
                most[name] = max(most[name], traffic.cost(ask).units)
    assert traffic.reader.count(traffic.scope, EVERYTHING) == traffic.acknowledged
    beside = {"newest page": _page_units(traffic), "oldest page": _page_units(traffic)}
    over = {name: units - beside.get(name, 0) for name, units in most.items()}
    assert {name: units for name, units in over.items() if units > MOST_UNITS} == {}
    assert max(young[len(young) // 2 :]) <= max(young[: len(young) // 2]) + batch


def _page_units(traffic: Traffic) -> float:
    """Return what the events of a page cost by themselves."""
    traffic.folder.settle(traffic.scope, 60)
    query = EventQuery(traffic.scope, EVERYTHING, Order.ASCENDING, Window(PAGE))
    with_head = traffic.cost(lambda store, scope: store.find(query)).units
    return with_head - traffic.cost(total(EVERYTHING)).units


def test_a_quiet_log_costs_as_little_as_one_that_was_never_young(engine: DynamoDBClient) -> None:
    """Young events are soon in the buckets and in the indexes."""
    traffic = Traffic(engine, 600, 1)
    for _ in traffic.steps(3):
        pass
    for _ in range(6):
        traffic.folder.wake(traffic.scope)
        while traffic.folder.work(traffic.scope).value in ("folded", "soon"):
            traffic.time.now += SECOND
    assert traffic.young() == 0
    by_actor = Compare("actor.id", Op.EQ, traffic._event().actor.id)
    query = EventQuery(traffic.scope, by_actor, Order.ASCENDING, Window(PAGE))
    cost = traffic.cost(lambda store, scope: store.find(query))
    assert (cost.requests, cost.units <= MOST_UNITS) == (2, True)
    assert traffic.cost(total(EVERYTHING)).requests == 1


class TestBacklog:
    """Deltas that a folder has left, for any reason, after writing has stopped."""

    MANY = 8

    @pytest.fixture
    def log(self, engine: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> Traffic:
        monkeypatch.setattr(totals, "_MANY_DELTAS", self.MANY - 1)
        log = Traffic(engine, 1, 1)
        for _ in range(self.MANY):
            log.store.put(log.scope, [log._event()])
        return log

    def wakes(self, log: Traffic) -> list[object]:
        """Return the wake-ups that reading leaves; the clock moves on a second with each."""
        wakes: list[object] = []
        log.client.meta.events.register(
            "provide-client-params.dynamodb.PutItem", lambda params, **_: wakes.append(params)
        )
        for _ in range(15):
            assert log.reader.count(log.scope, EVERYTHING) == self.MANY
            log.time.now += SECOND
        return wakes

    def test_a_reader_asks_for_folding_now_and_then(self, log: Traffic) -> None:
        wakes = self.wakes(log)
        assert len(wakes) == 2
        assert all(is_wake(wake["Item"]["scope"]["S"]) for wake in wakes)  # type: ignore[index]

    def test_a_reader_that_may_not_ask_answers_all_the_same(self, log: Traffic) -> None:
        def refuse(**_: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutItem")

        log.client.meta.events.register("before-call.dynamodb.PutItem", refuse)
        assert log.reader.count(log.scope, EVERYTHING) == self.MANY

    def test_a_few_deltas_are_no_backlog(self, log: Traffic) -> None:
        log.folder.settle(log.scope, 60)
        assert self.wakes(log) == []
