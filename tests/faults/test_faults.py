"""What goes wrong between us and DynamoDB, injected at the SDK's own seam."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from mypy_boto3_dynamodb import DynamoDBClient
from support.interception import Intercept, interceptions
from support.stores import dynamo_store

from polylog.dynamo.limits import Limits
from polylog.dynamo.store import DynamoEventStore
from polylog.model.errors import Throttled, TimedOut, TooBroad, Unavailable
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Op, Or, Text
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import Status

OF_DATA = Compare("data.n", Op.NE, "x")
"""A filter that only the events themselves can answer; all of them pass."""


def batch(count: int, **values: object) -> list[Event]:
    numbered = ({"id": f"e{n:03}", "time": n, "type": "ab"[n % 2]} | values for n in range(count))
    return [Event.model_validate(each) for each in numbered]


@pytest.fixture
def inject(moto: DynamoDBClient, intercept: Intercept) -> Callable[[str, list[object]], None]:
    """Return a function that says how the next calls of an operation end.

    An exception is raised, a dict is the error that DynamoDB answers, None lets the call pass.
    """

    def inject(operation: str, outcomes: list[object]) -> None:
        def fault(**_: object) -> object:
            outcome = outcomes.pop(0) if outcomes else None
            if isinstance(outcome, Exception):
                raise outcome
            return outcome and (AWSResponse("", 400, {}, None), outcome)

        intercept(moto, f"before-call.dynamodb.{operation}", fault)

    return inject


def refused(code: str, **details: object) -> dict[str, object]:
    return {"Error": {"Code": code, "Message": "internal: table EventsTable"}, **details}


def cancelled(*codes: str) -> dict[str, object]:
    reasons = [{"Code": code} for code in codes]
    return refused("TransactionCanceledException", CancellationReasons=reasons)


@pytest.fixture
def store(moto: DynamoDBClient) -> DynamoEventStore:
    return dynamo_store(moto)


class TestPut:
    @pytest.mark.parametrize(
        "code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
    )
    def test_tries_a_cancelled_transaction_again(
        self,
        store: DynamoEventStore,
        inject: Callable[[str, list[object]], None],
        code: str,
    ) -> None:
        inject("TransactWriteItems", [cancelled("None", code), cancelled(code, "None")])
        assert [outcome.status for outcome in store.put("s", batch(2))] == [Status.STORED] * 2
        assert store.count("s", EVERYTHING) == 2

    @pytest.mark.parametrize(
        "outcome",
        [
            cancelled("ValidationError"),
            refused("ValidationException"),
            refused("ResourceNotFoundException"),
            ReadTimeoutError(endpoint_url="http://x"),
        ],
        ids=str,
    )
    def test_stores_nothing_of_a_batch_that_fails(
        self,
        store: DynamoEventStore,
        inject: Callable[[str, list[object]], None],
        outcome: object,
    ) -> None:
        inject("TransactWriteItems", [outcome])
        with pytest.raises(Unavailable):
            store.put("s", batch(2))
        assert store.count("s", EVERYTHING) == 0

    @pytest.mark.parametrize(
        "outcomes",
        [
            [refused("ThrottlingException")],
            [refused("ProvisionedThroughputExceededException")],
            [refused("RequestLimitExceeded")],
            [cancelled("None", "ThrottlingError")] * 8,
            [cancelled("ProvisionedThroughputExceeded", "None")] * 8,
        ],
        ids=str,
    )
    def test_says_that_it_was_throttled(
        self,
        store: DynamoEventStore,
        inject: Callable[[str, list[object]], None],
        outcomes: list[object],
    ) -> None:
        inject("TransactWriteItems", outcomes)
        with pytest.raises(Throttled):
            store.put("s", batch(2))
        assert store.count("s", EVERYTHING) == 0

    def test_gives_up_after_bounded_tries(
        self, store: DynamoEventStore, inject: Callable[[str, list[object]], None]
    ) -> None:
        outcomes: list[object] = [cancelled("TransactionConflict")] * 20
        inject("TransactWriteItems", outcomes)
        with pytest.raises(Unavailable):
            store.put("s", batch(1))
        assert 0 < len(outcomes) < 19

    def test_can_be_repeated_after_a_failure_between_transactions(
        self, store: DynamoEventStore, inject: Callable[[str, list[object]], None]
    ) -> None:
        inject("TransactWriteItems", [None, refused("InternalServerError")])
        events = batch(150)
        with pytest.raises(Unavailable):
            store.put("s", events)
        statuses = Counter(outcome.status for outcome in store.put("s", events))
        assert statuses == {Status.DUPLICATE: 95, Status.STORED: 55}

    def test_looks_up_every_key_that_was_not_processed(
        self, moto: DynamoDBClient, store: DynamoEventStore
    ) -> None:
        store.put("s", batch(10))
        asked: list[int] = []

        def shorten(params: dict[str, Any], **_: object) -> None:
            keys = params["RequestItems"]["EventsTable"]["Keys"]
            asked.append(len(keys))

        def leave_out(parsed: dict[str, Any], **_: object) -> None:
            items = parsed["Responses"]["EventsTable"]
            left = [{"pk": item["pk"]} for item in items[3:]]
            del items[3:]
            parsed["UnprocessedKeys"] = {"EventsTable": {"Keys": left}} if left else {}

        events = moto.meta.events
        events.register("provide-client-params.dynamodb.BatchGetItem", shorten)
        events.register("after-call.dynamodb.BatchGetItem", leave_out)
        outcomes = store.put("s", batch(10))
        assert {outcome.status for outcome in outcomes} == {Status.DUPLICATE}
        assert asked == [10, 7, 4, 1]

    @pytest.mark.engine
    def test_stores_an_event_once_if_several_offer_it(
        self, engine: DynamoDBClient, scope: str
    ) -> None:
        store = dynamo_store(engine)
        offers = [batch(20)[start:] + batch(20)[:start] for start in range(8)]
        with ThreadPoolExecutor(8) as pool:
            outcomes = [o for part in pool.map(lambda e: store.put(scope, e), offers) for o in part]
        statuses = Counter(outcome.status for outcome in outcomes)
        assert statuses == {Status.STORED: 20, Status.DUPLICATE: 140}
        assert len({outcome.seq for outcome in outcomes}) == 20
        assert store.count(scope, EVERYTHING) == 20


class TestReads:
    @pytest.mark.parametrize("operation", ["Query", "GetItem"])
    def test_are_unavailable_when_dynamodb_refuses(
        self,
        store: DynamoEventStore,
        inject: Callable[[str, list[object]], None],
        operation: str,
    ) -> None:
        inject(operation, [refused("ResourceNotFoundException")] * 2)
        question = EventQuery("s", EVERYTHING, Order.ASCENDING, Window(1))
        reads = {"Query": lambda: store.find(question), "GetItem": lambda: store.get("s", "e")}
        with pytest.raises(Unavailable):
            reads[operation]()

    @pytest.mark.parametrize(
        "filter", [OF_DATA, And((OF_DATA, Compare("source", Op.NE, "c")))], ids=str
    )
    def test_stop_at_the_budget_instead_of_guessing(
        self, moto: DynamoDBClient, filter: Filter
    ) -> None:
        store = dynamo_store(moto, limits=Limits(items=50, seconds=60))
        store.put("s", batch(51))
        with pytest.raises(TooBroad):
            store.count("s", filter)
        with pytest.raises(TooBroad):
            store.find(EventQuery("s", filter, Order.ASCENDING, Window(limit=51)))
        assert store.count("s", EVERYTHING) == 51

    def test_stop_at_the_end_of_their_time(self, moto: DynamoDBClient) -> None:
        store = dynamo_store(moto, limits=Limits(items=50, seconds=0))
        with pytest.raises(TimedOut):
            store.count("s", Text("x"))


@pytest.mark.engine
class TestRequests:
    @pytest.mark.parametrize(
        ("filter", "requests"),
        [
            (EVERYTHING, ["Query"]),
            (Compare("type", Op.EQ, "a"), ["Query"]),
            (Or((Compare("type", Op.EQ, "a"), Compare("type", Op.EQ, "b"))), ["Query", "Query"]),
            (Compare("message", Op.EQ, ""), ["Query", "Query", "BatchGetItem"]),  # of the log
            (Compare("type", Op.EQ, ""), []),
        ],
        ids=str,
    )
    def test_a_page_takes_the_head_and_one_query_a_stream(
        self,
        engine: DynamoDBClient,
        calls: list[str],
        scope: str,
        filter: Any,
        requests: list[str],
    ) -> None:
        store = dynamo_store(engine)
        store.put(scope, batch(20))
        calls.clear()
        store.find(EventQuery(scope, filter, Order.ASCENDING, Window(limit=10)))
        assert calls == ["Query", *requests]

    def test_a_batch_takes_two_requests(
        self, engine: DynamoDBClient, calls: list[str], scope: str
    ) -> None:
        store = dynamo_store(engine)
        store.put(scope, batch(95))
        assert calls == ["UpdateItem", "TransactWriteItems"]


def test_a_fault_that_never_happens_fails_its_test(moto: DynamoDBClient) -> None:
    stack = ExitStack()
    intercept = stack.enter_context(interceptions())
    intercept(moto, "before-call.dynamodb.Query", lambda **_: None)
    intercept(moto, "before-call.dynamodb.GetItem", lambda **_: None)
    moto.get_item(TableName="TallyTable", Key={"scope": {"S": "s"}, "row": {"S": "r"}})
    with pytest.raises(AssertionError, match="never called"):
        stack.close()
