"""Facets: exact counts of the events with one value, however far the counting has got."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import examples, long
from support.memory import MemoryEventStore
from support.stores import TABLES, dynamo_store
from support.strategies import index_sets

from polylog.batches import batched
from polylog.dynamo import pages
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance import count as counting
from polylog.dynamo.maintenance import seal
from polylog.dynamo.maintenance.count import Counter
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.recount import Drift
from polylog.dynamo.maintenance.seal import LEFT_SECONDS, Sealer
from polylog.dynamo.maintenance.verify import Report, Verifier
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.search import directory, finder, segments
from polylog.dynamo.search.directory import Block, Zone
from polylog.dynamo.tables import OPTIONAL_INDEXES
from polylog.dynamo.tally import kinds, stretch
from polylog.dynamo.tally.head import read_facets
from polylog.dynamo.tally.months import read_months, read_some, write_month
from polylog.dynamo.tally.registry import Scopes
from polylog.model.event import Entity, Event
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Op, Or, conjunction
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import Explanation, Interval
from polylog.model.times import SECOND, SYSTEM_CLOCK
from polylog_cli.local.tables import connect
from tools.clocks import StoppedClock

pytestmark = pytest.mark.engine

NOON = 1_772_366_400_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR

OF_P: Filter = Compare("project_id", Op.EQ, "p")
OF_ACTOR: Filter = Compare("actor.id", Op.EQ, "a0")

SHORT = 12
"""How many numbers a segment has here: at least as many as a batch."""

ZONES = 2
"""How many segments a block of the directory has here."""

FEW = 20
"""So few events that are not counted are read here without the directory."""

_numbers = count(1)


@pytest.fixture(autouse=True, scope="module")
def short_segments() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (stretch, seal, segments, counting):
            patch.setattr(module, "SPAN", SHORT)
        for module in (directory, segments):
            patch.setattr(module, "MOST_ZONES", ZONES)
        patch.setattr(finder, "_FEW_LATER", FEW)
        yield


class World:
    """A log in DynamoDB, the same log in memory, and what folds, seals and counts it."""

    def __init__(
        self,
        client: DynamoDBClient,
        *facets: str,
        days: int = 0,
        indexes: Iterable[str] = OPTIONAL_INDEXES,
    ) -> None:
        self.client = client
        self.indexes = indexes
        self.scope = f"facets-{next(_numbers)}"
        self.time = StoppedClock(NOON)
        self.retention = Retention(days) if days else FOR_EVER
        self.list = MemoryEventStore()
        self.folder = Folder(client, TABLES.tally, self.time.clock, self.retention)
        self.sealer = Sealer(client, TABLES, self.time.clock, self.retention)
        self.number = 0
        self.use(*facets)

    def use(self, *facets: str) -> None:
        self.facets = facets
        self.counter = self.counter_of(self.client)
        options: Any = {"clock": self.time.clock, "retention": self.retention}
        self.log = dynamo_store(self.client, facets=facets, indexes=self.indexes, **options)

    def counter_of(self, client: Any) -> Counter:
        return Counter(client, TABLES, self.time.clock, self.facets, self.retention)

    def put(self, number: int, **values: Any) -> None:
        batch = range(self.number, self.number + number)
        self.number += number
        self.store([made(n, **values) for n in batch])

    def store(self, events: list[Event]) -> None:
        for some in batched(events, SHORT):
            self.log.put(self.scope, some)
            self.list.put(self.scope, some)

    def seal(self) -> None:
        assert self.folder.settle(self.scope, 3600)
        self.sealer.seal_all(self.scope)

    def count(self) -> None:
        self.counter.count(self.scope, self.sealer.sealed(self.scope), least=1)

    def count_all(self) -> None:
        self.seal()
        self.counter.count_all(self.scope, self.sealer.sealed(self.scope))

    def wait(self) -> None:
        self.time.clock.sleep(LEFT_SECONDS + 1)
        self.sealer.seal_all(self.scope)

    def verify(self) -> Report:
        return Verifier(self.client, TABLES, 1, retention=self.retention).verify(self.scope)

    def counted(self) -> dict[str, int]:
        return read_facets(self.client, TABLES.tally, self.scope)

    def check(self, filter: Filter, order: Order = Order.DESCENDING, limit: int = 3) -> None:
        """Compare the total, the groups, all bars and every page with those of the list."""
        total = self.list.count(self.scope, filter)
        assert self.log.count(self.scope, filter) == total
        assert set(self.log.groups(self.scope, filter)) == set(self.list.groups(self.scope, filter))
        for interval, by in product(Interval, (None, "type", "origin")):
            bars = self.log.histogram(self.scope, filter, interval, by)
            assert bars == self.list.histogram(self.scope, filter, interval, by)
        for offset in range(0, total + limit, limit):
            query = EventQuery(self.scope, filter, order, Window(limit, offset), with_total=True)
            page, expected = self.log.find(query), self.list.find(query)
            assert page.total == total
            assert [event.id for event in page.events] == [event.id for event in expected.events]


def made(n: int, **values: Any) -> Event:
    event = Event(
        id=f"e{n}",
        time=NOON - n * 7 * HOUR,
        type="ab"[n % 2],
        project_id="pq"[n % 3 % 2],
        organization_id="o",
        actor=Entity(id=f"a{n % 5}"),
    )
    return event.model_copy(update=values)


@pytest.fixture
def world(engine: DynamoDBClient) -> World:
    return World(engine, "project", "actor")


def offers() -> st.SearchStrategy[list[Event]]:
    times = st.sampled_from(
        [NOON + d * DAY + o for d in (-40, -2, -1, 0, 1, 31) for o in (0, 1, -12 * HOUR, HOUR)]
    )
    one = st.builds(
        lambda number, time, type: Event(
            id=f"e{number}",
            time=time,
            type=type,
            message="x" * 3000 if number % 7 == 0 else None,
            source=f"source-{number}",
            project_id="pq"[number % 2] if number % 5 else None,
            actor=Entity(id="a0" if number % 3 else None),
        ),
        st.integers(0, 60),
        times,
        st.sampled_from("abc"),
    )
    return st.lists(one, min_size=1, max_size=12)


def questions() -> st.SearchStrategy[tuple[Filter, Order, int]]:
    bound = st.builds(
        Compare,
        st.just("time"),
        st.sampled_from((Op.LT, Op.LE, Op.GT, Op.GE)),
        st.sampled_from([NOON + days * DAY + 12 * HOUR for days in (-50, -41, -2, -1, 0, 31)])
        | st.sampled_from([NOON, NOON - DAY, NOON + 1]),
    )
    types = st.sampled_from("abc").map(lambda t: Compare("type", Op.EQ, t))
    either = Or((Compare("type", Op.EQ, "a"), Compare("type", Op.HAS, "c")))
    kind = st.just(EVERYTHING) | types | st.just(either)
    facet = st.sampled_from((OF_P, OF_ACTOR, And((OF_P, OF_ACTOR))))
    bounds = st.lists(bound, max_size=2).map(lambda some: And(tuple(some)))
    filters = st.builds(lambda *parts: conjunction(parts), facet, kind, bounds)
    return st.tuples(filters, st.sampled_from(Order), st.integers(1, 7))


steps = st.one_of(
    offers(),
    st.sampled_from(("seal", "count", "count_all", "wait")),
    questions(),
    st.sampled_from((("project",), ("actor", "project"))),
)


def take(world: World, step: Any) -> None:
    if isinstance(step, list):
        world.store(step)
    elif isinstance(step, str):
        getattr(world, step)()
    elif isinstance(step[0], str):
        world.use(*step)
    else:
        world.check(*step)


@given(history=st.lists(steps, min_size=4, max_size=14), last=questions(), indexes=index_sets())
@settings(
    max_examples=examples(40),
    suppress_health_check=list(HealthCheck),
    phases=[p for p in __import__("hypothesis").Phase if p.name != "shrink"],
)
def test_it_counts_and_pages_as_a_list_does(
    engine: DynamoDBClient,
    history: list[Any],
    last: tuple[Filter, Order, int],
    indexes: tuple[str, ...],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "_NEAR", 1)
        world = World(engine, "project", "actor", indexes=indexes)
        for step in history:
            take(world, step)
        world.check(*last)
        world.count_all()
        world.check(*last)
        assert world.verify().drifts == ()


def test_a_total_takes_three_requests(engine: DynamoDBClient, calls: list[str]) -> None:
    world = World(engine, "project")
    world.put(90)
    world.count_all()
    calls.clear()
    assert world.log.count(world.scope, OF_P) == 60
    assert calls == ["Query", "Query", "Query"]


def test_a_total_that_nobody_asked_for_is_not_counted(world: World, calls: list[str]) -> None:
    world.put(30)
    calls.clear()
    query = EventQuery(world.scope, OF_P, Order.DESCENDING, Window(3), with_known_total=True)
    assert world.log.find(query).total is None
    assert calls == ["Query", "Query"]


def test_what_is_counted_is_not_read_again(world: World) -> None:
    world.put(90)
    world.count_all()
    world.wait()
    explanation = Explanation()
    with world.log.explaining(explanation):
        assert world.log.count(world.scope, OF_P) == 60
    assert (explanation.items_read, explanation.index) == (0, None)
    assert world.counted() == {"project": 84, "actor": 84}


def test_later_events_are_read_only_where_segments_may_have_them(
    world: World, calls: list[str]
) -> None:
    world.put(SHORT * 2)
    world.count_all()
    world.put(SHORT * 4 + 1, project_id="r")
    world.put(SHORT * 2, project_id="s")
    world.seal()
    world.use(*world.facets)  # It remembers nothing.
    calls.clear()
    assert world.log.count(world.scope, OF_P) == 16
    assert calls == ["Query"] * 4
    calls.clear()
    assert world.log.count(world.scope, Compare("project_id", Op.EQ, "s")) == SHORT * 2
    assert calls == ["Query"] * 4 + ["BatchGetItem"]


def test_segments_without_later_events_are_remembered(world: World, calls: list[str]) -> None:
    world.put(SHORT * 2)
    world.count_all()
    world.store([made(n, type="ab"[n % 2], project_id="rp"[n % 2]) for n in range(24, 74)])
    world.seal()
    world.use(*world.facets)
    filter = And((OF_P, Compare("type", Op.EQ, "a")))
    for reads in (["BatchGetItem"], []):
        calls.clear()
        assert world.log.count(world.scope, filter) == 8
        assert calls == ["Query"] * 4 + reads


def test_a_page_with_a_total_reads_no_later_events_twice(world: World, calls: list[str]) -> None:
    world.put(30)
    world.count_all()
    for n in range(6):
        world.put(SHORT, project_id="r")
        world.store([made(100 + n, time=NOON + n, project_id="p")])
        if n == 2:
            world.folder.fold(world.scope)
    calls.clear()
    query = EventQuery(world.scope, OF_P, Order.DESCENDING, Window(8), with_total=True)
    found, expected = world.log.find(query), world.list.find(query)
    assert found.total == expected.total == 26
    assert [event.id for event in found.events] == [event.id for event in expected.events]
    # The head, the months, the directory, the arrival log, and the index.
    assert calls == ["Query"] * 5


def test_an_index_answers_if_too_many_events_are_not_counted_yet(world: World) -> None:
    world.put(6, project_id="p")
    world.put(400, project_id="r")
    assert world.folder.settle(world.scope, 3600)
    options: Any = {"clock": world.time.clock, "limits": Limits(items=8, seconds=60)}
    log = dynamo_store(world.client, facets=world.facets, **options)
    explanation = Explanation()
    with log.explaining(explanation):
        assert log.count(world.scope, OF_P) == 6
    assert explanation.index == "by_project"
    assert "too much to read what the facet does not count yet" in explanation.reason
    assert log.count(world.scope, EVERYTHING) == 406


def test_the_end_of_a_directory_has_all_later_segments(engine: DynamoDBClient) -> None:
    scope = f"directory-{next(_numbers)}"
    ends = [(1, 12), (13, 80), (81, 92), (93, 99), (100, 108)]  # Numbers after 13 were given up.
    zones = [Zone(*each, 5, 0, 1, 1000, False) for each in ends]
    for some in batched(zones, ZONES):
        item = Block(tuple(some)).item(scope)
        engine.put_item(TableName=TABLES.tally, Item=item)
    for after in range(110):
        known = segments.Segments(engine, TABLES.tally, SYSTEM_CLOCK)
        blocks = known.blocks(scope, 108, after)
        found = [zone for block in blocks for zone in block.zones if zone.last > after]
        assert found == [zone for zone in zones if zone.last > after]


def test_a_facet_that_is_added_later_is_counted_from_the_first_event_on(
    engine: DynamoDBClient,
) -> None:
    world = World(engine, "project")
    world.put(30)
    world.count_all()
    world.use("project", "actor")
    world.check(OF_ACTOR)
    world.put(30)
    world.count_all()
    assert world.counted()["actor"] == world.counted()["project"]
    world.check(OF_ACTOR)
    assert world.verify().drifts == ()


def test_a_facet_that_was_left_out_for_a_while_is_counted_on(world: World) -> None:
    for names in (("project", "actor"), ("actor",), ("project", "actor")):
        world.use(*names)
        world.put(12)
        world.count_all()
    world.check(OF_P)
    assert world.verify().drifts == ()


def test_events_whose_texts_are_too_long_for_the_log_are_counted(world: World) -> None:
    world.put(12, message="x" * 3000)
    world.count_all()
    assert world.counted()["project"] == 12
    world.check(OF_P)


def test_kinds_that_a_month_has_no_room_for_are_searched(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "MAX_KINDS", 3)
    world.store([made(n, type=f"type-{n}") for n in range(12)])
    world.count_all()
    world.check(OF_P)
    world.check(And((OF_P, Compare("type", Op.EQ, "type-0"))))


def test_too_many_values_wait_for_more_events(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_DUE_IN_QUIET", 50)
    world.store([made(n, actor=Entity(id=f"only-{n}")) for n in range(72)])
    world.seal()
    sealed = world.sealer.sealed(world.scope)
    assert world.counter.count_if_due(world.scope, sealed, is_quiet=True)
    while world.counter.count_if_due(world.scope, sealed, is_quiet=True):
        pass
    world.store([made(72 + n, actor=Entity(id=f"only-{72 + n}")) for n in range(72)])
    world.seal()
    sealed = world.sealer.sealed(world.scope)
    assert not world.counter.count_if_due(world.scope, sealed, is_quiet=True)
    world.check(OF_P, limit=40)


@pytest.mark.parametrize("die_at", [1, 2, 4, 6, 8, 10, *long(3, 5, 7, 9, 11, 12, 13)])
@pytest.mark.parametrize("after", [False, True])
def test_another_counter_goes_on_where_one_died(world: World, die_at: int, after: bool) -> None:
    dying = connect(world.client.meta.endpoint_url)
    left = count(1)

    def die(**_: object) -> None:
        if next(left) == die_at:
            raise InterruptedError

    event = "after-call" if after else "before-call"
    for operation in ("Query", "GetItem", "BatchGetItem", "PutItem", "UpdateItem"):
        dying.meta.events.register(f"{event}.dynamodb.{operation}", die)
    world.put(30)
    world.seal()
    with pytest.raises(InterruptedError):
        world.counter_of(dying).count_all(world.scope, world.sealer.sealed(world.scope))
    world.check(OF_P)
    world.put(20)
    world.count_all()
    world.check(OF_P)
    assert world.verify().drifts == ()


@pytest.mark.parametrize("operation", ["Query", "BatchGetItem", "PutItem", "UpdateItem"])
def test_two_counters_at_once_count_nothing_twice(world: World, operation: str) -> None:
    world.put(20)
    world.seal()
    slow, waiting = connect(world.client.meta.endpoint_url), [20]

    def meanwhile(**_: object) -> None:
        if waiting:
            world.put(waiting.pop())
            world.count_all()

    slow.meta.events.register(f"provide-client-params.dynamodb.{operation}", meanwhile)
    world.counter_of(slow).count_all(world.scope, world.sealer.sealed(world.scope))
    world.check(OF_P)
    assert world.verify().drifts == ()


@pytest.mark.parametrize("call", range(1, 5))
def test_what_is_counted_while_a_question_is_answered_counts_once(world: World, call: int) -> None:
    world.put(20)
    world.count_all()
    world.put(20)
    reading, calls = connect(world.client.meta.endpoint_url), count(1)

    def meanwhile(**_: object) -> None:
        if next(calls) == call:
            world.count_all()
            world.put(12)
            world.count_all()

    reading.meta.events.register("before-call.dynamodb.Query", meanwhile)
    log = dynamo_store(reading, clock=world.time.clock, facets=world.facets)
    before = world.list.count(world.scope, OF_P)
    assert log.count(world.scope, OF_P) in (before, world.list.count(world.scope, OF_P))


def test_a_wrong_row_is_found_and_corrected(world: World) -> None:
    world.put(40)
    world.count_all()
    wanted = ("project=p", "2026-02")
    row = read_some(world.client, TABLES.tally, world.scope, [wanted], world.time.clock)[wanted]
    day, counts = max(row.children.items())
    wrong = {**row.children, day: {kind: number + 5 for kind, number in counts.items()}}
    args = (world.client, TABLES.tally, world.scope, wanted, row.version)
    assert write_month(*args, replace(row, children=wrong), FOR_EVER)
    found = {Drift("project=p", day, kind, n, n + 5) for kind, n in counts.items()}
    assert set(world.verify().drifts) == found
    assert Verifier(world.client, TABLES, 1).repair(world.scope).drifts == ()
    world.check(OF_P)


def test_a_facet_may_be_longer_than_a_sort_key(world: World) -> None:
    name = "\N{PILE OF POO}" * 256
    world.store([made(n, actor=Entity(id=name)) for n in range(24)])
    world.count_all()
    assert world.verify().drifts == ()
    assert f"actor={name}" in set(Scopes(world.client, TABLES.tally).facets(world.scope))
    world.check(Compare("actor.id", Op.EQ, name))


def test_months_expire_with_their_last_day(engine: DynamoDBClient) -> None:
    world = World(engine, "project", days=30)
    world.put(40)
    world.count_all()
    found = world.client.query(
        TableName=TABLES.tally,
        KeyConditionExpression="#scope = :scope",
        ExpressionAttributeNames={"#scope": "scope"},
        ExpressionAttributeValues={":scope": {"S": f"{world.scope}|project=p"}},
    )
    ends = {item["row"]["S"]: int(item["expires_at"]["N"]) for item in found["Items"]}
    first_of_march = NOON // SECOND - 12 * 3600
    assert ends["counts/2026-02"] == first_of_march + 30 * 86_400


def test_days_that_are_no_longer_kept_are_not_counted(engine: DynamoDBClient) -> None:
    world = World(engine, "project", days=30)
    world.put(60)
    world.count_all()
    world.time.now += 20 * DAY
    world.list.floor = world.retention.floor(world.time.now)
    months = read_months(engine, TABLES.tally, world.scope, "project=p", TimeRange())
    assert min(months) == "2026-02"
    assert world.log.count(world.scope, OF_P) == world.list.count(world.scope, OF_P)
