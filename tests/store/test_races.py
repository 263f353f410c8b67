"""What may happen between two calls of a reader or folder: known ways to go wrong, played out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.lag import LaggingClient
from support.stores import clock_of, dynamo_store, settle

from polylog.dynamo.maintenance.fold import Folder
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Compare, Filter, Op
from polylog.model.query import EventQuery, Order, Page, Window
from polylog.model.store import EventStore
from polylog.model.times import SECOND
from polylog_cli.local.tables import connect
from tools.clocks import StoppedClock

pytestmark = pytest.mark.engine

MINUTE = 60 * SECOND
ODD = Compare("data.kind", Op.EQ, "odd")
OF_P = Compare("project_id", Op.EQ, "p")


class SlowClient(LaggingClient):
    """A client whose next query of an index takes two seconds, in which others fold."""

    def __init__(
        self, client: DynamoDBClient, time: StoppedClock, fold: Callable[[], object]
    ) -> None:
        super().__init__(client, time, lag=4 * SECOND)
        self._time = time
        self._fold = fold
        self.is_slow = False

    def query(self, **request: Any) -> Any:
        answer = super().query(**request)
        if self.is_slow and "IndexName" in request:
            self.is_slow = False
            self._time.sleep(2)
            self._fold()
        return answer


def made(number: int, **values: Any) -> Event:
    defaults: dict[str, Any] = {
        "id": f"e{number}",
        "time": number * 60 * MINUTE,
        "message": "odd",
        "data": {"kind": "odd"},
        "project_id": "p",
    }
    return Event(type="a", **(defaults | values))


@contextmanager
def interrupted(
    client: DynamoDBClient, operation: str, action: Callable[[], object]
) -> Iterator[DynamoDBClient]:
    """Yield a client that lets something happen before its first call of an operation.

    It must have happened when the block ends.
    """
    own, left = connect(client.meta.endpoint_url), [action]

    def interrupt(**_: object) -> None:
        if left:
            left.pop()()

    own.meta.events.register(f"before-call.dynamodb.{operation}", interrupt)
    yield own
    assert left == []


def walked(store: EventStore, query: EventQuery, most: int) -> Iterator[Page]:
    """Yield at most this many pages, each after the one before; the last one ends the list."""
    for _ in range(most):
        page = store.find(query)
        yield page
        if page.next is None:
            return
        query = replace(query, window=Window(query.window.limit, page.skip, page.next))
    pytest.fail("the list does not end")


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (ODD, 2),
        (Compare("time", Op.LT, 30 * SECOND), 1),
        (Compare("time", Op.GE, 30 * SECOND), 1),
    ],
    ids=str,
)
def test_a_count_sees_what_is_folded_while_it_reads_an_index(
    engine: DynamoDBClient, scope: str, filter: Filter, expected: int
) -> None:
    time = StoppedClock(10**15)
    folder = Folder(engine, "TallyTable", time.clock)
    slow = SlowClient(engine, time, lambda: folder.fold(scope))
    client: Any = slow
    store = dynamo_store(client, clock=time)
    store.put(scope, [made(9, time=40 * SECOND)])
    settle(engine, scope)
    time.sleep(9)
    store.put(scope, [made(0, time=SECOND)])
    time.sleep(3)
    slow.is_slow = True
    assert store.count(scope, filter) == expected
    assert not slow.is_slow


@pytest.mark.parametrize(("op", "expected"), [(Op.LT, {1, 2}), (Op.GE, {1})])
def test_a_count_is_right_when_an_index_shows_an_event_before_the_head(
    engine: DynamoDBClient, scope: str, op: Op, expected: set[int]
) -> None:
    store = dynamo_store(engine)
    store.put(scope, [made(0, time=SECOND), made(9)])
    Folder(engine, "TallyTable", clock_of(lambda: 10**17)).fold(scope)
    store.put(scope, [made(1, time=2 * SECOND)])

    hidden: list[str] = []

    class HeadFirst:
        """A client that shows the head as it was before the last event."""

        def __getattr__(self, name: str) -> Any:
            return getattr(engine, name)

        def query(self, **request: Any) -> Any:
            answer = engine.query(**request)
            if "IndexName" in request:
                return answer
            rows = {item["row"]["S"]: item for item in answer["Items"]}
            hidden.extend(row for row in rows if row.endswith("03"))
            return {**answer, "Items": [rows[row] for row in rows if row not in hidden]}

    client: Any = HeadFirst()
    total = dynamo_store(client).count(scope, Compare("time", op, 30 * SECOND))
    assert total in expected
    assert hidden == ["head/delta/0000000000000003"]


@pytest.mark.parametrize("filter", [EVERYTHING, ODD], ids=["by the tally", "by an index"])
@pytest.mark.parametrize("earlier", [0, 60 * MINUTE], ids=["earlier", "later"])
@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("is_folded", [False, True])
def test_a_page_has_the_events_of_its_total(
    engine: DynamoDBClient,
    scope: str,
    is_folded: bool,
    order: Order,
    earlier: int,
    filter: Filter,
) -> None:
    plain = dynamo_store(engine)
    plain.put(scope, [made(0)])
    if is_folded:
        settle(engine, scope)
    client = connect(engine.meta.endpoint_url)
    later = [made(number, time=earlier - number) for number in range(1, 9)]

    def store_one(params: dict[str, Any], **_: object) -> None:
        if "IndexName" in params and later:
            plain.put(scope, [later.pop()])

    client.meta.events.register("provide-client-params.dynamodb.Query", store_one)
    query = EventQuery(scope, filter, order, Window(100), with_total=True)
    page = dynamo_store(client).find(query)
    assert (page.total, [event.id for event in page.events]) == (1, ["e0"])
    assert len(later) < 8


@pytest.mark.parametrize("filter", [EVERYTHING, ODD, OF_P], ids=["tally", "index", "facet"])
@pytest.mark.parametrize("order", list(Order))
def test_an_answer_of_several_pages_keeps_to_the_moment_of_the_first(
    engine: DynamoDBClient, scope: str, order: Order, filter: Filter
) -> None:
    store = dynamo_store(engine, facets=["project"])
    store.put(scope, [made(number) for number in range(0, 12, 2)])
    query = EventQuery(scope, filter, order, Window(2), with_total=True)
    page = store.find(query)
    found, number = [*page.events], 1
    while page.next is not None:
        store.put(scope, [made(number), made(number + 100), made(-number)])
        settle(engine, scope)
        window = Window(2, after=page.next)
        page = store.find(EventQuery(scope, filter, order, window, moment=page.moment))
        found, number = [*found, *page.events], number + 2
    ids = [f"e{each}" for each in range(0, 12, 2)]
    assert [event.id for event in found] == (ids if order is Order.ASCENDING else ids[::-1])


@pytest.mark.parametrize("limit", [2, 5, 100])
@pytest.mark.parametrize("with_total", [False, True])
@pytest.mark.parametrize("order", list(Order))
def test_a_list_in_part_loses_nothing_to_an_event_stored_meanwhile(
    engine: DynamoDBClient, scope: str, order: Order, with_total: bool, limit: int
) -> None:
    plain = dynamo_store(engine)
    plain.put(scope, [made(number) for number in range(5)])
    client, left = connect(engine.meta.endpoint_url), [made(9, id="new")]

    def store_one(params: dict[str, Any], **_: object) -> None:
        if "IndexName" in params and left:
            plain.put(scope, [left.pop()])

    client.meta.events.register("provide-client-params.dynamodb.Query", store_one)
    query = EventQuery(scope, EVERYTHING, order, Window(limit), with_total, is_partial=True)
    found = [page.events for page in walked(dynamo_store(client), query, most=5)]
    ids = [event.id for events in found for event in events]
    expected = ["e0", "e1", "e2", "e3", "e4"]
    assert [id for id in ids if id != "new"] == (
        expected if order is Order.ASCENDING else expected[::-1]
    )
    assert ids.count("new") <= 1


@pytest.mark.parametrize("filter", [EVERYTHING, OF_P, ODD], ids=["tally", "facet", "index"])
@pytest.mark.parametrize("operation", ["Query", "GetItem", "BatchGetItem"])
def test_what_is_folded_before_a_call_is_counted_once(
    engine: DynamoDBClient, scope: str, filter: Filter, operation: str
) -> None:
    """Before each call of a reader, an event comes and is folded, and its delta goes."""
    facets: Any = {"facets": ["project"]}
    plain = dynamo_store(engine, **facets)
    plain.put(scope, [made(number) for number in range(10)])
    client, stored = connect(engine.meta.endpoint_url), [10]

    def store_and_fold(**_: object) -> None:
        plain.put(scope, [made(stored[0])])
        stored[0] += 1
        settle(engine, scope)

    client.meta.events.register(f"before-call.dynamodb.{operation}", store_and_fold)
    reader = dynamo_store(client, **facets)
    for order in Order:
        least = stored[0]
        query = EventQuery(scope, filter, order, Window(100), with_total=True)
        page = reader.find(query)
        assert len(page.events) == page.total
        assert len({event.id for event in page.events}) == page.total
        assert least <= (page.total or 0) <= stored[0]


class TestPagesNearTheEnd:
    """They are read from the end, and new events may not shift them."""

    NUMBER = 450

    def last(self, scope: str) -> EventQuery:
        return EventQuery(scope, EVERYTHING, Order.ASCENDING, Window(50, 400), with_total=True)

    @pytest.fixture
    def world(self, engine: DynamoDBClient, scope: str) -> StoppedClock:
        """Store some events, and settle them."""
        time = StoppedClock(10**15)
        events = [made(n, id=f"e{n:03}", time=n * MINUTE) for n in range(self.NUMBER)]
        dynamo_store(engine, clock=time).put(scope, events)
        settle(engine, scope)
        return time

    def test_an_event_stored_while_they_are_read_does_not_shift_them(
        self, engine: DynamoDBClient, world: StoppedClock, scope: str
    ) -> None:
        new = made(0, id="new", time=self.NUMBER * MINUTE - 1)
        queries = []

        def store_between(params: dict[str, Any], **_: object) -> None:
            queries.append(params)
            if len(queries) == 2:
                dynamo_store(engine, clock=world).put(scope, [new])

        client = connect(engine.meta.endpoint_url)
        client.meta.events.register("provide-client-params.dynamodb.Query", store_between)
        page = dynamo_store(client, clock=world).find(self.last(scope))
        assert len(queries) >= 2
        assert page.total == self.NUMBER
        assert [event.id for event in page.events] == [f"e{n}" for n in range(400, 450)]

    def test_they_take_two_requests(
        self, engine: DynamoDBClient, world: StoppedClock, scope: str
    ) -> None:
        client, calls = connect(engine.meta.endpoint_url), list[object]()
        client.meta.events.register(
            "provide-client-params.dynamodb.Query", lambda **_: calls.append(None)
        )
        assert dynamo_store(client, clock=world).find(self.last(scope)).total == self.NUMBER
        assert len(calls) == 2
