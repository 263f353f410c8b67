"""The template's tables in moto."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.aws import imitated

from polylog_cli.local.template import Template
from tools import ROOT


@pytest.fixture
def moto() -> Iterator[DynamoDBClient]:
    with imitated(Template.read(ROOT / "template.yaml")) as client:
        yield client
