"""A benchmark finds each part of the time that a page takes."""

from __future__ import annotations

from itertools import count

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import dynamo_store

from bench.stage.split import Clock
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Compare, Filter, Op
from polylog.model.query import EventQuery, Order, Window

OF_DATA = Compare("data.n", Op.NE, "x")
EVENTS = [Event(id=f"e{n}", time=n, type="a", message="said") for n in range(3)]


@pytest.mark.parametrize(
    ("filter", "parts"),
    [(EVERYTHING, {"DynamoDB", "decode"}), (OF_DATA, {"DynamoDB", "decode", "filter"})],
)
def test_the_parts_of_a_page_are_told_apart(
    moto: DynamoDBClient, filter: Filter, parts: set[str]
) -> None:
    store, ticks = dynamo_store(moto), count()
    store.put("split", EVENTS)
    clock = Clock(lambda: next(ticks))
    with clock.parts():
        found = store.find(EventQuery("split", filter, Order.ASCENDING, Window(10)))
    assert len(found.events) == len(EVENTS)
    assert {part for part, ms in clock.ms.items() if ms} == parts
