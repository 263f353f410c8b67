"""Retention: one floor for everything, which only moves forward."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import TABLES, dynamo_store

from polylog.dynamo.maintenance.expire import Expirer
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.restamp import Restamper
from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.retention import DAY, FOR_EVER, Retention
from polylog.dynamo.tally.head import read_head
from polylog.model.errors import PositionExpired
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, Compare, Filter, Op
from polylog.model.query import EventQuery, Order, Position, Window
from polylog.model.store import Interval, Status
from polylog.model.times import EARLIEST, SECOND, parse_iso8601
from tools.clocks import StoppedClock

NOON = parse_iso8601("2026-03-01T12:00:00Z")
MIDNIGHT = parse_iso8601("2026-03-01T00:00:00Z")

_numbers = count(1)


def test_events_are_kept_to_the_end_of_their_day_and_that_many_days_more() -> None:
    retention = Retention(2)
    assert retention.floor(NOON) == MIDNIGHT - 2 * DAY
    assert retention.expires_at(NOON) == (MIDNIGHT + 3 * DAY) // SECOND
    for time in (NOON, MIDNIGHT, MIDNIGHT + DAY - 1, -1, 0):
        end = (retention.expires_at(time) or 0) * SECOND
        assert retention.floor(end - 1) <= time < retention.floor(end)


def test_events_are_kept_forever_by_default() -> None:
    assert FOR_EVER.floor(NOON) == EARLIEST
    assert FOR_EVER.expires_at(NOON) is None


class World:
    """A log, what folds and clears it, and a clock that the test moves."""

    def __init__(self, client: DynamoDBClient, days: int) -> None:
        self.client = client
        self.scope = f"retention-{next(_numbers)}"
        self.time = StoppedClock(NOON)
        self.keep(days)

    def keep(self, days: int) -> None:
        self.retention = Retention(days)
        options: Any = {"clock": self.time.clock, "retention": self.retention}
        self.log = dynamo_store(self.client, facets=["project"], **options)
        self.folder = Folder(self.client, "TallyTable", **options)
        self.expirer = Expirer(self.client, "TallyTable", self.time.clock, self.retention)

    def put(self, *days_ago: int) -> list[Status]:
        now = self.time.now
        events = [
            Event(id=f"{days}-{now}", time=now - days * DAY, type="t", project_id="p")
            for days in days_ago
        ]
        return [outcome.status for outcome in self.log.put(self.scope, events)]

    def fold_all(self) -> None:
        assert self.folder.settle(self.scope, 60)

    def rows(self) -> set[str]:
        """Return the tally's rows, without those of the log."""
        answer = self.client.query(
            TableName="TallyTable",
            KeyConditionExpression="#scope = :scope",
            ExpressionAttributeNames={"#scope": "scope"},
            ExpressionAttributeValues={":scope": {"S": self.scope}},
        )
        rows = {item["row"]["S"] for item in answer["Items"]}
        return {row for row in rows if not row.startswith("log/")}


@pytest.fixture
def world(engine: DynamoDBClient) -> World:
    return World(engine, days=10)


