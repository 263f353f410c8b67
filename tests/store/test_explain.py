"""Explanations: they agree with what DynamoDB reports as consumed and with what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.aws import imitated
from support.stores import TABLES, dynamo_store, settle

from polylog.dynamo.explanation import explaining
from polylog.dynamo.limits import Limits
from polylog.model.event import Entity, Event
from polylog.model.filter import (
    EVERYTHING,
    NOTHING,
    And,
    Compare,
    Filter,
    Not,
    Op,
    Or,
    Pattern,
    Text,
)
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import EventStore, Explanation, Interval
from polylog.model.times import SECOND
from polylog_cli.local.tables import connect
from tools.meter import Meter

MINUTE = 60 * SECOND
NUMBER = 60
NOW = 10**15

A, B = Compare("type", Op.EQ, "a"), Compare("type", Op.EQ, "b")
C, LIKE_A = Compare("type", Op.EQ, "c"), Pattern("type", ("a", ""))
ANN = Compare("actor.id", Op.EQ, "ann")
SIZE = Compare("data.size", Op.EQ, 1)
SINCE = Compare("time", Op.GE, 10 * MINUTE + 1)
FIRST = Window(10)
UNTIL = Compare("time", Op.LT, 40 * MINUTE)


def write(client: DynamoDBClient, scope: str, shards: int = 1) -> None:
    """Write a log with a settled and a young half."""
    store = dynamo_store(client, shards, clock=lambda: NOW)
    events = [
        Event(id=str(n), time=n * MINUTE, type="ab"[n % 2], actor=Entity(id="ann"))
        for n in range(NUMBER)
    ]
    store.put(scope, events[: NUMBER // 2])
    settle(client, scope)
    store.put(scope, events[NUMBER // 2 :])


LOGS = {shards: f"explained-{shards}" for shards in (1, 3)}


def write_logs(client: DynamoDBClient) -> None:
    for shards, scope in LOGS.items():
        write(client, scope, shards)


class World:
    """A log that is there already, and a store that was never asked before."""

    def __init__(self, client: DynamoDBClient, shards: int = 1) -> None:
        self.scope = LOGS[shards]
        self.store = dynamo_store(client, shards, clock=lambda: NOW)

    def explain(self, ask: Callable[[EventStore, str], object]) -> Explanation:
        explanation = Explanation()
        with self.store.explaining(explanation):
            ask(self.store, self.scope)
        return explanation


@pytest.fixture(scope="module")
def engine(engine: DynamoDBClient) -> DynamoDBClient:
    """Return a client of DynamoDB Local with the logs."""
    write_logs(engine)
    return engine


@pytest.fixture(scope="module", params=["moto", pytest.param("engine", marks=pytest.mark.engine)])
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Yield where the logs are."""
    if request.param == "engine":
        yield request.getfixturevalue("engine").meta.endpoint_url
    else:
        with imitated() as client:
            write_logs(client)
            yield None


@pytest.fixture
def client(url: str | None) -> DynamoDBClient:
    """Return a client of the test's own, which nobody else measures."""
    return connect(url)


def page(
    filter: Filter = EVERYTHING, window: Window = FIRST, **options: bool
) -> Callable[[EventStore, str], object]:
    return lambda store, scope: store.find(
        EventQuery(scope, filter, Order.ASCENDING, window, **options)
    )


def count(filter: Filter) -> Callable[[EventStore, str], object]:
    return lambda store, scope: store.count(scope, filter)


QUESTIONS = [
    page(),
    page(Text("x")),
    page(A, Window(5, 20), with_total=True),
    count(EVERYTHING),
    count(And((ANN, SINCE))),
    count(And((A, SINCE, UNTIL))),
    lambda store, scope: store.groups(scope, And((SINCE, UNTIL))),
    lambda store, scope: store.groups(scope, ANN),
    lambda store, scope: store.histogram(scope, SINCE, Interval.HOUR),
    lambda store, scope: store.tail(scope, A, 3, 20),
    lambda store, scope: store.latest(scope),
    lambda store, scope: store.get(scope, "7"),
    lambda store, scope: store.get_by_seq(scope, 7),
]


@pytest.mark.parametrize("ask", QUESTIONS, ids=range(len(QUESTIONS)))
@pytest.mark.parametrize("shards", LOGS)
def test_an_answer_took_what_dynamodb_reports(
    client: DynamoDBClient, shards: int, ask: Callable[[EventStore, str], object]
) -> None:
    world, meter = World(client, shards), Meter(client)
    explanation, cost = meter.measure(lambda: world.explain(ask))
    assert (explanation.requests, explanation.read_units) == (cost.requests, cost.units)
    assert explanation.requests > 0
    assert explanation.read_units > 0


