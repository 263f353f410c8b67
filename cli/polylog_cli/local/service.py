"""The whole service on this machine: DynamoDB, functions, gateway, compaction, a key, a sample."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING

import httpx
from botocore.exceptions import BotoCoreError, ClientError
from pydantic_core import to_json
from waitress import wasyncore
from waitress.server import create_server

from polylog import console as console_page
from polylog.api.auth import PERMISSIONS, Credential, Restriction, authenticate
from polylog.aws.environment import (
    facets_from_environment,
    retention_from_environment,
    services_from_environment,
)
from polylog.dynamo.keys import DynamoKeyStore
from polylog.model import times
from polylog.model.errors import InvalidCredential
from polylog.model.filter import EVERYTHING
from polylog.model.query import EventQuery, Order, Window
from polylog_cli.client.credentials import Credentials
from polylog_cli.client.files import Reading
from polylog_cli.client.items import Item
from polylog_cli.client.load import Summary
from polylog_cli.client.private import write_private
from polylog_cli.local.compaction import compaction
from polylog_cli.local.disk import Disk, log_no_refusals
from polylog_cli.local.dynamodb import dynamodb
from polylog_cli.local.gateway import Gateway
from polylog_cli.local.home import DEFAULT_DATA, Home, Running
from polylog_cli.local.live import living
from polylog_cli.local.log import local_keys
from polylog_cli.local.memory import Memory
from polylog_cli.local.sample import sample_events
from polylog_cli.local.store import with_safe_store
from polylog_cli.local.tables import ENVIRONMENT, connect, create_tables, refuse_outdated_rows
from polylog_cli.local.template import Function, Template
from polylog_cli.output.console import command, notice
from polylog_cli.output.loading import load_visibly

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HOST = "127.0.0.1"

# API Gateway's limit for the request line and the headers together.
_MAX_HEADER_BYTES = 10_240
_THREADS = 32
_CONNECTIONS = 1000
_LOOK_SECONDS = 0.2


class NoDynamoDBError(Exception):
    """Nothing answers like DynamoDB at its address; the cause says what happened."""


class PortTakenError(Exception):
    """The port cannot be listened on."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of `polylog run`; `memory` keeps no events on disk.

    Without a data folder, `memory` takes a temporary one.
    """

    port: int
    dynamodb: str
    memory: bool
    data: Path | None
    scope: str
    sample: bool
    live: bool
    template: Path
    parameters: dict[str, str]


def _end_in_order() -> None:
    """Clean up before a signal ends this process; one that nohup ignores stays ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda signum, frame: sys.exit(0))


def run(settings: Settings) -> None:
    """Serve until interrupted, or until DynamoDB Local is lost.

    Raises `PortTakenError`, `NoRoom`, `NoDynamoDBError` or `EngineError`.
    """
    _end_in_order()
    memory = Memory()
    template = Template.read(settings.template, {"LogLevel": "WARN", **settings.parameters})
    with _listen(settings.port) as listener, _home(settings) as home:
        disk = _disk(settings, home)
        notice("Starting DynamoDB")
        tables = None if settings.memory else home.tables
        with dynamodb(settings.dynamodb, tables) as engine:
            client = connect(engine.url)
            _create_tables(client, template)
            gateway = _gateway(template, home, engine.url, disk)
            running = _running(listener, engine.url)
            keys = local_keys(client, home)
            credentials = _credentials(home, keys, settings.scope, running.url)
            with (
                _written(credentials, home, is_lent=settings.memory),
                compaction(_compact_function(template), engine.url) as folding,
            ):
                if settings.sample and settings.dynamodb != "moto":
                    _load_sample(gateway, credentials, None if settings.memory else home)
                alive = living(gateway, credentials) if settings.live else nullcontext()
                with _served(gateway, listener) as served, alive, _announced(home, running):
                    _greet(home, credentials)
                    _watch(served, engine.look, folding.look, memory.look)


