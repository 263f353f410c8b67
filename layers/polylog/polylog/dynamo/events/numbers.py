"""Numbers of arrival: one row for each scope hands them out.

A writer takes a range of numbers before it stores events under them. Nobody else gets these
numbers; gaps are allowed. The row also tells writers the first time that the log keeps.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polylog.dynamo.connection import failures_as_unavailable
from polylog.model.times import EARLIEST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UpdateItemInputTypeDef

    from polylog.dynamo.tables import Item


@dataclass(frozen=True, slots=True)
class Taken:
    """Numbers from `first` to `last`, and the first time that the log keeps, in microseconds."""

    first: int
    last: int
    floor: int


class Numbers:
    """The rows of the tally table that hand out numbers. Every method raises `Unavailable`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def take(self, scope: str, count: int) -> Taken:
        """Take this many numbers."""
        with failures_as_unavailable():
            request = self._update(scope, "ADD #last :last", "last", count)
            request["ReturnValues"] = "ALL_NEW"
            answer = self._client.update_item(**request)
        row = answer["Attributes"]
        last = int(row["last"]["N"])
        floor = int(row["floor"]["N"]) if "floor" in row else EARLIEST
        return Taken(last - count + 1, last, floor)

    def are_taken(self, scope: str) -> bool:
        """Return whether anything was ever stored in a scope, or at least tried to."""
        with failures_as_unavailable():
            answer = self._client.get_item(TableName=self._table, Key=number_key(scope))
        return "Item" in answer

    def raise_to(self, scope: str, last: int) -> None:
        """Make sure that no number up to this one is handed out again."""
        self._raise(scope, "last", last)

    def raise_floor(self, scope: str, floor: int) -> None:
        """Tell writers the first time that the log keeps; it never moves back."""
        self._raise(scope, "floor", floor)

    def _raise(self, scope: str, name: str, value: int) -> None:
        request = self._update(scope, f"SET #{name} = :{name}", name, value)
        request["ConditionExpression"] = f"attribute_not_exists(#{name}) OR #{name} < :{name}"
        with (
            failures_as_unavailable(),
            suppress(self._client.exceptions.ConditionalCheckFailedException),
        ):
            self._client.update_item(**request)

    def _update(self, scope: str, expression: str, name: str, value: int) -> UpdateItemInputTypeDef:
        return {
            "TableName": self._table,
            "Key": number_key(scope),
            "UpdateExpression": expression,
            "ExpressionAttributeNames": {f"#{name}": name},
            "ExpressionAttributeValues": {f":{name}": {"N": str(value)}},
        }


def number_key(scope: str) -> Item:
    """Return the key of the row that hands out a scope's numbers."""
    return {"scope": {"S": f"{scope}|seq"}, "row": {"S": "seq"}}
