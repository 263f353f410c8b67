"""The template's tables in moto."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws
from mypy_boto3_dynamodb import DynamoDBClient

from polylog_cli.local.tables import connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT


@pytest.fixture
def moto() -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = connect(None)
        create_tables(client, Template.read(ROOT / "template.yaml"))
        yield client
