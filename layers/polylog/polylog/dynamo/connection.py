"""The connection to DynamoDB, and its failures as ours."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from itertools import chain
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic_core import from_json

from polylog.dynamo.session import client_of
from polylog.model.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, QueryOutputTypeDef

# Three tries, with what lies between them, end well before the gateway's 30 seconds. Requests are
# all of our making: DynamoDB checks them once more.
CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=50,
    parameter_validation=False,
    retries={"mode": "standard", "total_max_attempts": 3},
)

_WITH_ITEMS: Final = ("BatchGetItem", "GetItem", "Query")
"""Operations whose answers hold items."""

# Functions that start from one snapshot share the state of Python's own generator.
_RANDOM: Final = SystemRandom()

# JSON of DynamoDB's making.
_Answer = dict[str, Any]


def connect() -> DynamoDBClient:
    """Return a client for the region and credentials that the environment names."""
    client: DynamoDBClient = client_of("dynamodb", CONFIG)
    parse_items(client)
    return client


def parse_items(client: DynamoDBClient) -> None:
    """Let a client take the JSON of items as it is, which has the form of botocore's own answers.

    botocore walks every value of every item beside its model, which takes longer than all that
    we do with a page. Binary values within lists, maps and sets, of which no table here has any,
    stay as they are.
    """
    for operation in _WITH_ITEMS:
        client.meta.events.register(f"before-parse.dynamodb.{operation}", _parse)


def _parse(response_dict: _Answer, customized_response_dict: _Answer, **_: object) -> None:
    if response_dict["status_code"] != 200:
        return
    try:
        answer = from_json(response_dict["body"])
    except ValueError:  # Damaged on its way: botocore checks that, and asks again.
        return
    for item in _items(answer):
        for value in item.values():
            if "B" in value:
                value["B"] = b64decode(value["B"])
    customized_response_dict.update(answer)
    response_dict["body"] = b"{}"


def _items(answer: _Answer) -> Iterable[MutableMapping[str, Any]]:
    responses: _Answer = answer.get("Responses", {})
    one = [answer["Item"]] if "Item" in answer else []
    return chain(answer.get("Items", ()), one, *responses.values())


def query_pages(client: DynamoDBClient, request: QueryInputTypeDef) -> Iterator[QueryOutputTypeDef]:
    """Yield the answers to a query, page by page, to the end.

    Without a paginator of botocore's, which takes longer to be made than a request. Raises
    `Unavailable`.
    """
    start: QueryInputTypeDef = {**request}
    while True:
        with failures_as_unavailable():
            answer = client.query(**start)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        start["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


@contextmanager
def failures_as_unavailable() -> Iterator[None]:
    """Turn whatever DynamoDB or the way to it reports into `Unavailable`."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise Unavailable from error


def backoff(attempt: int) -> float:
    """Return how many seconds to wait after an attempt, the first being 0: others wait as well."""
    return _RANDOM.uniform(0, 0.02 * 2**attempt)
