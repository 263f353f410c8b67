"""Folding: each delta once, even after failures, within its limits, and with nothing left over."""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.examples import long
from support.interception import Intercept
from support.stores import TABLES, dynamo_store

from polylog.dynamo.arrivals.log import ArrivalLog
from polylog.dynamo.events.numbers import Numbers
from polylog.dynamo.maintenance import fold, watch
from polylog.dynamo.maintenance.fold import Folder, Work
from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.maintenance.watch import FENCING_SECONDS, SETTLING_SECONDS
from polylog.dynamo.tally import kinds
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.head import Head, read_head
from polylog.dynamo.tally.kinds import OTHER
from polylog.dynamo.tally.levels import parent_of
from polylog.dynamo.tally.ranges import Ranges
from polylog.dynamo.tally.rows import read_buckets
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Op
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import EventStore
from polylog.model.times import SECOND, SYSTEM_CLOCK
from polylog_cli.local.tables import connect
from tools.clocks import StoppedClock

pytestmark = pytest.mark.engine

NOON = 1_772_366_400_000_000
DAY = 86_400 * SECOND
START = 10**15

_numbers = count(1)


class StoppedError(Exception):
    """The process ended here."""


class Mortal:
    """A client of a process that ends before or after one of its calls."""

    def __init__(self, url: str) -> None:
        self.client = connect(url)
        self.client.meta.events.register("before-call.dynamodb", self._before)
        self.client.meta.events.register("after-call.dynamodb", self._after)
        self.live_until(0, after=False)

    def live_until(self, call: int, *, after: bool) -> None:
        """Start a process that ends at its n-th call, or never for 0."""
        self._left, self._ends_after = call, after

    def is_alive(self) -> bool:
        return self._left > 0

    def _before(self, **_: object) -> None:
        self._left -= 1
        if self._left == 0 and not self._ends_after:
            raise StoppedError

    def _after(self, **_: object) -> None:
        if self._left == 0 and self._ends_after:
            raise StoppedError


class World:
    """A log, its folder, and a clock that the test moves."""

    def __init__(self, client: DynamoDBClient, *facets: str) -> None:
        self.client = client
        self.scope = f"fold-{next(_numbers)}"
        self.time = StoppedClock(START)
        self.facets = facets
        self.log = self.log_of(client)
        self.folder = self.folder_of(client)

    def folder_of(self, client: Any) -> Folder:
        return Folder(client, "TallyTable", self.time.clock)

    def log_of(self, client: Any) -> EventStore:
        return dynamo_store(client, clock=self.time, facets=self.facets)

    def head(self) -> Head:
        return read_head(self.client, "TallyTable", self.scope)

    def fold_all(self) -> None:
        """Fold until everything is settled and in the indexes."""
        assert self.folder.settle(self.scope, 3600)

    def settled(self) -> Counter[str]:
        """Recount the tree of rows from below, and return its totals."""
        head = self.head()
        rows = {"": head.bucket}
        level = list(head.bucket.versions)
        while level:
            found = read_buckets(self.client, "TallyTable", self.scope, level, SYSTEM_CLOCK)
            for name in level:
                parent = rows[parent_of(name)]
                assert found[name].version == parent.versions[name]
                assert dict(found[name].totals()) == dict(parent.children[name])
            rows |= found
            level = [child for name in level for child in found[name].versions]
        return head.bucket.totals()


def spread(number: int, start: int = 0) -> list[Event]:
    """Return events that each lie in a different day."""
    return [
        Event(id=f"e{start + n}", time=NOON + (start + n) * DAY, type="ab"[n % 2], source=f"s{n}")
        for n in range(number)
    ]


@pytest.fixture
def world(engine: DynamoDBClient) -> World:
    return World(engine)


def test_it_counts_at_once_and_names_what_an_index_may_not_show_yet(world: World) -> None:
    world.log.put(world.scope, spread(3))
    world.folder.fold(world.scope)
    assert world.head().bucket.totals() == {"system:a": 2, "system:b": 1}
    assert [recent.first for recent in world.head().recent] == [1]
    world.folder.fold(world.scope)
    world.time.now += SETTLING_SECONDS * SECOND - 1
    world.folder.fold(world.scope)
    assert len(world.head().recent) == 1
    world.time.now += 1
    world.folder.fold(world.scope)
    assert world.head().recent == ()


