"""The tally against a plain list: totals and every page, before, between and after folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from conftest import dynamo_store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lag import LaggingClient
from memory import MemoryEventStore
from mypy_boto3_dynamodb import DynamoDBClient

from polylog.dynamo import buckets, store
from polylog.dynamo.fold import SETTLING, Folder
from polylog.dynamo.head import read_buckets, read_head
from polylog.dynamo.question import Question
from polylog.dynamo.view import View
from polylog.event import Event
from polylog.filter import EVERYTHING, And, Compare, Filter, Op, Or
from polylog.query import EventQuery, Order, Window
from polylog.store import Interval
from polylog.times import SECOND

pytestmark = pytest.mark.engine

YEAR = 365 * 86_400 * SECOND
NOON = 1_772_366_400_000_000
TIMES = [
    NOON + years * YEAR + offset
    for years in (-8, -1, 0)
    for offset in (0, 1, 59 * SECOND, 60 * SECOND, 61 * SECOND, 3600 * SECOND, 40 * 86_400 * SECOND)
]
TYPES = tuple("abcdefgh")

_numbers = count(1)


class World:
    """A log on DynamoDB Local beside a list, with a clock and a folder that the test moves."""

    def __init__(self, client: DynamoDBClient, shards: int = 1) -> None:
        self.now = 10**15
        self.scope = f"tally-{next(_numbers)}"
        lagging: Any = LaggingClient(client, self.clock, SETTLING - SECOND)
        self.client = client
        self.log = dynamo_store(lagging, shards, clock=self.clock)
        self.list = MemoryEventStore()
        self.folder = Folder(client, "TallyTable", self.clock)

    def clock(self) -> int:
        return self.now

    def put(self, events: list[Event]) -> None:
        kept = [(outcome.id, outcome.status) for outcome in self.log.put(self.scope, events)]
        assert kept == [(o.id, o.status) for o in self.list.put(self.scope, events)]

    def fold(self, seconds: int) -> None:
        self.now += seconds * SECOND
        self.folder.fold(self.scope)

    def check_arrivals(self, filter: Filter, limit: int) -> None:
        """Compare what arrived, in its order, and each event by its number."""
        seq, told = 0, []
        while True:
            tail = self.log.tail(self.scope, filter, seq, limit)
            assert len(tail.events) <= limit
            assert all(seq < event.seq <= tail.complete for event in tail.events)
            told += [event.id for event in tail.events]
            for event in tail.events:
                assert self.log.get_by_seq(self.scope, event.seq) == event
            if tail.complete == seq:
                break
            seq = tail.complete
        expected = self.list.tail(self.scope, filter, 0, 10**6).events
        assert told == [event.id for event in expected]
        assert self.log.get_by_seq(self.scope, seq + 1) is None

    def check(self, filter: Filter, order: Order, limit: int) -> None:
        """Compare the total and every page."""
        self.check_arrivals(filter, limit)
        total = self.list.count(self.scope, filter)
        assert self.log.count(self.scope, filter) == total
        groups = self.log.groups(self.scope, filter)
        assert set(groups) == set(self.list.groups(self.scope, filter))
        for interval in Interval:
            bars = self.log.histogram(self.scope, filter, interval)
            assert bars == self.list.histogram(self.scope, filter, interval)
        for offset in range(0, total + limit, limit):
            window = Window(limit, offset)
            query = EventQuery(self.scope, filter, order, window, with_total=True)
            page = self.log.find(query)
            assert page.total == total
            expected = self.list.find(query).events
            assert [event.id for event in page.events] == [event.id for event in expected]


def kinds() -> st.SearchStrategy[Filter]:
    types = st.lists(st.sampled_from((*TYPES, "missing")), min_size=1, max_size=3)
    chosen = types.map(lambda names: Or(tuple(Compare("type", Op.EQ, name) for name in names)))
    origin = st.sampled_from(("system", "custom")).map(lambda o: Compare("origin", Op.EQ, o))
    return (
        st.just(EVERYTHING) | chosen | origin | st.builds(lambda a, b: And((a, b)), chosen, origin)
    )


def ranges() -> st.SearchStrategy[Filter]:
    bound = st.builds(
        Compare,
        st.just("time"),
        st.sampled_from((Op.LT, Op.LE, Op.GT, Op.GE, Op.EQ)),
        st.sampled_from(TIMES),
    )
    return st.lists(bound, max_size=2).map(lambda bounds: And(tuple(bounds)))


def questions() -> st.SearchStrategy[tuple[Filter, Order, int]]:
    other = st.just(Compare("message", Op.EQ, "odd"))
    filters = st.builds(lambda a, b: And((a, b)), kinds() | other, ranges())
    return st.tuples(filters, st.sampled_from(Order), st.integers(1, 7))


def offers() -> st.SearchStrategy[list[Event]]:
    one = st.builds(
        lambda number, time, type, origin: Event(
            id=f"e{number}",
            time=time,
            type=type,
            origin=origin,
            source=f"source-{number}",
            message="odd" if number % 2 else None,
        ),
        st.integers(0, 60),
        st.sampled_from(TIMES),
        st.sampled_from(TYPES),
        st.sampled_from(("system", "custom")),
    )
    return st.lists(one, max_size=12)


steps = st.one_of(
    offers().map(lambda events: ("put", events)),
    st.sampled_from((0, 1, 3, 6, 20)).map(lambda seconds: ("fold", seconds)),
    questions().map(lambda question: ("check", question)),
)


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages be looked up from the second event on, so that small logs show it."""
    monkeypatch.setattr(store, "_NEAR", 1)


@pytest.mark.usefixtures("near")
@given(
    history=st.lists(steps, min_size=4, max_size=14),
    last=questions(),
    shards=st.sampled_from((1, 3)),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_it_counts_and_pages_as_a_list_does(
    engine: DynamoDBClient,
    history: list[tuple[str, Any]],
    last: tuple[Filter, Order, int],
    shards: int,
) -> None:
    world = World(engine, shards)
    for step, argument in [*history, ("check", last)]:
        match step:
            case "put":
                world.put(argument)
            case "fold":
                world.fold(argument)
            case "check":
                world.check(*argument)


class Restless(dict[str, Any]):
    """Rows of which another thread puts in a newer version after each look."""

    def get(self, name: str, default: Any = None) -> Any:
        row = super().get(name, default)
        if row is not None:
            self[name] = replace(row, version=row.version + 1, children={})
        return row


def test_a_row_that_is_replaced_meanwhile_is_not_counted(engine: DynamoDBClient) -> None:
    world = World(engine)
    world.put([Event(id=f"e{n}", time=NOON + n * 3600 * SECOND, type="a") for n in range(30)])
    world.fold(6)
    head = read_head(engine, "TallyTable", world.scope)
    question = Question.of(Compare("time", Op.GE, NOON + 7 * 3600 * SECOND))
    assert question is not None

    def fetch(names: Sequence[str]) -> dict[str, buckets.Bucket]:
        return read_buckets(engine, "TallyTable", world.scope, names)

    view = View(head, question, {}, Restless(), fetch)
    assert view.total() == 23
