"""`polylog dlq`: dead letters are listed, and sent again; over moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import Result
from moto import mock_aws
from mypy_boto3_sqs import SQSClient
from support.command import polylog
from typer.testing import CliRunner

from polylog_cli.local.tables import ENVIRONMENT
from polylog_cli.main import app
from polylog_cli.stack import dead_letters

S3 = json.dumps({"Records": [{"eventSource": "aws:s3", "s3": {}}]})


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[SQSClient]:
    """Yield the queues of a stack named `log`."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        session = boto3.Session()
        session.events.register("provide-client-params.sqs.ReceiveMessage", do_not_wait)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
        client = boto3.client("sqs")
        queues = {name: f"{name}Queue" for name in ("Ingest", "Import", "DeadLetter")}
        urls = {q: client.create_queue(QueueName=q)["QueueUrl"] for q in queues.values()}
        stack = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {f"{name}Url": {"Value": url} for name, url in urls.items()},
        }
        boto3.client("cloudformation").create_stack(StackName="log", TemplateBody=json.dumps(stack))
        yield client


def do_not_wait(params: dict[str, Any], **_: object) -> dict[str, Any]:
    """Ask only for messages that are there already, since no others come."""
    return params | {"WaitTimeSeconds": 0}


def put_aside(sqs: SQSClient, body: str, **attributes: str) -> str:
    answer = sqs.send_message(
        QueueUrl=url(sqs, "DeadLetter"),
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )
    return answer["MessageId"]


def url(sqs: SQSClient, name: str) -> str:
    return sqs.get_queue_url(QueueName=f"{name}Queue")["QueueUrl"]


def received(sqs: SQSClient) -> int:
    """Receive a letter, and return how often it was received by now."""
    answer = sqs.receive_message(
        QueueUrl=url(sqs, "DeadLetter"),
        VisibilityTimeout=0,
        MessageSystemAttributeNames=["ApproximateReceiveCount"],
    )
    return int(answer["Messages"][0]["Attributes"]["ApproximateReceiveCount"])


def held(sqs: SQSClient, name: str) -> list[tuple[str, dict[str, str]]]:
    """Return the bodies and attributes of the messages in a queue."""
    answer = sqs.receive_message(
        QueueUrl=url(sqs, name), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [
        (m["Body"], {n: v["StringValue"] for n, v in m.get("MessageAttributes", {}).items()})
        for m in answer.get("Messages", [])
    ]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["dlq", *arguments])


def listed(*arguments: str) -> list[dict[str, Any]]:
    done = run("list", "--stack", "log", "--json", *arguments)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_letters_are_listed_with_the_reason_and_stay(sqs: SQSClient) -> None:
    put_aside(
        sqs, "nonsense", reason="not JSON", message_id="m-1", sent_at="1772366400250", scope="ops"
    )
    expected = {
        "id": "m-1",
        "sent": "2026-03-01T12:00:00.250000Z",
        "scope": "ops",
        "reason": "not JSON",
        "body": "nonsense",
    }
    assert [listed(), listed()] == [[expected], [expected]]


def test_the_table_shows_what_is_needed_to_choose(sqs: SQSClient) -> None:
    put_aside(sqs, "[bold]" * 40, reason="[red] not JSON", message_id="m-1")
    shown = run("list", "--stack", "log").stdout
    assert "m-1" in shown
    assert "[red] not JSON" in shown
    assert "[bold][bold]" in shown


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"ERROR_CODE": "X", "ERROR_MESSAGE": "no such queue"}, "no such queue"),
        ({}, "unknown: the function failed, or ran out of time or memory"),
    ],
)
def test_letters_of_others_tell_what_they_can(
    sqs: SQSClient, attributes: dict[str, str], reason: str
) -> None:
    name = put_aside(sqs, "{}", **attributes)
    (letter,) = listed()
    assert (letter["id"], letter["reason"]) == (name, reason)


