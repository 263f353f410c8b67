"""Tallies by facet: their own counts, from the first event on or once they are repaired."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import long
from support.stores import TABLES, dynamo_store

from polylog.dynamo.maintenance import portion
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.verify import Report, Verifier
from polylog.dynamo.tally.head import read_head
from polylog.dynamo.tally.registry import Scopes
from polylog.model.event import Entity, Event
from polylog.model.filter import And, Compare, Filter, Op
from polylog.model.query import EventQuery, Order, Window
from polylog.model.times import SECOND
from tools.clocks import StoppedClock

pytestmark = pytest.mark.engine

NOON = 1_772_366_400_000_000
HOUR = 3600 * SECOND
OF_P: Filter = Compare("project_id", Op.EQ, "p")

_numbers = count(1)


class World:
    """A log with facets, its folder, and a clock that the test moves."""

    def __init__(self, client: DynamoDBClient, *facets: str) -> None:
        self.client = client
        self.scope = f"facets-{next(_numbers)}"
        self.time = StoppedClock(NOON)
        self.number = 0
        self.use(*facets)

    def use(self, *facets: str) -> None:
        options: Any = {"clock": self.time.clock, "facets": facets}
        self.log = dynamo_store(self.client, **options)
        self.folder = Folder(self.client, "TallyTable", **options)
        self.verifier = Verifier(self.client, TABLES, 1, facets)

    def put(self, number: int, **values: Any) -> None:
        batch = range(self.number, self.number + number)
        self.number += number
        events = [
            Event(
                id=f"e{n}",
                time=NOON - n * HOUR,
                type="ab"[n % 2],
                project_id="pq"[n % 2],
                actor=Entity(id=f"actor-{n}"),
                **values,
            )
            for n in batch
        ]
        self.log.put(self.scope, events)

    def fold_all(self) -> None:
        assert self.folder.settle(self.scope, 3600)

    def verify(self) -> Report:
        return self.verifier.verify(self.scope)


@pytest.fixture
def world(engine: DynamoDBClient) -> World:
    return World(engine, "project", "actor")


def test_a_total_and_a_page_by_facet_take_as_much_as_any_and_one_read_more(
    engine: DynamoDBClient, calls: list[str]
) -> None:
    world = World(engine, "project")
    for _ in range(4):
        world.put(95)
    world.fold_all()
    calls.clear()
    assert world.log.count(world.scope, OF_P) == 190
    assert calls == ["Query", "GetItem"]
    query = EventQuery(world.scope, OF_P, Order.DESCENDING, Window(10, 150), with_total=True)
    calls.clear()
    page = world.log.find(query)
    assert [event.id for event in page.events] == [f"e{n}" for n in range(300, 320, 2)]
    assert page.total == 190
    assert len(calls) <= 7


def test_two_facets_at_once_are_counted_on_an_index(world: World) -> None:
    world.put(10)
    world.fold_all()
    both = And((OF_P, Compare("actor.id", Op.EQ, "actor-2")))
    assert world.log.count(world.scope, both) == 1


def test_a_facet_that_comes_later_is_used_once_it_is_repaired(engine: DynamoDBClient) -> None:
    world = World(engine)
    world.put(30)
    world.fold_all()
    world.use("project")
    assert world.log.count(world.scope, OF_P) == 15
    assert world.verify().facets == set()
    world.put(10)
    assert world.log.count(world.scope, OF_P) == 20
    world.fold_all()
    assert world.log.count(world.scope, OF_P) == 20
    report = world.verifier.repair(world.scope)
    assert (report.drifts, report.facets) == ((), {"project"})
    assert world.log.count(world.scope, OF_P) == 20
    groups = world.log.groups(world.scope, OF_P)
    assert [(group.type, group.count) for group in groups] == [("a", 20)]
    world.put(10)
    world.fold_all()
    assert (world.verify().drifts, world.verify().facets) == ((), {"project"})


def test_a_facet_is_not_used_for_deltas_that_do_not_state_it(engine: DynamoDBClient) -> None:
    world = World(engine)
    world.put(10)
    world.use("project")
    assert world.log.count(world.scope, OF_P) == 5
    world.put(10)
    assert world.log.count(world.scope, OF_P) == 10
    world.fold_all()
    assert world.log.count(world.scope, OF_P) == 10
    assert world.verify().facets == set()


def test_a_facet_that_was_left_out_for_a_while_is_not_used(world: World) -> None:
    world.put(4)
    world.fold_all()
    world.use("actor")
    world.put(4)
    world.fold_all()
    world.use("project", "actor")
    assert world.log.count(world.scope, OF_P) == 4
    assert world.verify().facets == {"actor"}
    world.verifier.repair(world.scope)
    assert world.verify().facets == {"project", "actor"}
    assert world.log.count(world.scope, OF_P) == 4


def test_a_fold_takes_few_facets_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portion, "_MAX_FACETS", 7)
    world.put(30)
    assert world.folder.fold(world.scope)
    settled = read_head(world.client, "TallyTable", world.scope).bucket.totals().total()
    assert 0 < settled <= 10
    world.fold_all()
    assert world.verify().drifts == ()
    assert world.log.count(world.scope, OF_P) == 15


@pytest.mark.parametrize(
    "die_at",
    [3, 9, *long(4, 5, 6, 7, 8, 12, 15, 18)],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_fold_that_dies_between_facets_is_finished_by_another(
    world: World, die_at: int, after: bool
) -> None:
    class DyingClient:
        """A client whose process ends before or after one of its calls."""

        left = die_at

        def __getattr__(self, name: str) -> Any:
            found = getattr(world.client, name)
            if name not in ("get_item", "batch_get_item", "transact_write_items", "put_item"):
                return found

            def call(**request: Any) -> Any:
                self.left -= 1
                if self.left == 0 and not after:
                    raise InterruptedError
                answer = found(**request)
                if self.left == 0:
                    raise InterruptedError
                return answer

            return call

    dying: Any = DyingClient()
    world.put(8)
    options: Any = {"clock": world.time.clock, "facets": ("project", "actor")}
    with pytest.raises(InterruptedError):
        Folder(dying, "TallyTable", **options).fold(world.scope)
    assert world.log.count(world.scope, OF_P) == 4
    world.put(8)
    world.fold_all()
    assert world.log.count(world.scope, OF_P) == 8
    assert (world.verify().drifts, world.verify().settled) == ((), 16)


def test_a_facet_may_be_longer_than_a_sort_key(world: World) -> None:
    name = "\N{PILE OF POO}" * 256
    world.log.put(world.scope, [Event(id="e", time=NOON, type="a", actor=Entity(id=name))])
    world.fold_all()
    assert world.verify().drifts == ()
    assert list(Scopes(world.client, "TallyTable").facets(world.scope)) == [f"actor={name}"]
