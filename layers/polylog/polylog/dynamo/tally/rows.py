"""The rows of a tally are read by name, and written all together or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

from polylog.batches import batched
from polylog.dynamo.connection import failures_as_unavailable, get_all
from polylog.dynamo.deadlines import pause
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.head import Head
from polylog.dynamo.tally.levels import ROOT, row_of
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        DeleteTypeDef,
        PutItemInputTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
        WriteRequestUnionTypeDef,
    )

    from polylog.dynamo.tables import Item


# DynamoDB takes 100 actions and 4 MB in a transaction.
_MAX_ACTIONS: Final = 100
_MAX_BYTES: Final = 3_500_000

# DynamoDB takes 25 writes in a batch.
_AT_ONCE: Final = 25
_ATTEMPTS: Final = 8


class RowsTooLargeError(Exception):
    """The rows do not fit into one transaction."""


def read_buckets(
    client: DynamoDBClient,
    table: str,
    partition: str,
    names: Sequence[str],
    clock: Clock,
    *,
    consistent: bool = True,
) -> dict[str, Bucket]:
    """Return the named buckets that have a row.

    Without `consistent`, reading takes half the units. Then a row may come in an earlier version,
    or be missing if it is new.
    """
    rows = {row_of(name): name for name in names}
    keys: list[Item] = [{"scope": {"S": partition}, "row": {"S": row}} for row in rows]
    return {
        rows[item["row"]["S"]]: Bucket.unpack(int(item["v"]["N"]), item["b"]["B"])
        for item in get_all(client, table, keys, clock, consistent=consistent)
    }


def write_rows(
    client: DynamoDBClient,
    table: str,
    partition: str,
    old: Mapping[str, Bucket],
    new: Mapping[str, Bucket],
    head: Head,
    added: Iterable[Item] = (),
) -> bool:
    """Replace `old` rows by `new` ones; return False if one of them was changed meanwhile.

    `head` is the new head, whose bucket is the new root. `added` are rows that must not exist yet.
    A bucket without children has no row. All rows get the version of the root, so that a row never
    gets a version twice. Raises `RowsTooLargeError` and `Unavailable`.
    """
    version = new[ROOT].version
    actions = [
        _action(table, partition, name, old.get(name, Bucket()).version, bucket, version)
        for name, bucket in new.items()
        if name != ROOT and (bucket.children or name in old)
    ]
    actions.append(_put(table, head.item(partition), old[ROOT].version))
    actions += [{"Put": new_row(table, item)} for item in added]
    if len(actions) > _MAX_ACTIONS or sum(map(_size, actions)) > _MAX_BYTES:
        raise RowsTooLargeError
    with failures_as_unavailable():
        try:
            client.transact_write_items(TransactItems=actions)
        except client.exceptions.TransactionCanceledException:
            return False
    return True


def new_row(table: str, item: Item) -> PutTypeDef:
    """Return the parameters that put a row of a tally only if it does not exist yet."""
    return {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(#row)",
        "ExpressionAttributeNames": {"#row": "row"},
    }


def write_new(client: DynamoDBClient, table: str, item: Item) -> None:
    """Write a row unless it exists; raises `Unavailable`."""
    with (
        failures_as_unavailable(),
        suppress(client.exceptions.ConditionalCheckFailedException),
    ):
        client.put_item(**new_row(table, item))


def write_version(client: DynamoDBClient, table: str, item: Item, name: str, old: int) -> bool:
    """Write a row over one whose attribute `name` is `old`; 0 means that there is no row yet.

    Return False if somebody else has written the row meanwhile. Raises `Unavailable`.
    """
    request: PutItemInputTypeDef = {
        "TableName": table,
        "Item": item,
        "ConditionExpression": f"attribute_not_exists(#{name})",
        "ExpressionAttributeNames": {f"#{name}": name},
    }
    if old:
        request["ConditionExpression"] = f"#{name} = :{name}"
        request["ExpressionAttributeValues"] = {f":{name}": {"N": str(old)}}
    with failures_as_unavailable():
        try:
            client.put_item(**request)
        except client.exceptions.ConditionalCheckFailedException:
            return False
    return True


def delete_rows(
    client: DynamoDBClient, table: str, partition: str, rows: Iterable[str], clock: Clock
) -> set[str]:
    """Delete rows of a tally that nobody needs any more; raises `Unavailable`.

    Return the rows that may still be there, because DynamoDB had too much to do.
    """
    stayed: set[str] = set()
    for batch in batched(rows, _AT_ONCE):
        keys: list[Item] = [{"scope": {"S": partition}, "row": {"S": row}} for row in batch]
        left: Mapping[str, Sequence[WriteRequestUnionTypeDef]] = {
            table: [{"DeleteRequest": {"Key": key}} for key in keys]
        }
        for attempt in range(_ATTEMPTS):
            with failures_as_unavailable():
                left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
            if not left:
                break
            pause(attempt, clock)
        stayed.update(batch if left else ())
    return stayed


def _action(
    table: str, partition: str, name: str, old: int, bucket: Bucket, version: int
) -> TransactWriteItemTypeDef:
    key: Item = {"scope": {"S": partition}, "row": {"S": row_of(name)}}
    if bucket.children:
        return _put(table, {**key, "v": {"N": str(version)}, "b": {"B": bucket.pack()}}, old)
    delete = {"TableName": table, "Key": key, **_unchanged(old)}
    return {"Delete": cast("DeleteTypeDef", delete)}


def _put(table: str, item: Item, version: int) -> TransactWriteItemTypeDef:
    put = {"TableName": table, "Item": item, **_unchanged(version)}
    return {"Put": cast("PutTypeDef", put)}


def _unchanged(version: int) -> dict[str, object]:
    """Return the condition that a row still has this version; 0 means that there is no row."""
    if not version:
        return {
            "ConditionExpression": "attribute_not_exists(#v)",
            "ExpressionAttributeNames": {"#v": "v"},
        }
    return {
        "ConditionExpression": "#v = :v",
        "ExpressionAttributeNames": {"#v": "v"},
        "ExpressionAttributeValues": {":v": {"N": str(version)}},
    }


def _size(action: TransactWriteItemTypeDef) -> int:
    packed = action["Put"]["Item"].get("b", b"") if "Put" in action else b""
    return len(packed["B"]) if isinstance(packed, dict) and "B" in packed else 0
