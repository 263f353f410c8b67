"""What goes wrong in DynamoDB and on the way to it; a proxy between it and the functions does it.

Once a fault is gone, nothing that was acknowledged is missing, and nothing is there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from mypy_boto3_dynamodb import DynamoDBClient
from support import proxied
from support.proxied import World, made
from support.proxy import (
    CONFLICT,
    CONFLICT_ALTHOUGH_COMMITTED,
    FAULTS,
    HALF_A_BATCH,
    RESET_ALTHOUGH_DONE,
    Fault,
    Proxy,
    slow,
)
from support.stores import dynamo_store, settle
from werkzeug.test import TestResponse

from polylog.dynamo.connection import CONFIG
from polylog.dynamo.maintenance.fold import Folder
from polylog.model.errors import Unavailable
from polylog.model.filter import EVERYTHING
from polylog.model.times import SYSTEM_CLOCK
from polylog_cli.local.tables import connect

pytestmark = pytest.mark.engine

TRIES = 5
BATCH = 30
STATUSES = {"stored", "duplicate"}


@dataclass
class Log:
    """A log behind a proxy: the events that were sent to it, and ways to ask it."""

    world: World
    log: proxied.Log
    handed_in: list[dict[str, Any]]

    @classmethod
    def of(cls, world: World) -> Log:
        """Return a new log that holds some events, with no faults."""
        world.proxy.clear()
        log = world.log()
        return cls(world, log, [*log.seeds])

    @property
    def proxy(self) -> Proxy:
        return self.world.proxy

    @property
    def scope(self) -> str:
        return self.log.scope

    def ask(self, path: str, header: str = "Authorization", form: str = "Bearer") -> TestResponse:
        return self.log.ask(path, header, form)

    def post(self, events: Sequence[dict[str, Any]]) -> TestResponse:
        return self.log.post("/v1/events", events[0] if len(events) == 1 else list(events))

    def make(self, number: int) -> list[dict[str, Any]]:
        """Return new events, which count as sent."""
        events = made(number, first=len(self.handed_in))
        self.handed_in += events
        return events

    def settle(self, events: Sequence[dict[str, Any]]) -> None:
        """Send events until there is an answer, as clients do that got none."""
        answers = (self.post(events) for _ in range(TRIES))
        answer = next(answer for answer in answers if answer.status_code == 200)
        assert {result["status"] for result in answer.get_json()["results"]} <= STATUSES

    def untruths(self, answer: TestResponse) -> list[str]:
        """Return the wrong claims of an answer, when every event that was sent is stored."""
        said, stored = answer.get_json(), len(self.handed_in)
        shown = len(said.get("events", ()))
        claims = {
            "the total": said.get("total_size", stored) == stored,
            "the page": shown == stored or "total_size" not in said,
            "the tail": shown == stored or said.get("is_held_back", True),
            "a status": {each["status"] for each in said.get("results", ())} <= STATUSES,
        }
        return [f"{what}: {answer.text[:200]}" for what, is_true in claims.items() if not is_true]

    def problems(self) -> list[str]:
        """Return the ways in which the log differs from what was sent."""
        ids = sorted(event["id"] for event in self.handed_in)
        listed = self.ask("/v1/events?page_size=1000&total_size=true").get_json()
        groups = self.ask("/v1/events:groups").get_json()["groups"]
        oldest = self.ask("/api/events/?o=created&page_size=300", form="Token")
        settle(self.world.engine, self.scope)  # This fences numbers that were lost.
        tail = dynamo_store(self.world.engine).tail(self.scope, EVERYTHING, 0, 1000)
        seqs = [event.seq for event in tail.events]
        found = {
            "the list": sorted(event["id"] for event in listed["events"]) == ids,
            "the total": listed["total_size"] == len(ids),
            "the count": self.ask("/v1/events:count").get_json()["count"] == len(ids),
            "the groups": sum(group["count"] for group in groups) == len(ids),
            "the list of Waldur": len(oldest.get_json()) == len(ids),
            "the tail": sorted(event.id for event in tail.events) == ids,
            "the order of the tail": seqs == sorted(set(seqs)),
        }
        return [what for what, is_right in found.items() if not is_right]


Act = Callable[[Log], list[TestResponse]]
"""Does something and returns the answers; it notes the events that it sends."""


def put_one(log: Log) -> list[TestResponse]:
    return [log.post(log.make(1))]


def put_batch(log: Log) -> list[TestResponse]:
    return [log.post(log.make(BATCH))]


def put_again(log: Log) -> list[TestResponse]:
    return [log.post([*log.handed_in, *log.make(2)])]


def fold(log: Log) -> list[TestResponse]:
    with suppress(Unavailable):
        Folder(connect(log.proxy.url, CONFIG), "TallyTable", SYSTEM_CLOCK).fold(log.scope)
    return []


def list_with_total(log: Log) -> list[TestResponse]:
    return [log.ask("/v1/events?page_size=1000&total_size=true")]


def tail(log: Log) -> list[TestResponse]:
    return [log.ask("/v1/events:tail?page_size=1000")]


def authenticate(log: Log) -> list[TestResponse]:
    return [log.ask("/v1/me")]


ACTS: Final[tuple[Act, ...]] = (
    put_one,
    put_batch,
    put_again,
    fold,
    list_with_total,
    tail,
    authenticate,
)
LOST: Final = slow(CONFIG.read_timeout + 0.3)
"""An answer that arrives a moment after the client gave up."""

FEW: Final = (RESET_ALTHOUGH_DONE, CONFLICT_ALTHOUGH_COMMITTED)


def calls_of(log: Log, act: Act) -> list[str]:
    """Return the calls that an act makes when nothing goes wrong."""
    log.proxy.clear()
    answers = act(log)
    calls = [*log.proxy.calls]
    assert {answer.status_code for answer in answers} <= {200}
    assert log.problems() == []
    return calls


def outcome(log: Log, act: Act) -> list[str]:
    """Act while faults happen; return what is wrong then, and what is wrong when they are gone."""
    before = len(log.handed_in)
    answers = act(log)
    happened = log.proxy.happened
    log.proxy.clear()
    untrue = [text for each in answers if each.status_code == 200 for text in log.untruths(each)]
    refused = [answer for answer in answers if answer.status_code != 200]
    if refused and log.handed_in[before:]:
        log.settle(log.handed_in[before:])
    return [
        *([] if happened else ["no fault happened"]),
        *untrue,
        *(f"{each.status_code}: {each.text}" for each in refused if each.status_code != 503),
        *("no Retry-After" for each in refused if "Retry-After" not in each.headers),
        *log.problems(),
    ]


@pytest.mark.parametrize(
    ("act", "faults"),
    [
        pytest.param(put_batch, FEW, id="put_batch, some faults"),
        *(pytest.param(act, FAULTS, marks=pytest.mark.long, id=act.__name__) for act in ACTS),
    ],
)
def test_a_fault_at_any_call_changes_nothing(
    world: World, act: Act, faults: Sequence[Fault]
) -> None:
    calls = calls_of(Log.of(world), act)
    wrong = {}
    for fault in faults:
        for number in (n for n, call in enumerate(calls, 1) if fault.can_happen_to(call)):
            log = Log.of(world)
            log.proxy.at({number: fault})
            wrong[f"{fault} at call {number} of {calls}"] = outcome(log, act)
    assert wrong
    assert {where: found for where, found in wrong.items() if found} == {}


@pytest.mark.long
@pytest.mark.parametrize("act", [put_one, put_batch, put_again])
@pytest.mark.parametrize("attempts", [(LOST, CONFLICT), (LOST, *[CONFLICT] * 4), (LOST, LOST)])
def test_attempts_that_commit_after_the_client_gave_up_store_their_events_once(
    world: World, act: Act, attempts: Sequence[Fault]
) -> None:
    log = Log.of(world)
    log.proxy.at_operation("TransactWriteItems", *attempts)
    assert outcome(log, act) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_faults_at_random_change_nothing(world: World, seed: int) -> None:
    log, happened = Log.of(world), 0
    for step in range(40):
        log.proxy.at_random(100 * seed + step, 0.25, *FAULTS)
        before = len(log.handed_in)
        answers = ACTS[(step + seed) % len(ACTS)](log)
        happened += len(log.proxy.happened)
        log.proxy.clear()
        assert {answer.status_code for answer in answers} <= {200, 503}
        good = [answer for answer in answers if answer.status_code == 200]
        assert [text for answer in good for text in log.untruths(answer)] == []
        log.settle(log.handed_in[before:])
    assert happened > 10
    assert log.problems() == []


SEEN: Final = {
    "ProvisionedThroughputExceededException": ("ProvisionedThroughputExceededException", 0),
    "ThrottlingException": ("ThrottlingException", 0),
    "ThrottlingError in a transaction": ("TransactionCanceledException", 0),
    "TransactionConflict in a transaction": ("TransactionCanceledException", 0),
    "TransactionConflict although committed": ("TransactionCanceledException", 1),
    "a failure": ("InternalServerError", 0),
    "a failure although done": ("InternalServerError", 1),
    "a reset": ("ConnectionClosedError", 0),
    "a reset although done": ("ConnectionClosedError", 1),
    "an answer cut in half": ("ChecksumError", 1),
    "half a batch": ("", 0),
    "a page of one item": ("", 0),
}
"""What a client sees of each fault, and how many rows there are afterwards."""


class TestTheProxy:
    """A plain client behind it sees what DynamoDB sometimes does."""

    @pytest.fixture
    def plain(self, engine: DynamoDBClient, world: World) -> DynamoDBClient:
        world.proxy.clear()
        return connect(world.proxy.url, Config(retries={"total_max_attempts": 1}))

    def rows(self, scope: str, number: int) -> list[dict[str, Any]]:
        return [{"scope": {"S": scope}, "row": {"S": f"r{n}"}} for n in range(number)]

    def there(self, engine: DynamoDBClient, scope: str) -> int:
        condition = {"ExpressionAttributeNames": {"#s": "scope"}} | {
            "ExpressionAttributeValues": {":s": {"S": scope}}
        }
        return engine.query(
            TableName="TallyTable", KeyConditionExpression="#s = :s", Select="COUNT", **condition
        )["Count"]

    def test_leaves_half_a_batch(
        self, engine: DynamoDBClient, plain: DynamoDBClient, world: World, scope: str
    ) -> None:
        rows = self.rows(scope, 5)
        puts = [{"PutRequest": {"Item": row}} for row in rows]
        world.proxy.at({1: HALF_A_BATCH, 2: HALF_A_BATCH, 3: HALF_A_BATCH})
        left = plain.batch_write_item(RequestItems={"TallyTable": puts})["UnprocessedItems"]
        assert left == {"TallyTable": puts[2:]}
        assert self.there(engine, scope) == 2
        read = plain.batch_get_item(RequestItems={"TallyTable": {"Keys": rows}})
        assert len(read["Responses"]["TallyTable"]) == 2
        assert read["UnprocessedKeys"] == {"TallyTable": {"Keys": rows[2:]}}
        last = plain.batch_get_item(RequestItems={"TallyTable": {"Keys": rows[:1]}})
        assert last["Responses"] == {"TallyTable": []}
        assert last["UnprocessedKeys"] == {"TallyTable": {"Keys": rows[:1]}}

    @pytest.mark.parametrize("fault", FAULTS, ids=str)
    def test_does_what_a_fault_says(
        self, engine: DynamoDBClient, plain: DynamoDBClient, world: World, scope: str, fault: Fault
    ) -> None:
        """A put in a transaction, a put in a batch, or a query: what the fault can happen to."""
        (row,) = self.rows(scope, 1)
        ask = {
            "TransactWriteItems": partial(
                plain.transact_write_items,
                TransactItems=[{"Put": {"TableName": "TallyTable", "Item": row}}],
            ),
            "BatchWriteItem": partial(
                plain.batch_write_item,
                RequestItems={"TallyTable": [{"PutRequest": {"Item": row}}]},
            ),
            "Query": partial(self.there, plain, scope),
        }
        (operation,) = [name for name in ask if fault.can_happen_to(name)][:1]
        world.proxy.at({1: fault})
        refusal = ""
        try:
            ask[operation]()
        except ClientError as error:
            refusal = error.response["Error"]["Code"]
        except BotoCoreError as error:
            refusal = type(error).__name__
        assert world.proxy.happened == [f"{fault} at {operation}"]
        assert (refusal, self.there(engine, scope)) == SEEN[str(fault)]
