"""Random events and questions: DynamoDB Local answers exactly what the reference answers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import examples
from support.memory import MemoryEventStore
from support.stores import dynamo_store
from support.strategies import events, filters, index_sets

from polylog.model.event import Event
from polylog.model.filter import Filter
from polylog.model.query import EventQuery, Order, Position, Window
from polylog.model.store import EventStore

pytestmark = pytest.mark.engine

_numbers = count(1)


def by_position(store: EventStore, query: EventQuery) -> Iterator[tuple[Event, ...]]:
    """Return pages of the query's limit, each continued after the one before."""
    after: Position | None = None
    while True:
        window = Window(limit=query.window.limit, after=after)
        page = store.find(EventQuery(query.scope, query.filter, query.order, window))
        yield page.events
        after = page.next
        if after is None:
            return


def by_offset(store: EventStore, query: EventQuery) -> Iterator[tuple[Event, ...]]:
    """Return pages of the query's limit, each at its offset, up to the first empty one."""
    limit = query.window.limit
    for offset in count(0, limit):
        window = Window(limit=limit, offset=offset)
        page = store.find(EventQuery(query.scope, query.filter, query.order, window))
        yield page.events
        if not page.events:
            return


# Each store chooses its numbers of arrival and may leave gaps, so they are not compared.
questions = st.tuples(
    filters().filter(lambda filter: "seq" not in str(filter)),
    st.sampled_from(Order),
    st.integers(1, 5),
)


@st.composite
def histories(draw: st.DrawFn) -> list[list[Event]]:
    """Batches in which the same events come again, and others under the same ids."""
    renamed = st.builds(
        lambda event, id: event.model_copy(update={"id": id}), events(), st.sampled_from("abcdé")
    )
    pool = draw(st.lists(events() | renamed, min_size=1, max_size=15))
    return draw(st.lists(st.lists(st.sampled_from(pool), max_size=12), min_size=1, max_size=3))


def without_seq(pages: Iterator[tuple[Event, ...]]) -> list[list[Event]]:
    """Return pages to compare. A store need not know that nothing follows a full page."""
    return [[event.model_copy(update={"seq": 0}) for event in page] for page in pages if page]


@given(
    batches=histories(),
    asked=st.lists(questions, min_size=1, max_size=4),
    shards=st.sampled_from((1, 3)),
    indexes=index_sets(),
)
@settings(max_examples=examples(100))
def test_it_stores_and_finds_what_the_reference_does(
    engine: DynamoDBClient,
    batches: list[list[Event]],
    asked: list[tuple[Filter, Order, int]],
    shards: int,
    indexes: tuple[str, ...],
) -> None:
    scope = f"property-{next(_numbers)}"
    store = dynamo_store(engine, shards, indexes=indexes)
    reference = MemoryEventStore()
    for batch in batches:
        stored = [(outcome.id, outcome.status) for outcome in store.put(scope, batch)]
        assert stored == [(outcome.id, outcome.status) for outcome in reference.put(scope, batch)]
    for filter, order, limit in asked:
        query = EventQuery(scope, filter, order, Window(limit))
        assert store.count(scope, filter) == reference.count(scope, filter)
        for walk in (by_position, by_offset):
            assert without_seq(walk(store, query)) == without_seq(walk(reference, query))


@pytest.fixture(scope="module", params=[1, 3])
def large(request: pytest.FixtureRequest, engine: DynamoDBClient) -> tuple[str, list[EventStore]]:
    """Return a scope of 1.6 MB, more than one query returns, in a store and a reference."""
    random, scope = Random(1), f"large-{request.param}"
    batch = [
        Event(
            id=f"e{number:02}",
            time=number // 5,
            type="ab"[number % 2],
            data=random.randbytes(100_000).hex(),
        )
        for number in range(16)
    ]
    stores: list[EventStore] = [
        dynamo_store(engine, request.param),
        MemoryEventStore(),
    ]
    for store in stores:
        store.put(scope, batch)
    return scope, stores


@given(asked=questions)
@settings(max_examples=examples(25))
def test_it_reads_megabytes_as_the_reference_does(
    large: tuple[str, list[EventStore]], asked: tuple[Filter, Order, int]
) -> None:
    scope, stores = large
    filter, order, limit = asked
    query = EventQuery(scope, filter, order, Window(limit))
    pages = [without_seq(by_position(store, query)) for store in stores]
    assert pages[0] == pages[1]
    assert stores[0].count(scope, filter) == stores[1].count(scope, filter)