@pytest.mark.engine
class TestPlan:
    @pytest.mark.parametrize(
        ("filter", "index", "conditions", "residual"),
        [
            (EVERYTHING, "by_time", [], ""),
            (A, "by_type", ['type = "a"'], ""),
            (Or((A, B)), "by_type", ['type = "a" OR type = "b"'], ""),
            (And((A, ANN)), "by_actor", ['actor.id = "ann"'], 'type = "a"'),
            (Not(A), "by_type", ['type = "b"'], ""),
            (Not(C), "by_time", [], 'type != "c"'),
            (And((LIKE_A, ANN)), "by_actor", ['actor.id = "ann"'], 'type = "a*"'),
            (
                And((B, Compare("time", Op.EQ, MINUTE))),
                "by_type",
                ['type = "b"', 'time = "1970-01-01T00:01:00Z"'],
                "",
            ),
        ],
        ids=str,
    )
    def test_a_page_explains_its_plan(
        self,
        engine: DynamoDBClient,
        filter: Filter,
        index: str,
        conditions: list[str],
        residual: str,
    ) -> None:
        told = World(engine, shards=3).explain(page(filter))
        assert (told.index, told.shards) == (index, 3)
        assert (told.conditions, told.residual) == (conditions, residual)
        assert told.reason.startswith(f"{index} is read")

    @pytest.mark.parametrize(
        ("filter", "conditions", "residual"),
        [
            (And((LIKE_A, Text("x"))), [], 'type = "a*" AND "x"'),
            (
                And((Text("x"), SINCE, UNTIL)),
                ['time >= "1970-01-01T00:10:00.000001Z"', 'time < "1970-01-01T00:40:00Z"'],
                '"x"',
            ),
        ],
        ids=str,
    )
    def test_a_search_explains_its_plan(
        self, engine: DynamoDBClient, filter: Filter, conditions: list[str], residual: str
    ) -> None:
        told = World(engine, shards=3).explain(page(filter))
        assert (told.index, told.shards) == ("segments", 0)
        assert (told.conditions, told.residual) == (conditions, residual)
        assert told.items_read == 0
        assert told.reason.startswith("segments are searched")

    def test_a_filter_that_nothing_can_pass_reads_no_index(self, engine: DynamoDBClient) -> None:
        told = World(engine).explain(page(NOTHING))
        assert (told.index, told.shards, told.items_read) == (None, 0, 0)
        assert told.reason == "no index is read, since no event can pass the filter"

    def test_a_page_says_how_much_it_read(self, engine: DynamoDBClient) -> None:
        told = World(engine).explain(page(window=Window(10, 5)))
        assert (told.items_read, told.tally_reads, told.requests) == (15, 2, 3)

    def test_a_total_by_the_tally_reads_no_index(self, engine: DynamoDBClient) -> None:
        told = World(engine).explain(count(A))
        assert (told.index, told.items_read, told.requests, told.tally_reads) == (None, 0, 1, 1)
        assert (told.conditions, told.residual) == (['type = "a"'], "")
        assert told.reason == "the tally has counts of just these events"

    def test_a_total_of_types_that_begin_alike_comes_from_the_tally(
        self, engine: DynamoDBClient
    ) -> None:
        told = World(engine).explain(count(LIKE_A))
        assert (told.index, told.items_read, told.requests, told.tally_reads) == (None, 0, 1, 1)
        assert told.conditions == ['type = "a*"']

    def test_a_type_that_no_event_has_reads_no_index(self, engine: DynamoDBClient) -> None:
        told = World(engine).explain(page(Pattern("type", ("c", ""))))
        assert (told.index, told.items_read, told.requests) == (None, 0, 1)

    def test_a_total_with_a_cut_minute_names_the_index_for_it(self, engine: DynamoDBClient) -> None:
        told = World(engine, shards=3).explain(count(And((SINCE, UNTIL))))
        assert (told.index, told.shards, told.items_read) == ("by_time", 3, 1)
        assert told.conditions == [
            'time >= "1970-01-01T00:10:00Z"',
            'time <= "1970-01-01T00:10:59.999999Z"',
        ]
        assert told.reason.split("; ") == [
            "the tally has counts of just these events",
            "by_time is read for minutes that the tally cannot divide",
        ]

    @pytest.mark.parametrize("is_list_first", [False, True])
    def test_the_index_of_a_list_is_named_rather_than_that_of_a_minute(
        self, engine: DynamoDBClient, scope: str, is_list_first: bool
    ) -> None:
        world, told = World(engine), Explanation()
        asked = [count(SINCE), page(ANN)]
        for ask in reversed(asked) if is_list_first else asked:
            with world.store.explaining(told):
                ask(world.store, scope)
        assert (told.index, told.conditions) == ("by_actor", ['actor.id = "ann"'])

    def test_a_page_with_a_total_of_a_cut_minute_names_its_own_range(
        self, engine: DynamoDBClient
    ) -> None:
        told = World(engine).explain(page(SINCE, with_total=True))
        assert told.conditions[0] == 'time >= "1970-01-01T00:10:00.000001Z"'

    def test_a_page_with_a_total_explains_both(self, engine: DynamoDBClient) -> None:
        told = World(engine).explain(page(A, with_total=True))
        assert told.index == "by_type"
        assert told.reason.split("; ") == [
            "the tally has counts of just these events",
            "by_type is read, since the filter selects by type",
        ]

    def test_it_says_when_no_tally_has_the_total(self, engine: DynamoDBClient) -> None:
        ask = page(ANN, with_known_total=True, is_partial=True)
        assert World(engine).explain(ask).reason.split("; ") == [
            "counts are not used: the filter asks for more than time, type and origin",
            "the tally cannot tell the total",
            "by_actor is read, since the filter selects by actor.id",
        ]

    def test_a_tally_that_was_given_up_is_not_the_reason(
        self, engine: DynamoDBClient, scope: str
    ) -> None:
        write(engine, scope)
        store = dynamo_store(engine, clock=lambda: NOW)
        store.put(scope, [Event(id="x", time=10 * MINUTE + 2, type="a")])
        settle(engine, scope)
        poor = dynamo_store(engine, limits=Limits(items=1, seconds=60), clock=lambda: NOW)
        told = Explanation()
        with poor.explaining(told):
            page(SINCE, with_known_total=True, is_partial=True)(poor, scope)
        assert (told.index, told.residual) == ("by_time", "")
        assert told.reason.split("; ") == [
            "the tally cannot tell the total",
            "by_time is read, since the filter selects by no indexed field",
        ]

    @pytest.mark.parametrize(
        ("filter", "conditions", "residual"),
        [
            (A, ['type = "a"'], ""),
            (ANN, ['actor.id = "ann"'], ""),
            (SIZE, [], "data.size = 1"),
            (EVERYTHING, [], ""),
        ],
        ids=str,
    )
    def test_a_tail_reads_the_order_of_arrival(
        self,
        engine: DynamoDBClient,
        filter: Filter,
        conditions: list[str],
        residual: str,
    ) -> None:
        told = World(engine).explain(lambda s, scope: s.tail(scope, filter, 0, 10))
        assert (told.index, told.conditions, told.residual) == (None, conditions, residual)
        assert told.items_read >= 10

    def test_several_questions_add_up(self, engine: DynamoDBClient, scope: str) -> None:
        world, explanation = World(engine), Explanation()
        with world.store.explaining(explanation):
            page(ANN)(world.store, scope)
            once = explanation.requests
            count(EVERYTHING)(world.store, scope)
        assert explanation.requests == once + 1
        assert explanation.index == "by_actor"


