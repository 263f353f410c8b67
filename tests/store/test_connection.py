"""The client takes the JSON of items as it is, and answers the same as botocore's parser."""

from collections.abc import Callable
from io import BytesIO
from typing import Any, Literal

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.hooks import EventAliaser
from botocore.httpsession import URLLib3Session
from mypy_boto3_dynamodb import DynamoDBClient
from urllib3 import HTTPResponse

from polylog.api.auth import Restriction
from polylog.dynamo import connection
from polylog.dynamo.keys import DynamoKeyStore
from polylog.model.errors import Unavailable
from polylog.model.times import Clock
from polylog_cli.local.tables import ENVIRONMENT, REGION, connect

KEY = {"scope": {"S": "answers"}, "row": {"S": "every type"}}
ITEM: dict[str, Any] = {
    **KEY,
    "v": {"N": "12345678901234567890.5"},
    "b": {"B": b"\x00\xff packed"},
    "names": {"SS": ["ä", 'quote"d', "\u2028"]},
    "empty": {"S": ""},
    "is": {"BOOL": False},
    "nothing": {"NULL": True},
    "list": {"L": [{"S": "B"}, {"N": "1"}]},
    "map": {"M": {"S": {"S": "member"}}},
}

QUERY: dict[str, Any] = {
    "TableName": "TallyTable",
    "KeyConditionExpression": "#scope = :scope",
    "ExpressionAttributeNames": {"#scope": "scope"},
    "ExpressionAttributeValues": {":scope": KEY["scope"]},
    "ReturnConsumedCapacity": "TOTAL",
}

Ask = Callable[[DynamoDBClient], Any]

ASKED: dict[str, Ask] = {
    "Query": lambda client: client.query(**QUERY),
    "Query of nothing": lambda client: client.query(
        **QUERY | {"ExpressionAttributeValues": {":scope": {"S": "nobody"}}}
    ),
    "Query of a page": lambda client: client.query(**QUERY, Limit=1),
    "Query that counts": lambda client: client.query(**QUERY, Select="COUNT"),
    "GetItem": lambda client: client.get_item(TableName="TallyTable", Key=KEY),
    "GetItem of nothing": lambda client: client.get_item(
        TableName="TallyTable", Key=KEY | {"row": {"S": "none"}}
    ),
    "BatchGetItem": lambda client: client.batch_get_item(
        RequestItems={"TallyTable": {"Keys": [KEY]}}
    ),
}


@pytest.fixture(params=["moto", pytest.param("engine", marks=pytest.mark.engine)])
def ours(request: pytest.FixtureRequest) -> DynamoDBClient:
    client: DynamoDBClient = request.getfixturevalue(request.param)
    client.put_item(TableName="TallyTable", Item=ITEM)
    client.put_item(TableName="TallyTable", Item=ITEM | {"row": {"S": "second"}})
    return client


@pytest.fixture
def plain(ours: DynamoDBClient) -> DynamoDBClient:
    return boto3.client(
        "dynamodb",
        endpoint_url=ours.meta.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
def test_it_answers_the_same_as_botocore(
    ask: Ask, ours: DynamoDBClient, plain: DynamoDBClient
) -> None:
    answer, expected = ask(ours), ask(plain)
    assert answer.pop("ResponseMetadata").keys() == expected.pop("ResponseMetadata").keys()
    assert answer == expected


def test_it_returns_packed_values_as_bytes(ours: DynamoDBClient) -> None:
    answer = ours.get_item(TableName="TallyTable", Key=KEY)
    assert answer["Item"]["b"]["B"] == ITEM["b"]["B"]


def test_it_raises_the_same_error_as_botocore(ours: DynamoDBClient) -> None:
    with pytest.raises(ours.exceptions.ResourceNotFoundException) as raised:
        ours.get_item(TableName="NoTable", Key=KEY)
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_it_asks_again_for_an_answer_that_was_damaged_on_its_way(moto: DynamoDBClient) -> None:
    whole = moto.get_item(TableName="TallyTable", Key=KEY).get("Item")
    damaged = [b'{"Item": {"scope"', b""]

    def damage(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        if not damaged:
            return None
        body = HTTPResponse(BytesIO(damaged.pop()), preload_content=False)
        return AWSResponse(request.url, 200, {"x-amz-crc32": "1"}, body)

    moto.meta.events.register_first("before-send.dynamodb.GetItem", damage)
    try:
        answer = moto.get_item(TableName="TallyTable", Key=KEY)
    finally:
        moto.meta.events.unregister("before-send.dynamodb.GetItem", damage)
    assert answer.get("Item") == whole
    assert damaged == []


Damage = tuple[bytes, dict[str, str]]

TRUNCATED: Damage = b'{"Item": {"key_id"', {"x-amz-crc32": "1"}
EMPTIED: Damage = b"{}", {"x-amz-crc32": "1"}
UNCHECKED: Damage = b'{"Item": {"key_id"', {}


@pytest.mark.parametrize("damage", [TRUNCATED, EMPTIED, UNCHECKED])
@pytest.mark.parametrize("retries", ["standard", "legacy"])
def test_a_damaged_answer_does_not_make_it_forget_a_key(
    moto: DynamoDBClient, damage: Damage, retries: Literal["standard", "legacy"]
) -> None:
    body, headers = damage
    config = Config(retries={"mode": retries, "total_max_attempts": 3})
    client = connect(None, config)
    store = DynamoKeyStore(client, "KeysTable", lambda: {"1": b"one"}, Clock(lambda: 0))
    created = store.create("s", frozenset({"read"}), Restriction(), None)

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        content = HTTPResponse(BytesIO(body), preload_content=False)
        return AWSResponse(request.url, 200, headers, content)

    client.meta.events.register_first("before-send.dynamodb.GetItem", answer)
    with pytest.raises(Unavailable):
        store.get(created.key_id, fresh=False)
    client.meta.events.unregister("before-send.dynamodb.GetItem", answer)
    assert store.get(created.key_id, fresh=False) is not None


@pytest.mark.parametrize("copied", ["response_dict", "customized_response_dict"])
def test_it_leaves_parsing_to_a_botocore_that_parses_differently(
    copied: str,
    moto: DynamoDBClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """This botocore looks at its own copy of the body, or at its own copy of what we parsed."""
    moto.put_item(TableName="TallyTable", Item=ITEM)
    emit, copies = EventAliaser.emit, []

    def emit_copies(self: EventAliaser, event_name: str, **arguments: Any) -> Any:
        if event_name.startswith("before-parse"):
            arguments[copied] = dict(arguments[copied])
            copies.append(event_name)
        return emit(self, event_name, **arguments)

    monkeypatch.setattr(EventAliaser, "emit", emit_copies)
    client = connect(None)
    assert "parses answers in another way" in caplog.text
    assert client.get_item(TableName="TallyTable", Key=KEY)["Item"] == ITEM
    assert len(copies) == 2


def test_it_leaves_parsing_to_a_botocore_that_it_cannot_try(
    moto: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A different kind of answer than the one we make is only one way for the trial to fail."""
    moto.put_item(TableName="TallyTable", Item=ITEM)
    monkeypatch.setattr(connection, "AWSResponse", lambda *_: "no answer")
    client = connect(None)
    assert "botocore cannot be tried" in caplog.text
    assert client.get_item(TableName="TallyTable", Key=KEY)["Item"] == ITEM


def test_trying_botocore_asks_nothing_of_dynamodb(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(*_: object) -> None:
        pytest.fail("a request was sent")

    monkeypatch.setattr(URLLib3Session, "send", send)
    connect("http://127.0.0.1:9")