def _create_tables(client: DynamoDBClient, template: Template) -> None:
    try:
        create_tables(client, template)
        refuse_outdated_rows(client)
    except (BotoCoreError, ClientError) as error:
        raise NoDynamoDBError from error


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise PortTakenError(f"cannot listen on port {port}: {error.strerror}") from error


@contextmanager
def _home(settings: Settings) -> Iterator[Home]:
    if settings.memory and settings.data is None:
        with TemporaryDirectory(prefix="polylog-") as folder:
            yield Home(Path(folder)).make()
    else:
        yield Home(settings.data or DEFAULT_DATA).make()


@contextmanager
def _written(credentials: Credentials, home: Home, *, is_lent: bool) -> Iterator[None]:
    """Write the credentials; at the end, put back what was there before if the folder is lent."""
    file = home.credentials
    before = file.read_text() if is_lent and file.exists() else None
    credentials.write(file)
    try:
        yield
    finally:
        if before is not None:
            write_private(file, before)
        elif is_lent:
            file.unlink(missing_ok=True)


def _disk(settings: Settings, home: Home) -> Disk | None:
    """Return the disk that events go to; None if they are not stored here. Raises `NoRoom`."""
    if settings.memory or settings.dynamodb != "local":
        return None
    disk = Disk(home.path)
    disk.require_room_to_start()
    return disk


def _running(listener: socket.socket, dynamodb: str) -> Running:
    """Return how to reach the service; the functions must be loaded, which sets the environment."""
    return Running(
        url=f"http://{HOST}:{listener.getsockname()[1]}",
        dynamodb=dynamodb,
        shards=int(os.environ["INDEX_SHARDS"]),
        facets=tuple(sorted(facets_from_environment())),
        retention_days=retention_from_environment().days,
    )


@contextmanager
def _announced(home: Home, running: Running) -> Iterator[None]:
    home.write_running(running)
    try:
        yield
    finally:
        home.remove_running()


def _gateway(template: Template, home: Home, dynamodb: str, disk: Disk | None) -> Gateway:
    os.environ.pop("AWS_PROFILE", None)
    os.environ.update(ENVIRONMENT)
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = dynamodb
    os.environ["PEPPER_FILE"] = str(home.pepper)
    if disk is None:
        return Gateway.of(template)
    log_no_refusals()
    return Gateway.of(template, partial(with_safe_store, disk=disk))


def _compact_function(template: Template) -> Function:
    (function,) = (each for each in template.functions if each.module == "compact")
    return function


def _credentials(home: Home, keys: DynamoKeyStore, scope: str, url: str) -> Credentials:
    """Return the credentials of the last run if they are still valid, or else new ones."""
    try:
        old = Credentials.read(home.credentials)
        credential = Credential(old.access_key, old.secret_key)
        if authenticate(credential, keys, times.now(), fresh=True).scope == scope:
            return Credentials.of(url, scope, credential)
    except (OSError, ValueError, InvalidCredential):
        pass
    credential = keys.create(scope, frozenset(PERMISSIONS), Restriction(), expires_at=None)
    return Credentials.of(url, scope, credential)


def _load_sample(gateway: Gateway, credentials: Credentials, home: Home | None) -> None:
    """Load the sample into an empty log, or continue a loading that was interrupted.

    The data folder remembers that; `home` is None if events are kept in memory.
    """
    query = EventQuery(credentials.scope, EVERYTHING, Order.ASCENDING, Window(limit=1))
    begun = home.sample_begun() if home else None
    if begun is None and services_from_environment().store.find(query).events:
        return
    end = begun or (home.begin_sample() if home else datetime.now(UTC))
    events = list(map(to_json, sample_events(end)))
    notice(f"Loading {len(events):,} sample events")
    items = [Item("the sample", n, "cloudfoundry", event) for n, event in enumerate(events, 1)]
    transport = httpx.WSGITransport(gateway)
    headers = {"Authorization": f"Bearer {credentials.token}"}
    with httpx.Client(transport=transport, base_url=credentials.url, headers=headers) as client:
        load_visibly(client, items, Reading(None), Summary())
    if home:
        home.end_sample()


