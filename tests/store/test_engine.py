"""DynamoDB Local as a laptop runs it: how it starts, serves one user per folder, and ends."""

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE
from threading import Thread
from typing import NamedTuple
from urllib.parse import urlsplit

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.sockets import listening, other_address

from polylog_cli.local.dynamodb import EngineError, dynamodb_local, install

pytestmark = pytest.mark.engine

HOLD_A_FOLDER = """
import signal, sys
from pathlib import Path
from polylog_cli.local.dynamodb import dynamodb_local
with dynamodb_local(Path(sys.argv[1])):
    print("started", flush=True)
    signal.pause()
"""


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class Interrupted(NamedTuple):
    data: Path
    java: int


@pytest.fixture(scope="module")
def client(engine: DynamoDBClient) -> DynamoDBClient:
    create_table(engine)
    return engine


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    data = tmp_path_factory.mktemp("engine") / "data"
    with suppress(KeyboardInterrupt), umask(0), dynamodb_local(data) as endpoint:
        client = connect(endpoint)
        create_table(client)
        put(client, "kept", range(5))
        java = java_pid(endpoint)
        raise KeyboardInterrupt
    return Interrupted(data, java)


@pytest.fixture(scope="module")
def reopened(interrupted: Interrupted) -> Iterator[str]:
    with dynamodb_local(interrupted.data) as endpoint:
        yield endpoint


@pytest.fixture
def other_user(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD_A_FOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout is not None
        assert user.stdout.readline()
        yield user
        user.kill()


@pytest.fixture
def elsewhere() -> str:
    """Return an address of this machine that is not on loopback."""
    try:
        return other_address()
    except OSError:
        pytest.skip("this machine has no network")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def connect(endpoint: str) -> DynamoDBClient:
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def create_table(client: DynamoDBClient) -> None:
    client.create_table(
        TableName="events",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "scope", "AttributeType": "S"},
            {"AttributeName": "shard", "AttributeType": "N"},
            {"AttributeName": "time", "AttributeType": "N"},
            {"AttributeName": "seq", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_time",
                "KeySchema": [
                    {"AttributeName": "scope", "KeyType": "HASH"},
                    {"AttributeName": "shard", "KeyType": "HASH"},
                    {"AttributeName": "time", "KeyType": "RANGE"},
                    {"AttributeName": "seq", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def put(client: DynamoDBClient, scope: str, seqs: range) -> None:
    client.transact_write_items(
        TransactItems=[
            {
                "Put": {
                    "TableName": "events",
                    "Item": {
                        "pk": {"S": f"{scope}/{seq}"},
                        "scope": {"S": scope},
                        "shard": {"N": "0"},
                        "time": {"N": str(seq // 10)},
                        "seq": {"N": str(seq)},
                    },
                }
            }
            for seq in seqs
        ]
    )


def by_time(client: DynamoDBClient, scope: str, time: int) -> list[str]:
    answer = client.query(
        TableName="events",
        IndexName="by_time",
        KeyConditionExpression="#scope = :scope AND #shard = :shard AND #time >= :time",
        ExpressionAttributeNames={"#scope": "scope", "#shard": "shard", "#time": "time"},
        ExpressionAttributeValues={
            ":scope": {"S": scope},
            ":shard": {"N": "0"},
            ":time": {"N": str(time)},
        },
    )
    return [item["seq"]["N"] for item in answer["Items"]]


def java_pid(endpoint: str) -> int:
    words = ("pgrep", "-f", f"Loopback -port {urlsplit(endpoint).port} ")
    return int(subprocess.check_output(words))


def test_installing_again_changes_nothing() -> None:
    before = sorted((file, file.stat().st_mtime_ns) for file in install().rglob("*"))
    assert before == sorted((file, file.stat().st_mtime_ns) for file in install().rglob("*"))


@on_linux
def test_it_listens_only_on_loopback(interrupted: Interrupted, reopened: str) -> None:
    found = listening(java_pid(reopened))
    assert found.keys() == {urlsplit(reopened).port}
    assert all(address.is_loopback for address in found.values())


@on_linux
def test_the_other_addresses_of_the_machine_refuse(reopened: str, elsewhere: str) -> None:
    """Anyone who reaches it can rewrite keys, since it checks no credential."""
    with socket.socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect((elsewhere, urlsplit(reopened).port))


def test_an_index_of_several_attributes_answers_in_order(client: DynamoDBClient) -> None:
    put(client, "ordered", range(30))
    assert by_time(client, "ordered", 1) == [str(seq) for seq in range(10, 30)]


def test_eight_writers_at_once_lose_nothing(client: DynamoDBClient) -> None:
    def write(writer: int) -> list[str]:
        for start in range(0, 95, 19):
            put(client, f"writer-{writer}", range(start, start + 19))
        return by_time(client, f"writer-{writer}", 0)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, range(8)))
    assert found == [[str(seq) for seq in range(95)]] * 8


def test_no_process_survives_an_interruption(interrupted: Interrupted) -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(interrupted.java, 0)


def test_data_survives_an_interruption(reopened: str) -> None:
    assert by_time(connect(reopened), "kept", 0) == ["0", "1", "2", "3", "4"]


def test_only_the_owner_can_use_its_files(interrupted: Interrupted, reopened: str) -> None:
    """It was started under a umask that forbids nothing."""
    files = {file.name: S_IMODE(file.stat().st_mode) for file in interrupted.data.iterdir()}
    assert S_IMODE(interrupted.data.stat().st_mode) == 0o700
    assert files.keys() >= {"lock", "dynamodb.log", "shared-local-instance.db"}
    assert set(files.values()) == {0o600}


def test_a_folder_in_use_is_refused(interrupted: Interrupted, reopened: str) -> None:
    """The error names the process that you can end: Java ends with it."""
    holder = f"in use by process {os.getpid()}\\."
    with pytest.raises(EngineError, match=holder):
        dynamodb_local(interrupted.data).__enter__()


def test_a_folder_is_free_again_when_its_user_is_killed(
    tmp_path: Path, other_user: subprocess.Popen[str]
) -> None:
    """The user has no chance to clean up, and Java ends all the same."""
    other_user.kill()
    with (tmp_path / "lock").open() as lock:
        freed = Thread(target=fcntl.flock, args=(lock, fcntl.LOCK_EX), daemon=True)
        freed.start()
        freed.join(10)
        assert not freed.is_alive()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="file/data cannot be written"):
        dynamodb_local(tmp_path / "file" / "data").__enter__()


def test_a_start_that_fails_shows_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:NoSuchOption")
    with pytest.raises(EngineError, match="NoSuchOption"):
        dynamodb_local().__enter__()
