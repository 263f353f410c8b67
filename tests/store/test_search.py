"""Searching the arrival log: any filter, with exact totals, while the log is folded and sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import examples
from support.stores import TABLES, dynamo_store
from support.strategies import events, filters, index_sets
from support.world import SHORT, World, short

from polylog.dynamo import answers
from polylog.dynamo import pages as paging
from polylog.dynamo.arrivals.log import ArrivalLog
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance import seal
from polylog.dynamo.maintenance.restamp import Restamper
from polylog.dynamo.maintenance.seal import LEFT_SECONDS, Sealer
from polylog.dynamo.packing import pack
from polylog.dynamo.retention import Retention
from polylog.dynamo.search import directory, segments
from polylog.dynamo.tally import tree
from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.stretch import Stretch
from polylog.model.errors import TimedOut, TooBroad
from polylog.model.event import Entity, Event
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Op, Text
from polylog.model.query import EventQuery, Order, Page, Position, Window
from polylog.model.store import EventStore, Explanation, Interval, OfValue
from polylog.model.times import SECOND
from polylog_cli.local.tables import connect

pytestmark = pytest.mark.engine

MINUTE = 60 * SECOND


@pytest.fixture(autouse=True, scope="module")
def short_segments() -> Iterator[None]:
    with short():
        yield


STEPS = (World.fold, World.seal, World.settle, World.wait)


@st.composite
def histories(draw: st.DrawFn) -> list[list[Event] | int]:
    """Batches of events, and steps of upkeep between them."""
    pool = draw(st.lists(events(), min_size=1, max_size=15, unique_by=lambda event: event.id))
    batch = st.lists(st.sampled_from(pool), min_size=1, max_size=12)
    return draw(st.lists(batch | st.integers(0, len(STEPS) - 1), min_size=1, max_size=8))


questions = st.tuples(
    filters().filter(lambda filter: "seq" not in str(filter)),
    st.sampled_from(Order),
    st.integers(1, 5),
)


def without_seq(events: tuple[Event, ...]) -> list[Event]:
    return [event.model_copy(update={"seq": 0}) for event in events]


def walk(store: EventStore, query: EventQuery) -> Iterator[Event]:
    """Yield the events of pages that continue each other."""
    after: Position | None = None
    while True:
        window = Window(query.window.limit, after=after)
        page = store.find(EventQuery(query.scope, query.filter, query.order, window))
        yield from without_seq(page.events)
        after = page.next
        if after is None:
            return


def pages(store: EventStore, query: EventQuery) -> Iterator[tuple[list[Event], int | None]]:
    """Yield single pages, with and without a total."""
    for with_total in (True, False):
        for offset in (0, 1, 7):
            window = Window(query.window.limit, offset)
            page = store.find(
                EventQuery(query.scope, query.filter, query.order, window, with_total)
            )
            yield without_seq(page.events), page.total


def groups(store: EventStore, scope: str, filter: Filter) -> Counter[tuple[object, ...]]:
    found = store.groups(scope, filter)
    return Counter((g.origin, g.type, g.count, g.time, g.source) for g in found)


def values(store: EventStore, scope: str, filter: Filter) -> dict[str, Counter[OfValue]]:
    fields = ("type", "source", "message", "severity", "actor.id", "project_id")
    found = store.values(scope, filter, fields)
    return {field: Counter(found[field]) for field in fields}


@given(
    history=histories(),
    asked=st.lists(questions, min_size=1, max_size=4),
    shards=st.sampled_from((1, 3)),
    indexes=index_sets(),
    units=st.sampled_from((answers.UNITS_PER_ITEM, 100)),
    is_asked_before=st.booleans(),
)
@settings(max_examples=examples(60))
def test_it_answers_as_the_reference_does_at_any_stage_of_upkeep(
    engine: DynamoDBClient,
    history: list[list[Event] | int],
    asked: list[tuple[Filter, Order, int]],
    shards: int,
    indexes: tuple[str, ...],
    units: float,
    is_asked_before: bool,
) -> None:
    """Also when reading an index costs so much that leaves and segments are read instead.

    What was asked before is remembered for segments, while events come and segments grow.
    """
    world = World(engine, shards, indexes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "UNITS_PER_ITEM", units)
        for step in history:
            if isinstance(step, int):
                STEPS[step](world)
            else:
                world.put(step)
            if is_asked_before:
                compare_pages(world, *asked[0])
        compare(world, asked)


def compare_pages(world: World, filter: Filter, order: Order, limit: int) -> None:
    """Ask both stores for pages."""
    query = EventQuery(world.scope, filter, order, Window(limit))
    ours, theirs = (list(pages(store, query)) for store in (world.store, world.reference))
    assert ours == theirs


def compare(world: World, asked: list[tuple[Filter, Order, int]]) -> None:
    """Ask both stores all questions."""
    for filter, order, limit in asked:
        stores = (world.store, world.reference)
        query = EventQuery(world.scope, filter, order, Window(limit))
        for read in (walk, pages):
            ours, theirs = (list(read(store, query)) for store in stores)
            assert ours == theirs
        for interval, by in product(Interval, (None, "type", "origin", "actor.id")):
            bars = [store.histogram(world.scope, filter, interval, by) for store in stores]
            assert bars[0] == bars[1]
        for count in (groups, values):
            counts = [count(store, world.scope, filter) for store in stores]
            assert counts[0] == counts[1]


def said(number: int, message: str = "common", **values: Any) -> Event:
    return Event(id=f"e{number:03}", time=number * MINUTE, type="a", message=message, **values)


def texts(world: World, text: str, **values: Any) -> Page:
    window = Window(values.pop("limit", 100), values.pop("offset", 0), values.pop("after", None))
    order = values.pop("order", Order.DESCENDING)
    query = EventQuery(world.scope, Text(text), order, window, **values)
    return world.store.find(query)


def ids(page: Page) -> list[str]:
    return [event.id for event in page.events]


class Earlier:
    """Rewrites a log's rows as an earlier version wrote them, which knew few members."""

    def __init__(self, world: World) -> None:
        self._world = world

    def rewrite(self) -> None:
        request = {"TableName": TABLES.tally, "ConsistentRead": True}
        keys = {":scope": {"S": self._world.scope}}
        found = self._world.engine.query(
            **request,
            KeyConditionExpression="#scope = :scope",
            ExpressionAttributeNames={"#scope": "scope"},
            ExpressionAttributeValues=keys,
        )
        for item in found["Items"]:
            row = item["row"]["S"]
            if row.startswith("log/"):
                self._put(item, "b", Stretch.read(item).entries)
            elif "entries" in item:
                self._put(item, "e", Delta.read(item).entries or ())

    def _put(self, item: Any, name: str, entries: Sequence[Entry]) -> None:
        kept = ("scope", "row", "first", "last") if name == "e" else ("scope", "row")
        packed = pack([(*entry[:5], ()) for entry in entries])
        old = {key: item[key] for key in kept} | {name: {"B": packed}}
        self._world.engine.put_item(TableName=TABLES.tally, Item=old)


