"""What a meter counts of the requests of a client."""

from __future__ import annotations

from mypy_boto3_dynamodb import DynamoDBClient

from tools.meter import READING, Meter

KEY = {"key_id": {"S": "k"}}


def write_and_read(client: DynamoDBClient) -> None:
    client.put_item(TableName="KeysTable", Item={**KEY, "scope": {"S": "s"}})
    client.get_item(TableName="KeysTable", Key=KEY)


def test_a_meter_counts_every_request(moto: DynamoDBClient) -> None:
    _, cost = Meter(moto).measure(lambda: write_and_read(moto))
    assert cost.requests == 2


def test_a_meter_of_reading_leaves_writing_out(moto: DynamoDBClient) -> None:
    _, cost = Meter(moto, operations=READING).measure(lambda: write_and_read(moto))
    assert cost.requests == 1