@pytest.mark.engine
class TestRetention:
    def test_only_events_that_are_too_old_are_refused(self, world: World) -> None:
        assert world.put(5, 10, 11, 400) == [Status.STORED] * 2 + [Status.EXPIRED] * 2
        assert world.log.count(world.scope, EVERYTHING) == 2

    def test_an_expired_event_does_not_stand_in_for_a_good_one(self, world: World) -> None:
        events = [Event(id="e", time=NOON - n * DAY, type="t") for n in (50, 1)]
        outcomes = world.log.put(world.scope, events)
        assert [outcome.status for outcome in outcomes] == [Status.EXPIRED, Status.STORED]

    @pytest.mark.parametrize("is_folded", [False, True])
    @pytest.mark.parametrize("is_cleared", [False, True])
    @pytest.mark.parametrize(
        "filter",
        [EVERYTHING, Compare("message", Op.EQ, ""), Compare("project_id", Op.EQ, "p")],
        ids=str,
    )
    def test_no_answer_shows_expired_events(
        self, world: World, is_folded: bool, is_cleared: bool, filter: Filter
    ) -> None:
        world.put(0, 5, 9, 10)
        if is_folded:
            world.fold_all()
        world.time.now = NOON + 2 * DAY
        if is_cleared:
            world.expirer.expire(world.scope)
        assert world.log.count(world.scope, filter) == 2
        query = EventQuery(world.scope, filter, Order.ASCENDING, Window(10), with_total=True)
        page = world.log.find(query)
        assert (len(page.events), page.total) == (2, 2)
        assert [group.count for group in world.log.groups(world.scope, filter)] == [2]
        assert len(world.log.histogram(world.scope, filter, Interval.DAY)) == 2
        assert len(world.log.tail(world.scope, filter, 0, 10).events) == 2
        ids = [f"{days}-{NOON}" for days in (0, 5, 9, 10)]
        got = [world.log.get(world.scope, event_id) is not None for event_id in ids]
        assert got == [True, True, False, False]
        got = [world.log.get_by_seq(world.scope, seq) is not None for seq in (1, 2, 3, 4)]
        assert got == [True, True, False, False]

    @pytest.mark.parametrize("order", list(Order))
    @pytest.mark.parametrize("filter", [EVERYTHING, Compare("message", Op.EQ, "")], ids=str)
    def test_a_list_ends_where_expired_events_begin(
        self, world: World, order: Order, filter: Filter
    ) -> None:
        world.put(0, 9, 10)
        old, kept = Position(NOON - 10 * DAY, 3), Position(NOON - 9 * DAY, 2)
        query = EventQuery(world.scope, filter, order, Window(10, after=old))
        world.log.find(query)
        world.time.now = NOON + DAY
        world.log.find(replace(query, window=Window(10, after=kept)))
        with pytest.raises(PositionExpired):
            world.log.find(query)

    def test_expired_days_leave_the_totals_and_their_rows(self, world: World) -> None:
        world.put(0, 5, 9, 10)
        world.fold_all()
        world.time.now = NOON + 2 * DAY
        world.expirer.expire(world.scope)
        head = read_head(world.client, "TallyTable", world.scope)
        assert head.bucket.totals() == {"system:t": 2}
        assert head.cleared == MIDNIGHT - 8 * DAY
        days = ["2026-02-24", "2026-03-01"]
        rows = {"head/all", "year/2026", "month/2026-02", "month/2026-03"}
        rows |= {f"day/{day}" for day in days} | {f"hour/{day}T12" for day in days}
        assert world.rows() == rows
        assert Verifier(world.client, TABLES, 1).verify(world.scope).drifts == ()

    def test_a_log_of_years_is_cleared_month_by_month(self, world: World) -> None:
        world.keep(0)
        world.put(*range(0, 800, 25))
        world.fold_all()
        world.keep(10)
        world.expirer.expire(world.scope)
        head = read_head(world.client, "TallyTable", world.scope)
        assert head.bucket.totals() == {"system:t": 1}
        assert world.rows() == {
            *("head/all", "year/2026", "month/2026-03", "day/2026-03-01"),
            "hour/2026-03-01T12",
        }
        assert world.log.count(world.scope, EVERYTHING) == 1

    def test_a_log_in_which_everything_has_expired_is_empty_and_goes_on(self, world: World) -> None:
        world.put(0, 1)
        world.fold_all()
        world.time.now += 40 * DAY
        world.expirer.expire(world.scope)
        assert world.rows() == {"head/all"}
        assert world.log.count(world.scope, EVERYTHING) == 0
        world.put(0)
        world.fold_all()
        assert world.log.count(world.scope, EVERYTHING) == 1

    def test_the_floor_does_not_move_back(self, world: World) -> None:
        world.put(5, 9)
        world.fold_all()
        world.expirer.expire(world.scope)
        world.keep(100)
        world.time.now = NOON + DAY
        assert world.put(20, 12, 11, 3) == [Status.EXPIRED] * 2 + [Status.STORED] * 2
        assert world.log.count(world.scope, EVERYTHING) == 4
        world.time.now = NOON + 95 * DAY
        world.expirer.expire(world.scope)
        assert world.log.count(world.scope, EVERYTHING) == 2

    def test_items_carry_their_time_of_expiry(self, world: World) -> None:
        world.put(5)
        world.fold_all()
        end = (MIDNIGHT + 6 * DAY) // SECOND
        item = world.client.get_item(
            TableName="EventsTable", Key={"pk": {"S": f"{world.scope}/5-{NOON}"}}
        )["Item"]
        assert item["expires_at"] == {"N": str(end)}
        log = world.client.get_item(
            TableName="TallyTable",
            Key={"scope": {"S": world.scope}, "row": {"S": f"log/{1:016}"}},
        )["Item"]
        assert log["expires_at"] == {"N": str(end)}

    def test_restamping_keeps_events_longer_and_deletes_the_expired_ones(
        self, world: World
    ) -> None:
        world.keep(0)
        world.put(2, 5, 3000)
        world.fold_all()
        world.keep(10)
        for days, deleted, end in ((10, 1, 6), (100, 0, 96)):
            world.keep(days)
            world.expirer.expire(world.scope)
            restamper = Restamper(world.client, TABLES, 1, Retention(days))
            assert restamper.restamp(world.scope) == (2, deleted)
            item = world.client.get_item(
                TableName="EventsTable", Key={"pk": {"S": f"{world.scope}/5-{NOON}"}}
            )["Item"]
            assert item["expires_at"] == {"N": str((MIDNIGHT + end * DAY) // SECOND)}
        world.keep(0)
        Restamper(world.client, TABLES, 1, FOR_EVER).restamp(world.scope)
        for table, key in (
            ("EventsTable", {"pk": {"S": f"{world.scope}/5-{NOON}"}}),
            ("TallyTable", {"scope": {"S": world.scope}, "row": {"S": f"log/{1:016}"}}),
        ):
            item = world.client.get_item(TableName=table, Key=key)["Item"]
            assert "expires_at" not in item
        assert world.log.count(world.scope, EVERYTHING) == 2
