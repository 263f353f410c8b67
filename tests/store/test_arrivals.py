"""The order of arrival: nothing is lost or told twice, and nothing waits for what cannot come."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import TABLES, dynamo_store

from polylog.dynamo.arrivals import log
from polylog.dynamo.arrivals.log import ArrivalLog, Arrivals
from polylog.dynamo.maintenance import seal
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.seal import Sealer
from polylog.dynamo.maintenance.watch import FENCING_SECONDS
from polylog.dynamo.tally import stretch
from polylog.model.errors import Unavailable
from polylog.model.event import MAX_SEQ, Event
from polylog.model.filter import EVERYTHING, Compare, Op
from polylog.model.times import SECOND
from tools.clocks import StoppedClock

pytestmark = pytest.mark.engine

START = 10**15

_numbers = count(1)


class CancellingClient:
    """A client that cancels every transaction."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **_: Any) -> Any:
        reasons = [{"Code": "TransactionConflict"}]
        answer = {"Error": {}, "CancellationReasons": reasons}
        raise self._client.exceptions.TransactionCanceledException(answer, "TransactWriteItems")


class World:
    """A log, its folder, and a clock that the test moves."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.client = client
        self.scope = f"arrivals-{next(_numbers)}"
        self.time = StoppedClock(START)
        self.log = dynamo_store(client, clock=self.time)
        self.folder = Folder(client, "TallyTable", self.time.clock)
        self.arrivals = ArrivalLog(client, "TallyTable")

    def put(self, *ids: str) -> list[int | None]:
        events = [Event(id=id, time=0, type=id[0]) for id in ids]
        return [outcome.seq for outcome in self.log.put(self.scope, events)]

    def lose(self, number: int) -> None:
        """Take numbers like a writer that dies before it stores its events."""
        client: Any = CancellingClient(self.client)
        events = [Event(id=f"lost{n}", time=0, type="l") for n in range(number)]
        with pytest.raises(Unavailable):
            dynamo_store(client, clock=self.time).put(self.scope, events)

    def fold(self, seconds: float = 0) -> None:
        """Let time pass, and fold all there is."""
        self.time.sleep(seconds)
        while self.folder.fold(self.scope):
            pass

    def after(self, seq: int, most: int = 100) -> Arrivals:
        return self.arrivals.after(self.scope, seq, most)


@pytest.fixture
def world(engine: DynamoDBClient) -> World:
    return World(engine)


def ids(arrivals: Arrivals) -> list[str]:
    return [entry.id for entry in arrivals.entries]


@pytest.mark.parametrize("is_folded", [False, True])
def test_what_follows_a_hole_is_held_back_until_the_hole_is_final(
    world: World, is_folded: bool
) -> None:
    world.put("a1", "a2")
    world.lose(3)
    world.put("b1")
    if is_folded:
        world.fold()
    assert (ids(world.after(0)), world.after(0).complete) == (["a1", "a2"], 2)
    assert world.after(0).is_held_back
    world.fold()
    world.fold(FENCING_SECONDS - 0.1)
    assert world.after(2) == Arrivals((), 2, True)
    world.fold(0.1)
    assert (ids(world.after(2)), world.after(2).complete) == (["b1"], 6)
    assert not world.after(2).is_held_back


@pytest.mark.parametrize("is_folded", [False, True])
def test_numbers_of_duplicates_hold_nothing_back(world: World, is_folded: bool) -> None:
    world.put("a1", "a2")
    assert world.put("a1", "a2") == [1, 2]
    assert world.put("a1", "b1", "a2", "b2") == [1, 5, 2, 6]
    if is_folded:
        world.fold()
    assert ids(world.after(0)) == ["a1", "a2", "b1", "b2"]
    assert not world.after(0).is_held_back


def test_a_number_taken_long_ago_is_dropped(world: World) -> None:
    """A writer that is slow between its tries takes new numbers."""

    class SlowClient(CancellingClient):
        def transact_write_items(self, **request: Any) -> Any:
            if world.time.now < START + 9 * SECOND:
                world.time.now += 5 * SECOND
                return super().transact_write_items(**request)
            return self._client.transact_write_items(**request)

    client: Any = SlowClient(world.client)
    log = dynamo_store(client, clock=world.time)
    assert log.put(world.scope, [Event(id="a", time=0, type="a")])[0].seq == 2


def test_a_late_transaction_is_put_in_its_place(world: World) -> None:
    class OvertakenClient(CancellingClient):
        def transact_write_items(self, **request: Any) -> Any:
            world.put("b1", "b2")
            assert world.after(0) == Arrivals((), 0, True)
            return self._client.transact_write_items(**request)

    client: Any = OvertakenClient(world.client)
    late = dynamo_store(client, clock=world.time)
    late.put(world.scope, [Event(id="a1", time=0, type="a")])
    assert ids(world.after(0)) == ["a1", "b1", "b2"]


def test_every_event_is_found_by_its_number_in_large_logs(world: World) -> None:
    for batch in range(14):
        world.put(*(f"{batch}-{n}" for n in range(95)))
        if batch % 5 == 4:
            world.fold()
    assert len(list(world.arrivals.rows(world.scope))) == 14
    for seq in (1, 95, 96, 475, 476, 950, 951, 14 * 95):
        event = world.log.get_by_seq(world.scope, seq)
        assert event is not None
        assert event.seq == seq
    for seq in (0, -1, 14 * 95 + 1, MAX_SEQ, MAX_SEQ + 1, 10**30):
        assert world.log.get_by_seq(world.scope, seq) is None


def test_it_reads_no_more_rows_than_it_needs(world: World, calls: list[str]) -> None:
    for batch in range(10):
        world.put(*(f"{batch}-{n}" for n in range(95)))
        world.fold()
    calls.clear()
    first = world.after(0, most=100)
    assert [entry.seq for entry in first.entries] == list(range(1, 101))
    assert calls == ["Query", "Query"]


def test_a_tail_returns_what_passes_and_how_far_it_looked(world: World) -> None:
    world.put(*(f"{'ab'[n % 2]}{n}" for n in range(90)))
    only = Compare("type", Op.EQ, "b")
    tail = world.log.tail(world.scope, only, 0, 10)
    assert [event.seq for event in tail.events] == list(range(2, 22, 2))
    assert tail.complete == 20
    tail = world.log.tail(world.scope, only, 20, 100)
    assert (len(tail.events), tail.complete, tail.is_held_back) == (35, 90, False)
    assert world.log.tail(world.scope, EVERYTHING, 90, 10).complete == 90


def test_a_hole_holds_back_what_follows_after_many_rows(world: World) -> None:
    for batch in range(12):
        world.put(f"{batch}", f"{batch}-again")
        world.fold()
    world.lose(3)
    world.put("last")
    tail = world.log.tail(world.scope, EVERYTHING, 0, 100)
    assert [event.seq for event in tail.events] == list(range(1, 25))
    assert (tail.complete, tail.is_held_back) == (24, True)


@pytest.mark.parametrize("is_folded", [False, True])
def test_the_latest_lies_before_anything_that_may_still_come(world: World, is_folded: bool) -> None:
    world.put("a1", "a2")
    world.lose(3)
    world.put("b1")
    if is_folded:
        world.fold()
    assert world.log.latest(world.scope) == 2
    world.fold()
    world.fold(FENCING_SECONDS)
    assert world.log.latest(world.scope) == 6


def test_the_latest_of_a_long_log_takes_few_requests(world: World, calls: list[str]) -> None:
    for batch in range(10):
        world.put(*(f"{batch}-{n}" for n in range(95)))
        world.fold()
    world.put("last")
    calls.clear()
    assert world.log.latest(world.scope) == 10 * 95 + 1
    assert calls == ["Query"]


def test_a_tail_from_the_latest_misses_no_late_transaction(world: World) -> None:
    seen: list[int] = []

    class OvertakenClient(CancellingClient):
        def transact_write_items(self, **request: Any) -> Any:
            world.put("b1", "b2")
            seen.append(world.log.latest(world.scope))
            return self._client.transact_write_items(**request)

    client: Any = OvertakenClient(world.client)
    world.put("a0")
    dynamo_store(client, clock=world.time).put(world.scope, [Event(id="a1", time=0, type="a")])
    assert seen == [1]
    assert ids(world.after(seen[0])) == ["a1", "b1", "b2"]


@pytest.mark.parametrize("rows", range(1, 6))
@pytest.mark.parametrize("after", [*range(0, 24, 5), 24])
def test_an_event_whose_row_and_segment_are_in_different_pages_comes_once(
    world: World, monkeypatch: pytest.MonkeyPatch, rows: int, after: int
) -> None:
    """Rows stay for a minute after their events were put into a segment."""
    for module in (log, seal, stretch):
        monkeypatch.setattr(module, "SPAN", 6)
    monkeypatch.setattr(log, "_ROWS_AT_ONCE", rows)
    for batch in range(8):
        world.put(*(f"e{batch * 3 + n:02}" for n in range(3)))
    assert world.folder.settle(world.scope, 60)
    Sealer(world.client, TABLES, world.time.clock).seal_all(world.scope)
    assert ids(world.after(after)) == [f"e{n:02}" for n in range(after, 24)]
