"""What `sam build` makes, and its functions run as Lambda runs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_sqs import SQSClient

from polylog_cli.local.dynamodb import dynamodb_local, moto_server
from polylog_cli.local.home import Home
from polylog_cli.local.tables import REGION, connect, create_tables
from polylog_cli.local.template import Template
from tools.builds import build, build_here
from tools.lambda_runtime import Stack, make_runtime


@pytest.fixture(scope="session")
def for_lambda() -> Path:
    return build()


@pytest.fixture(scope="session")
def for_this_machine() -> Path:
    return build_here()


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what Lambda's Python brings along."""
    return make_runtime(tmp_path_factory.mktemp("runtime"))


@pytest.fixture(scope="module")
def tables(template: Template) -> Iterator[DynamoDBClient]:
    """Yield a client of tables that only these functions use, since a schedule reads them all."""
    with dynamodb_local(None) as url:
        client = connect(url)
        create_tables(client, template)
        yield client


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    """Return a session with the credentials of this machine."""
    return boto3.Session("local", "local", region_name=REGION)


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """Yield the address at which all services except DynamoDB answer."""
    with moto_server() as url:
        yield url


@pytest.fixture(scope="module")
def sqs(session: boto3.Session, aws: str) -> SQSClient:
    return session.client("sqs", endpoint_url=aws)


@pytest.fixture(scope="module")
def dead_letters(sqs: SQSClient) -> str:
    """Return the address of the queue of dead letters."""
    return sqs.create_queue(QueueName="DeadLetterQueue")["QueueUrl"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home")).make()


@pytest.fixture(scope="module")
def stack(
    for_this_machine: Path,
    runtime: Path,
    tables: DynamoDBClient,
    aws: str,
    dead_letters: str,
    home: Home,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Yield the functions. Everything they reach is on this machine."""
    variables = {
        "AWS_ENDPOINT_URL": aws,
        "AWS_ENDPOINT_URL_DYNAMODB": tables.meta.endpoint_url,
        "DEAD_LETTER_QUEUE": dead_letters,
        "PEPPER_FILE": str(home.pepper),
    }
    directory = tmp_path_factory.mktemp("functions")
    with closing(Stack(for_this_machine, runtime, directory, variables)) as stack:
        yield stack
