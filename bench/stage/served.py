"""Runs `polylog run` over a log, in its own processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from polylog_cli.client.credentials import Credentials
from polylog_cli.local.dynamodb import dynamodb_local
from polylog_cli.local.home import Home
from polylog_cli.local.tables import TABLES, connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT, services
from tools.bulk import load
from tools.searches import Census
from tools.sought import sought

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCOPE: Final = "demo"

SEARCHED: Final = frozenset({"organization", "project", "actor"})
"""The facets of logs in which people search by user. By default, `actor` is not tallied."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running service, the DynamoDB behind it, and the events of its log."""

    credentials: Credentials
    client: DynamoDBClient
    census: Census


@contextmanager
def served(number: int) -> Iterator[Served]:
    """Run the service over a number of events, in a DynamoDB in memory, until the block ends."""
    with dynamodb_local(None) as url, TemporaryDirectory() as folder:
        client = connect(url)
        template = Template.read(ROOT / "template.yaml")
        create_tables(client, template)
        census = Census(sought(number))
        load(client, TABLES, SCOPE, census, 1, SEARCHED)
        with running(Path(folder), url, SCOPE) as (_, credentials):
            yield Served(credentials, client, census)


def facets_of(template: Template) -> frozenset[str]:
    """Return the facets that the functions of a template count events by."""
    environments = (function.environment for function in template.functions)
    names = {name for each in environments for name in each.get("TALLIED_FACETS", "").split(",")}
    return frozenset(names - {""})


@contextmanager
def running(folder: Path, url: str, scope: str) -> Iterator[tuple[Home, Credentials]]:
    """Run the service with a given DynamoDB until the block ends, with a key for a scope."""
    facets = f"--parameter=TalliedFacets={','.join(sorted(SEARCHED))}"
    options = ("--scope", scope, "--no-sample", "--dynamodb", url, facets)
    with services.running(folder, *options) as service:
        yield service
