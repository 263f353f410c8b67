"""The registry lists all scopes, and the facets of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from polylog.dynamo.connection import failures_as_unavailable, query_pages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_SCOPES: Final = "|scopes"

# A sort key may have 1,024 bytes.
_MAX_BYTES: Final = 1000


class Scopes:
    """The lists of scopes and of facets. Each is a partition of the tally table.

    The names of these partitions contain a bar, such as `demo|facets`. No scope contains one.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, scope: str) -> None:
        """Remember a scope."""
        self._add(_SCOPES, scope)

    def add_facet(self, scope: str, facet: str) -> None:
        """Remember a facet of a scope, such as `project=p-1`."""
        self._add(_facets_of(scope), facet)

    def all(self) -> Iterator[str]:
        """Yield every scope that a folder ever folded, or left to be folded later."""
        return self._names(_SCOPES)

    def facets(self, scope: str) -> Iterator[str]:
        """Yield every facet that a scope's events were ever counted by."""
        return self._names(_facets_of(scope))

    def _add(self, partition: str, name: str) -> None:
        with failures_as_unavailable():
            self._client.put_item(
                TableName=self._table,
                Item={"scope": {"S": partition}, "row": {"S": _row(name)}, "name": {"S": name}},
            )

    def _names(self, partition: str) -> Iterator[str]:
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "#scope = :scope",
            "ExpressionAttributeNames": {"#scope": "scope"},
            "ExpressionAttributeValues": {":scope": {"S": partition}},
            "ConsistentRead": True,
        }
        for page in query_pages(self._client, request):
            yield from (item["name"]["S"] for item in page["Items"])


def _facets_of(scope: str) -> str:
    return f"{scope}|facets"


def _row(name: str) -> str:
    """Return the sort key for a name: the name itself, or a hash if the name is very long."""
    if len(name.encode()) <= _MAX_BYTES:
        return name
    return hashlib.blake2b(name.encode(), digest_size=32).hexdigest()
