"""The connection to DynamoDB: clients, reads that take several requests, and failures.

Clients are botocore's own. They are made and used in faster ways than usual.
"""

from __future__ import annotations

import gzip
import logging
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    ReadTimeoutError,
)
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session, get_session
from pydantic_core import from_json

from polylog.batches import batched
from polylog.dynamo.deadlines import (
    CONNECT_SECONDS,
    READ_SECONDS,
    OutOfTime,
    end_in_time,
    pause,
)
from polylog.model.errors import Throttled, TimedOut, Unavailable
from polylog.model.times import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        KeysAndAttributesUnionTypeDef,
        QueryInputTypeDef,
        QueryOutputTypeDef,
    )

    from polylog.dynamo.tables import Item

log = logging.getLogger("polylog")

# DynamoDB checks our requests anyway, so botocore need not.
CONFIG = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    max_pool_connections=50,
    parameter_validation=False,
    retries={"mode": "standard", "total_max_attempts": 3},
)

_WITH_ITEMS: Final = ("BatchGetItem", "GetItem", "Query")
"""Operations whose answers hold items."""

_TOO_MUCH: Final = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
}
"""DynamoDB's error codes for a valid request that is too much at the moment."""

_LATE: Final = (OutOfTime, ConnectTimeoutError, ReadTimeoutError)
"""Failures to answer in time."""

_MOST_KEYS: Final = 100
"""How many keys DynamoDB takes in one BatchGetItem."""

_ATTEMPTS: Final = 8

# JSON from DynamoDB.
_Answer = dict[str, Any]


def connect() -> DynamoDBClient:
    """Return a client for the region and credentials that the environment names."""
    client: DynamoDBClient = client_of("dynamodb", CONFIG)
    prepare(client)
    return client


def prepare(client: DynamoDBClient) -> None:
    """Make a client read items quickly, refuse damaged answers, and keep to the deadline."""
    parse_items(client)
    refuse_damaged(client)
    end_in_time(client)


def client_of(service: str, config: Config) -> Any:
    """Return the client that boto3 would return for a service, without importing boto3.

    Importing boto3 makes a function start a fifth slower. The client is `Any`, because botocore has
    no types for its services.
    """
    return _session().create_client(service, config=config)


@cache
def _session() -> Session:
    """Return the session that makes all clients: it reads the list of AWS's regions once.

    It knows only the models that come with botocore.
    """
    made = get_session()
    made.register_component("data_loader", Loader(file_loader=_Files()))
    return made


class _Files(JSONFileLoader):
    """Reads botocore's models in a quarter of the time that botocore takes."""

    def load_file(self, file_path: str) -> Any:
        """Return what a file holds, None if there is none; `file_path` lacks the ending."""
        for open_file, ending in ((gzip.open, ".json.gz"), (open, ".json")):
            with suppress(FileNotFoundError), open_file(file_path + ending, "rb") as file:
                return from_json(file.read())
        return None


def parse_items(client: DynamoDBClient) -> None:
    """Make a client return items as they are in DynamoDB's JSON, which already has botocore's form.

    botocore checks every value of every item against its model. That takes longer than everything
    else that a page needs. Binary values inside lists, maps and sets are not decoded; no table here
    has any.

    This relies on how botocore parses an answer, and Lambda's runtime brings its own version of
    botocore. So the client is tried once. If it does not behave as expected, botocore parses.
    """
    events = client.meta.events
    for operation in _WITH_ITEMS:
        events.register(f"before-parse.dynamodb.{operation}", _parse)
    if not _is_parsed_by_us(client):
        log.warning("this botocore parses answers in another way: reading is slower")
        for operation in _WITH_ITEMS:
            events.unregister(f"before-parse.dynamodb.{operation}", _parse)


def _parse(response_dict: _Answer, customized_response_dict: _Answer, **_: object) -> None:
    if response_dict["status_code"] != 200:
        return
    try:
        answer = from_json(response_dict["body"])
    except ValueError:  # Damaged on its way: botocore notices that too, and asks again.
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


# botocore's own parser would drop the mark, which the operation's answer does not have, and would
# fail on the number in the list.
_PROBE: Final = b'{"Item":{"b":{"B":"AP8="},"l":{"L":[{"B":0}]}},"Mark":"ours"}'
_PROBED: Final = {"Item": {"b": {"B": b"\x00\xff"}, "l": {"L": [{"B": 0}]}}, "Mark": "ours"}


