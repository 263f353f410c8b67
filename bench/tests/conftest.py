"""The template's tables in moto."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.aws import imitated


@pytest.fixture
def moto() -> Iterator[DynamoDBClient]:
    with imitated() as client:
        yield client
