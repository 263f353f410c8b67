"""The functions behind a proxy, against which tests try several kinds of faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.proxied import World, world_of

from polylog_cli.local.home import Home
from polylog_cli.local.template import Template


@pytest.fixture(scope="module")
def world(
    engine: DynamoDBClient, template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    home = Home(tmp_path_factory.mktemp("home")).make()
    with world_of(engine, template, home) as world:
        yield world
