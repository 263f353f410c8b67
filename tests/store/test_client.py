"""The client's own way through the JSON of items: the answers of botocore's."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from polylog_cli.local import ENVIRONMENT, REGION

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
def test_an_answer_is_that_of_botocore(
    ask: Ask, ours: DynamoDBClient, plain: DynamoDBClient
) -> None:
    answer, expected = ask(ours), ask(plain)
    assert answer.pop("ResponseMetadata").keys() == expected.pop("ResponseMetadata").keys()
    assert answer == expected


def test_what_is_packed_is_bytes(ours: DynamoDBClient) -> None:
    answer = ours.get_item(TableName="TallyTable", Key=KEY)
    assert answer["Item"]["b"]["B"] == ITEM["b"]["B"]


def test_an_error_is_that_of_botocore(ours: DynamoDBClient) -> None:
    with pytest.raises(ours.exceptions.ResourceNotFoundException) as raised:
        ours.get_item(TableName="NoTable", Key=KEY)
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"
