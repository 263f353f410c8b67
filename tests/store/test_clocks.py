"""Clocks that are wrong: writers, folders and readers on machines whose clocks disagree.

Every event that was acknowledged before the question must be in the list, the total or the tail,
although the indexes lag.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import long
from support.lag import LaggingClient
from support.stores import TABLES, dynamo_store

from polylog.dynamo.events.numbers import Numbers
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.maintenance.watch import FENCING_SECONDS, SETTLING_SECONDS
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Compare, Filter, Op
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import EventStore
from polylog.model.times import SECOND, Clock
from tools.clocks import StoppedClock

pytestmark = pytest.mark.engine

NOON = 1_772_366_400_000_000
LAG = (SETTLING_SECONDS - 1) * SECOND
ODD: Filter = Compare("message", Op.EQ, "odd")


class World:
    """A log whose indexes lag, and the true time, which nobody in it knows."""

    def __init__(self, client: DynamoDBClient, scope: str) -> None:
        self.time = StoppedClock(NOON)
        self.scope = scope
        self.engine = client
        self.lagging: Any = LaggingClient(client, self.time, LAG)
        self.tailed: list[str] = []
        self.complete = 0

    def clock(self, seconds: float) -> Clock:
        """Return the clock of a machine that is wrong by this many seconds."""
        wrong = int(seconds * SECOND)
        return replace(self.time.clock, now=lambda: self.time.now + wrong)

    def store(self, seconds: float) -> EventStore:
        return dynamo_store(self.lagging, clock=self.clock(seconds))

    def folder(self, seconds: float) -> Folder:
        return Folder(self.lagging, TABLES.tally, self.clock(seconds))

    def check(self, reader: EventStore, ids: list[str]) -> None:
        """Compare what a reader gets with the ids of the events, in the order of time."""
        for filter in (EVERYTHING, ODD):
            for order in Order:
                query = EventQuery(self.scope, filter, order, Window(500), with_total=True)
                page = reader.find(query)
                found = [event.id for event in page.events]
                expected = ids if order is Order.ASCENDING else ids[::-1]
                assert (page.total, found) == (len(ids), expected)
        tail = reader.tail(self.scope, EVERYTHING, self.complete, 500)
        self.tailed += [event.id for event in tail.events]
        self.complete = tail.complete
        assert sorted(self.tailed) == ids


@pytest.fixture
def world(engine: DynamoDBClient, scope: str) -> World:
    return World(engine, scope)


OFF = [-60, 600, *long(6, -6, 60, -600)]


@pytest.mark.parametrize("off", OFF)
@pytest.mark.parametrize("who", ["writer", "folder", "reader", "everybody"])
def test_nothing_is_missing_if_anyone_has_the_wrong_time(world: World, who: str, off: int) -> None:
    wrong = {name: off if who == name else 0 for name in ("writer", "folder", "reader")}
    if who == "everybody":
        wrong = {"writer": off, "folder": -off, "reader": off // 2}
    writers = [world.store(0), world.store(wrong["writer"])]
    folder, reader = world.folder(wrong["folder"]), world.store(wrong["reader"])
    ids: list[str] = []
    for number in range(16):
        name = f"{number:03}"
        event = Event(id=name, time=NOON + number * SECOND, type="t", message="odd")
        writers[number % 2].put(world.scope, [event])
        ids.append(name)
        if number % 3 == 1:
            folder.fold(world.scope)
        if number % 4 == 3:
            world.check(reader, ids)
        world.time.now += SECOND
    assert world.lagging.hidden > 0
    assert folder.settle(world.scope, 60)
    world.time.now += LAG
    world.check(reader, ids)
    assert Verifier(world.engine, TABLES, 1).verify(world.scope).drifts == ()


@pytest.mark.parametrize("off", OFF)
def test_a_number_is_given_up_by_the_time_that_one_folder_sees_pass(world: World, off: int) -> None:
    """A folder whose clock is wrong fences no sooner, and a reader's clock does not matter."""
    Numbers(world.engine, TABLES.tally).take(world.scope, 1)
    world.store(0).put(world.scope, [Event(id="e", time=NOON, type="t")])
    folder, reader = world.folder(off), world.store(-off)
    folder.fold(world.scope)
    world.time.now += FENCING_SECONDS * SECOND - 1
    folder.fold(world.scope)
    assert reader.tail(world.scope, EVERYTHING, 0, 10).events == ()
    world.folder(off).fold(world.scope)  # Another folder has only begun to look.
    assert reader.latest(world.scope) == 0
    world.time.now += 1
    folder.fold(world.scope)
    tail = reader.tail(world.scope, EVERYTHING, 0, 10)
    assert ([event.id for event in tail.events], tail.complete) == (["e"], 2)


@pytest.mark.parametrize("seconds", [9, 30, 600])
def test_a_writer_that_stops_for_a_while_loses_nothing(world: World, seconds: int) -> None:
    """It stops between taking numbers and storing events under them, while others go on."""
    pauses = [seconds]

    class Pausing:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.lagging, name)

        def transact_write_items(self, **request: Any) -> Any:
            if pauses:
                world.store(0).put(world.scope, [Event(id="other", time=NOON, type="t")])
                folder = world.folder(0)
                folder.fold(world.scope)
                world.time.sleep(pauses.pop())
                for _ in range(3):
                    folder.fold(world.scope)
            return world.lagging.transact_write_items(**request)

    pausing: Any = Pausing()
    reader = world.store(0)
    slow = dynamo_store(pausing, clock=world.clock(0))
    (outcome,) = slow.put(world.scope, [Event(id="slow", time=NOON, type="t")])
    assert outcome.seq == (1 if seconds < FENCING_SECONDS else 3)
    assert reader.count(world.scope, EVERYTHING) == 2
    told = [event.id for event in reader.tail(world.scope, EVERYTHING, 0, 10).events]
    assert sorted(told) == ["other", "slow"]