def nothing_processed(RequestItems: Any) -> dict[str, Any]:  # noqa: N803  # as boto3 names it
    """Answer as DynamoDB does when it has too much to do: everything is still to be done."""
    return {"UnprocessedItems": RequestItems}


@pytest.mark.parametrize("young", [True, False], ids=["young", "settled"])
def test_a_log_of_an_earlier_version_is_searched_and_upgraded(
    engine: DynamoDBClient, young: bool
) -> None:
    world = World(engine)
    world.put([said(n, "rare" if n == 3 else "common") for n in range(2)])
    world.put([said(n, "rare" if n == 3 else "common") for n in range(2, 14)])
    if not young:
        assert world.folder.settle(world.scope, 3600)
    Earlier(world).rewrite()
    assert ids(texts(world, "rare")) == ["e003"]
    world.settle()
    assert world.segments() > 0
    world.wait()
    world.seal()
    explanation = Explanation()
    with world.store.explaining(explanation):
        assert ids(texts(world, "rare", with_total=True)) == ["e003"]
    # The last two events fill no segment yet.
    assert explanation.items_read == 1 + 14 % SHORT


def test_the_rows_that_a_segment_replaces_stay_for_a_minute(engine: DynamoDBClient) -> None:
    world = World(engine)
    world.put([said(n) for n in range(9)])
    world.settle()
    arrivals = ArrivalLog(engine, TABLES.tally)
    before = len(list(arrivals.rows(world.scope)))
    world.clock.sleep(LEFT_SECONDS - 1)
    world.seal()
    assert len(list(arrivals.rows(world.scope))) == before
    world.clock.sleep(1)
    world.seal()
    assert len(list(arrivals.rows(world.scope))) < before