def test_more_letters_than_one_request_tells_are_listed_up_to_the_limit(sqs: SQSClient) -> None:
    for number in range(25):
        put_aside(sqs, "{}", message_id=f"m-{number}")
    assert {letter["id"] for letter in listed()} == {f"m-{number}" for number in range(25)}
    assert len(listed("--limit", "12")) == 12
    assert len(listed()) == 25


def test_letters_that_are_back_too_early_are_listed_and_sent_once(
    sqs: SQSClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This is as if reading them took longer than they are held."""
    monkeypatch.setattr(dead_letters, "_HELD_SECONDS", 0)
    for number in range(8):
        put_aside(sqs, "{}", message_id=f"m-{number}")
    assert sorted(letter["id"] for letter in listed()) == sorted(f"m-{n}" for n in range(8))
    assert received(sqs) > 2
    assert run("redrive", "--stack", "log").stdout == "8 sent again\n"


def test_what_fails_again_meanwhile_is_left_there(
    sqs: SQSClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(params: dict[str, Any], **_: object) -> None:
        given = {name: value["StringValue"] for name, value in params["MessageAttributes"].items()}
        put_aside(sqs, params["MessageBody"], reason="again", **given)

    for number in range(15):
        put_aside(sqs, "{}", message_id=f"m-{number}")
    session = boto3.Session()
    session.events.register("provide-client-params.sqs.SendMessage", fail)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    assert run("redrive", "--stack", "log").stdout == "15 sent again\n"
    assert [letter["reason"] for letter in listed()] == ["again"] * 15


@pytest.mark.parametrize("sent_at", ["yesterday", "-1", "9" * 15])
def test_a_letter_that_tells_no_time_says_when_it_was_sent(sqs: SQSClient, sent_at: str) -> None:
    """If a queue puts a letter aside, its attributes are those of the sender."""
    put_aside(sqs, "{}", sent_at=sent_at)
    (letter,) = listed()
    assert letter["sent"] > "2026"
    assert run("redrive", "--stack", "log").stdout == "1 sent again\n"


def test_letters_are_sent_again_to_where_they_came_from(sqs: SQSClient) -> None:
    put_aside(sqs, "one", reason="r", message_id="m-1", sent_at="7", scope="ops", format="dws")
    put_aside(sqs, S3, reason="r", message_id="m-2", sent_at="8")
    done = run("redrive", "--stack", "log")
    assert (done.exit_code, done.stdout) == (0, "2 sent again\n")
    as_it_was = {"message_id": "m-1", "sent_at": "7", "scope": "ops", "format": "dws"}
    assert held(sqs, "Ingest") == [("one", as_it_was)]
    assert held(sqs, "Import") == [(S3, {"message_id": "m-2", "sent_at": "8"})]
    assert listed() == []


def test_a_letter_that_the_queue_put_aside_keeps_its_id(sqs: SQSClient) -> None:
    name = put_aside(sqs, "one")
    run("redrive", "--stack", "log")
    ((_, attributes),) = held(sqs, "Ingest")
    assert attributes["message_id"] == name


def test_some_letters_can_be_chosen(sqs: SQSClient) -> None:
    put_aside(sqs, "one", message_id="m-1")
    put_aside(sqs, "two", message_id="m-2")
    done = run("redrive", "--stack", "log", "m-2", "m-3")
    assert (done.exit_code, done.stdout) == (1, "1 sent again\n")
    assert "no such message: m-3" in done.stderr
    assert [letter["id"] for letter in listed()] == ["m-1"]


def test_another_stack_is_named_as_such(sqs: SQSClient) -> None:
    done = run("list", "--stack", "none")
    assert done.exit_code == 1
    assert "the stack none cannot be read" in done.stderr


@pytest.mark.parametrize("words", [("dlq", "list"), ("keys", "list", "--scope", "demo")])
def test_without_a_region_it_says_how_to_set_one(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    done = polylog(*words, "--stack", "log")
    assert (done.status, done.out) == (1, "")
    assert done.err == "polylog: no AWS region is set: set AWS_DEFAULT_REGION\n"
