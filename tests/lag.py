"""DynamoDB whose indexes lag: a client that hides fresh items from queries of an index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient


class LaggingClient:
    """A client like another, but for what its index queries show.

    Items put within the last `lag` microseconds of the `clock` are not shown; every second of
    those is, since a lag is not the same for all.
    """

    def __init__(self, client: DynamoDBClient, clock: Callable[[], int], lag: int) -> None:
        self._client = client
        self._clock = clock
        self._lag = lag
        self._fresh: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        answer = self._client.transact_write_items(**request)
        for number, action in enumerate(request["TransactItems"]):
            if "pk" in action["Put"]["Item"] and number % 2 == 0:
                self._fresh[action["Put"]["Item"]["pk"]["S"]] = self._clock() + self._lag
        return answer

    def query(self, **request: Any) -> Any:
        answer = self._client.query(**request)
        if "IndexName" in request and "Items" in answer:
            now = self._clock()
            answer["Items"] = [
                item for item in answer["Items"] if self._fresh.get(item["pk"]["S"], now) <= now
            ]
            answer["Count"] = len(answer["Items"])
        return answer
