"""How records of CloudTrail are read into events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from support.strategies import json_values

from polylog.aws.messages import Message, read_message
from polylog.dialects import format_names
from polylog.intake.documents import MAX_DEPTH, read_document
from polylog.intake.formats import eventbridge
from polylog.intake.formats.cloudtrail import FORMAT, is_event, read_event
from polylog.model.errors import InvalidParameter
from polylog.model.event import Entity, Event, is_key
from polylog.model.times import parse_iso8601
from tools import ROOT

SAMPLE = ROOT / "tests/samples/cloudtrail.json"
RECORDS = json.loads(SAMPLE.read_text("utf-8"))["Records"]
BUCKET, ASSUMED, LOGIN, TERMINATED, REFUSED, OBJECT, INSIGHT = RECORDS
ACCOUNT = "111122223333"
LONG = "x" * 300

Record = dict[str, Any]


def record(**changes: Any) -> Record:
    """Return the record of a new bucket with other members; None removes one."""
    changed = BUCKET | changes
    return {name: value for name, value in changed.items() if value is not None}


def refusal(wire: JsonValue) -> str:
    with pytest.raises(InvalidParameter) as caught:
        read_event(wire)
    return str(caught.value)


def test_a_record_is_read() -> None:
    assert read_event(BUCKET) == Event(
        id="00000001-1b2f-4c6a-8d7e-0f1a2b3c4d5e",
        time=parse_iso8601("2026-03-01T11:58:02Z"),
        type="CreateBucket",
        source="s3.amazonaws.com",
        actor=Entity(id="arn:aws:iam::111122223333:user/mateo", type="IAMUser", name="mateo"),
        target=Entity(id="amzn-s3-demo-bucket", type="AWS::S3::Bucket", name="amzn-s3-demo-bucket"),
        status="Success",
        severity="info",
        message="mateo called CreateBucket on amzn-s3-demo-bucket",
        category="Management",
        organization_id=ACCOUNT,
        project_id="eu-central-1",
        data=BUCKET,
    )


def test_an_error_becomes_the_status_and_the_message() -> None:
    event = read_event(REFUSED)
    assert (event.status, event.severity) == ("AccessDenied", "error")
    assert event.message == REFUSED["errorMessage"]


@pytest.mark.parametrize(
    ("said", "status", "severity"),
    [
        ({"ConsoleLogin": "Success"}, "Success", "info"),
        ({"ConsoleLogin": "Failure"}, "Failure", "error"),
        (None, "Success", "info"),
        ("odd", "Success", "info"),
    ],
)
def test_a_sign_in_says_how_it_ended(said: Any, status: str, severity: str) -> None:
    event = read_event(LOGIN | {"responseElements": said})
    assert (event.status, event.severity) == (status, severity)


@pytest.mark.parametrize(
    ("identity", "event_type", "message"),
    [
        ({"userName": "ada"}, "ConsoleLogin", "ada called ConsoleLogin"),
        ({}, "ConsoleLogin", "ConsoleLogin was called"),
    ],
)
def test_a_message_says_what_is_known(identity: Record, event_type: str, message: str) -> None:
    wire = record(userIdentity=identity, eventName=event_type, requestParameters=None)
    assert read_event(wire).message == message


def test_an_insight_is_about_the_calls_that_it_names() -> None:
    event = read_event(INSIGHT)
    assert (event.type, event.source, event.category) == (
        "TerminateInstances",
        "ec2.amazonaws.com",
        "Insight",
    )
    assert (event.status, event.severity) == ("Start", "warning")
    assert event.message == "ApiCallRateInsight of TerminateInstances: Start"
    assert (event.actor, event.data) == (Entity(), INSIGHT)


ARN = f"arn:aws:sts::{ACCOUNT}"


@pytest.mark.parametrize(
    ("identity", "id", "name"),
    [
        (
            {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root"},
            f"arn:aws:iam::{ACCOUNT}:root",
            "root",
        ),
        ({"type": "Root", "arn": "a", "userName": "an-alias"}, "a", "root"),
        (
            {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/a/ada", "userName": "ada"},
            f"arn:aws:iam::{ACCOUNT}:user/a/ada",
            "ada",
        ),
        (
            {"type": "IAMUser", "principalId": "AIDACKCEVSQ6C2EXAMPLE", "userName": "ada"},
            "AIDACKCEVSQ6C2EXAMPLE",
            "ada",
        ),
        (
            {
                "type": "AssumedRole",
                "arn": f"{ARN}:assumed-role/Operators/saanvi",
                "sessionContext": {"sessionIssuer": {"userName": "Operators"}},
            },
            f"{ARN}:assumed-role/Operators/saanvi",
            "saanvi",
        ),
        (
            {
                "type": "AssumedRole",
                "principalId": "AROAIDPPEZS35WEXAMPLE:x",
                "sessionContext": {"sessionIssuer": {"userName": "Operators"}},
            },
            "AROAIDPPEZS35WEXAMPLE:x",
            "Operators",
        ),
        (
            {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/web"},
            "arn:aws:iam::111122223333:role/web",
            "web",
        ),
        (
            {"type": "FederatedUser", "arn": f"{ARN}:federated-user/ada"},
            f"{ARN}:federated-user/ada",
            "ada",
        ),
        ({"type": "Directory", "principalId": "d-1", "userName": "ada@corp"}, "d-1", "ada@corp"),
        (
            {"type": "AWSAccount", "principalId": "AROAEXAMPLE:ada", "accountId": "444455556666"},
            "AROAEXAMPLE:ada",
            "ada",
        ),
        (
            {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": "444455556666"},
            "AIDAEXAMPLE",
            "444455556666",
        ),
        (
            {"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"},
            "autoscaling.amazonaws.com",
            "autoscaling.amazonaws.com",
        ),
        ({"invokedBy": "AWS Internal"}, "AWS Internal", "AWS Internal"),
        (
            {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}, "accountId": "1"},
            "u-1",
            "u-1",
        ),
        (
            {"type": "SAMLUser", "principalId": "q:ada@corp", "userName": "ada@corp"},
            "q:ada@corp",
            "ada@corp",
        ),
        (
            {
                "type": "WebIdentityUser",
                "principalId": "accounts.google.com:app:7",
                "userName": "7",
            },
            "accounts.google.com:app:7",
            "7",
        ),
        ({"type": "Unknown", "userName": "ada@example.com"}, None, "ada@example.com"),
        ({"type": "Unknown", "principalId": "p"}, "p", "p"),
        ({"arn": LONG, "principalId": "AROAEXAMPLE:ada"}, "AROAEXAMPLE:ada", LONG),
        ({"arn": LONG}, None, LONG),
        ({"type": [], "arn": ["a"], "userName": {}, "sessionContext": 1}, None, None),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_every_identity_has_a_readable_name(
    identity: Record | None, id: str | None, name: str | None
) -> None:
    actor = read_event(record(userIdentity=identity)).actor
    assert (actor.id, actor.name) == (id, name)


def test_the_first_resource_with_an_arn_is_the_target() -> None:
    prefix = {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::amzn-s3-demo-bucket/"}
    event = read_event(OBJECT | {"resources": [prefix, *OBJECT["resources"][1:]]})
    assert event.target == Entity(
        id="arn:aws:s3:::amzn-s3-demo-bucket", type="AWS::S3::Bucket", name="amzn-s3-demo-bucket"
    )
    assert event.links == ("AWS::S3::Object",)


def test_links_lead_to_the_other_resources() -> None:
    event = read_event(OBJECT)
    assert event.target.type == "AWS::S3::Object"
    assert event.links == ("arn:aws:s3:::amzn-s3-demo-bucket", "AWS::S3::Bucket")


def test_links_lead_to_the_other_instances_of_a_call() -> None:
    event = read_event(TERMINATED)
    assert (event.target.id, event.links) == ("i-1234567890abcdef0", ("i-0598c7d356eba48d7",))


def test_a_link_leads_to_a_target_too_long_for_an_index() -> None:
    arn = f"arn:aws:s3:::amzn-s3-demo-bucket/{LONG}"
    event = read_event(OBJECT | {"resources": [{"type": "AWS::S3::Object", "ARN": arn}]})
    assert event.target == Entity(type="AWS::S3::Object", name=LONG)
    assert event.links == (arn,)


@pytest.mark.parametrize(
    ("source", "parameters", "target"),
    [
        ("iam", {"roleName": "web", "policyArn": "p"}, ("web", "AWS::IAM::Role", "web")),
        ("iam", {"userName": "ada", "groupName": "g"}, ("ada", "AWS::IAM::User", "ada")),
        ("lambda", {"functionName": "f"}, ("f", "AWS::Lambda::Function", "f")),
        (
            "lambda",
            {"functionName": "arn:aws:lambda:eu-central-1:111122223333:function:f"},
            ("arn:aws:lambda:eu-central-1:111122223333:function:f", "AWS::Lambda::Function", "f"),
        ),
        (
            "logs",
            {"logGroupName": "/aws/lambda/f"},
            ("/aws/lambda/f", "AWS::Logs::LogGroup", "f"),
        ),
        ("kms", {"keyId": "alias/web"}, ("alias/web", "AWS::KMS::Key", "web")),
        ("ec2", {"groupId": "sg-1", "vpcId": "vpc-1"}, ("sg-1", "AWS::EC2::SecurityGroup", "sg-1")),
        ("someservice", {"resourceArn": "arn:x:y/z"}, ("arn:x:y/z", None, "z")),
        ("someservice", {"name": "n", "size": 3}, ("n", None, "n")),
        ("someservice", {"bucketName": "b"}, (None, None, None)),
        ("s3", {"bucketName": ["b"]}, (None, None, None)),
        ("s3", "HIDDEN_DUE_TO_SECURITY_REASONS", (None, None, None)),
    ],
)
def test_a_target_is_what_the_parameters_name(
    source: str, parameters: Any, target: tuple[str | None, ...]
) -> None:
    wire = record(eventSource=f"{source}.amazonaws.com", requestParameters=parameters)
    found = read_event(wire).target
    assert (found.id, found.type, found.name) == target


def test_a_target_may_be_what_a_call_made() -> None:
    parameters = {"instancesSet": {"items": [{"imageId": "ami-1", "minCount": 1}]}}
    response = {"instancesSet": {"items": [{"instanceId": "i-1"}]}}
    wire = TERMINATED | {"requestParameters": parameters, "responseElements": response}
    assert read_event(wire).target.id == "i-1"


@pytest.mark.parametrize("version", ["1.0", "1.01", "1.08", "1.09", "1.11", "1.12"])
def test_every_version_with_the_same_major_number_is_read(version: str) -> None:
    assert read_event(record(eventVersion=version)).id == BUCKET["eventID"]


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        ({}, "eventVersion is required: the version of a record of CloudTrail, like 1.11"),
        (5, "event must be an object"),
        (record(eventVersion="2.1"), "eventVersion must be a version like 1.11 but was '2.1'"),
        (record(eventVersion=1.08), "eventVersion must be the version of a record of CloudTrail"),
        (record(eventID=None), "eventID is required: the id of the event"),
        (record(eventID=""), "eventID is required: the id of the event"),
        (record(eventID=5), "eventID must be the id of the event but was '5'"),
        (record(eventName=None), "eventName is required: what was called"),
        (record(eventTime=None), "eventTime is required"),
        (
            record(eventTime="soon"),
            "eventTime must be a time like 2026-03-01T12:00:00Z but was 'soon'",
        ),
        (record(eventTime=5), "eventTime must be a time like 2026-03-01T12:00:00Z but was '5'"),
        (record(userIdentity="ada"), "userIdentity must be an object"),
        ({"CloudTrailEvent": "{"}, "CloudTrailEvent must be a record in JSON, but is not JSON: "),
        ({"CloudTrailEvent": "5"}, "event must be an object"),
        ({"CloudTrailEvent": "{}"}, "eventVersion is required: the version of a record"),
        (
            {"CloudTrailEvent": '{"a":' + "[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH + "}"},
            "event must not nest deeper than 100 levels",
        ),
        (
            {"awsAccountId": ACCOUNT, "digestStartTime": "2026-03-01T12:00:00Z", "logFiles": []},
            "event is a digest of log files, which has no records",
        ),
    ],
)
def test_anything_but_a_record_is_refused(wire: JsonValue, reason: str) -> None:
    assert refusal(wire).startswith(reason)


def test_an_id_and_a_name_may_be_longer_than_a_key() -> None:
    event = read_event(record(eventID=LONG, eventName=LONG))
    assert (len(event.id), event.type) == (64, LONG[:256])
    assert read_event(record(eventID=LONG + "y")).id != event.id


def test_a_log_file_is_read() -> None:
    events = read_document(SAMPLE.read_bytes(), FORMAT, "demo")
    assert [event.id for event in events if isinstance(event, Event)] == [
        each["eventID"] for each in RECORDS
    ]


@pytest.mark.parametrize("wire", RECORDS)
def test_a_record_stays_whole_and_exact(wire: Record) -> None:
    text = json.dumps(wire, ensure_ascii=False, separators=(",", ":"))
    (event,) = read_document(text.encode(), FORMAT, "demo")
    assert isinstance(event, Event)
    assert json.dumps(event.data, ensure_ascii=False, separators=(",", ":")) == text


@pytest.mark.parametrize("name", ["AWS API Call via CloudTrail", "AWS Insight via CloudTrail"])
def test_event_bridge_brings_the_same_event(name: str) -> None:
    """A record that comes both by the bus and in a log file is stored once."""
    bridged = {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": name,
        "source": "aws.s3",
        "account": ACCOUNT,
        "time": "2026-03-01T12:00:09Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": BUCKET,
    }
    assert eventbridge.read_event(bridged) == read_event(BUCKET)


def test_a_message_may_be_a_record() -> None:
    found = read_message(Message("m-1", 0, json.dumps(BUCKET), {}), "demo")
    assert found == ("demo", [read_event(BUCKET)])


def test_an_event_of_lookup_events_is_read_as_its_record() -> None:
    listed = {"EventId": "x", "EventName": "y", "CloudTrailEvent": json.dumps(BUCKET)}
    assert is_event(listed)
    assert read_event(listed) == read_event(BUCKET)


def test_a_format_that_is_also_a_dialect_is_named_once() -> None:
    assert format_names().count("cloudtrail") == 1


@pytest.mark.parametrize("wire", RECORDS)
def test_a_record_is_recognized(wire: Record) -> None:
    assert is_event(wire)


# As in the developer guides of these services.
S3 = {
    "eventVersion": "2.1",
    "eventSource": "aws:s3",
    "eventTime": "2026-03-01T12:00:00.000Z",
    "eventName": "ObjectCreated:Put",
    "userIdentity": {"principalId": "EXAMPLE"},
    "s3": {},
}
DYNAMODB = {
    "eventID": "c4ca4238a0b923820dcc509a6f75849b",
    "eventName": "REMOVE",
    "eventVersion": "1.1",
    "eventSource": "aws:dynamodb",
    "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
    "dynamodb": {},
}


@pytest.mark.parametrize(
    "wire", [S3, DYNAMODB, {}, [], None, "text", {"Records": RECORDS}, {"CloudTrailEvent": 5}]
)
def test_nothing_else_is_recognized(wire: JsonValue) -> None:
    assert not is_event(wire)


_MEMBERS = (
    *("userIdentity", "eventSource", "awsRegion", "errorCode", "errorMessage"),
    *("requestParameters", "responseElements", "resources", "readOnly", "eventType"),
    *("eventCategory", "recipientAccountId", "insightDetails"),
)
_TEXTS = st.sampled_from(["", "a", LONG, "arn:aws:s3:::b/", ":", "/", "AwsConsoleSignIn"])
_IDENTITIES = st.dictionaries(
    st.sampled_from(["type", "arn", "principalId", "userName", "invokedBy", "onBehalfOf"]),
    _TEXTS | json_values(),
)
_RESOURCES = st.lists(st.dictionaries(st.sampled_from(["ARN", "type"]), _TEXTS | json_values()))


@given(
    identity=st.none() | _IDENTITIES,
    resources=_RESOURCES | json_values(),
    others=st.dictionaries(st.sampled_from(_MEMBERS[1:]), _TEXTS | json_values()),
)
def test_no_other_member_makes_a_record_unreadable(
    identity: Record | None, resources: Any, others: Record
) -> None:
    wire = {
        "eventVersion": "1.11",
        "eventID": "e",
        "eventTime": "2026-03-01T12:00:00Z",
        "eventName": "n",
        "userIdentity": identity,
        "resources": resources,
    } | others
    wire.pop("insightDetails", None)
    event = read_event(wire)
    assert (event.id, event.type, event.data) == ("e", "n", wire)
    assert all(is_key(id) for id in (event.actor.id, event.target.id) if id is not None)


@given(missing=st.sets(st.sampled_from(_MEMBERS)))
def test_null_is_the_same_as_missing(missing: set[str]) -> None:
    without = {name: value for name, value in OBJECT.items() if name not in missing}
    null = OBJECT | dict.fromkeys(missing)
    assert read_event(null).model_copy(update={"data": without}) == read_event(without)
