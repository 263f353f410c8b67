"""One deadline for an answer, for all its reads together; requests here take three seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import TABLES, dynamo_store, settle

from polylog.dynamo.limits import Limits
from polylog.model.errors import TimedOut
from polylog.model.event import Entity, Event
from polylog.model.filter import And, Compare, Filter, Op
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import EventStore, Interval
from polylog.model.times import SECOND, Clock
from polylog_cli.local.tables import connect

pytestmark = pytest.mark.engine

NOW = 10**15
MINUTE = 60 * SECOND
REQUEST_SECONDS = 3
SHARDS = 2

ODD = Compare("data.kind", Op.EQ, "odd")
_ODD = {"kind": "odd"}
BETWEEN = And((Compare("time", Op.GE, SECOND), Compare("time", Op.LT, 3 * MINUTE + SECOND)))

Ask = Callable[[EventStore, str], object]


class World:
    """A partly settled log, and a clock that each request to the events table moves on."""

    def __init__(self, client: DynamoDBClient, scope: str) -> None:
        self.scope = scope
        self.seconds = 0.0
        self.plain = client
        self._client = connect(client.meta.endpoint_url)
        store = dynamo_store(client, SHARDS, clock=lambda: NOW)
        events = [Event(id=f"e{n}", time=n * MINUTE, type="a", data=_ODD) for n in range(6)]
        late = Event(id="late", time=3 * MINUTE + 2 * SECOND, type="a", data=_ODD)
        store.put(scope, [*events[:4], late])
        settle(client, scope)
        store.put(scope, events[4:])
        for operation in ("Query", "BatchGetItem"):
            self._client.meta.events.register(f"provide-client-params.dynamodb.{operation}", self)

    def __call__(self, params: dict[str, object], **_: object) -> None:
        if "IndexName" in params or TABLES.events in str(params.get("RequestItems")):
            self.seconds += REQUEST_SECONDS

    def store(self, seconds: float) -> EventStore:
        limits = Limits(items=1000, seconds=seconds)
        clock = Clock(lambda: NOW, lambda: self.seconds)
        return dynamo_store(self._client, SHARDS, limits, clock)


@pytest.fixture
def world(engine: DynamoDBClient, scope: str) -> World:
    return World(engine, scope)


ASKED: list[Ask] = [
    lambda store, scope: store.count(scope, ODD),
    lambda store, scope: store.count(scope, BETWEEN),
    lambda store, scope: store.groups(scope, BETWEEN),
    lambda store, scope: store.histogram(scope, BETWEEN, Interval.MINUTE),
    lambda store, scope: store.find(
        EventQuery(scope, BETWEEN, Order.ASCENDING, Window(10), with_total=True)
    ),
]


@pytest.mark.parametrize("ask", ASKED, ids=range(len(ASKED)))
def test_all_reads_of_an_answer_share_its_time(world: World, ask: Ask) -> None:
    with pytest.raises(TimedOut):
        ask(world.store(REQUEST_SECONDS * SHARDS), world.scope)
    assert world.seconds == REQUEST_SECONDS * SHARDS


def test_all_pages_of_an_answer_share_its_time(world: World) -> None:
    store = world.store(4 * REQUEST_SECONDS * SHARDS)
    first = store.find(EventQuery(world.scope, ODD, Order.ASCENDING, Window(2)))
    query = EventQuery(world.scope, ODD, Order.ASCENDING, Window(2, after=first.next))
    second = store.find(replace(query, moment=first.moment))
    assert [event.id for event in (*first.events, *second.events)] == ["e0", "e1", "e2", "e3"]
    world.seconds += 4 * REQUEST_SECONDS * SHARDS
    with pytest.raises(TimedOut):
        store.find(replace(query, moment=first.moment))
    assert store.find(query).events == second.events


def test_a_page_has_its_own_time_after_a_total(world: World) -> None:
    query = EventQuery(world.scope, ODD, Order.ASCENDING, Window(10), with_total=True)
    page = world.store(REQUEST_SECONDS * SHARDS + 1).find(query)
    assert (len(page.events), page.total) == (7, 7)
    assert world.seconds > REQUEST_SECONDS * SHARDS


def test_a_slow_tally_leaves_time_for_a_page_in_part(world: World) -> None:
    query = EventQuery(
        *(world.scope, BETWEEN, Order.ASCENDING, Window(10)), is_partial=True, with_known_total=True
    )
    page = world.store(2 * REQUEST_SECONDS * SHARDS - 1).find(query)
    assert (len(page.events), page.total) == (3, None)
    assert 0 < world.seconds <= 2 * REQUEST_SECONDS * SHARDS


ADA: Filter = Compare("actor.id", Op.EQ, "ada")

BY_ADA: list[Ask] = [
    lambda store, scope: store.count(scope, ADA),
    lambda store, scope: sum(group.count for group in store.groups(scope, ADA)),
    lambda store, scope: sum(bar.count for bar in store.histogram(scope, ADA, Interval.MINUTE)),
]


@pytest.mark.parametrize("ask", BY_ADA, ids=range(len(BY_ADA)))
def test_a_slow_index_leaves_time_for_a_search(world: World, ask: Ask) -> None:
    """The index is asked first, because nothing says that it is slow."""
    actor = Entity(id="ada")
    events = [Event(id=f"by-{n}", time=n * MINUTE, type="b", actor=actor) for n in range(9)]
    writer = dynamo_store(world.plain, SHARDS, clock=lambda: NOW)
    writer.put(world.scope, events)
    settle(world.plain, world.scope)
    assert ask(world.store(REQUEST_SECONDS * SHARDS), world.scope) == 9
    assert world.seconds < REQUEST_SECONDS * SHARDS
