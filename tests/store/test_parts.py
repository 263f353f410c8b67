"""Pages in part: even if each may read very little, together they are the whole list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import examples
from support.lag import LaggingClient
from support.memory import MemoryEventStore
from support.stores import LIMITS, dynamo_store, settle

from polylog.dynamo.limits import Limits
from polylog.model.errors import TimedOut, TooBroad
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Not, Op, Or, Text
from polylog.model.query import EventQuery, Order, Page, Window
from polylog.model.store import EventStore
from polylog.model.times import SECOND

pytestmark = pytest.mark.engine

MINUTE = 60 * SECOND
FEW, MANY = 40, 700

_numbers = count(1)


def made(number: int) -> Event:
    """Return an event that many filters tell apart; many events share a time."""
    random = Random(number)
    return Event(
        id=f"e{number:04}",
        time=random.randrange(40) * 20 * SECOND,
        type=random.choice("abc"),
        origin=random.choice(["system", "custom"]),
        message=random.choice(["some", "few", "many"]),
        project_id=random.choice(["p", "q", None]),
    )


def pages(store: EventStore, query: EventQuery) -> Iterator[Page]:
    """Go on from page to page, and from cut to cut."""
    while True:
        page = store.find(query)
        assert page.is_cut or page.skip == 0
        yield page
        if page.next is None:
            return
        query = replace(query, window=Window(query.window.limit, page.skip, page.next))


OF_DATA = Compare("data.n", Op.NE, "x")
"""A filter that only the events themselves can answer; all of them pass."""


def seqs(pages: Iterator[Page]) -> list[int]:
    return [event.seq for page in pages for event in page.events]


_types = [Compare("type", Op.EQ, type) for type in "abc"]
_terms = st.sampled_from(
    [
        *_types,
        Or(tuple(_types[:2])),
        Not(_types[0]),
        Text("few"),
        Compare("message", Op.EQ, "none at all"),
        Compare("origin", Op.EQ, "custom"),
        Compare("project_id", Op.EQ, "p"),
        Compare("time", Op.GE, 3 * MINUTE + 7),
        Compare("time", Op.LT, 9 * MINUTE + SECOND),
    ]
)


def filters() -> st.SearchStrategy[Filter]:
    return st.lists(_terms, max_size=3).map(lambda terms: And(tuple(terms)))


class World:
    """A log that is partly settled and partly young, with some events not in the indexes yet."""

    def __init__(self, engine: DynamoDBClient, shards: int, number: int) -> None:
        self.now = 10**15
        self.number = number
        self.scope = f"parts-{next(_numbers)}"
        self.shards = shards
        self.reference = MemoryEventStore()
        self.client: Any = LaggingClient(engine, lambda: self.now, 4 * SECOND)
        events = [made(n) for n in range(number)]
        settled, old = number * 5 // 7, number * 6 // 7
        self._put(events[:settled])
        self.now += 5 * SECOND
        settle(engine, self.scope)
        self._put(events[settled:old])
        self.now += 5 * SECOND
        self._put(events[old:])

    def _put(self, events: list[Event]) -> None:
        self.reference.put(self.scope, events)
        self.store(LIMITS).put(self.scope, events)

    def store(self, limits: Limits) -> EventStore:
        return dynamo_store(self.client, self.shards, limits, lambda: self.now)


@pytest.fixture(scope="module", params=[1, 3])
def few(request: pytest.FixtureRequest, engine: DynamoDBClient) -> World:
    return World(engine, request.param, FEW)


@pytest.fixture(scope="module", params=[1, 3])
def many(request: pytest.FixtureRequest, engine: DynamoDBClient) -> World:
    return World(engine, request.param, MANY)


def assert_whole(world: World, query: EventQuery, items: int) -> None:
    """Assert that pages which may read this many items are the whole list together."""
    query = replace(query, scope=world.scope, is_partial=True)
    whole = replace(query, window=Window(world.number, query.window.offset))
    expected = [event.seq for event in world.reference.find(whole).events]
    found = list(pages(world.store(Limits(items, 60)), query))
    assert seqs(iter(found)) == expected
    assert {page.total for page in found} <= {
        None,
        world.reference.count(world.scope, query.filter),
    }


def queries(
    offsets: st.SearchStrategy[int], limits: st.SearchStrategy[int]
) -> st.SearchStrategy[EventQuery]:
    windows = st.builds(Window, limits, offsets)
    return st.builds(
        EventQuery, st.just(""), filters(), st.sampled_from(Order), windows, st.booleans()
    )


@given(query=queries(st.integers(0, 30), st.integers(1, 50)), items=st.integers(1, FEW))
@settings(max_examples=examples(40))
def test_nothing_is_lost_or_repeated(few: World, query: EventQuery, items: int) -> None:
    assert_whole(few, query, items)


@given(query=queries(st.integers(250, MANY), st.integers(50, 300)), items=st.integers(50, 300))
@settings(max_examples=examples(30))
def test_a_large_offset_is_skipped_in_parts(many: World, query: EventQuery, items: int) -> None:
    assert_whole(many, query, items)


def test_the_newest_events_are_in_no_index_yet(few: World) -> None:
    query = EventQuery(few.scope, EVERYTHING, Order.ASCENDING, Window(FEW))
    assert len(few.store(LIMITS).find(query).events) == FEW
    assert few.client.hidden > 0


def test_a_page_in_part_does_not_count_by_an_index(many: World) -> None:
    store = many.store(LIMITS)
    query = EventQuery(
        *(many.scope, OF_DATA, Order.ASCENDING, Window(5)), is_partial=True, with_known_total=True
    )
    assert store.find(query).total is None
    told = store.find(replace(query, filter=EVERYTHING))
    assert told.total == MANY
    far = replace(query, filter=EVERYTHING, window=Window(5, 400))
    assert (store.find(far).total, len(store.find(far).events)) == (MANY, 5)


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("with_total", [False, True])
@pytest.mark.parametrize("offset", [0, 7, 400, 660])
def test_a_position_comes_before_what_is_skipped(
    many: World, order: Order, with_total: bool, offset: int
) -> None:
    query = EventQuery(many.scope, EVERYTHING, order, Window(1000), with_total)
    everything = many.reference.find(query).events
    after = many.store(LIMITS).find(replace(query, window=Window(30))).next
    page = many.store(LIMITS).find(replace(query, window=Window(20, offset, after)))
    assert page.events == everything[30 + offset : 50 + offset]
    assert page.total == (MANY if with_total else None)


def test_a_page_that_may_not_be_in_part_is_whole_or_refused(many: World) -> None:
    query = EventQuery(many.scope, OF_DATA, Order.ASCENDING, Window(MANY))
    with pytest.raises(TooBroad):
        many.store(Limits(100, 60)).find(query)


def test_without_time_there_is_no_answer(many: World) -> None:
    query = EventQuery(many.scope, OF_DATA, Order.ASCENDING, Window(9), is_partial=True)
    with pytest.raises(TimedOut):
        many.store(Limits(100, 0)).find(query)
