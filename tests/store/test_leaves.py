"""Leaves find values deep in `data`, no matter who gathered them and how far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import TABLES, dynamo_store
from support.world import SHORT, ZONES, World, short

from polylog.dynamo import answers
from polylog.dynamo.limits import Limits
from polylog.dynamo.maintenance import gather
from polylog.dynamo.maintenance.restamp import Restamper
from polylog.dynamo.maintenance.seal import Sealer
from polylog.dynamo.retention import Retention
from polylog.dynamo.search import finder, leaves
from polylog.dynamo.search.leaves import SHARES
from polylog.model.event import Entity, Event
from polylog.model.filter import And, Compare, Filter, Op, Or, Text
from polylog.model.query import EventQuery, Order, Page, Window
from polylog.model.store import Explanation
from polylog.model.times import SECOND
from polylog_cli.local.tables import connect

pytestmark = pytest.mark.engine

MINUTE = 60 * SECOND
BLOCK = SHORT * ZONES

TRIED = 1
"""How many events an index reads before leaves are looked up."""

RARE = Compare("data.request", Op.EQ, "r20")


@pytest.fixture(autouse=True, scope="module")
def short_segments() -> Iterator[None]:
    with short(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "UNITS_PER_ITEM", 10)  # A small log is read from its index.
        yield


@pytest.fixture(scope="module")
def shared(engine: DynamoDBClient) -> World:
    """A log that no test changes."""
    ann = Entity(id="ann")
    return settled(engine, 60, actor=ann, attributes={"zone": "z"}, links=("https://a",))


def said(number: int, **values: Any) -> Event:
    data = {"request": f"r{number}", "kind": {"of": number % 10, "is": "all"}}
    return Event(id=f"e{number:03}", time=number * MINUTE, type="a", data=data, **values)


def fill(world: World, number: int, **values: Any) -> None:
    """Store events; those that fill no segment get a row of their own."""
    end = number - number % SHORT
    for some in (range(end), range(end, number)):
        world.put([said(n, **values) for n in some])


def settled(engine: DynamoDBClient, number: int = 30, **values: Any) -> World:
    """Return a log of many events, with the leaves of all full blocks gathered."""
    world = World(engine)
    fill(world, number, **values)
    world.settle()
    world.wait()
    world.seal()
    return world


def rows_after(number: int) -> int:
    """Return how many rows of leaves a log of that many events has."""
    blocks, left = divmod(number, BLOCK)
    return SHARES * blocks + left // SHORT


def rows(world: World, begin: str = "leaves/") -> list[Any]:
    found = world.engine.query(
        TableName=TABLES.tally,
        KeyConditionExpression="#scope = :scope AND begins_with(#row, :begin)",
        ExpressionAttributeNames={"#scope": "scope", "#row": "row"},
        ExpressionAttributeValues={":scope": {"S": world.scope}, ":begin": {"S": begin}},
        ConsistentRead=True,
    )
    return found["Items"]


def keys_read(world: World) -> list[int]:
    """Return a list that tells, from now on, how many events each request reads by their keys."""
    keys = list[int]()

    def see(params: Any, **_: object) -> None:
        asked = params["RequestItems"].get(TABLES.events)
        keys.extend([len(asked["Keys"])] if asked else [])

    own = connect(world.engine.meta.endpoint_url)
    own.meta.events.register("provide-client-params.dynamodb.BatchGetItem", see)
    world.store = dynamo_store(own, clock=world.clock.clock)
    return keys


def drop(world: World, items: Iterable[Any]) -> None:
    for item in items:
        key = {name: item[name] for name in ("scope", "row")}
        world.engine.delete_item(TableName=TABLES.tally, Key=key)


def asked(world: World, filter: Filter) -> tuple[int, Explanation]:
    explanation = Explanation()
    with world.store.explaining(explanation):
        return world.store.count(world.scope, filter), explanation


def page(world: World, filter: Filter, limit: int = 10, **values: Any) -> Page:
    window = Window(limit)
    return world.store.find(EventQuery(world.scope, filter, Order.DESCENDING, window, **values))


def test_a_value_in_one_event_is_found_by_reading_few(shared: World) -> None:
    number, explanation = asked(shared, RARE)
    assert number == 1
    assert explanation.index == "segments"
    assert "leaves tell which events may have the values" in explanation.reason
    assert explanation.items_read == 1 + TRIED


def test_a_value_in_a_block_with_room_is_found_by_reading_few(shared: World) -> None:
    assert 60 % BLOCK == SHORT
    number, explanation = asked(shared, Compare("data.request", Op.EQ, "r58"))
    assert (number, explanation.items_read) == (1, 1 + TRIED)


def test_events_of_many_segments_are_read_at_once(shared: World) -> None:
    keys = keys_read(shared)
    assert asked(shared, Compare("data.kind.of", Op.EQ, 3))[0] == 6
    assert keys == [6]


def test_each_segment_gets_a_row_and_each_block_its_own(engine: DynamoDBClient) -> None:
    world = settled(engine)
    assert len(rows(world)) == rows_after(30)
    assert not Sealer(engine, TABLES, world.clock.clock).seal(world.scope)


def test_a_gatherer_without_a_new_segment_asks_nothing(engine: DynamoDBClient) -> None:
    world = settled(engine)
    world.seal()
    own, asked = connect(engine.meta.endpoint_url), list[str]()
    sealer = Sealer(own, TABLES, world.clock.clock)
    sealer.seal(world.scope)
    own.meta.events.register(
        "provide-client-params.dynamodb", lambda model, **_: asked.append(model.name)
    )
    assert not sealer.seal(world.scope)
    assert asked == ["GetItem"]  # The sealer looks at the head.


@pytest.mark.parametrize(
    ("filter", "number"),
    [
        (RARE, 1),
        (And((RARE, Compare("data.kind.of", Op.EQ, 0))), 1),
        (And((RARE, Compare("data.kind.of", Op.EQ, 1))), 0),
        (And((RARE, Compare("actor.id", Op.EQ, "ann"))), 1),
        (And((RARE, Text("ann"))), 1),
        (And((RARE, Text("bob"))), 0),
        (Or((RARE, Compare("data.request", Op.EQ, "r7"), Compare("data.request", Op.EQ, "x"))), 2),
        (Or((RARE, Text("bob"))), 1),
        (Compare("data.kind.of", Op.EQ, 3), 6),
        (Compare("data.kind.of", Op.EQ, "3"), 6),
        (Compare("data.kind.is", Op.EQ, "all"), 60),
        (Compare("attributes.zone", Op.EQ, "z"), 60),
        (Compare("links", Op.HAS, "https://a"), 60),
        (Compare("links", Op.HAS, "https://b"), 0),
    ],
)
def test_every_event_that_passes_is_found(shared: World, filter: Filter, number: int) -> None:
    assert asked(shared, filter)[0] == number
    assert len(page(shared, filter, 100).events) == number
    assert sum(group.count for group in shared.store.groups(shared.scope, filter)) == number


def test_pages_in_part_lead_to_the_wanted_event(shared: World) -> None:
    found = page(shared, RARE, is_partial=True)
    assert [event.id for event in found.events] == ["e020"]
    assert found.next is None


def test_a_frequent_value_is_found_by_the_index(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "UNITS_PER_ITEM", 0.1)
    explanation = Explanation()
    monkeypatch.setattr(shared, "store", dynamo_store(shared.engine, clock=shared.clock.clock))
    with shared.store.explaining(explanation):
        assert len(page(shared, Compare("data.kind.is", Op.EQ, "all")).events) == 10
    assert explanation.index == "by_time"


WRITES = ZONES * 2 + SHARES
"""How many rows are written for a block: two for each segment, and one for each share."""


@pytest.mark.parametrize("dies_at", [1, 2, 3, 4, WRITES // 2, *range(WRITES - 1, WRITES + 4)])
def test_a_gatherer_may_die_at_any_write(engine: DynamoDBClient, dies_at: int) -> None:
    world = World(engine)
    fill(world, 30)
    assert world.folder.settle(world.scope, 3600)
    own, writes = connect(engine.meta.endpoint_url), list[str]()

    def die(params: Any, **_: object) -> None:
        found = [params["Item"]["row"]["S"]] if "Item" in params else []
        found += [
            each["DeleteRequest"]["Key"]["row"]["S"]
            for each in params.get("RequestItems", {}).get(TABLES.tally, [])[:1]
        ]
        writes.extend(row for row in found if row.startswith(("leaves/", "gathered")))
        if len(writes) == dies_at:
            raise Died

    for operation in ("PutItem", "BatchWriteItem"):
        own.meta.events.register(f"provide-client-params.dynamodb.{operation}", die)
    with pytest.raises(Died):
        Sealer(own, TABLES, world.clock.clock).seal_all(world.scope)
    assert asked(world, RARE)[0] == 1
    Sealer(engine, TABLES, world.clock.clock).seal_all(world.scope)
    assert len(rows(world)) == rows_after(30)
    assert asked(world, RARE)[0] == 1


class Died(Exception):
    """Stands for the end of a process."""


def test_two_gatherers_may_work_at_the_same_time(engine: DynamoDBClient) -> None:
    world = World(engine)
    others = [Sealer(engine, TABLES, world.clock.clock) for _ in range(2)]
    for start in range(0, 40, SHORT):
        world.put([said(n) for n in range(start, start + SHORT)])
        assert world.folder.settle(world.scope, 3600)
        for other in others:
            other.seal(world.scope)
    for other in others:
        other.seal_all(world.scope)
    assert len(rows(world)) == rows_after(40)
    assert [asked(world, Compare("data.request", Op.EQ, f"r{n}"))[0] for n in range(40)] == [1] * 40


def test_a_log_that_was_sealed_before_is_answered_and_upgraded(engine: DynamoDBClient) -> None:
    world = settled(engine)
    drop(world, (*rows(world), *rows(world, "gathered")))
    assert asked(world, RARE)[0] == 1
    Sealer(engine, TABLES, world.clock.clock).seal_all(world.scope)
    assert len(rows(world)) == rows_after(30)
    assert asked(world, RARE)[0] == 1


def test_a_log_whose_blocks_were_gathered_before_goes_on(engine: DynamoDBClient) -> None:
    """An earlier version gathered whole blocks, and did not write which segment was the last."""
    world = settled(engine)
    (done,) = rows(world, "gathered")
    del done["segment"]
    engine.put_item(TableName=TABLES.tally, Item={**done, "last": {"N": "1"}})
    gone = [row for row in rows(world) if not row["row"]["S"].endswith(f"/{1:016}")]
    drop(world, gone)
    assert len(rows(world)) == SHARES
    Sealer(engine, TABLES, world.clock.clock).seal_all(world.scope)
    assert len(rows(world)) == rows_after(30)
    assert [asked(world, Compare("data.request", Op.EQ, f"r{n}"))[0] for n in range(30)] == [1] * 30


@pytest.mark.parametrize("remembered", [0, 8])
def test_long_rows_of_segments_have_no_places_until_their_block_is_full(
    engine: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    monkeypatch.setattr(leaves, "_MOST_EXACT", 10)
    monkeypatch.setattr(gather, "_MOST_BEGUN", remembered)
    world = settled(engine, BLOCK + SHORT)
    for number in range(BLOCK + SHORT):
        found, told = asked(world, Compare("data.request", Op.EQ, f"r{number}"))
        is_in_block = number < BLOCK
        assert (found, told.items_read) == (1, TRIED + (1 if is_in_block else SHORT))
    assert asked(world, Compare("data.request", Op.EQ, "r-1"))[1].items_read == TRIED


def test_a_gatherer_takes_two_segments_at_a_time(engine: DynamoDBClient) -> None:
    worlds = [World(engine) for _ in range(2)]
    for world in worlds:
        fill(world, BLOCK * 2 + SHORT)
        assert world.folder.settle(world.scope, 3600)
    sealer = Sealer(engine, TABLES, worlds[0].clock.clock)
    steps = [sealer.seal(world.scope) for _ in range(3) for world in worlds]
    assert steps[:2] == [True, True]
    assert [len(rows(world)) for world in worlds] == [rows_after(BLOCK * 2 + SHORT)] * 2
    assert [sealer.seal(world.scope) for world in worlds] == [False, False]


def test_events_that_the_index_does_not_show_are_gathered_by_key(engine: DynamoDBClient) -> None:
    """The events lie in three shards, and the gatherer knows only one of them."""
    world = World(engine, shards=3)
    fill(world, 30)
    world.settle()
    assert [asked(world, Compare("data.request", Op.EQ, f"r{n}"))[0] for n in range(30)] == [1] * 30


def test_leaves_expire_with_their_events(engine: DynamoDBClient) -> None:
    world = World(engine)
    now = world.clock.now
    world.put([said(n).model_copy(update={"time": now - n}) for n in range(BLOCK + SHORT)])
    assert world.folder.settle(world.scope, 3600)
    Sealer(engine, TABLES, world.clock.clock, Retention(30)).seal_all(world.scope)
    ends = {row["expires_at"]["N"] for row in rows(world)}
    assert ends == {str(Retention(30).expires_at(now))}
    assert len(rows(world)) == rows_after(BLOCK + SHORT)
    Restamper(engine, TABLES, 1, Retention(60), clock=world.clock.clock).restamp(world.scope)
    ends = {row["expires_at"]["N"] for row in rows(world)}
    assert ends == {str(Retention(60).expires_at(now))}


def test_a_block_that_is_too_old_gets_no_rows(engine: DynamoDBClient) -> None:
    world = World(engine)
    fill(world, BLOCK + 1)
    assert world.folder.settle(world.scope, 3600)
    Sealer(engine, TABLES, world.clock.clock, Retention(30)).seal_all(world.scope)
    assert (len(rows(world)), len(rows(world, "gathered"))) == (0, 1)


def test_many_events_that_may_pass_are_read_from_the_index(
    engine: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has gathered their leaves."""
    world = World(engine)
    monkeypatch.setattr(finder, "_AT_ONCE", 2)
    monkeypatch.setattr(finder, "_FEW", 1)
    monkeypatch.setattr(finder, "SPAN", SHORT)
    fill(world, BLOCK * 2 - 1)
    world.settle()
    world.wait()
    world.seal()
    drop(world, rows(world, "leaves/segments/"))
    last = Compare("data.request", Op.EQ, f"r{BLOCK + 1}")
    keys = keys_read(world)
    assert asked(world, last)[0] == 1
    assert keys == []


def test_an_answer_with_leaves_keeps_to_its_budget(engine: DynamoDBClient) -> None:
    world = settled(engine)
    poor = dynamo_store(engine, limits=Limits.of_units(40, 60), clock=world.clock.clock)
    assert poor.count(world.scope, RARE) == 1


def test_events_in_no_segment_are_read_from_the_index_together(
    engine: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them has a row of its own in the arrival log."""
    world = settled(engine, SHORT)
    for number in range(SHORT, SHORT + 3):
        world.put([said(number)])
    world.settle()
    monkeypatch.setattr(finder, "_FEW", 1)
    keys = keys_read(world)
    assert asked(world, Compare("data.request", Op.EQ, f"r{SHORT + 1}"))[0] == 1
    assert keys == []
