"""AWS's SDK for Python, `boto3`, and the AWS CLI, unchanged, against a running service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from support.examples import long
from support.service import Service

from tools import ROOT

COUNT = 230
START = datetime(2019, 5, 1, 10, 0, 0, tzinfo=UTC)
"""Longer ago than CloudTrail itself looks back."""

AWS = str(Path(sys.executable).parent / "aws")
CLOUDFOUNDRY = ROOT / "tests/conformance/documents/cloudfoundry.json"
ACCOUNT = "111122223333"
USERS = ("mateo", "saanvi", "Ünïcode 🎉")
BUCKET = "amzn-s3-demo-bucket"

# The SDK has its own types for what a client is given and what it answers.
Json = Any


def record(number: int) -> Json:
    """Return a record; three at a time share a second."""
    user = number % 3
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
            "accountId": ACCOUNT,
            "accessKeyId": f"AKIAIOSFODNN{user}EXAMPLE",
            "userName": USERS[user],
        },
        "eventTime": f"{START + timedelta(seconds=number // 3):%FT%TZ}",
        "eventSource": "s3.amazonaws.com" if number % 2 else "kms.amazonaws.com",
        "eventName": ("PutObject", "Decrypt", "DeleteObject", "GetObject")[number % 4],
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "192.0.2.44",
        "userAgent": "aws-cli/2.27.50",
        "requestParameters": {"number": number, "big": 2**70, "small": 0.1, "none": None},
        "responseElements": None,
        "requestID": f"request-{number:03}",
        "eventID": f"record-{number:03}",
        "readOnly": number % 5 > 0,
        "resources": [
            {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{BUCKET}/{number % 7}"},
            {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{BUCKET}"},
        ][number % 2 :],
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Data",
    }


RECORDS = [record(number) for number in range(COUNT)]
TEXTS = [json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in RECORDS]


@dataclass(frozen=True)
class Account:
    """A key of a scope that holds RECORDS."""

    url: str
    key_id: str
    secret: str
    token: str

    def client(self, path: str = "", **changes: str) -> Json:
        """Return a client that is told no more than a user tells it."""
        known = {"aws_access_key_id": self.key_id, "aws_secret_access_key": self.secret}
        options = known | {"region_name": "eu-central-1", "endpoint_url": self.url + path} | changes
        return boto3.client("cloudtrail", **options)

    def aws(self, *words: str) -> str:
        """Run the AWS CLI's `cloudtrail lookup-events`, and return what it prints."""
        settings = {
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        command = [AWS, "cloudtrail", "lookup-events", "--endpoint-url", self.url, *words]
        done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def make_account(service: Service, scope: str, *files: tuple[Path, str]) -> Account:
    """Return a key of a new scope, with the events of these files."""
    options = ("--permissions", "read,write", "--json")
    made = json.loads(service.polylog("keys", "create", "--scope", scope, *options).out)
    for file, format in files:
        done = service.polylog("load", str(file), "--format", format, "--token", made["token"])
        assert done.status == 0, done.err
    return Account(made["url"], made["access_key"], made["secret_key"], made["token"])


@pytest.fixture(scope="module")
def account(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Account:
    file = tmp_path_factory.mktemp("load") / "records.json"
    file.write_text(f'{{"Records":[{",".join(TEXTS)}]}}', "utf-8")
    return make_account(service, "cloudtrail-boto3", (file, "cloudtrail"))


def by(key: str, value: str) -> Json:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def walk(client: Json, size: int = 50, **asked: Json) -> list[str]:
    """Return all records that a lookup finds, to the end, with the SDK's own paginator."""
    paginator = client.get_paginator("lookup_events")
    pages = paginator.paginate(**asked, PaginationConfig={"PageSize": size})
    return [event["CloudTrailEvent"] for page in pages for event in page["Events"]]


def newest(is_wanted: Callable[[Json], bool]) -> list[str]:
    return [text for text, each in zip(TEXTS[::-1], RECORDS[::-1], strict=True) if is_wanted(each)]


@pytest.mark.parametrize("path", ["", "/", "/aws", "/aws/", "/cloudtrail"])
def test_returns_records_unchanged_byte_for_byte(account: Account, path: str) -> None:
    assert walk(account.client(path)) == TEXTS[::-1]


@pytest.mark.parametrize("size", [7, *long(1, 2)])
def test_pages_of_any_size_show_every_event_once(account: Account, size: int) -> None:
    assert walk(account.client(), size) == TEXTS[::-1]


LOOKUPS = [
    ("EventId", "record-100", lambda each: each["eventID"] == "record-100"),
    ("EventName", "Decrypt", lambda each: each["eventName"] == "Decrypt"),
    ("EventSource", "kms.amazonaws.com", lambda each: "kms" in each["eventSource"]),
    ("ReadOnly", "true", lambda each: each["readOnly"]),
    ("ReadOnly", "false", lambda each: not each["readOnly"]),
    ("Username", "Ünïcode 🎉", lambda each: each["userIdentity"]["userName"] == USERS[2]),
    (
        "AccessKeyId",
        "AKIAIOSFODNN1EXAMPLE",
        lambda each: each["userIdentity"]["accessKeyId"] == "AKIAIOSFODNN1EXAMPLE",
    ),
    ("ResourceType", "AWS::S3::Bucket", lambda each: True),
    ("ResourceType", "AWS::S3::Object", lambda each: len(each["resources"]) == 2),
    ("ResourceName", f"arn:aws:s3:::{BUCKET}", lambda each: True),
    (
        "ResourceName",
        f"arn:aws:s3:::{BUCKET}/3",
        lambda each: each["resources"][0]["ARN"].endswith("/3"),
    ),
    ("ResourceName", "nothing", lambda each: False),
]


@pytest.mark.parametrize(("key", "value", "is_wanted"), LOOKUPS)
def test_finds_by_every_attribute_to_the_end(
    account: Account, key: str, value: str, is_wanted: Callable[[Json], bool]
) -> None:
    assert walk(account.client(), 11, **by(key, value)) == newest(is_wanted)


def test_finds_within_a_time(account: Account) -> None:
    start, end = START + timedelta(seconds=10), START + timedelta(seconds=20)
    found = walk(account.client(), StartTime=start, EndTime=end, **by("ReadOnly", "false"))
    assert found == newest(lambda each: int(each["eventID"][-3:]) in range(30, 63, 5))


def test_reads_every_member_of_an_event(account: Account) -> None:
    (event,) = account.client().lookup_events(**by("EventId", "record-004"))["Events"]
    assert event.pop("EventTime").astimezone(UTC) == START + timedelta(seconds=1)
    assert event == {
        "EventId": "record-004",
        "EventName": "PutObject",
        "ReadOnly": "true",
        "AccessKeyId": "AKIAIOSFODNN1EXAMPLE",
        "EventSource": "kms.amazonaws.com",
        "Username": "saanvi",
        "Resources": [
            {"ResourceType": "AWS::S3::Object", "ResourceName": f"arn:aws:s3:::{BUCKET}/4"},
            {"ResourceType": "AWS::S3::Bucket", "ResourceName": f"arn:aws:s3:::{BUCKET}"},
        ],
        "CloudTrailEvent": TEXTS[4],
    }


def test_learns_when_nothing_follows(account: Account) -> None:
    answer = account.client().lookup_events(**by("Username", "nobody"))
    assert (answer["Events"], "NextToken" in answer) == ([], False)
    assert answer["ResponseMetadata"]["RequestId"]


def test_follows_the_environment(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", account.url + "/aws")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", account.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", account.secret)
    client = boto3.Session().client("cloudtrail", region_name="ap-southeast-2")
    assert client.lookup_events(MaxResults=1)["Events"][0]["CloudTrailEvent"] == TEXTS[-1]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("InvalidMaxResultsException", {"MaxResults": 51}),
        ("InvalidTimeRangeException", {"StartTime": 2, "EndTime": 1}),
        ("InvalidNextTokenException", {"NextToken": "AAAA"}),
        (
            "InvalidLookupAttributesException",
            {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "true"}] * 2},
        ),
        (
            "InvalidLookupAttributesException",
            {"LookupAttributes": [{"AttributeKey": "Color", "AttributeValue": "red"}]},
        ),
        ("InvalidEventCategoryException", {"EventCategory": "management"}),
    ],
)
def test_gets_the_errors_it_knows(account: Account, name: str, asked: Json) -> None:
    client = account.client()
    with pytest.raises(getattr(client.exceptions, name)) as caught:
        client.lookup_events(**asked)
    assert caught.value.response["Error"]["Code"] == name
    assert caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aws_secret_access_key": "wrong"}, "InvalidSignatureException"),
        ({"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}, "UnrecognizedClientException"),
    ],
)
def test_a_wrong_key_is_refused(account: Account, changes: Json, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        account.client(**changes).lookup_events()
    assert caught.value.response["Error"]["Code"] == code


def test_other_operations_are_refused_as_unsupported(account: Account) -> None:
    client = account.client()
    with pytest.raises(client.exceptions.UnsupportedOperationException):
        client.list_trails()


def test_shows_events_of_other_apis_as_records(service: Service) -> None:
    account = make_account(service, "cloudtrail-foreign", (CLOUDFOUNDRY, "cloudfoundry"))
    entities = [each["entity"] for each in json.loads(CLOUDFOUNDRY.read_text())["resources"]]
    found = walk(account.client(), **by("Username", entities[0]["actor_name"]))
    assert {json.loads(text)["eventName"] for text in found} == {
        each["type"] for each in entities if each["actor_name"] == entities[0]["actor_name"]
    }


class TestTheCommand:
    """The AWS CLI."""

    def test_prints_records_unchanged_byte_for_byte(self, account: Account) -> None:
        events = json.loads(account.aws("--query", "Events"))
        assert [event["CloudTrailEvent"] for event in events] == TEXTS[::-1]

    @pytest.mark.parametrize(("key", "value", "is_wanted"), LOOKUPS)
    def test_finds_by_every_attribute_to_the_end(
        self, account: Account, key: str, value: str, is_wanted: Callable[[Json], bool]
    ) -> None:
        attributes = json.dumps(by(key, value)["LookupAttributes"])
        found = json.loads(account.aws("--page-size", "40", "--lookup-attributes", attributes))
        assert [event["CloudTrailEvent"] for event in found["Events"]] == newest(is_wanted)

    def test_goes_on_where_it_stopped(self, account: Account) -> None:
        first = json.loads(account.aws("--max-items", "60"))
        rest = json.loads(account.aws("--starting-token", first["NextToken"]))
        found = [event["CloudTrailEvent"] for event in first["Events"] + rest["Events"]]
        assert found == TEXTS[::-1]

    def test_prints_what_loads_as_the_same_events(
        self, service: Service, account: Account, tmp_path: Path
    ) -> None:
        file = tmp_path / "events.json"
        file.write_text(account.aws(), "utf-8")
        done = service.polylog("load", str(file), "--token", account.token)
        assert (done.status, done.err.splitlines()[-1]) == (0, f"{COUNT} duplicate")
