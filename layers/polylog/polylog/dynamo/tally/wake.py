"""A wake-up is a row whose change makes the tally table's stream call the folder again.

The folder leaves one when it ends with something left to do. A reader leaves one when it finds many
young events. A wake-up is only a hint: nothing depends on what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from polylog.dynamo.connection import failures_as_unavailable
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item

WAKE_ROWS: Final = "wake/"
_ROW: Final = f"{WAKE_ROWS}young"
_SUFFIX: Final = "|wake"


@dataclass(frozen=True, slots=True)
class Wake:
    """A scope's last number when the wake-up was left, and how often it was the last before."""

    last: int = 0
    times: int = 0

    def next(self, last: int) -> Wake:
        """Return the wake-up that follows this one when the last number is `last`."""
        return Wake(last, self.times + 1 if last == self.last else 0)


def partition_of_wake(scope: str) -> str:
    """Return the partition of a scope's wake-up. It is the only one that readers may write to."""
    return f"{scope}{_SUFFIX}"


def scope_of(partition: str) -> str:
    """Return the scope that a partition of the tally table belongs to."""
    return partition.removesuffix(_SUFFIX)


def is_wake(partition: str) -> bool:
    """Return whether a partition of the tally table holds a wake-up."""
    return partition.endswith(_SUFFIX)


def leave_wake(client: DynamoDBClient, table: str, scope: str, wake: Wake, clock: Clock) -> None:
    """Leave a wake-up. It contains the time, because a row that does not change wakes nobody."""
    numbers = {"last": wake.last, "times": wake.times, "at": clock.now()}
    item: Item = {"scope": {"S": partition_of_wake(scope)}, "row": {"S": _ROW}}
    item |= {name: {"N": str(number)} for name, number in numbers.items()}
    with failures_as_unavailable():
        client.put_item(TableName=table, Item=item)


def read_wake(client: DynamoDBClient, table: str, scope: str) -> Wake:
    """Return the last wake-up of a scope."""
    key: Item = {"scope": {"S": partition_of_wake(scope)}, "row": {"S": _ROW}}
    with failures_as_unavailable():
        item = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    return Wake(int(item["last"]["N"]), int(item["times"]["N"])) if item else Wake()
