"""Bulk loading leaves the same rows as storing and folding the events."""

from __future__ import annotations

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import TABLES, dynamo_store

from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.tally.head import read_head
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING
from tools.bulk import load
from tools.events import Maker

pytestmark = pytest.mark.engine


def test_loaded_events_are_stored_counted_and_logged(engine: DynamoDBClient) -> None:
    events = list(Maker(seed=1, size=300).spread(200, days=10))
    assert load(engine, TABLES, "bulk", iter(events), shards=3, facets=["project"]) == 200
    report = Verifier(engine, TABLES, 3).verify("bulk")
    assert (report.settled, report.young, report.drifts) == (200, 0, ())
    head = read_head(engine, TABLES.tally, "bulk")
    assert head.deltas == ()
    store = dynamo_store(engine, shards=3)
    numbered = [event.model_copy(update={"seq": n}) for n, event in enumerate(events, start=1)]
    assert list(store.tail("bulk", EVERYTHING, after=0, limit=200).events) == numbered
    (outcome,) = store.put("bulk", [Event(id="next", time=0, type="a")])
    assert outcome.seq == 201


def test_made_up_events_are_always_the_same_and_have_about_the_given_size() -> None:
    events, again = (list(Maker(seed=1, size=1000).spread(100)) for _ in range(2))
    assert events == again
    assert all(900 < len(e.model_dump_json(exclude_defaults=True)) < 1100 for e in events)
    assert events == sorted(events, key=lambda event: event.time)
    assert len({event.time for event in events}) < 100
