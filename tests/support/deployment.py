"""A stack of the template in an AWS account, real or imitated, as its clients see it.

Nothing here knows whether the account is real, so tests can ask both the same questions.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import boto3
import httpx
from mypy_boto3_sqs.type_defs import MessageTypeDef

from polylog.api.auth import Credential
from polylog.model import times
from support.amazon import LOOKUP, signature
from tools import ROOT

T = TypeVar("T")
Event = dict[str, Any]

BIN = Path(sys.executable).parent
POLL_SECONDS = 0.2
MESSAGES = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def until(ask: Callable[[], T], seconds: float, expect: Callable[[T], object] = bool) -> T:
    """Ask until the answer is as expected, and return it; fail when the time is up."""
    deadline = time.monotonic() + seconds
    while not expect(answer := ask()):
        assert time.monotonic() < deadline, f"after {seconds} seconds it is still {answer!r}"
        time.sleep(POLL_SECONDS)
    return answer


@dataclass(frozen=True)
class Account:
    """An AWS account, and the environment variables with which programs reach it.

    `log` is where an emulator writes what its functions print; a real account has CloudWatch.
    """

    environment: Mapping[str, str] = field(repr=False)
    log: Path | None = None

    def client(self, service: str) -> Any:
        """Return a client of a service, unaffected by what else this process uses as AWS."""
        session = boto3.Session(
            aws_access_key_id=self.environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self.environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=self.environment.get("AWS_SESSION_TOKEN"),
            region_name=self.environment.get("AWS_DEFAULT_REGION"),
        )
        return session.client(service, endpoint_url=self.environment.get("AWS_ENDPOINT_URL"))

    def run(self, *command: str) -> str:
        """Run a command of the virtual environment in this account; return what it printed."""
        path = os.pathsep.join([str(BIN), os.environ["PATH"]])
        settings = {**self.environment, "PATH": path, "SAM_CLI_TELEMETRY": "0"}
        done = subprocess.run(
            command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout


@dataclass(frozen=True)
class Address:
    """Where a log answers, and a key of one of its scopes."""

    url: str
    scope: str
    token: str = field(repr=False)

    @property
    def key(self) -> Credential:
        """The key, in the form that signing clients need."""
        return Credential.parse(self.token)


@dataclass(frozen=True)
class Deployment:
    """A deployed stack: a key for it, its service, and every way to send it events."""

    account: Account
    stack: str
    scope: str
    token: str = field(repr=False)
    http: httpx.Client
    outputs: Mapping[str, str]
    functions: Mapping[str, str]
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    def at(self, url: str = "") -> Address:
        """Return the service's address and a key: its own address, or the given one."""
        return Address(url or str(self.http.base_url).rstrip("/"), self.scope, self.token)

    def client(self, service: str) -> Any:
        """Return the client of a service: the same one each time."""
        if service not in self._clients:
            self._clients[service] = self.account.client(service)
        return self._clients[service]

    def get(self, target: str, **headers: str) -> httpx.Response:
        """Ask the service with a GET request."""
        return self._answer("GET", target, headers)

    def post(self, events: object) -> httpx.Response:
        """Send events to the service."""
        return self._answer("POST", "/v1/events", {}, json=events)

    def _answer(
        self, method: str, target: str, headers: dict[str, str], **content: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        answer = self.http.request(method, target, headers=headers, **content)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer

    def look_up(self, key: str, value: str) -> httpx.Response:
        """Ask for the events with an attribute, as clients of CloudTrail do."""
        body = json.dumps({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]})
        url = str(self.http.base_url.join("/cloudtrail"))
        made = signature(Credential.parse(self.token), url, body, time.time())
        return self._answer("POST", "/cloudtrail", LOOKUP | made, content=body)

    def count(self, type: str) -> int:
        """Return how many events of a type the log has."""
        answer = self.get(f'/v1/events:count?filter=type="{type}"')
        count: int = answer.json()["count"]
        return count

    def send(self, body: object, **attributes: str) -> None:
        """Send a message to the queue, with its scope and these attributes."""
        attributes = {"scope": self.scope, **attributes}
        self.client("sqs").send_message(
            QueueUrl=self.outputs["IngestQueueUrl"],
            MessageBody=body if isinstance(body, str) else json.dumps(body),
            MessageAttributes=_strings(attributes),
        )

    def publish(self, message: object) -> None:
        """Publish a message to the topic."""
        self.client("sns").publish(
            TopicArn=self.outputs["EventTopicArn"],
            Message=json.dumps(message),
            MessageAttributes=_strings({"scope": self.scope}),
        )

    def put_event(self, source: str, detail_type: str, detail: object) -> None:
        """Put an event on the bus."""
        entry = {
            "EventBusName": self.outputs["EventBusName"],
            "Source": source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
        }
        answer = self.client("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0, answer

    def drop(self, name: str, lines: str) -> None:
        """Put an object in the native format where the stack imports from."""
        self.client("s3").put_object(
            Bucket=self.outputs["ImportBucketName"],
            Key=f"import/{self.scope}/native/{name}",
            Body=lines.encode(),
        )

    def import_result(self, name: str) -> Any:
        """Return the result that an import wrote; None until it has written one."""
        s3 = self.client("s3")
        key = f"import-results/{self.scope}/native/{name}.json"
        try:
            answer = s3.get_object(Bucket=self.outputs["ImportBucketName"], Key=key)
        except s3.exceptions.NoSuchKey:
            return None
        return json.load(answer["Body"])

    def waiting(self) -> dict[str, str]:
        """Return the number of messages that wait or are in work, by queue; empty if none are."""
        found = {}
        for queue in ("IngestQueueUrl", "ImportQueueUrl"):
            asked = {"QueueUrl": self.outputs[queue], "AttributeNames": MESSAGES}
            counts = self.client("sqs").get_queue_attributes(**asked)["Attributes"]
            found |= {f"{queue}: {name}": n for name, n in counts.items() if n != "0"}
        return found

    def dead_letter(self, marker: str) -> MessageTypeDef | None:
        """Take the message that contains a marker from the dead letter queue, if it is there."""
        sqs, url = self.client("sqs"), self.outputs["DeadLetterQueueUrl"]
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=1,
            MessageAttributeNames=["All"],
        )
        for message in answer.get("Messages", []):
            if marker in message["Body"]:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return message
        return None

    def deltas(self) -> int:
        """Return how many deltas are young: transactions that are not folded into the tally yet."""
        answer = self.client("dynamodb").query(
            TableName=self.outputs["TallyTableName"],
            KeyConditionExpression="#scope = :scope AND begins_with(#row, :deltas)",
            ExpressionAttributeNames={"#scope": "scope", "#row": "row"},
            ExpressionAttributeValues={
                ":scope": {"S": self.scope},
                ":deltas": {"S": "head/delta/"},
            },
            Select="COUNT",
            ConsistentRead=True,
        )
        count: int = answer["Count"]
        return count

    def invoke(self, function: str, payload: str) -> None:
        """Invoke a function, and wait until it ends."""
        client = self.client("lambda")
        answer = client.invoke(FunctionName=self.functions[function], Payload=payload)
        assert "FunctionError" not in answer, answer["Payload"].read()

    def settings(self, function: str) -> dict[str, str]:
        """Return the environment of a function."""
        client = self.client("lambda")
        answer = client.get_function_configuration(FunctionName=self.functions[function])
        variables: dict[str, str] = answer["Environment"]["Variables"]
        return variables

    @contextmanager
    def set(self, function: str, **settings: str) -> Iterator[None]:
        """Give a function these settings until the block ends."""
        client, name = self.client("lambda"), self.functions[function]
        before = self.settings(function)

        def update(variables: dict[str, str]) -> None:
            environment = {"Variables": variables}
            client.update_function_configuration(FunctionName=name, Environment=environment)
            client.get_waiter("function_updated_v2").wait(FunctionName=name)

        update(before | settings)
        try:
            yield
        finally:
            update(before)


def new_type(way: str) -> str:
    """Return a type that no other event has."""
    return f"test.{way}.{uuid4().hex[:12]}"


def new_event(type: str, ago_seconds: int = 0) -> Event:
    """Return an event as a client sends it."""
    time = times.format_rfc3339(times.now() - ago_seconds * times.SECOND)
    return {"id": uuid4().hex, "time": time, "type": type, "source": "/tests"}


def many_events(type: str, number: int) -> list[Event]:
    """Return events of a type, each at a different second."""
    return [new_event(type, ago_seconds) for ago_seconds in range(number)]


def texts(message: MessageTypeDef) -> dict[str, str]:
    """Return the attributes of a message."""
    attributes = message["MessageAttributes"].items()
    return {name: attribute["StringValue"] for name, attribute in attributes}


def _strings(values: Mapping[str, str]) -> dict[str, Any]:
    """Return message attributes."""
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
