"""Reads items by their keys, as many as there are."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from polylog.batches import batches
from polylog.dynamo.connection import backoff, failures_as_unavailable
from polylog.model.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import KeysAndAttributesUnionTypeDef

    from polylog.dynamo.events.items import Item

# DynamoDB takes 100 keys at once.
_MOST: Final = 100
_ATTEMPTS: Final = 8


def get_all(
    client: DynamoDBClient,
    table: str,
    keys: Sequence[Item],
    attributes: str | None = None,
    *,
    consistent: bool = True,
) -> Iterator[Item]:
    """Yield the items that are there, in any order.

    `attributes` is a projection, None the whole items. Not `consistent`, an item may be an
    earlier one, or missing if it is new, and takes half the read units. Raises `Unavailable`.
    """
    for batch in batches(keys, lambda key: 0, most=_MOST, most_weight=1):
        wanted: KeysAndAttributesUnionTypeDef = {"Keys": batch, "ConsistentRead": consistent}
        if attributes is not None:
            wanted["ProjectionExpression"] = attributes
        yield from _get_batch(client, {table: wanted})


def _get_batch(
    client: DynamoDBClient, asked: Mapping[str, KeysAndAttributesUnionTypeDef]
) -> Iterator[Item]:
    for attempt in range(_ATTEMPTS):
        with failures_as_unavailable():
            answer = client.batch_get_item(RequestItems=asked)
        for items in answer["Responses"].values():
            yield from items
        asked = answer["UnprocessedKeys"]
        if not asked:
            return
        time.sleep(backoff(attempt))
    raise Unavailable("keys went on unprocessed")
