"""Stores access keys in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from polylog.api.auth import (
    PERMISSIONS,
    AccessKey,
    Credential,
    Permission,
    Principal,
    Restriction,
    derive_secret,
    new_key_id,
)
from polylog.dynamo.connection import failures_as_unavailable, query_pages
from polylog.dynamo.peppers import Peppers, RememberedPeppers
from polylog.model.times import SECOND, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from polylog.dynamo.tables import Item

SCOPE_INDEX: Final = "by_scope"
_CACHED: Final = 60 * SECOND


class DynamoKeyStore:
    """The `KeyStore` in DynamoDB. `load_peppers` is called when the first pepper is needed."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        load_peppers: Callable[[], Peppers],
        clock: Clock,
    ) -> None:
        self._client = client
        self._table = table
        self._peppers = RememberedPeppers(load_peppers, clock)
        self._clock = clock
        self._cache: dict[str, tuple[int, AccessKey | None]] = {}

    def pepper(self, version: str) -> bytes | None:
        """Return a pepper, as it was up to an hour ago; a new one is found within a minute."""
        return self._peppers.get(version)

    def get(self, key_id: str, *, fresh: bool) -> AccessKey | None:
        """Return the key; unless `fresh`, as it was up to a minute ago."""
        read_at, key = self._cache.get(key_id, (None, None))
        if not fresh and self._is_recent(read_at):
            return key
        now = self._clock.now()
        with failures_as_unavailable():
            answer = self._client.get_item(
                TableName=self._table, Key={"key_id": {"S": key_id}}, ConsistentRead=True
            )
        key = _read_key(answer["Item"]) if "Item" in answer else None
        self._cache[key_id] = (now, key)
        return key

    def create(
        self,
        scope: str,
        permissions: frozenset[Permission],
        restriction: Restriction,
        expires_at: int | None,
    ) -> Credential:
        """Store a new key, made with the newest pepper; see `KeyStore.create`."""
        peppers = self._peppers.read()
        version = max(peppers, key=int)
        key_id = new_key_id(version)
        principal = Principal(key_id, scope, permissions, restriction, expires_at)
        item = _write_key(AccessKey(principal, self._clock.now()))
        with failures_as_unavailable():
            self._client.put_item(TableName=self._table, Item=item)
        return Credential(key_id, derive_secret(peppers[version], key_id))

    def list(self, scope: str) -> tuple[AccessKey, ...]:
        """Return all keys of a scope; one that was just made may be missing for a moment."""
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": SCOPE_INDEX,
            "KeyConditionExpression": "#scope = :scope",
            "ExpressionAttributeNames": {"#scope": "scope"},
            "ExpressionAttributeValues": {":scope": {"S": scope}},
        }
        pages = query_pages(self._client, request)
        keys = [_read_key(item) for page in pages for item in page["Items"]]
        return tuple(sorted(keys, key=lambda key: key.created_at))

    def revoke(self, scope: str, key_id: str) -> bool:
        """Revoke a key forever, and return whether the scope has it.

        A process that has just read the key may accept it for another minute.
        """
        with failures_as_unavailable():
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key={"key_id": {"S": key_id}},
                    UpdateExpression="SET revoked_at = if_not_exists(revoked_at, :now)",
                    ConditionExpression="#scope = :scope",
                    ExpressionAttributeNames={"#scope": "scope"},
                    ExpressionAttributeValues={
                        ":now": {"N": str(self._clock.now())},
                        ":scope": {"S": scope},
                    },
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        self._cache.pop(key_id, None)
        return True

    def _is_recent(self, read_at: int | None) -> bool:
        return read_at is not None and self._clock.now() - read_at < _CACHED


def _write_key(key: AccessKey) -> Item:
    principal = key.principal
    item: Item = {
        "key_id": {"S": principal.key_id},
        "scope": {"S": principal.scope},
        "permissions": {"SS": sorted(principal.permissions)},
        "created_at": {"N": str(key.created_at)},
    }
    if principal.expires_at is not None:
        item["expires_at"] = {"N": str(principal.expires_at)}
    if principal.restriction.organization_id is not None:
        item["organization_id"] = {"S": principal.restriction.organization_id}
    if principal.restriction.project_id is not None:
        item["project_id"] = {"S": principal.restriction.project_id}
    return item


def _read_key(item: Item) -> AccessKey:
    granted = set(item["permissions"]["SS"])
    principal = Principal(
        key_id=item["key_id"]["S"],
        scope=item["scope"]["S"],
        permissions=frozenset(name for name in PERMISSIONS if name in granted),
        restriction=Restriction(
            organization_id=item.get("organization_id", {}).get("S"),
            project_id=item.get("project_id", {}).get("S"),
        ),
        expires_at=_read_time(item, "expires_at"),
    )
    return AccessKey(
        principal,
        created_at=int(item["created_at"]["N"]),
        revoked_at=_read_time(item, "revoked_at"),
    )


def _read_time(item: Item, name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None
