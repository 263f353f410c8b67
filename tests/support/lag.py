"""DynamoDB whose indexes and replicas lag: a client that hides fresh items from some reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient


class LaggingClient:
    """A client that shows index queries and eventually consistent reads an older state.

    It hides every second item that was put within the last `lag` microseconds of the `clock`: only
    every second, since not all items lag equally. Of a row of the tally it shows the version from
    `lag` before. `hidden` and `outdated` count those items and those rows.
    """

    def __init__(self, client: DynamoDBClient, clock: Callable[[], int], lag: int) -> None:
        self._client = client
        self._clock = clock
        self._lag = lag
        self._fresh: dict[tuple[str, str], int] = {}
        self._rows: dict[tuple[str, str], list[tuple[int, Any]]] = defaultdict(list)
        self.hidden = 0
        self.outdated = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        answer = self._client.transact_write_items(**request)
        puts = [action["Put"] for action in request["TransactItems"] if "Put" in action]
        for number, put in enumerate(puts):
            item = put["Item"]
            if "pk" not in item:
                self._rows[item["scope"]["S"], item["row"]["S"]].append((self._clock(), item))
            elif number % 2 == 0:
                self._fresh[item["scope"]["S"], item["seq"]["N"]] = self._clock() + self._lag
        return answer

    def batch_get_item(self, **request: Any) -> Any:
        answer = self._client.batch_get_item(**request)
        for table, asked in request["RequestItems"].items():
            if not asked["ConsistentRead"]:
                read = answer["Responses"][table]
                answer["Responses"][table] = [old for item in read for old in self._stale(item)]
        return answer

    def _stale(self, item: Any) -> Iterator[Any]:
        """Yield the version of an item that a lagging replica shows, or nothing."""
        if "pk" in item:
            is_shown = self._fresh.get((item["scope"]["S"], item["seq"]["N"]), 0) <= self._clock()
            yield from [item] if is_shown else []
            return
        versions = self._rows[item["scope"]["S"], item["row"]["S"]]
        old = [row for at, row in versions if at <= self._clock() - self._lag]
        is_outdated = len(old) < len(versions)
        self.outdated += is_outdated
        yield from old[-1:] if is_outdated else [item]

    def query(self, **request: Any) -> Any:
        answer = self._client.query(**request)
        if "IndexName" in request and "Items" in answer:
            now, scope = self._clock(), request["ExpressionAttributeValues"][":scope"]["S"]
            answer["Items"] = [
                item
                for item in answer["Items"]
                if self._fresh.get((scope, item["seq"]["N"]), now) <= now
            ]
            hidden = answer["Count"] - len(answer["Items"])
            self.hidden += hidden
            answer["Count"] -= hidden
            answer["ScannedCount"] -= hidden
            if hidden and not answer["Items"] and "LastEvaluatedKey" in answer:
                return self.query(**request | {"ExclusiveStartKey": answer["LastEvaluatedKey"]})
        return answer
