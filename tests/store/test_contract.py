"""The contract of `EventStore`: the reference keeps it, and so do moto and DynamoDB Local."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from support.examples import long
from support.stores import MakePoorStore

from polylog.model.event import MAX_EVENT_BYTES, Entity, Event
from polylog.model.filter import EVERYTHING, NOTHING, And, Compare, Filter, Not, Op, Or, Text
from polylog.model.query import EventQuery, Order, Position, Window
from polylog.model.store import EventStore, Outcome, Status, Tail

NOON = 1_700_000_000_000_000
ALL_OF_IT = Window(limit=100)
A_YEAR = 365 * 86_400 * 1_000_000


def event(number: int, *, time: int = NOON, **values: object) -> Event:
    """Return an event whose members are ordinary, except the id and the given ones."""
    return Event.model_validate({"id": f"e{number:04}", "time": time, "type": "a", **values})


def noise(seed: int, length: int) -> str:
    """Return a text that compression only halves."""
    return Random(seed).randbytes(length // 2).hex()


def ids(events: Sequence[Event]) -> list[str]:
    return [event.id for event in events]


def find(
    store: EventStore,
    scope: str,
    filter: Filter = EVERYTHING,
    order: Order = Order.ASCENDING,
    window: Window = ALL_OF_IT,
) -> list[str]:
    """Return the ids of a page."""
    return ids(store.find(EventQuery(scope, filter, order, window)).events)


class TestPut:
    def test_numbers_events_in_the_order_of_arrival(self, store: EventStore, scope: str) -> None:
        first = store.put(scope, [event(1), event(2)])
        second = store.put(scope, [event(3)])
        assert [outcome.status for outcome in first + second] == [Status.STORED] * 3
        seqs = [outcome.seq for outcome in first + second]
        assert seqs == sorted(set(seqs))
        assert min(seqs) >= 1

    def test_gives_the_stored_event_its_seq(self, store: EventStore, scope: str) -> None:
        (outcome,) = store.put(scope, [event(1)])
        stored = store.get(scope, "e0001")
        assert stored == event(1).model_copy(update={"seq": outcome.seq})

    def test_answers_a_repeat_with_the_seq_it_has(self, store: EventStore, scope: str) -> None:
        (first,) = store.put(scope, [event(1)])
        again = store.put(scope, [event(2), event(1)])
        assert again[0].status is Status.STORED
        assert again[1] == Outcome(Status.DUPLICATE, "e0001", first.seq)

    def test_leaves_a_conflicting_event_alone(self, store: EventStore, scope: str) -> None:
        (first,) = store.put(scope, [event(1, message="one")])
        (second,) = store.put(scope, [event(1, message="two")])
        assert (second.status, second.seq) == (Status.CONFLICT, first.seq)
        stored = store.get(scope, "e0001")
        assert stored is not None
        assert stored.message == "one"

    def test_keeps_the_first_of_one_batch(self, store: EventStore, scope: str) -> None:
        batch = [event(1), event(1), event(1, message="other"), event(2)]
        outcomes = store.put(scope, batch)
        assert [outcome.status for outcome in outcomes] == [
            Status.STORED,
            Status.DUPLICATE,
            Status.CONFLICT,
            Status.STORED,
        ]
        assert outcomes[1].seq == outcomes[0].seq
        assert store.count(scope, EVERYTHING) == 2

    def test_knows_a_duplicate_behind_a_conflict(self, store: EventStore, scope: str) -> None:
        store.put(scope, [event(1)])
        outcomes = store.put(scope, [event(1, message="other"), event(1)])
        assert [outcome.status for outcome in outcomes] == [Status.CONFLICT, Status.DUPLICATE]

    def test_stores_more_than_one_transaction_holds(self, store: EventStore, scope: str) -> None:
        outcomes = store.put(scope, [event(number) for number in range(230)])
        assert {outcome.status for outcome in outcomes} == {Status.STORED}
        assert store.count(scope, EVERYTHING) == 230

    def test_stores_more_bytes_than_one_transaction_holds(
        self, store: EventStore, scope: str
    ) -> None:
        outcomes = store.put(scope, [event(n, data=noise(n, 200_000)) for n in range(30)])
        assert {outcome.status for outcome in outcomes} == {Status.STORED}

    def test_refuses_an_event_that_is_too_large_and_stores_the_rest(
        self, store: EventStore, scope: str
    ) -> None:
        outcomes = store.put(scope, [event(1, data="x" * MAX_EVENT_BYTES), event(2)])
        assert [outcome.status for outcome in outcomes] == [Status.INVALID, Status.STORED]
        assert str(MAX_EVENT_BYTES) in str(outcomes[0].reason)
        assert find(store, scope) == ["e0002"]

    def test_accepts_an_empty_batch(self, store: EventStore, scope: str) -> None:
        assert store.put(scope, []) == ()

    def test_keeps_scopes_apart(self, store: EventStore, scope: str) -> None:
        store.put(scope, [event(1)])
        other = f"{scope}-other"
        assert store.get(other, "e0001") is None
        assert find(store, other) == []
        assert store.count(other, EVERYTHING) == 0
        assert store.put(other, [event(1, message="other")])[0].status is Status.STORED


class TestGet:
    @pytest.mark.parametrize(
        "data",
        [
            None,
            {},
            {"b": 1, "a": [None, True, 1.5, -0.0, 1e300, 2**70]},
            "täxt \N{PILE OF POO} \x00",
            {"long": "x" * 5000},
        ],
    )
    def test_returns_the_event_unchanged(self, store: EventStore, scope: str, data: object) -> None:
        given = event(1, data=data, attributes={"k": "v"}, actor=Entity(id="ä", name=""))
        (outcome,) = store.put(scope, [given])
        stored = store.get(scope, "e0001")
        assert stored is not None
        assert (
            stored.model_dump_json()
            == given.model_copy(update={"seq": outcome.seq}).model_dump_json()
        )

    @pytest.mark.parametrize("event_id", ["nope", "x" * 3000, "ä" * 256])
    def test_finds_nothing(self, store: EventStore, scope: str, event_id: str) -> None:
        assert store.get(scope, event_id) is None


class TestFind:
    def test_orders_by_time_then_arrival(self, store: EventStore, scope: str) -> None:
        store.put(scope, [event(3), event(1, time=NOON + 1), event(2), event(4, time=NOON - 1)])
        assert find(store, scope) == ["e0004", "e0003", "e0002", "e0001"]
        descending = find(store, scope, order=Order.DESCENDING)
        assert descending == ["e0001", "e0002", "e0003", "e0004"]

    def test_reads_times_before_the_epoch(self, store: EventStore, scope: str) -> None:
        store.put(scope, [event(1), event(2, time=-A_YEAR), event(3, time=-2 * A_YEAR)])
        assert find(store, scope) == ["e0003", "e0002", "e0001"]
        assert find(store, scope, Compare("time", Op.LT, -A_YEAR)) == ["e0003"]

    @pytest.mark.parametrize(
        ("window", "expected"),
        [
            (Window(limit=2), [0, 1]),
            (Window(limit=0), []),
            (Window(limit=2, offset=3), [3, 4]),
            (Window(limit=5, offset=4), [4]),
            (Window(limit=5, offset=5), []),
            (Window(limit=5, offset=10**12), []),
        ],
    )
    def test_skips_an_offset(
        self, store: EventStore, scope: str, window: Window, expected: list[int]
    ) -> None:
        store.put(scope, [event(number) for number in range(5)])
        found = find(store, scope, window=window)
        assert found == [f"e{number:04}" for number in expected]

    @pytest.mark.parametrize("order", list(Order))
    @pytest.mark.parametrize("size", [1, 2, 3, 7])
    def test_continues_after_a_page_until_nothing_is_left(
        self, store: EventStore, scope: str, order: Order, size: int
    ) -> None:
        store.put(scope, [event(number, time=NOON + number // 4) for number in range(10)])
        seen: list[str] = []
        after: Position | None = None
        for _ in range(11):
            window = Window(limit=size, after=after)
            page = store.find(EventQuery(scope, EVERYTHING, order, window))
            seen += ids(page.events)
            after = page.next
            if after is None:
                break
        assert after is None
        expected = [f"e{number:04}" for number in range(10)]
        assert seen == (expected if order is Order.ASCENDING else expected[::-1])

    @pytest.mark.parametrize("order", list(Order))
    def test_skips_an_offset_after_a_position(
        self, store: EventStore, scope: str, order: Order
    ) -> None:
        store.put(scope, [event(number) for number in range(10)])
        first = store.find(EventQuery(scope, EVERYTHING, order, Window(limit=2)))
        rest = find(store, scope, EVERYTHING, order, Window(limit=3, offset=4, after=first.next))
        assert rest == find(store, scope, EVERYTHING, order, Window(limit=3, offset=6))
        assert len(rest) == 3

    @pytest.mark.parametrize("filter", [EVERYTHING, Text("odd"), Text("none")], ids=str)
    @pytest.mark.parametrize("order", list(Order))
    @pytest.mark.parametrize("offset", [0, 3, 9, *long(1)])
    @pytest.mark.parametrize("budget", [1, 3, *long(10)])
    def test_goes_on_where_a_page_was_cut(
        self,
        make_poor: MakePoorStore,
        scope: str,
        filter: Filter,
        order: Order,
        offset: int,
        budget: int,
    ) -> None:
        words = ("odd", "even")
        make_poor(1000).put(scope, [event(n, message=words[n % 2]) for n in range(10)])
        expected = find(make_poor(1000), scope, filter, order, Window(limit=10, offset=offset))
        store, window = make_poor(budget), Window(limit=2, offset=offset)
        seen: list[str] = []
        for _ in range(12):
            page = store.find(EventQuery(scope, filter, order, window, is_partial=True))
            seen += ids(page.events)
            if page.next is None:
                break
            window = Window(limit=2, offset=page.skip, after=page.next)
        assert page.next is None
        assert seen == expected

    @pytest.mark.parametrize(
        "filter",
        [
            Compare("type", Op.EQ, "b"),
            Compare("actor.id", Op.EQ, "ann"),
            Compare("target.id", Op.EQ, "app"),
            Compare("project_id", Op.EQ, "p"),
            Compare("organization_id", Op.EQ, "o"),
            Compare("time", Op.EQ, NOON + 2),
            Compare("message", Op.HAS, "SECOND"),
            Text("second"),
            Or((Compare("type", Op.EQ, "b"), Compare("type", Op.EQ, "missing"))),
            And((Compare("type", Op.NE, "a"), Compare("time", Op.GE, NOON + 1))),
            Not(Compare("project_id", Op.EQ, "")),
        ],
        ids=str,
    )
    def test_filters_by(self, store: EventStore, scope: str, filter: Filter) -> None:
        special = event(
            2,
            time=NOON + 2,
            type="b",
            message="the second",
            actor=Entity(id="ann"),
            target=Entity(id="app"),
            project_id="p",
            organization_id="o",
        )
        store.put(scope, [event(1), special, event(3, time=NOON + 3)])
        assert find(store, scope, filter) == ["e0002"]
        assert store.count(scope, filter) == 1

    def test_merges_several_values_in_order(self, store: EventStore, scope: str) -> None:
        types = "abcabcabc"
        store.put(
            scope,
            [event(n, type=type, time=NOON + n // 2) for n, type in enumerate(types)],
        )
        either = Or((Compare("type", Op.EQ, "a"), Compare("type", Op.EQ, "c")))
        expected = ["e0000", "e0002", "e0003", "e0005", "e0006", "e0008"]
        assert find(store, scope, either) == expected
        assert find(store, scope, either, Order.DESCENDING) == expected[::-1]
        assert find(store, scope, either, window=Window(limit=2, offset=2)) == expected[2:4]
        assert store.count(scope, either) == 6

    @pytest.mark.parametrize(
        "filter",
        [
            NOTHING,
            Compare("type", Op.EQ, ""),
            Compare("target.id", Op.EQ, "x" * 3000),
            And((Compare("time", Op.GT, NOON), Compare("time", Op.LT, NOON))),
            And((Compare("type", Op.EQ, "a"), Compare("type", Op.EQ, "b"))),
        ],
        ids=lambda filter: str(filter)[:40],
    )
    def test_finds_nothing_where_nothing_can_match(
        self, store: EventStore, scope: str, filter: Filter
    ) -> None:
        store.put(scope, [event(1)])
        assert find(store, scope, filter) == []
        assert store.count(scope, filter) == 0

    def test_reads_past_one_megabyte(self, store: EventStore, scope: str) -> None:
        store.put(scope, [event(n, data=noise(n, 200_000)) for n in range(14)])
        assert find(store, scope) == [f"e{n:04}" for n in range(14)]
        assert find(store, scope, Text("x")) == []
        assert store.count(scope, EVERYTHING) == 14


class TestLatest:
    def test_is_where_the_present_begins(self, store: EventStore, scope: str) -> None:
        assert store.latest(scope) == 0
        store.put(scope, [event(1), event(2)])
        latest = store.latest(scope)
        assert store.tail(scope, EVERYTHING, latest, 10).events == ()
        store.put(scope, [event(3), event(4)])
        assert ids(store.tail(scope, EVERYTHING, latest, 10).events) == ["e0003", "e0004"]


class TestTail:
    @pytest.mark.parametrize(
        "after", [3, 10**6, 2**53 - 2, 2**53 - 1, 2**53, 2**53 + 10**3, 10**30]
    )
    def test_nothing_comes_after_the_end(self, store: EventStore, scope: str, after: int) -> None:
        store.put(scope, [event(1), event(2)])
        assert store.tail(scope, EVERYTHING, after, 10) == Tail((), after, False)
