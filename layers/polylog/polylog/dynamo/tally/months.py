"""A facet has a row for each month, which counts its events by day and kind.

The row is a bucket of a month. Its version is a number of arrival: the row counts all events of the
facet and the month up to this number, and none after it. So an event is never counted twice, even
if a folder stops and starts again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from polylog.dynamo.connection import failures_as_unavailable, get_all, query_pages, rows_request
from polylog.dynamo.retention import Retention
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.facets import COUNTED_ROW, partition_of
from polylog.dynamo.tally.kinds import Kinds
from polylog.dynamo.tally.levels import Level, end_of, minute_of
from polylog.dynamo.tally.rows import write_version
from polylog.dynamo.tally.summary import counted, summary_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import UpdateItemInputTypeDef

    from polylog.dynamo.queries import TimeRange
    from polylog.dynamo.tables import Item
    from polylog.dynamo.tally.entry import Entry
    from polylog.model.times import Clock

_ROWS: Final = "counts/"

FacetMonth = tuple[str, str]
"""A facet and a month, such as `("project=p-1", "2026-11")`."""


def month_row(month: str) -> str:
    """Return the sort key of a month's row."""
    return f"{_ROWS}{month}"


def read_months(
    client: DynamoDBClient, table: str, scope: str, facet: str, time: TimeRange
) -> dict[str, Bucket]:
    """Return the months of a facet that touch a range of time, strongly consistent."""
    if time.is_empty:
        return {}
    first, last = (month_row(Level.MONTH.bucket(minute_of(t))) for t in (time.first, time.last))
    request = rows_request(table, partition_of(scope, facet), first, last)
    items = (item for page in query_pages(client, request) for item in page["Items"])
    return {item["row"]["S"].removeprefix(_ROWS): _read(item) for item in items}


def read_some(
    client: DynamoDBClient, table: str, scope: str, wanted: Iterable[FacetMonth], clock: Clock
) -> dict[FacetMonth, Bucket]:
    """Return these months of facets. One that has no row is an empty bucket."""
    keys: dict[FacetMonth, Item] = {each: key_of(scope, *each) for each in wanted}
    items = get_all(client, table, list(keys.values()), clock)
    found = {(item["scope"]["S"], item["row"]["S"]): _read(item) for item in items}
    return {
        each: found.get((key["scope"]["S"], key["row"]["S"]), Bucket())
        for each, key in keys.items()
    }


def write_month(
    client: DynamoDBClient,
    table: str,
    scope: str,
    wanted: FacetMonth,
    old: int,
    bucket: Bucket,
    retention: Retention,
) -> bool:
    """Write a facet's month over its version `old`; 0 means that it has no row yet.

    Return False if somebody else has written it meanwhile.
    """
    facet, month = wanted
    item: Item = {
        **key_of(scope, facet, month),
        "v": {"N": str(bucket.version)},
        "b": {"B": bucket.pack()},
    }
    expires_at = expiry_of(month, retention)
    if expires_at is not None:
        item["expires_at"] = {"N": str(expires_at)}
    return write_version(client, table, item, "v", old)


def counting(
    old: Bucket, month: str, entries: Iterable[Entry], upto: int, kinds: Iterable[str]
) -> Bucket:
    """Return a month that counts these events too, and now counts up to the number `upto`.

    `kinds` are the kinds that it counts apart. It takes new ones while there is room.
    """
    summary = counted(summary_of(entries), Kinds(kinds))
    return replace(old.with_summary(month, summary), version=upto)


def expiry_of(month: str, retention: Retention) -> int | None:
    """Return when a month's row expires: together with its last day; see `Retention`."""
    return retention.expires_at(end_of(month) - 1)


def advance(
    client: DynamoDBClient, table: str, scope: str, names: Iterable[str], old: int, new: int
) -> bool:
    """Record that the facets of these names are counted up to `new`, after they were up to `old`.

    Return False if somebody else has recorded another number meanwhile.
    """
    fields = {f"#{name}": name for name in names}
    if old:
        terms, values = [f"{field} = :old" for field in fields], {":old": {"N": str(old)}}
    else:
        terms, values = [f"attribute_not_exists({field})" for field in fields], {}
    request: UpdateItemInputTypeDef = {
        "TableName": table,
        "Key": {"scope": {"S": scope}, "row": {"S": COUNTED_ROW}},
        "UpdateExpression": "SET " + ", ".join(f"{field} = :new" for field in fields),
        "ConditionExpression": " AND ".join(terms),
        "ExpressionAttributeNames": fields,
        "ExpressionAttributeValues": {**values, ":new": {"N": str(new)}},
    }
    with failures_as_unavailable():
        try:
            client.update_item(**request)
        except client.exceptions.ConditionalCheckFailedException:
            return False
    return True


def key_of(scope: str, facet: str, month: str) -> Item:
    """Return the key of a month's row."""
    return {"scope": {"S": partition_of(scope, facet)}, "row": {"S": month_row(month)}}


def _read(item: Item) -> Bucket:
    return Bucket.unpack(int(item["v"]["N"]), item["b"]["B"])
