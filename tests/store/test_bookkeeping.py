"""Writes to the tally table: none erases what another attempt, or a folder, wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import TABLES, dynamo_store

from polylog.dynamo.events.numbers import Numbers
from polylog.dynamo.maintenance import count, seal
from polylog.dynamo.maintenance.count import Counter
from polylog.dynamo.maintenance.expire import Expirer
from polylog.dynamo.maintenance.fold import Folder, Work
from polylog.dynamo.maintenance.restamp import Restamper
from polylog.dynamo.maintenance.seal import Sealer
from polylog.dynamo.maintenance.verify import Verifier
from polylog.dynamo.retention import DAY, Retention
from polylog.dynamo.search import directory
from polylog.dynamo.tally import stretch
from polylog.dynamo.tally.facets import COUNTED_ROW
from polylog.dynamo.tally.levels import HEAD_ROW
from polylog.dynamo.tally.stretch import SEGMENT
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING
from polylog.model.store import Status
from polylog.model.times import SECOND
from polylog_cli.local.tables import connect
from tools.clocks import StoppedClock

pytestmark = pytest.mark.engine

NOW = 1_772_366_400 * SECOND


def made(*ids: str) -> list[Event]:
    return [Event(id=each, time=NOW, type="t", project_id="p") for each in ids]


class Unsure:
    """A client whose transactions commit although it is told that they conflicted.

    `commits` says for each transaction, in turn, whether it commits before it is reported as a
    conflict (`now`), when the next one is sent (`late`), or is reported as it is (`well`).
    """

    def __init__(self, client: DynamoDBClient, *commits: str) -> None:
        self._client = client
        self._commits = iter(commits)
        self._late: list[dict[str, Any]] = []
        self.conflicts = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        while self._late:
            self._client.transact_write_items(**self._late.pop())
        match next(self._commits, "well"):
            case "well":
                return self._client.transact_write_items(**request)
            case "now":
                self._client.transact_write_items(**request)
            case "late":
                self._late.append(request)
        self.conflicts += 1
        reasons = [{"Code": "TransactionConflict"} for _ in request["TransactItems"]]
        response: Any = {"Error": {"Code": "Canceled"}, "CancellationReasons": reasons}
        cancelled = self._client.exceptions.TransactionCanceledException
        raise cancelled(response, "TransactWriteItems")


@pytest.mark.parametrize("commits", [("now",), ("late",), ("well", "now"), ("well", "late")])
@pytest.mark.parametrize("before", [(), ("a",)], ids=["new", "one is there"])
def test_a_transaction_that_commits_in_spite_of_a_conflict_is_counted_and_tailed(
    engine: DynamoDBClient, scope: str, commits: tuple[str, ...], before: tuple[str, ...]
) -> None:
    plain = dynamo_store(engine)
    plain.put(scope, made(*before))
    unsure: Any = Unsure(engine, *commits)
    outcomes = dynamo_store(unsure).put(scope, made("a", "b", "c"))
    expected = [Status.DUPLICATE if each in before else Status.STORED for each in "abc"]
    assert [outcome.status for outcome in outcomes] == expected
    assert plain.count(scope, EVERYTHING) == 3
    tail = plain.tail(scope, EVERYTHING, 0, 10)
    assert {event.id for event in tail.events} == {"a", "b", "c"}
    assert {event.seq for event in tail.events} >= {outcome.seq for outcome in outcomes[1:]}


def test_the_conflicts_above_are_met(engine: DynamoDBClient, scope: str) -> None:
    unsure: Any = Unsure(engine, "late")
    dynamo_store(unsure).put(scope, made("a"))
    assert unsure.conflicts == 1


# The rows of a tally: its head, its buckets, and the order of arrival.
KINDS = {
    "head": "head",
    "year": "month or year",
    "month": "month or year",
    "day": "day or hour",
    "hour": "day or hour",
    "log": "log row",
    "wake": "wake-up",
    "zones": "directory",
    "counts": "month of a facet",
    "leaves": "leaves",
}

NEW = "if attribute_not_exists(#v)"
SAME = "if #v = :v"
WRITES = {
    # A fold, a repair and a clearing replace rows only in the version that they read.
    "Put head": {NEW, SAME},
    "Put month or year": {NEW, SAME},
    "Put day or hour": {NEW, SAME},
    "Delete month or year": {SAME},
    # Days before the time that the head calls cleared are never read or written again.
    "Delete day or hour": {"always"},
    # A row with numbers is written once.
    "Put delta": {"if attribute_not_exists(#row)"},
    "Put log row": {"if attribute_not_exists(#row)"},
    # The head has settled its numbers, and nobody writes a delta with these numbers again.
    "Delete delta": {"always"},
    # Of two segments with the same first number, the longer has all that the shorter has.
    "Put segment": {"if attribute_not_exists(#last) OR #last <= :last"},
    # It grows by the segments that follow the ones it had.
    "Put directory": {"if attribute_not_exists(#number)", "if #number = :number"},
    # A row of the version that was read gets the counts of the events that follow.
    "Put month of a facet": {NEW, SAME},
    # It says that all rows have the counts of the events that follow.
    "Update place of facets": {"if attribute_not_exists(#project)", "if #project = :old"},
    # Everyone who gathers the leaves of a segment or of a full block writes the same.
    "Put leaves": {"if attribute_not_exists(#row)"},
    # The rows of their block have them.
    "Delete leaves": {"always"},
    # It rises from segment to segment.
    "Put gathered": {"if attribute_not_exists(#segment) OR #segment < :segment"},
    # Its events have been in a segment for a minute.
    "Delete log row": {"always"},
    # They may have expired in the meantime.
    "Update log row": {"if attribute_exists(#key)"},
    "Update segment": {"if attribute_exists(#key)"},
    "Update month of a facet": {"if attribute_exists(#key)"},
    "Update leaves": {"if attribute_exists(#key)"},
    # It is a hint.
    "Put wake-up": {"always"},
    # It holds only its own key.
    "Put name": {"always"},
    # Numbers only rise: taking some adds to the last.
    "Update seq": {
        "always",
        "if attribute_not_exists(#last) OR #last < :last",
        "if attribute_not_exists(#floor) OR #floor < :floor",
    },
}


def described(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each write of a request to the tally table, and the condition that it sets."""
    actions = [(operation, params)]
    if operation == "TransactWriteItems":
        actions = [pair for action in params["TransactItems"] for pair in action.items()]
    if operation == "BatchWriteItem":
        asked = params["RequestItems"].get(TABLES.tally, ())
        pairs = [pair for write in asked for pair in write.items()]
        actions = [(name, {"TableName": TABLES.tally, **each}) for name, each in pairs]
    for name, each in actions:
        verb = name.removesuffix("Item").removesuffix("Request")
        if each.get("TableName") == TABLES.tally and verb in ("Put", "Update", "Delete"):
            demand = each.get("ConditionExpression")
            yield f"{verb} {kind(each)}", f"if {demand}" if demand else "always"


