"""A restamper sets when stored events expire, after you have changed the retention."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from polylog.dynamo.arrivals.log import ArrivalLog
from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.events.items import partition_key
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.limits import UNLIMITED
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.retention import Retention
from polylog.dynamo.search.directory import read_blocks
from polylog.dynamo.search.leaves import SHARES, leaf_row
from polylog.dynamo.tables import Tables
from polylog.dynamo.tally.moment import read_moment
from polylog.dynamo.tally.months import expiry_of, key_of, read_months
from polylog.dynamo.tally.registry import Scopes
from polylog.model.filter import EVERYTHING
from polylog.model.times import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UpdateItemInputTypeDef

    from polylog.dynamo.tables import Item


class Restamper:
    """Stamps the events of one scope at a time."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        shards: int,
        retention: Retention,
        *,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._client = client
        self._clock = clock
        self._tables = tables
        self._reader = Reader(client, tables.events, shards, UNLIMITED, clock)
        self._arrivals = ArrivalLog(client, tables.tally)
        self._scopes = Scopes(client, tables.tally)
        self._retention = retention

    def restamp(self, scope: str) -> tuple[int, int]:
        """Stamp the events that are kept and delete the others; return both numbers.

        Events that were cleared from the tally are deleted here, because DynamoDB's own expiry
        never deletes items that expired more than five years ago. The rows of the arrival log, of
        facets and of leaves are stamped too.
        """
        kept = gone = 0
        moment = read_moment(self._client, self._tables.tally, scope, self._clock)
        for event in self._reader.all(scope, self._reader.plan(EVERYTHING), moment):
            key: Item = {"pk": {"S": partition_key(scope, event.id)}}
            if event.time < moment.head.cleared:
                self._delete(key)
                gone += 1
            else:
                self._stamp(self._tables.events, key, self._retention.expires_at(event.time))
                kept += 1
        for stretch in self._arrivals.rows(scope):
            key = {"scope": {"S": scope}, "row": {"S": stretch.row}}
            self._stamp(self._tables.tally, key, stretch.expires_at(self._retention))
        for facet in self._scopes.facets(scope):
            for month in read_months(self._client, self._tables.tally, scope, facet, TimeRange()):
                end = expiry_of(month, self._retention)
                self._stamp(self._tables.tally, key_of(scope, facet, month), end)
        for block in read_blocks(self._client, self._tables.tally, scope, 0):
            rows = [leaf_row(block.first, share) for share in range(SHARES)]
            ends = dict.fromkeys(rows, block.latest)
            ends |= {leaf_row(zone.first): zone.latest for zone in block.zones}
            for row, latest in ends.items():
                key = {"scope": {"S": scope}, "row": {"S": row}}
                self._stamp(self._tables.tally, key, self._retention.expires_at(latest))
        return kept, gone

    def _stamp(self, table: str, key: Item, expires_at: int | None) -> None:
        """Set when an item expires, in seconds since the epoch, if it exists; None means never."""
        request: UpdateItemInputTypeDef = {
            "TableName": table,
            "Key": key,
            "UpdateExpression": "REMOVE #end",
            "ConditionExpression": "attribute_exists(#key)",
            "ExpressionAttributeNames": {"#end": "expires_at", "#key": next(iter(key))},
        }
        if expires_at is not None:
            request["UpdateExpression"] = "SET #end = :end"
            request["ExpressionAttributeValues"] = {":end": {"N": str(expires_at)}}
        with (
            failures_as_unavailable(),
            suppress(self._client.exceptions.ConditionalCheckFailedException),
        ):
            self._client.update_item(**request)

    def _delete(self, key: Item) -> None:
        with failures_as_unavailable():
            self._client.delete_item(TableName=self._tables.events, Key=key)
