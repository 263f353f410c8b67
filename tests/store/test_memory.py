"""What a search found in segments is remembered, and read again only where a page needs it."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.world import SHORT, ZONES, World, short

from polylog.dynamo import answers
from polylog.dynamo.search import memory
from polylog.dynamo.search.directory import Zone
from polylog.dynamo.search.hits import NOTHING, Found
from polylog.dynamo.search.memory import Known, Memory
from polylog.model.event import Event
from polylog.model.filter import Compare, Filter, Op, Text
from polylog.model.query import EventQuery, Order, Page, Window
from polylog.model.store import EventStore, Explanation
from polylog.model.times import SECOND

MINUTE = 60 * SECOND
NUMBER = SHORT * ZONES * 3 + SHORT + 1
EACH = 5
"""One event in five has the word and the value that are sought."""

WORD = Text("rare")
VALUE = Compare("data.kind", Op.EQ, "rare")


@pytest.fixture(autouse=True, scope="module")
def short_segments() -> Iterator[None]:
    with short(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "UNITS_PER_ITEM", 10)  # Reading an index costs much.
        yield


def said(number: int) -> Event:
    kind = "common" if number % EACH else "rare"
    return Event(
        id=f"e{number:03}", time=number * MINUTE, type="a", message=kind, data={"kind": kind}
    )


@pytest.fixture
def world(engine: DynamoDBClient) -> World:
    made = World(engine)
    put(made, NUMBER)
    return made


def put(world: World, end: int, start: int = 0) -> None:
    """Store events, and turn those that fill segments into segments."""
    world.put([said(n) for n in range(start, end)])
    world.settle()


def rare(end: int, start: int = 0) -> list[str]:
    return [f"e{n:03}" for n in range(start, end) if not n % EACH]


def page(
    store: EventStore,
    world: World,
    filter: Filter,
    order: Order = Order.ASCENDING,
    offset: int = 0,
    **values: Any,
) -> Page:
    values = {"with_total": True, **values}
    return store.find(EventQuery(world.scope, filter, order, Window(3, offset), **values))


def ids(page: Page) -> list[str]:
    return [event.id for event in page.events]


def explained(world: World, ask: Callable[[EventStore], Any]) -> tuple[Any, Explanation]:
    explanation = Explanation()
    with world.store.explaining(explanation):
        return ask(world.store), explanation


def told(explanation: Explanation) -> tuple[int, int]:
    """Return how many segments may have what is sought, and how many were searched before."""
    found = re.search(r"(\d+) of (\d+) segments were searched for this", explanation.reason)
    assert found
    return int(found[2]), int(found[1])


@pytest.mark.engine
class TestSearches:
    @pytest.mark.parametrize("filter", [WORD, VALUE], ids=str)
    def test_the_same_count_reads_no_segment_again(self, world: World, filter: Filter) -> None:
        first, before = explained(world, lambda store: store.count(world.scope, filter))
        again, after = explained(world, lambda store: store.count(world.scope, filter))
        assert first == again == len(rare(NUMBER))
        number, known = told(after)
        assert number == known > 0
        assert before.read_units - after.read_units >= known / 2
        assert "before" not in before.reason

    @pytest.mark.parametrize("filter", [WORD, VALUE], ids=str)
    @pytest.mark.parametrize("order", Order)
    @pytest.mark.parametrize("offset", [0, 2, 4, 100])
    def test_another_page_reads_only_its_own_segments(
        self, world: World, filter: Filter, order: Order, offset: int
    ) -> None:
        world.store.count(world.scope, filter)
        found, _ = explained(world, lambda store: page(store, world, filter, order, offset))
        expected = rare(NUMBER)[:: 1 if order is Order.ASCENDING else -1]
        assert ids(found) == expected[offset : offset + 3]
        assert found.total == len(expected)

    @pytest.mark.parametrize("filter", [WORD, VALUE], ids=str)
    def test_a_page_after_a_count_reads_only_its_events(self, world: World, filter: Filter) -> None:
        world.store.count(world.scope, filter)
        _, told = explained(world, lambda store: page(store, world, filter))
        _, count = explained(world, lambda store: store.count(world.scope, filter))
        assert told.requests == count.requests + 1
        assert told.items_read == count.items_read + 3

    def test_only_new_segments_are_read(self, world: World) -> None:
        world.store.count(world.scope, WORD)
        _, quiet = explained(world, lambda store: store.count(world.scope, WORD))
        put(world, NUMBER + SHORT, NUMBER)
        number, after = explained(world, lambda store: store.count(world.scope, WORD))
        assert number == len(rare(NUMBER + SHORT))
        assert after.read_units <= quiet.read_units + 2
        segments, known = told(after)
        assert segments - known == 1

    def test_an_answer_as_of_an_earlier_moment_ignores_what_came_later(self, world: World) -> None:
        first = page(world.store, world, WORD)
        put(world, NUMBER * 2, NUMBER)
        assert world.store.count(world.scope, WORD) == len(rare(NUMBER * 2))
        assert first.total == len(rare(NUMBER))
        values = {"moment": first.moment, "with_total": False}
        again = page(world.store, world, WORD, Order.DESCENDING, **values)
        assert ids(again) == rare(NUMBER)[:-4:-1]

    def test_groups_read_no_segment_without_hits(self, world: World) -> None:
        filter = Compare("id", Op.HAS, "e00")

        def groups(store: EventStore) -> Any:
            return store.groups(world.scope, filter)

        first, before = explained(world, groups)
        world.store.count(world.scope, filter)
        again, after = explained(world, groups)
        assert first == again
        assert [group.count for group in again] == [10]
        assert after.read_units < before.read_units

    def test_pages_without_a_total_use_it_too(self, world: World) -> None:
        world.store.count(world.scope, WORD)
        expected = rare(NUMBER)
        for offset in range(len(expected)):
            found = page(world.store, world, WORD, Order.ASCENDING, offset, with_total=False)
            assert ids(found) == expected[offset : offset + 3]

    def test_it_forgets_what_has_no_room(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(memory, "_MOST_BYTES", 100)
        for _ in range(3):
            assert world.store.count(world.scope, WORD) == len(rare(NUMBER))
            assert ids(page(world.store, world, WORD)) == rare(NUMBER)[:3]


class TestMemory:
    def test_it_forgets_the_filters_that_were_asked_longest_ago(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(memory, "_MOST_FILTERS", 2)
        store = Memory()
        for word in "abac":
            store.known("s", Text(word)).keep(zone(1), NOTHING)
        known = [store.known("s", Text(word)).get(zone(1)) is not None for word in "acb"]
        assert known == [True, True, False]

    def test_it_forgets_what_takes_too_much(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "_MOST_BYTES", 3_500)
        store = Memory()
        for word in "ab":
            store.known("s", Text(word)).keep(zone(1), found(50))
        assert store.known("s", Text("b")).get(zone(1)) == found(50)
        assert store.known("s", Text("a")).get(zone(1)) is None

    def test_one_filter_has_only_a_part_of_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "_MOST_OF_ONE", 2_000)
        known = Known()
        for first in range(10):
            known.keep(zone(first), found(50))
        assert known.size <= 2_000
        assert [known.get(zone(first)) is None for first in range(3)] == [False, True, True]

    def test_a_long_filter_takes_more_room(self) -> None:
        sizes = [Memory().known("s", Text("a" * length)).size for length in (1, 1001)]
        assert sizes[1] - sizes[0] == 1000

    def test_each_scope_has_its_own(self) -> None:
        store = Memory()
        store.known("s", WORD).keep(zone(1), NOTHING)
        assert store.known("t", WORD).get(zone(1)) is None


def zone(first: int) -> Zone:
    return Zone(first, first + 9, 10, 0, 9, 100, is_open=False)


def found(number: int) -> Found:
    return Found(array("q", range(number)), array("q", range(number)))
