"""The tally against a plain list: totals and every page, before, between and after folds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import examples
from support.lag import LaggingClient
from support.memory import MemoryEventStore
from support.stores import TABLES, dynamo_store

from polylog.dynamo import pages
from polylog.dynamo.maintenance.expire import Expirer
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.maintenance.watch import SETTLING_SECONDS
from polylog.dynamo.retention import Retention
from polylog.dynamo.tally import kinds as counted_kinds
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.moment import read_moment
from polylog.dynamo.tally.question import Question
from polylog.dynamo.tally.rows import read_buckets
from polylog.dynamo.tally.totals import View
from polylog.dynamo.tally.tree import Tree
from polylog.model.event import Event
from polylog.model.filter import (
    EVERYTHING,
    And,
    Compare,
    Filter,
    Not,
    Op,
    Or,
    Pattern,
    conjunction,
)
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import EventStore, Explanation, Interval
from polylog.model.times import SECOND, SYSTEM_CLOCK
from tools.clocks import StoppedClock

pytestmark = pytest.mark.engine

YEAR = 365 * 86_400 * SECOND
NOON = 1_772_366_400_000_000
TIMES = [
    NOON + years * YEAR + offset
    for years in (-8, -1, 0, 1)
    for offset in (0, 1, 59 * SECOND, 60 * SECOND, 61 * SECOND, 3600 * SECOND, 40 * 86_400 * SECOND)
]
TYPES = ("a", "b", "c", "d", "a.b", "a.c", "b.c", "ab")
FACETS = ("organization", "project")

_numbers = count(1)


def expired(client: DynamoDBClient, scope: str, shards: int, now: int) -> Iterator[dict[str, Any]]:
    """Yield the keys of the events whose time to live has ended, in seconds since the epoch."""
    for shard in range(shards):
        answer = client.query(
            TableName="EventsTable",
            IndexName="by_time",
            KeyConditionExpression="#scope = :scope AND #shard = :shard",
            FilterExpression="expires_at <= :now",
            ExpressionAttributeNames={"#scope": "scope", "#shard": "shard"},
            ExpressionAttributeValues={
                ":scope": {"S": scope},
                ":shard": {"N": str(shard)},
                ":now": {"N": str(now)},
            },
        )
        yield from ({"pk": item["pk"]} for item in answer["Items"])


class World:
    """A log on DynamoDB Local next to a list, with a clock and a folder that the test moves."""

    def __init__(self, client: DynamoDBClient, shards: int = 1, days: int = 0) -> None:
        self.time = StoppedClock(NOON)
        self.scope = f"tally-{next(_numbers)}"
        self.shards = shards
        self.client = client
        self.list = MemoryEventStore()
        self.keep(days)

    def keep(self, days: int) -> None:
        """Keep events for this many days from now on."""
        self.retention = Retention(days)
        self.lagging: Any = LaggingClient(self.client, self.time, (SETTLING_SECONDS - 1) * SECOND)
        options: Any = {"retention": self.retention}
        self.log = dynamo_store(
            self.lagging, self.shards, clock=self.time, facets=FACETS, **options
        )
        clock = replace(self.time.clock, sleep=self.advance)
        self.folder = Folder(self.lagging, "TallyTable", clock, **options)
        self.expirer = Expirer(self.client, "TallyTable", clock, self.retention)
        self.advance(0)

    def advance(self, seconds: float) -> None:
        """Let time pass, and let DynamoDB delete what has expired."""
        self.time.sleep(seconds)
        self.list.floor = max(self.list.floor, self.retention.floor(self.time.now))
        for key in expired(self.client, self.scope, self.shards, self.time.now // SECOND):
            self.client.delete_item(TableName="EventsTable", Key=key)

    def settle(self) -> None:
        """Fold all there is, and recount it."""
        assert self.folder.settle(self.scope, 3600)
        self.expirer.expire(self.scope)
        report = Verifier(self.client, TABLES, self.shards).verify(self.scope)
        assert report.drifts == ()
        assert report.settled == self.list.count(self.scope, EVERYTHING)

    def put(self, events: list[Event]) -> None:
        kept = [(outcome.id, outcome.status) for outcome in self.log.put(self.scope, events)]
        assert kept == [(o.id, o.status) for o in self.list.put(self.scope, events)]

    def fold(self, seconds: int) -> None:
        self.advance(seconds)
        self.folder.fold(self.scope)

    def check_arrivals(self, filter: Filter, limit: int) -> None:
        """Compare what arrived, in order, and look up each event by its number."""
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

    def check_groups(self, filter: Filter) -> None:
        """Compare the groups; the log counts together those that it does not name."""
        groups = set(self.log.groups(self.scope, filter))
        expected = set(self.list.groups(self.scope, filter))
        named = {group for group in groups if group.type is not None}
        assert named <= expected
        others = sorted(expected - named, key=lambda group: group.time)
        rest = [(group.count, group.time) for group in groups - named]
        together = sum(group.count for group in others)
        assert rest == ([(together, others[-1].time)] if others else [])

    def check(self, filter: Filter, order: Order, limit: int) -> None:
        """Compare the total and every page."""
        self.check_arrivals(filter, limit)
        total = self.list.count(self.scope, filter)
        assert self.log.count(self.scope, filter) == total
        self.check_groups(filter)
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
    vague = vague_kinds()
    pairs = st.tuples(chosen, origin) | st.tuples(vague, origin) | st.tuples(vague, vague)
    return st.just(EVERYTHING) | chosen | origin | vague | pairs.map(And)


def vague_kinds() -> st.SearchStrategy[Filter]:
    """Conditions whose meaning depends on the kinds that the log has."""
    custom = Compare("origin", Op.EQ, "custom")
    pieces = [("a.", ""), ("b.", ""), ("", ".c"), ("", "b", ""), ("missing", "")]
    patterns = [Pattern("type", each) for each in pieces]
    others = [Compare("type", Op.HAS, "A"), Compare("type", Op.NE, "a"), Not(patterns[0])]
    return st.sampled_from((*patterns, *others, Or((custom, *patterns[:2]))))


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
    organization = st.sampled_from("ox").map(lambda o: Compare("organization_id", Op.EQ, o))
    project = st.sampled_from("pq").map(lambda p: Compare("project_id", Op.EQ, p))
    facets = st.just(EVERYTHING) | organization | project
    facets |= st.builds(lambda a, b: And((a, b)), organization, project)
    kind = kinds() | other | st.tuples(other, vague_kinds()).map(And)
    filters = st.builds(lambda *parts: conjunction(parts), kind, ranges(), facets)
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
            organization_id="o" if number % 3 else None,
            project_id="pq"[number % 2] if number % 5 else None,
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
    st.sampled_from((1, 3600, 30_000, 86_400, 40 * 86_400)).map(lambda s: ("expire", s)),
)


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look pages up from the second event on, so that small logs show it too."""
    monkeypatch.setattr(pages, "_NEAR", 1)
    monkeypatch.setattr(pages, "_DENSE", 1)