@pytest.mark.engine
class TestNobodyAsks:
    def test_dynamodb_need_not_report_what_it_consumed(
        self, engine: DynamoDBClient, scope: str
    ) -> None:
        seen: list[bool] = []

        def record(params: dict[str, object], **_: object) -> None:
            seen.append("ReturnConsumedCapacity" in params)

        client = connect(engine.meta.endpoint_url)
        world = World(client)
        client.meta.events.register("before-parameter-build.dynamodb", record)
        count(EVERYTHING)(world.store, scope)
        world.explain(count(EVERYTHING))
        count(EVERYTHING)(world.store, scope)
        assert seen == [False, True, False]

    def test_threads_do_not_mix(self, engine: DynamoDBClient, scope: str) -> None:
        world, start = World(engine), Barrier(3)
        alone = [world.explain(ask) for ask in (count(A), page(ANN))]

        def explain(ask: Callable[[EventStore, str], object]) -> list[Explanation]:
            start.wait()
            return [world.explain(ask) for _ in range(20)]

        def ask_on() -> None:
            start.wait()
            for _ in range(20):
                page()(world.store, scope)

        with ThreadPoolExecutor(3) as pool:
            silent = pool.submit(ask_on)
            both = pool.map(explain, (count(A), page(ANN)))
            assert [set(map(repr, told)) for told in both] == [{repr(told)} for told in alone]
            silent.result()

    def test_a_failed_answer_is_not_explained_further(
        self, engine: DynamoDBClient, scope: str
    ) -> None:
        world, explanation = World(engine), Explanation()
        with pytest.raises(ZeroDivisionError), explaining(explanation, TABLES):
            raise ZeroDivisionError
        count(EVERYTHING)(world.store, scope)
        assert explanation.requests == 0
