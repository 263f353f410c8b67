"""What the tests share: the template's tables in a DynamoDB, and scopes of their own in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from memory import MemoryEventStore
from moto import mock_aws
from mypy_boto3_dynamodb import DynamoDBClient

from polylog.dynamo.reader import Limits
from polylog.dynamo.store import DynamoEventStore, Tables
from polylog.store import EventStore
from polylog_cli.engine import dynamodb_local
from polylog_cli.local import connect, create_tables
from polylog_cli.template import Template

ROOT = Path(__file__).parent.parent
TABLES = Tables(events="EventsTable", tally="TallyTable")
LIMITS = Limits(items=100_000, seconds=60)

MakeStore = Callable[[int], EventStore]


@pytest.fixture(scope="session")
def template() -> Template:
    return Template.read(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def engine(template: Template) -> Iterator[DynamoDBClient]:
    """Yield a client of DynamoDB Local, in memory, with the template's tables."""
    with dynamodb_local(None) as url:
        client = connect(url)
        create_tables(client, template)
        yield client


@pytest.fixture
def moto(template: Template, monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    """Yield a client of moto's DynamoDB, with the template's tables."""
    with mock_aws():
        client = connect(None)
        create_tables(client, template)
        yield client


_numbers = count(1)


@pytest.fixture
def scope() -> str:
    """Return a scope that no other test uses."""
    return f"scope-{next(_numbers)}"


@pytest.fixture(params=["memory", "moto", pytest.param("engine", marks=pytest.mark.engine)])
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    """Return a function from a number of shards to an empty-scoped store, of every kind in turn."""
    if request.param == "memory":
        return lambda shards: MemoryEventStore()
    client = request.getfixturevalue(request.param)
    return lambda shards: DynamoEventStore(client, TABLES, shards=shards, limits=LIMITS)


@pytest.fixture
def store(make_store: MakeStore) -> EventStore:
    return make_store(1)