def _is_parsed_by_us(client: DynamoDBClient) -> bool:
    """Return whether an answer comes out of the client as `_parse` makes it; sends nothing."""

    def answer(request: AWSRequest, **_: object) -> AWSResponse:
        return AWSResponse(request.url or "", 200, HTTPHeaders(), _Body(_PROBE))

    # botocore's types do not have hooks that answer.
    events: Any = client.meta.events
    name = "before-send.dynamodb.GetItem"
    events.register_first(name, answer)
    try:
        found: _Answer = {**client.get_item(TableName="probe", Key={"k": {"S": "probe"}})}
    except Exception:  # botocore may fail in any way on what it does not expect.
        log.warning("botocore cannot be tried", exc_info=True)
        return False
    finally:
        events.unregister(name, answer)
    found.pop("ResponseMetadata", None)
    return found == _PROBED


class _Body(BytesIO):
    """The body of an answer as urllib3 hands it over."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """Yield the content."""
        yield self.read()


class DamagedAnswer(BotoCoreError):
    """An answer arrived damaged, and so did the answers to the repeated requests."""

    fmt = "the answer is damaged: {reason}"


def refuse_damaged(client: DynamoDBClient) -> None:
    """Make a client raise `DamagedAnswer` where botocore would return an answer without content.

    botocore repeats the request. But it accepts the last answer as it is, and treats one that is
    not JSON as empty: an item or a key that exists would seem to be missing.
    """
    client.meta.events.register("after-call.dynamodb", _refuse_damaged)


def _refuse_damaged(http_response: AWSResponse, **_: object) -> None:
    if http_response.status_code != 200:
        return
    stated = http_response.headers.get("x-amz-crc32")
    if stated is not None:
        if int(stated) != crc32(http_response.content):
            raise DamagedAnswer(reason="its checksum is wrong")
        return
    try:
        from_json(http_response.content)
    except ValueError as error:
        raise DamagedAnswer(reason="it is not JSON") from error


def query_pages(client: DynamoDBClient, request: QueryInputTypeDef) -> Iterator[QueryOutputTypeDef]:
    """Yield the answers to a query, page by page, to the end.

    It does without botocore's paginators: making one takes longer than a request. Raises
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


def rows_request(table: str, scope: str, first: str, last: str) -> QueryInputTypeDef:
    """Return the query for a scope's rows between two sort keys, strongly consistent."""
    return {
        "TableName": table,
        "KeyConditionExpression": "#scope = :scope AND #row BETWEEN :first AND :last",
        "ExpressionAttributeNames": {"#scope": "scope", "#row": "row"},
        "ExpressionAttributeValues": {
            ":scope": {"S": scope},
            ":first": {"S": first},
            ":last": {"S": last},
        },
        "ConsistentRead": True,
    }


def get_all(
    client: DynamoDBClient,
    table: str,
    keys: Sequence[Item],
    clock: Clock,
    attributes: Sequence[str] = (),
    *,
    consistent: bool = True,
) -> Iterator[Item]:
    """Yield the items that have these keys, in any order; a key without an item yields nothing.

    `attributes` names the attributes to read; if it is empty, all are read. Without `consistent`,
    the read takes half the read units, but an item may come in an earlier version, or be missing if
    it is new. Raises `Unavailable`.
    """
    for batch in batched(keys, _MOST_KEYS):
        wanted: KeysAndAttributesUnionTypeDef = {"Keys": batch, "ConsistentRead": consistent}
        if attributes:
            wanted["ProjectionExpression"] = ", ".join(f"#{name}" for name in attributes)
            wanted["ExpressionAttributeNames"] = {f"#{name}": name for name in attributes}
        yield from _get_batch(client, {table: wanted}, clock)


def _get_batch(
    client: DynamoDBClient,
    asked: Mapping[str, KeysAndAttributesUnionTypeDef],
    clock: Clock,
) -> Iterator[Item]:
    for attempt in range(_ATTEMPTS):
        with failures_as_unavailable():
            answer = client.batch_get_item(RequestItems=asked)
        for items in answer["Responses"].values():
            yield from items
        asked = answer["UnprocessedKeys"]
        if not asked:
            return
        pause(attempt, clock)
    raise Throttled("DynamoDB kept leaving keys unprocessed")


@contextmanager
def failures_as_unavailable() -> Iterator[None]:
    """Turn every failure of DynamoDB, or of the connection to it, into `Unavailable`.

    If the load is too high, it becomes `Throttled`. If the time is over, it becomes `TimedOut`.
    """
    try:
        yield
    except ClientError as error:
        is_load = error.response.get("Error", {}).get("Code") in _TOO_MUCH
        raise (Throttled if is_load else Unavailable) from error
    except BotoCoreError as error:
        raise (TimedOut if isinstance(error, _LATE) else Unavailable) from error
