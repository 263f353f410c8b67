"""AWS as moto imitates it in this process, with the template's tables.

Five things make it quick. botocore parses the models of the services once, not for each client.
boto3 keeps its session. The tables are made once, and each test gets copies of them. A transaction
of moto can go back to what its tables held: by default it copies every item of the table for that,
once for each action; here it copies only the references. And it answers texts and numbers in items
as they are: by default moto looks in each for each of the ten types, under several names.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader
from botocore.model import StructureShape
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.config import default_user_config
from moto.core.models import RESPONSES_METHODS
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table
from mypy_boto3_dynamodb import DynamoDBClient

from polylog_cli.local.tables import REGION, connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT


@contextmanager
def imitated(field_indexes: str | None = None) -> Iterator[DynamoDBClient]:
    """Imitate AWS until the block ends. It holds the template's tables and nothing else.

    `field_indexes` sets the parameter of that name; None means its default.
    """
    empty = _empty_tables(field_indexes)
    with mock_aws():
        dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables = copy.deepcopy(empty)
        yield connect(None)


@cache
def _empty_tables(field_indexes: str | None) -> dict[str, Table]:
    parameters = {} if field_indexes is None else {"FieldIndexes": field_indexes}
    with mock_aws():
        create_tables(connect(None), Template.read(ROOT / "template.yaml", parameters))
        return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables


def make_quick() -> None:
    """Make botocore and moto faster in this process, from now on, with the same results."""
    JSONFileLoader.load_file = _load_file
    Table.__deepcopy__ = _remember_table
    DynamoDBBackend.transact_write_items = _transact_write_items
    BaseJSONSerializer._serialize_type_structure = _serialize_structure
    default_user_config["core"]["reset_boto3_session"] = False
    RESPONSES_METHODS.clear()  # No test asks AWS through `requests`.


_read = cache(JSONFileLoader().load_file)


def _load_file(self: JSONFileLoader, file_path: str) -> Any:
    return _read(file_path)


def _remember_table(self: Table, memo: dict[int, Any]) -> Table:
    """Return a table that shares its items: only an update would change an item that is there."""
    table = copy.copy(self)
    table.items = defaultdict(dict)
    for key, found in self.items.items():
        table.items[key] = dict(found) if isinstance(found, dict) else found
    if self.stream_shard:
        table.stream_shard = copy.copy(self.stream_shard)
        table.stream_shard.table, table.stream_shard.items = table, [*self.stream_shard.items]
    return table


_transact = DynamoDBBackend.transact_write_items


def _transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    assert not any("Update" in action for action in transact_items), "it could not be undone"
    _transact(self, transact_items)


_serialize = BaseJSONSerializer._serialize_type_structure


def _serialize_structure(
    self: BaseJSONSerializer, serialized: Any, value: Any, shape: StructureShape, key: str
) -> None:
    if shape.name == "AttributeValue" and value.keys() <= {"S", "N"}:
        self._default_serialize(serialized, value, shape, key)
    else:
        _serialize(self, serialized, value, shape, key)