@pytest.mark.usefixtures("near")
@given(
    history=st.lists(steps, min_size=4, max_size=14),
    last=questions(),
    shards=st.sampled_from((1, 3)),
    days=st.sampled_from((0, 0, 1, 30, 400)),
    most=st.sampled_from((3, 2000)),
)
@settings(
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_it_counts_and_pages_as_a_list_does(
    engine: DynamoDBClient,
    history: list[tuple[str, Any]],
    last: tuple[Filter, Order, int],
    shards: int,
    days: int,
    most: int,
) -> None:
    world = World(engine, shards, days)
    with patch.object(counted_kinds, "MAX_KINDS", most):
        live_through(world, [*history, ("check", last)])
        world.settle()


@pytest.mark.usefixtures("near")
def test_its_worlds_lag_and_look_pages_up(engine: DynamoDBClient, calls: list[str]) -> None:
    """The property would not notice if these were missing."""
    world = World(engine)
    world.put([Event(id=f"e{n}", time=NOON + n * 3600 * SECOND, type="a") for n in range(30)])
    world.settle()
    query = EventQuery(world.scope, EVERYTHING, Order.ASCENDING, Window(3, 13), with_total=True)
    calls.clear()
    assert [event.id for event in world.log.find(query).events] == ["e13", "e14", "e15"]
    assert {"GetItem", "BatchGetItem"} & {*calls}
    world.put([Event(id="new", time=NOON, type="a")])
    assert len(world.log.find(replace(query, window=Window(99))).events) == 31
    assert world.lagging.hidden > 0
    world.fold(6)
    within = Compare("time", Op.LT, NOON + 7 * 3600 * SECOND)
    assert world.log.count(world.scope, within) == 8
    assert world.lagging.outdated > 0


@given(
    history=st.lists(steps, min_size=2, max_size=8),
    kind=vague_kinds(),
    text=st.sampled_from((EVERYTHING, Compare("message", Op.EQ, "odd"))),
    time=ranges(),
    order=st.sampled_from(Order),
    shards=st.sampled_from((1, 3)),
    most=st.sampled_from((3, 2000)),
)
@settings(max_examples=examples(40))
def test_it_walks_through_types_as_a_list_does(
    engine: DynamoDBClient,
    history: list[tuple[str, Any]],
    kind: Filter,
    text: Filter,
    time: Filter,
    order: Order,
    shards: int,
    most: int,
) -> None:
    world, filter = World(engine, shards), conjunction((kind, text, time))
    with patch.object(counted_kinds, "MAX_KINDS", most):
        live_through(world, history)
        query = EventQuery(world.scope, filter, order, Window(limit=2))
        assert [*walk(world.log, query)] == [*walk(world.list, query)]


def walk(store: EventStore, query: EventQuery) -> Iterator[str]:
    """Yield the ids on all pages, each continued after the one before."""
    page = store.find(query)
    yield from (event.id for event in page.events)
    if page.next:
        window = replace(query.window, after=page.next)
        yield from walk(store, replace(query, window=window))


def test_types_that_begin_alike_are_read_by_their_index_in_any_order(
    engine: DynamoDBClient,
) -> None:
    world, odd = World(engine), Compare("message", Op.EQ, "odd")
    explanation = Explanation()

    def put(type: str, *hours: int) -> None:
        world.put(
            [
                Event(id=f"{type}-{n}", time=NOON + n * 3600 * SECOND, type=type, message="odd")
                for n in hours
            ]
        )

    def check() -> None:
        alike = Pattern("type", ("a.", ""))
        for filter, index in ((alike, "by_type"), (And((alike, odd)), "segments")):
            world.check(filter, Order.ASCENDING, 4)
            query = EventQuery(world.scope, filter, Order.DESCENDING, Window(limit=3))
            with world.log.explaining(explanation):
                assert [*walk(world.log, query)] == [*walk(world.list, query)]
            assert explanation.index == index
            explanation.index = None

    put("other", *range(40))
    put("a.b", 10, 11, 12)
    check()
    world.fold(6)
    check()
    put("a.b", -20, 7)
    put("a.c", 5, 50)
    check()
    world.fold(1)
    world.settle()
    check()
    assert world.lagging.hidden > 0


def live_through(world: World, history: list[tuple[str, Any]]) -> None:
    for step, argument in history:
        match step:
            case "put":
                world.put(argument)
            case "fold":
                world.fold(argument)
            case "expire":
                world.advance(argument)
                world.expirer.expire(world.scope)
            case "check":
                world.check(*argument)


class Restless(dict[str, Any]):
    """Rows that another thread replaces with a newer version after each look."""

    def get(self, name: str, default: Any = None) -> Any:
        row = super().get(name, default)
        if row is not None:
            self[name] = replace(row, version=row.version + 1, children={})
        return row


def test_a_row_that_is_replaced_meanwhile_is_not_counted(engine: DynamoDBClient) -> None:
    world = World(engine)
    world.put([Event(id=f"e{n}", time=NOON + n * 3600 * SECOND, type="a") for n in range(30)])
    world.fold(6)
    moment = read_moment(engine, "TallyTable", world.scope, SYSTEM_CLOCK)
    question = Question.of(Compare("time", Op.GE, NOON + 7 * 3600 * SECOND))
    assert question is not None

    def fetch(names: Sequence[str]) -> dict[str, Bucket]:
        return read_buckets(engine, "TallyTable", world.scope, names, SYSTEM_CLOCK)

    view = View(moment, question, Tree(moment.head.bucket, Restless(), fetch), lambda time: ())
    assert view.total() == 23