def test_rows_that_dynamodb_does_not_delete_are_tried_again(
    engine: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(engine)
    world.put([said(n) for n in range(8)])
    world.settle()
    world.clock.sleep(3600)
    busy = connect(engine.meta.endpoint_url)
    monkeypatch.setattr(busy, "batch_write_item", nothing_processed)
    for client in (busy, engine):
        Sealer(client, TABLES, world.clock.clock).seal_all(world.scope)
    assert all(row.is_segment for row in ArrivalLog(engine, TABLES.tally).rows(world.scope))


def test_rows_that_a_dead_folder_left_are_deleted_after_an_hour(engine: DynamoDBClient) -> None:
    world = World(engine)
    world.put([said(n) for n in range(8)])
    world.settle()
    world.clock.sleep(3600)
    Sealer(engine, TABLES, world.clock.clock).seal_all(world.scope)
    rows = list(ArrivalLog(engine, TABLES.tally).rows(world.scope))
    assert all(row.is_segment for row in rows)


@pytest.mark.parametrize("dies_at", ["segment", "directory"])
def test_a_sealer_may_die_at_any_write(engine: DynamoDBClient, dies_at: str) -> None:
    world = World(engine)
    world.put([said(n) for n in range(11)])
    assert world.folder.settle(world.scope, 3600)
    own = connect(engine.meta.endpoint_url)
    puts: list[str] = []

    def die(params: Any, **_: object) -> None:
        puts.append(params["Item"]["row"]["S"])
        is_segment = puts[-1].startswith("log/")
        if len(puts) > 1 and is_segment == (dies_at == "segment"):
            raise Died

    own.meta.events.register("provide-client-params.dynamodb.PutItem", die)
    with pytest.raises(Died):
        Sealer(own, TABLES, world.clock.clock).seal(world.scope)
    assert texts(world, "common", with_total=True).total == 11
    world.put([said(n) for n in range(11, 20)])
    world.settle()
    assert world.segments() > 1
    assert texts(world, "common", with_total=True).total == 20
    assert len(ids(texts(world, "common"))) == 20


class Died(Exception):
    """Stands for the end of a process."""


def test_two_sealers_may_work_at_the_same_time(engine: DynamoDBClient) -> None:
    world = World(engine)
    others = [Sealer(engine, TABLES, world.clock.clock) for _ in range(2)]
    for start in range(0, 60, 6):
        world.put([said(n) for n in range(start, start + 6)])
        assert world.folder.settle(world.scope, 3600)
        others[start // 6 % 2].seal(world.scope)
        others[0].seal(world.scope)
        world.wait()
    assert texts(world, "common", with_total=True).total == 60
    assert [event.seq for event in texts(world, "common").events] == list(range(60, 0, -1))


def test_it_finds_what_is_sealed_while_it_reads(engine: DynamoDBClient) -> None:
    """It reads the directory first. By the time it reads the rows, a segment has replaced them."""
    world = World(engine)
    world.put([said(n) for n in range(10)])
    assert world.folder.settle(world.scope, 3600)
    own = connect(engine.meta.endpoint_url)
    seen: list[str] = []

    def seal(params: Any, **_: object) -> None:
        first = params.get("ExpressionAttributeValues", {}).get(":first", {}).get("S", "")
        seen.append(first)
        if first.startswith("log/") and len(seen) < 10:
            world.seal()

    own.meta.events.register("provide-client-params.dynamodb.Query", seal)
    store = dynamo_store(own, clock=world.clock.clock)
    query = EventQuery(world.scope, Text("common"), Order.ASCENDING, Window(100), with_total=True)
    page = store.find(query)
    assert world.segments() > 0
    assert (page.total, len({event.seq for event in page.events})) == (10, 10)


def test_an_event_that_comes_later_is_in_no_page_of_an_answer(engine: DynamoDBClient) -> None:
    world = World(engine)
    world.put([said(n) for n in range(12)])
    world.settle()
    first = texts(world, "common", limit=5, with_total=True)
    world.put([said(n) for n in range(12, 24)])
    world.settle()
    second = texts(world, "common", limit=9, after=first.next, moment=first.moment)
    assert [*ids(first), *ids(second)] == [f"e{n:03}" for n in range(11, -1, -1)]
    oldest = texts(world, "common", order=Order.ASCENDING, moment=first.moment)
    assert len(oldest.events) == first.total == 12


@pytest.mark.parametrize("filter", [Text("common"), Compare("type", Op.EQ, "a")])
@pytest.mark.parametrize("offset", [0, 10, 99])
def test_values_may_be_as_of_the_moment_of_a_page(
    engine: DynamoDBClient, filter: Filter, offset: int
) -> None:
    world = World(engine)
    world.put([said(n) for n in range(12)])
    world.settle()
    window = Window(5, offset)
    query = EventQuery(world.scope, filter, Order.DESCENDING, window, with_total=True)
    page = world.store.find(query)
    world.put([said(n) for n in range(12, 24)])
    assert counts(world, filter, page.moment) == page.total == 12
    world.settle()
    assert counts(world, filter, page.moment) == 12
    assert counts(world, filter) == 24


def counts(world: World, filter: Filter, moment: object | None = None) -> int:
    """Return how many events the values of the type add up to."""
    found = world.store.values(world.scope, filter, ("type",), moment)
    return sum(value.count for value in found["type"])


def test_the_newest_page_reads_few_segments(engine: DynamoDBClient) -> None:
    world = World(engine)
    for start in range(0, 200, 20):
        world.put([said(n) for n in range(start, start + 20)])
    world.settle()
    world.wait()
    world.seal()
    asked = Counter[str]()

    def see(params: Any, **_: object) -> None:
        asked.update(key["row"]["S"] for key in params["RequestItems"][TABLES.tally]["Keys"])

    own = connect(engine.meta.endpoint_url)
    own.meta.events.register("provide-client-params.dynamodb.BatchGetItem", _of_tally(see))
    store = dynamo_store(own, clock=world.clock.clock)
    query = EventQuery(world.scope, Text("common"), Order.DESCENDING, Window(3))
    assert [event.seq for event in store.find(query).events] == [200, 199, 198]
    assert world.segments() == 50
    assert asked.total() == 2


@pytest.mark.parametrize("hidden", [set(), {0}, {3}, {20, 21}, {24}, set(range(25))], ids=str)
def test_a_directory_that_lags_hides_nothing(engine: DynamoDBClient, hidden: set[int]) -> None:
    """A read that may lag lacks some of the 25 blocks."""
    world = World(engine)
    world.put([said(n) for n in range(200)])
    world.settle()
    own, is_lagging, lags = connect(engine.meta.endpoint_url), False, 0

    def see(params: Any, **_: object) -> None:
        nonlocal is_lagging
        is_lagging = not params.get("ConsistentRead") and params["TableName"] == TABLES.tally

    def hide(parsed: Any, **_: object) -> None:
        nonlocal lags
        if is_lagging:
            lags += 1
            items = enumerate(parsed["Items"])
            parsed["Items"] = [item for number, item in items if number not in hidden]

    own.meta.events.register("provide-client-params.dynamodb.Query", see)
    own.meta.events.register("after-call.dynamodb.Query", hide)
    store = dynamo_store(own, clock=world.clock.clock)
    for _ in range(2):
        assert store.count(world.scope, Text("common")) == 200
    assert lags == 1


@pytest.mark.parametrize(("seconds", "error"), [(10, TimedOut), (46, TooBroad), (99, None)])
def test_a_search_that_read_much_in_its_time_is_too_broad(
    engine: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, seconds: int, error: type[Exception]
) -> None:
    """The 50 segments take 25 units and 50 seconds. Much is 20 units."""
    world = World(engine)
    world.put([said(n) for n in range(200)])
    world.settle()
    monkeypatch.setattr(segments, "_AT_ONCE", 1)
    own = connect(engine.meta.endpoint_url)
    tick = _of_tally(lambda params, **_: world.clock.sleep(1))
    own.meta.events.register("provide-client-params.dynamodb.BatchGetItem", tick)
    limits = Limits.of_units(40, seconds)
    store = dynamo_store(own, limits=limits, clock=world.clock.clock)
    with pytest.raises(error) if error else nullcontext():
        assert store.count(world.scope, Text("common")) == 200


def _of_tally(see: Any) -> Any:
    def hook(params: Any, **values: object) -> None:
        if TABLES.tally in params["RequestItems"]:
            see(params, **values)

    return hook


def test_a_page_in_part_ends_before_what_was_not_read(engine: DynamoDBClient) -> None:
    world = World(engine)
    for start in range(0, 80, 20):
        world.put([said(n, "odd" if n % 10 == 0 else "common") for n in range(start, start + 20)])
    world.settle()
    store = dynamo_store(engine, limits=Limits(60, 60), clock=world.clock.clock)
    found, after, pages = list[str](), None, 0
    while True:
        window = Window(2, after=after)
        query = EventQuery(world.scope, Text("odd"), Order.DESCENDING, window, is_partial=True)
        page = store.find(query)
        found, after, pages = [*found, *ids(page)], page.next, pages + 1
        if after is None:
            break
    assert found == [f"e{n:03}" for n in range(70, -1, -10)]


def test_an_answer_that_takes_too_many_units_is_refused(engine: DynamoDBClient) -> None:
    world = World(engine)
    world.put([said(n) for n in range(95)])
    world.settle()
    poor = dynamo_store(engine, limits=Limits.of_units(1, 60), clock=world.clock.clock)
    with pytest.raises(TooBroad):
        poor.count(world.scope, Text("common"))
    assert poor.count(world.scope, Text("absent")) == 0


def test_it_reads_only_the_remaining_events_for_what_only_they_can_tell(
    engine: DynamoDBClient,
) -> None:
    world = World(engine)
    events = [said(n, "odd" if n < 3 else "common", data={"n": n}) for n in range(40)]
    world.put(events)
    world.settle()
    filter = And((Text("odd"), Compare("data.n", Op.GE, 1)))
    explanation = Explanation()
    with world.store.explaining(explanation):
        assert world.store.count(world.scope, filter) == 2
    assert (explanation.index, explanation.items_read) == ("segments", 3)


def test_an_index_answers_if_it_reads_less(engine: DynamoDBClient) -> None:
    world = World(engine)
    world.put([said(n, actor=Entity(id="ann" if n == 7 else "bob")) for n in range(95)])
    world.settle()
    explanation = Explanation()
    with world.store.explaining(explanation):
        ann = Compare("actor.id", Op.EQ, "ann")
        assert world.store.count(world.scope, And((ann, Text("common")))) == 1
    assert (explanation.index, explanation.items_read) == ("by_actor", 1)


def test_young_events_are_judged_without_being_read(engine: DynamoDBClient) -> None:
    world = World(engine)
    world.put([said(n, actor=Entity(id="ann")) for n in range(30)])
    explanation = Explanation()
    ann = Compare("actor.id", Op.EQ, "ann")
    with world.store.explaining(explanation):
        assert world.store.count(world.scope, ann) == 30
        assert world.store.count(world.scope, And((ann, Text("absent")))) == 0
        tail = world.store.tail(world.scope, Text("absent"), 0, 10)
    assert (tail.events, tail.complete) == ((), 30)
    assert explanation.items_read == 60  # The index shows all of them, twice.


def test_a_segment_gets_a_new_end_when_the_retention_changes(engine: DynamoDBClient) -> None:
    world = World(engine)
    now = world.clock.now
    world.put([said(n).model_copy(update={"time": now - n}) for n in range(8)])
    world.settle()
    world.wait()
    world.seal()
    Restamper(engine, TABLES, 1, Retention(30), clock=world.clock.clock).restamp(world.scope)
    found = engine.query(
        TableName=TABLES.tally,
        KeyConditionExpression="#scope = :scope AND begins_with(#row, :log)",
        ExpressionAttributeNames={"#scope": "scope", "#row": "row"},
        ExpressionAttributeValues={":scope": {"S": world.scope}, ":log": {"S": "log/"}},
    )
    assert [item["row"]["S"][-1] for item in found["Items"]] == ["+", "+"]
    assert all(
        item["expires_at"] == {"N": str(Retention(30).expires_at(now))} for item in found["Items"]
    )


def test_rows_of_single_events_are_sealed(engine: DynamoDBClient, monkeypatch: Any) -> None:
    """Even if more rows than one read returns fill no segment."""
    monkeypatch.setattr(seal, "_ROWS_AT_ONCE", 2)
    world = World(engine)
    for number in range(18):
        world.put([said(number)])
        assert world.folder.settle(world.scope, 3600)
    world.seal()
    assert world.segments() == 18 // SHORT
    assert texts(world, "common", with_total=True).total == 18


def test_a_directory_with_too_many_hints_leaves_some_out(
    engine: DynamoDBClient, monkeypatch: Any
) -> None:
    monkeypatch.setattr(directory, "_MOST_HINTS", 300)
    world = World(engine)
    world.put([said(n, message=f"{'abcdefghij'[n % 10] * 9} word") for n in range(40)])
    world.settle()
    assert world.segments() == 10
    assert texts(world, "jjj", with_total=True).total == 4
    assert texts(world, "word", with_total=True).total == 40


def test_no_more_rows_are_left_than_the_directory_can_name(
    engine: DynamoDBClient, monkeypatch: Any
) -> None:
    monkeypatch.setattr(seal, "_MOST_LEFT", 1)
    world = World(engine)
    for start in range(0, 24, 8):
        world.put([said(n) for n in range(start, start + 8)])
        world.settle()
    assert world.segments() == 2
    world.wait()
    world.seal()
    world.seal()
    assert world.segments() > 2
    assert texts(world, "common", with_total=True).total == 24


def test_a_narrow_question_reads_its_index_in_a_log_without_segments(
    engine: DynamoDBClient,
) -> None:
    world = World(engine)
    world.put([said(n, actor=Entity(id="ann" if n % 3 else "bob")) for n in range(90)])
    assert world.folder.settle(world.scope, 3600)
    world.clock.sleep(10)
    explanation = Explanation()
    with world.store.explaining(explanation):
        assert world.store.count(world.scope, Compare("actor.id", Op.EQ, "bob")) == 30
    assert explanation.index == "by_actor"


@pytest.mark.parametrize("interval", list(Interval))
def test_bars_that_need_too_many_rows_of_the_tally_are_counted_in_segments(
    engine: DynamoDBClient, interval: Interval, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "_MOST_ROWS", 2)
    world = World(engine)
    world.put([said(n * 5000, "any") for n in range(20)])
    world.settle()
    bars = world.store.histogram(world.scope, EVERYTHING, interval)
    assert bars == world.reference.histogram(world.scope, EVERYTHING, interval)


@pytest.mark.parametrize("filter", [EVERYTHING, Compare("type", Op.EQ, "a")], ids=str)
@pytest.mark.parametrize("order", Order)
def test_a_page_within_a_busy_minute_is_read_from_segments(
    engine: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, order: Order, filter: Filter
) -> None:
    monkeypatch.setattr(answers, "UNITS_PER_ITEM", 10)  # Reading an index costs much.
    monkeypatch.setattr(answers, "_LEAST_UNITS", 0)
    for name in ("_NEAR", "_DENSE"):
        monkeypatch.setattr(paging, name, 3)
    world = World(engine)
    busy = [
        Event(id=f"e{n}", time=MINUTE * 7 + n % 5 * SECOND, type="ab"[n % 3 % 2]) for n in range(50)
    ]
    around = [Event(id=f"b{n}", time=MINUTE * (6 + n % 2 * 2), type="a") for n in range(8)]
    world.put(busy[:20] + around)
    world.put(busy[20:])
    world.settle()
    world.put([Event(id=f"young{n}", time=MINUTE * 7 + n, type="a") for n in range(3)])
    total = world.reference.count(world.scope, filter)
    searched = 0
    for offset in range(total):
        query = EventQuery(world.scope, filter, order, Window(4, offset), with_total=True)
        explanation = Explanation()
        with world.store.explaining(explanation):
            found = world.store.find(query)
        expected = world.reference.find(query)
        assert without_seq(found.events) == without_seq(expected.events)
        assert (found.total, bool(found.next)) == (total, offset + 4 < total)
        if found.next:
            rest = replace(query, window=Window(total, after=found.next), with_total=False)
            following = world.reference.find(replace(query, window=Window(total, offset + 4)))
            assert without_seq(world.store.find(rest).events) == without_seq(following.events)
        searched += explanation.index == "segments"
    assert searched > total / 4