@contextmanager
def _served(gateway: Gateway, listener: socket.socket) -> Iterator[Future[None]]:
    """Answer requests in threads until the block ends; yield a future that fails if that does."""
    logging.getLogger("waitress").setLevel(logging.ERROR)  # It warns as soon as a request waits.
    channels: dict[int, socket.socket] = {}
    server = create_server(
        gateway,
        map=channels,
        sockets=[listener],
        threads=_THREADS,
        connection_limit=_CONNECTIONS,
        max_request_header_size=_MAX_HEADER_BYTES,
    )
    ended = Event()

    def serve() -> None:
        while not ended.is_set():
            # `select` would fail at descriptors above 1,023.
            wasyncore.loop(_LOOK_SECONDS, use_poll=True, map=channels, count=1)

    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        stack.callback(ended.set)
        stack.callback(server.task_dispatcher.shutdown)  # Requests that have begun get 5 seconds.
        yield pool.submit(serve)


def _watch(served: Future[None], *looks: Callable[[], None]) -> None:
    """Watch the parts until Ctrl-C; raises the error of one that cannot go on."""
    with suppress(KeyboardInterrupt):
        while True:
            with suppress(TimeoutError):
                served.result(_LOOK_SECONDS)
            for look in looks:
                look()


def _invitation(credentials: Credentials) -> tuple[str, ...]:
    """Return how to look at the events in a browser."""
    if not console_page.is_built():
        return ("There is no web page: `make console` builds it.",)
    return (
        f"Open {credentials.url}/ in a browser, and sign in with this key:",
        credentials.token,
    )


def _greet(home: Home, credentials: Credentials) -> None:
    curl = 'curl -H "Authorization: bearer $TOKEN"'
    token = 'curl -H "X-Auth-Token: $TOKEN"'
    since = "q=timestamp%3E2014-01-01+00%3A00%3A00-04%3A00"
    lines = (
        f"Polylog serves {credentials.url}, scope {credentials.scope}. Press Ctrl-C to stop it.",
        f"Credentials: {home.credentials}",
        "",
        *_invitation(credentials),
        "",
        f"export URL={credentials.url} TOKEN={credentials.token}",
        f"export KEY_ID={credentials.key_id} SECRET={credentials.secret_key}",
        "",
        f"# Polylog's own API, and its command ({command('query', '--help')})",
        f"{curl} -G \"$URL/v1/events\" --data-urlencode 'filter=type : app'",
        f'{curl} "$URL/v1/events:groups?by=type"',
        "# Cloud Foundry events, v2 and v3",
        f'{curl} "$URL/cf/v2/events?results-per-page=5&order-direction=desc"',
        f'{curl} "$URL/cf/v2/events?q=type:audit.app.create&{since}"',
        f'{curl} "$URL/cf/v3/audit_events?per_page=5&order_by=-created_at"',
        "# Cedana events",
        f'{curl} "$URL/v2/events?time=86400"',
        "# Waldur events",
        'curl -H "Authorization: Token $TOKEN" "$URL/api/events/?page_size=5"',
        'curl -H "Authorization: Token $TOKEN" "$URL/api/events/count/"',
        "# Huawei Cloud GaussDB(DWS) and Cloud Eye; their SDKs take $URL, $KEY_ID and $SECRET",
        f'{token} "$URL/v2/{credentials.scope}/events?limit=5"',
        f'{token} "$URL/V1.0/{credentials.scope}/events?limit=5"',
        "# AWS CloudTrail; the AWS CLI and SDKs take $URL, and $KEY_ID and $SECRET as access key",
        "export AWS_ACCESS_KEY_ID=$KEY_ID AWS_SECRET_ACCESS_KEY=$SECRET",
        "aws cloudtrail lookup-events --max-items 5 --endpoint-url $URL --region eu-central-1",
        "# Store the events of a file",
        f'{curl} --data-binary @FILE "$URL/v1/events?format=cloudfoundry"',
    )
    print(*lines, sep="\n", flush=True)