def test_it_stops_naming_what_it_has_seen_for_long_enough(world: World) -> None:
    world.log.put(world.scope, spread(3))
    world.fold_all()
    assert (world.head().bucket.version, world.head().recent) == (1, ())


def test_its_list_of_names_stays_small(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of many days in one row, and more rows than the head has room for."""
    monkeypatch.setattr(fold, "_MOST_RECENT", 5)
    for batch in range(10):
        world.log.put(world.scope, spread(20, 20 * batch))
        while world.folder.fold(world.scope):
            pass
    recent = world.head().recent
    assert len(recent) <= 5
    assert max(len(each.spans) for each in recent) <= 16
    assert world.log.count(world.scope, EVERYTHING) == 200
    query = EventQuery(world.scope, EVERYTHING, Order.DESCENDING, Window(200), with_total=True)
    assert len(world.log.find(query).events) == 200
    world.fold_all()
    assert (world.settled().total(), world.head().recent) == (200, ())


def test_it_deletes_what_it_has_folded(world: World) -> None:
    world.log.put(world.scope, spread(3))
    world.folder.fold(world.scope)
    assert world.head().deltas == ()
    assert world.log.count(world.scope, EVERYTHING) == 3


def test_a_leftover_delta_is_deleted_and_not_counted_again(
    world: World, intercept: Intercept
) -> None:
    world.log.put(world.scope, spread(3))
    dying = connect(world.client.meta.endpoint_url)

    def die(**_: object) -> None:
        raise StoppedError

    intercept(dying, "before-call.dynamodb.BatchWriteItem", die)
    with pytest.raises(StoppedError):
        world.folder_of(dying).fold(world.scope)
    assert (len(world.head().deltas), world.head().young) == (1, ())
    assert world.log.count(world.scope, EVERYTHING) == 3
    world.folder.fold(world.scope)
    assert (world.head().deltas, world.log.count(world.scope, EVERYTHING)) == ((), 3)


def test_it_cuts_a_delta_that_touches_more_rows_than_a_transaction_holds(world: World) -> None:
    world.log.put(world.scope, spread(95))
    assert world.folder.fold(world.scope)
    assert 0 < world.head().bucket.totals().total() < 95
    assert len(world.log.tail(world.scope, EVERYTHING, 0, 100).events) == 95
    assert world.log.count(world.scope, EVERYTHING) == 95
    world.fold_all()
    assert world.settled() == {"system:a": 48, "system:b": 47}


def test_it_keeps_every_entry_in_the_arrival_log_once(world: World) -> None:
    for start in (0, 10, 20):
        world.log.put(world.scope, spread(10, start))
        world.fold_all()
    world.log.put(world.scope, spread(95, 30))
    world.fold_all()
    arrivals = ArrivalLog(world.client, "TallyTable").after(world.scope, 0, 200)
    assert not world.head().deltas
    ids = [entry.id for entry in arrivals.entries]
    assert ids == [f"e{n}" for n in range(125)]


def test_it_remembers_the_newest_of_each_kind(world: World) -> None:
    world.log.put(world.scope, spread(4))
    world.fold_all()
    world.log.put(world.scope, [Event(id="old", time=0, type="a", source="old")])
    world.fold_all()
    assert world.head().bucket.latest() == {
        "system:a": (NOON + 2 * DAY, 3, "s2"),
        "system:b": (NOON + 3 * DAY, 4, "s3"),
    }


@pytest.mark.parametrize("limit", [("MAX_KINDS", 3), ("MAX_KIND_CHARACTERS", 28)])
def test_it_counts_kinds_beyond_the_limit_together(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: tuple[str, int]
) -> None:
    monkeypatch.setattr(kinds, *limit)
    events = [Event(id=f"{n}-{r}", time=r, type=f"t{n}") for n in range(6) for r in range(2)]
    world.log.put(world.scope, events)
    world.fold_all()
    assert world.settled() == {"system:t0": 2, "system:t1": 2, "system:t2": 2, OTHER: 6}
    assert world.log.count(world.scope, EVERYTHING) == 12
    for n in range(6):
        assert world.log.count(world.scope, Compare("type", Op.EQ, f"t{n}")) == 2
    assert world.log.count(world.scope, Compare("type", Op.EQ, "t9")) == 0


def work(world: World) -> Work:
    """Do what is due, after a wake-up like that of the stream."""
    world.folder.wake(world.scope)
    while (done := world.folder.work(world.scope)) in (Work.FOLDED, Work.SOON):
        world.time.now += SECOND
    return done


def test_many_deltas_are_due(world: World) -> None:
    for number in range(70):
        world.log.put(world.scope, [Event(id=f"e{number}", time=number, type="a")])
    assert world.folder.work(world.scope) is not Work.LATER
    assert (world.head().deltas, world.settled()) == ((), {"system:a": 70})


def test_many_events_are_due(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_DUE_EVENTS", 20)
    world.log.put(world.scope, spread(19))
    assert world.folder.work(world.scope) is Work.SOON
    assert world.head().bucket == Bucket()
    world.log.put(world.scope, spread(1, 19))
    world.folder.work(world.scope)
    assert world.head().bucket.totals().total() == 20


def test_a_few_deltas_wait_until_no_more_come(world: World) -> None:
    world.log.put(world.scope, spread(5))
    for _ in range(4):
        assert work(world) is Work.LATER
    assert world.head().bucket == Bucket()
    assert work(world) is Work.DONE
    assert world.settled().total() == 5
    assert (world.head().deltas, world.head().recent) == ((), ())


def test_a_scope_that_still_gets_events_is_not_quiet(world: World) -> None:
    for number in range(10):
        world.log.put(world.scope, [Event(id=f"e{number}", time=number, type="a")])
        assert work(world) is Work.LATER
    assert world.head().bucket == Bucket()


def test_it_waits_for_what_will_be_due_within_seconds(world: World) -> None:
    for number in range(40):
        world.log.put(world.scope, [Event(id=f"e{number}", time=number, type="a")])
        assert world.folder.work(world.scope) is Work.SOON
        world.time.now += SECOND // 10


def test_it_does_not_wait_long_after_a_burst(world: World) -> None:
    for number in range(60):
        world.log.put(world.scope, [Event(id=f"e{number}", time=number, type="a")])
        if number in (0, 30):
            assert world.folder.work(world.scope) is Work.SOON
            world.time.now += SECOND
    began = world.time.now
    while world.folder.work(world.scope) is Work.SOON:
        world.time.now += SECOND // 2
    assert world.time.now - began < 5 * SECOND


def test_settling_ends_in_time(world: World) -> None:
    world.log.put(world.scope, spread(5))
    assert not world.folder.settle(world.scope, seconds=3)
    assert world.time.now <= START + 4 * SECOND


class TestFences:
    """Numbers that a writer took and never used."""

    @pytest.fixture
    def world(self, engine: DynamoDBClient) -> World:
        """Return a log in which a writer has died with the numbers 3 and 4."""
        world = World(engine)
        world.log.put(world.scope, spread(2))
        self.numbers = Numbers(engine, "TallyTable").take(world.scope, 2)
        world.log.put(world.scope, spread(1, 2))
        return world

    def fence(self, world: World) -> None:
        world.folder.fold(world.scope)
        world.time.now += FENCING_SECONDS * SECOND
        world.folder.fold(world.scope)
        world.folder.fold(world.scope)

    def test_hold_back_what_follows_only_for_a_while(self, world: World) -> None:
        world.folder.fold(world.scope)
        world.time.now += FENCING_SECONDS * SECOND - 1
        world.folder.fold(world.scope)
        assert world.log.latest(world.scope) == 2
        self.fence(world)
        assert world.log.latest(world.scope) == 5
        assert world.head().fenced == Ranges(((3, 4),))

    def test_are_never_used_any_more(self, world: World) -> None:
        """A writer that was stopped takes new numbers and stores everything."""
        stopped, calls = connect(world.client.meta.endpoint_url), list[object]()

        def wait(**_: object) -> None:
            calls.append(None)
            if len(calls) == 1:
                world.log.put(world.scope, spread(1, 9))
                self.fence(world)

        stopped.meta.events.register("before-call.dynamodb.TransactWriteItems", wait)
        seqs = [each.seq for each in world.log_of(stopped).put(world.scope, spread(2, 5))]
        assert seqs == [9, 10]
        assert world.log.count(world.scope, EVERYTHING) == 6
        tail = world.log.tail(world.scope, EVERYTHING, 0, 100)
        assert ([event.seq for event in tail.events], tail.complete) == ([1, 2, 5, 8, 9, 10], 10)

    def test_count_what_a_writer_stores_long_after_the_fence_is_gone(self, world: World) -> None:
        """Only a reader that follows the order of arrival has passed it."""
        self.fence(world)
        assert len(world.head().deltas) == 2
        world.time.now += 31 * 60 * SECOND
        world.folder.fold(world.scope)
        assert world.head().deltas == ()
        late: Any = world.log
        with patch.object(Numbers, "take", lambda *_: self.numbers):
            late.put(world.scope, spread(2, 5))
        query = EventQuery(world.scope, EVERYTHING, Order.ASCENDING, Window(10), with_total=True)
        for _ in range(2):
            assert [event.id for event in world.log.find(query).events] == [
                "e0",
                "e1",
                "e2",
                "e5",
                "e6",
            ]
            assert world.log.count(world.scope, EVERYTHING) == 5
            world.fold_all()
        assert world.head().fenced == Ranges()
        assert world.settled().total() == 5


@pytest.fixture(scope="module")
def mortal(engine: DynamoDBClient) -> Mortal:
    return Mortal(engine.meta.endpoint_url)


# A pair stores the events from one number up to another, some of them again; a number is seconds.
LIFE = ((0, 10), 6, (6, 14), (14, 90), 3, 6, 1, 3)
EVENTS = [
    Event(id=f"e{n}", time=NOON + n * DAY // 4, type="ab"[n % 2], project_id="p" if n % 3 else None)
    for n in range(90)
]
IDS = {event.id for event in EVENTS}
OF_P: Filter = Compare("project_id", Op.EQ, "p")


def take(step: tuple[int, int] | int, world: World, log: EventStore, folder: Folder) -> None:
    if isinstance(step, tuple):
        log.put(world.scope, EVENTS[slice(*step)])
    else:
        folder.fold(world.scope)


def live(world: World, client: Any) -> None:
    """Take every step of a life; when a process dies in one, another takes the step again."""
    stored = 0
    log, folder = world.log_of(client), world.folder_of(client)
    for step in LIFE:
        if isinstance(step, tuple):
            stored = step[1]
        else:
            world.time.now += step * SECOND
        try:
            take(step, world, log, folder)
        except StoppedError:
            take(step, world, world.log, world.folder)
        assert world.log.count(world.scope, EVERYTHING) == stored
        of_p = [event for event in EVENTS[:stored] if event.project_id]
        assert world.log.count(world.scope, OF_P) == len(of_p)


@pytest.mark.parametrize("every", [9, *long(1)])
@pytest.mark.parametrize("after", [False, True])
def test_a_death_at_any_call_loses_nothing_and_counts_nothing_twice(
    engine: DynamoDBClient, mortal: Mortal, after: bool, every: int
) -> None:
    for call in count(1, every):
        world = World(engine, "project")
        mortal.live_until(call, after=after)
        live(world, mortal.client)
        report = Verifier(engine, TABLES, 1).verify(world.scope)
        assert (report.settled + report.young, report.drifts) == (90, ()), call
        world.fold_all()  # Numbers that dead processes took are fenced.
        assert world.settled().total() == 90, call
        assert world.log.latest(world.scope) == world.head().decided.last
        tail = world.log.tail(world.scope, EVERYTHING, 0, 100)
        assert ({event.id for event in tail.events}, len(tail.events)) == (IDS, 90), call
        if mortal.is_alive():
            break
    assert call > 25


def test_a_folder_that_was_overtaken_changes_nothing(world: World, intercept: Intercept) -> None:
    world.log.put(world.scope, spread(20))
    overtaken = connect(world.client.meta.endpoint_url)

    def overtake(**_: object) -> None:
        world.folder.fold(world.scope)

    intercept(overtaken, "before-call.dynamodb.TransactWriteItems", overtake)
    world.folder_of(overtaken).fold(world.scope)
    assert world.head().bucket.version == 1
    assert world.settled().total() == 20


@pytest.fixture(scope="module")
def settled(engine: DynamoDBClient) -> World:
    """Return a log of 800 events in 400 days, all settled."""
    world = World(engine)
    events = [Event(id=f"e{n}", time=NOON + n * DAY // 2, type="ab"[n % 2]) for n in range(800)]
    world.log.put(world.scope, events)
    world.fold_all()
    return world


class TestRequests:
    @pytest.mark.parametrize(
        ("filter", "total", "rows"),
        [
            (EVERYTHING, 800, []),
            (Compare("type", Op.EQ, "a"), 400, []),
            (Compare("time", Op.GE, NOON - NOON % DAY + DAY), 799, ["BatchGetItem"]),
        ],
        ids=str,
    )
    def test_a_first_page_with_its_total_takes_two_and_one_more_for_a_range(
        self, settled: World, calls: list[str], filter: Filter, total: int, rows: list[str]
    ) -> None:
        log = dynamo_store(settled.client)
        query = EventQuery(settled.scope, filter, Order.ASCENDING, Window(100), with_total=True)
        assert log.find(query).total == total
        assert calls == ["Query", *rows, "Query"]

    @pytest.mark.parametrize("order", list(Order))
    @pytest.mark.parametrize("offset", [400, 500, 799])
    def test_a_page_near_the_end_takes_two(
        self, settled: World, calls: list[str], order: Order, offset: int
    ) -> None:
        log = dynamo_store(settled.client)
        query = EventQuery(settled.scope, EVERYTHING, order, Window(100, offset), with_total=True)
        expected = [f"e{n}" for n in range(800)][:: 1 if order is Order.ASCENDING else -1]
        assert [event.id for event in log.find(query).events] == expected[offset : offset + 100]
        assert calls == ["Query", "Query"]

    @pytest.mark.parametrize("order", list(Order))
    @pytest.mark.parametrize("offset", [301, 350, 399])
    def test_any_page_takes_six_or_two_when_its_rows_are_cached(
        self, settled: World, calls: list[str], order: Order, offset: int
    ) -> None:
        log = dynamo_store(settled.client)
        query = EventQuery(settled.scope, EVERYTHING, order, Window(100, offset), with_total=True)
        expected = [f"e{n}" for n in range(800)][:: 1 if order is Order.ASCENDING else -1]
        page = [event.id for event in log.find(query).events]
        assert page == expected[offset : offset + 100]
        assert len(calls) <= 6
        calls.clear()
        assert [event.id for event in log.find(query).events] == page
        assert calls == ["Query", "Query"]

    def test_a_total_of_any_range_takes_three(self, settled: World, calls: list[str]) -> None:
        log = dynamo_store(settled.client)
        within = And(
            (
                Compare("time", Op.GT, NOON + 33 * DAY + 1),
                Compare("time", Op.LT, NOON + 333 * DAY + 1),
            )
        )
        assert log.count(settled.scope, within) == 600
        assert len(calls) == 3
        calls.clear()
        assert log.count(settled.scope, within) == 600
        assert calls == ["Query", "Query"]


def test_an_event_stored_meanwhile_does_not_shift_a_page_near_the_end(world: World) -> None:
    world.log.put(world.scope, spread(400))
    world.fold_all()

    growing, grown = connect(world.client.meta.endpoint_url), list[object]()

    def grow(params: dict[str, Any], **_: object) -> None:
        """Store events after the head is read and before the index is."""
        if "IndexName" in params:
            grown.append(world.log.put(world.scope, spread(5, 400)))

    growing.meta.events.register("provide-client-params.dynamodb.Query", grow)
    log = dynamo_store(growing, clock=world.time)
    query = EventQuery(
        world.scope, EVERYTHING, Order.ASCENDING, Window(50, offset=350), with_total=True
    )
    page = log.find(query)
    assert (page.total, len(page.events)) == (400, 50)
    assert grown
    assert page.events[0].id == "e350"
