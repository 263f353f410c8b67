"""Logs that lack an index: other ways answer what it would answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.aws import imitated
from support.stores import TABLES, clock_of, dynamo_store, settle

from polylog.dynamo.events.indexes import Indexes
from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.store import DynamoEventStore
from polylog.model import times
from polylog.model.event import Entity, Event
from polylog.model.filter import And, Compare, Filter, Op, Text
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import Explanation, Interval
from tools.clocks import StoppedClock

SCOPE = "a"
ANN: Filter = Compare("actor.id", Op.EQ, "ann")


@pytest.fixture
def bare() -> Iterator[DynamoDBClient]:
    """Yield a client of moto with a table that has no optional index, and a few events."""
    with imitated("") as client:
        store = dynamo_store(client, indexes=())
        events = [
            Event(id=str(n), time=n, type="t", actor=Entity(id=("ann", "bob")[n % 2]))
            for n in range(10)
        ]
        store.put(SCOPE, events)
        settle(client, SCOPE)
        yield client


def find(store: DynamoEventStore, filter: Filter = ANN, **options: bool) -> list[str]:
    query = EventQuery(SCOPE, filter, Order.ASCENDING, Window(3, 1), **options)
    return [event.id for event in store.find(query).events]


ASKED: list[tuple[Callable[[DynamoEventStore], object], object]] = [
    (find, ["2", "4", "6"]),
    (lambda store: find(store, with_total=True), ["2", "4", "6"]),
    (lambda store: find(store, is_partial=True), ["2", "4", "6"]),
    (lambda store: find(store, And((ANN, Text("t")))), []),
    (lambda store: store.count(SCOPE, ANN), 5),
    (lambda store: [group.count for group in store.groups(SCOPE, ANN)], [5]),
    (lambda store: [bar.count for bar in store.histogram(SCOPE, ANN, Interval.DAY)], [5]),
]


@pytest.mark.parametrize("indexes", [(), ("actor",)], ids=["told", "untold"])
@pytest.mark.parametrize(("ask", "answer"), ASKED, ids=range(len(ASKED)))
def test_questions_about_its_field_are_answered_without_it(
    bare: DynamoDBClient,
    indexes: tuple[str, ...],
    ask: Callable[[DynamoEventStore], object],
    answer: object,
) -> None:
    """A function may not know yet that the index is gone, or hear of it before it is filled."""
    assert ask(dynamo_store(bare, indexes=indexes)) == answer


def test_a_missing_index_is_asked_for_once_a_minute(bare: DynamoDBClient) -> None:
    asked = Counter[str]()

    def see(params: dict[str, Any], **_: object) -> None:
        asked[params.get("IndexName", "")] += 1

    bare.meta.events.register("provide-client-params.dynamodb.Query", see)
    clock = StoppedClock(times.now())
    store = dynamo_store(bare, clock=clock.clock)
    for _ in range(3):
        find(store)
    clock.sleep(59)
    find(store)
    assert asked["by_actor"] == 1
    clock.sleep(1)
    find(store)
    assert asked["by_actor"] == 2


def test_an_explanation_says_that_it_is_missing(bare: DynamoDBClient) -> None:
    store, explanation = dynamo_store(bare), Explanation()
    with store.explaining(explanation):
        find(store)
    assert explanation.index == "segments"
    assert "by_actor does not exist, or is still being filled" in explanation.reason
    ways = {each.name: each.is_chosen for each in explanation.alternatives}
    assert ways == {"segments": True, "by_actor": False, "by_time": False, "counts": False}


def test_a_recount_needs_no_index_of_a_field(bare: DynamoDBClient) -> None:
    store = dynamo_store(bare, facets=["actor"], indexes=())
    store.put("faceted", [Event(id=name, time=0, type="t", actor=Entity(id=name)) for name in "ab"])
    settle(bare, "faceted")
    report = Verifier(bare, TABLES, 1).verify("faceted")
    assert (report.settled, report.drifts) == (2, ())


def test_the_most_selective_existing_index_comes_first() -> None:
    indexes = Indexes.of(["project", "actor"], clock_of(lambda: 0))
    assert indexes.fields == ("actor.id", "project_id", "type")
    indexes.miss("by_actor")
    assert indexes.fields == ("project_id", "type")


def test_a_name_that_no_index_has_is_an_error() -> None:
    with pytest.raises(ValueError, match="no index is called colour, only target, actor"):
        Indexes.of(["colour"])