def kind(write: dict[str, Any]) -> str:
    """Return what kind of row a write is for."""
    key = write.get("Key") or write["Item"]
    scope, row = key["scope"]["S"], key["row"]["S"]
    if scope.endswith(("|scopes", "|facets")):
        return "name"
    if row == COUNTED_ROW:
        return "place of facets"
    if row.startswith("head/") and row != HEAD_ROW:
        return "delta"
    if row.endswith(SEGMENT):
        return "segment"
    return KINDS.get(row.partition("/")[0], row)


def test_every_write_to_the_tally_table_has_the_condition_it_needs(
    engine: DynamoDBClient, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (count, seal, stretch):
        monkeypatch.setattr(module, "SPAN", 20)
    monkeypatch.setattr(directory, "MOST_ZONES", 1)
    client, seen = connect(engine.meta.endpoint_url), defaultdict[str, set[str]](set)

    def see(params: dict[str, Any], model: Any, **_: object) -> None:
        for write, demand in described(model.name, params):
            seen[write].add(demand)

    client.meta.events.register("provide-client-params.dynamodb", see)
    live(client, scope)
    assert seen == WRITES


def live(client: DynamoDBClient, scope: str) -> None:
    """Store, lose numbers and fold; lose an event and repair the tally; let days expire."""
    time, retention = StoppedClock(NOW), Retention(400)
    store = dynamo_store(client, clock=time.clock, retention=retention, facets=["project"])
    store.put(scope, [*made("a", "b"), Event(id="old", time=NOW - 399 * DAY, type="t")])
    store.put(scope, [Event(id=f"{'n' * 200}{n}", time=NOW, type=f"{n}") for n in range(50)])
    Numbers(client, TABLES.tally).take(scope, 1)
    store.put(scope, made("a"))
    folder = Folder(client, TABLES.tally, time.clock, retention)
    assert folder.work(scope) is Work.SOON
    folder.leave(scope)
    assert folder.settle(scope, 60)
    sealer = Sealer(client, TABLES, time.clock, retention)
    sealer.seal_all(scope)
    counter = Counter(client, TABLES, time.clock, ["project"], retention)
    counter.count_all(scope, sealer.sealed(scope))
    store.put(scope, made(*(f"later{n}" for n in range(40))))
    assert folder.settle(scope, 60)
    sealer.seal_all(scope)
    counter.count_all(scope, sealer.sealed(scope))
    time.sleep(seal.LEFT_SECONDS)
    sealer.seal_all(scope)
    Restamper(client, TABLES, 1, retention, clock=time.clock).restamp(scope)
    client.delete_item(TableName=TABLES.events, Key={"pk": {"S": f"{scope}/b"}})
    Verifier(client, TABLES, 1, clock=time.clock, retention=retention).repair(scope)
    time.now += 40 * DAY
    Expirer(client, TABLES.tally, time.clock, retention).expire(scope)
