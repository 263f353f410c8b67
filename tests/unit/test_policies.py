"""What the deployed parts of template.yaml may do, and to what, as SAM translates it."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from support.translation import Resources, translated

READ = {
    "EventsTable": "BatchGetItem GetItem Query",
    "EventsTable/index/*": "BatchGetItem GetItem Query",
    "TallyTable": "BatchGetItem GetItem Query",
    "TallyTable if LeadingKeys is like *|wake": "PutItem",
    "KeysTable": "GetItem",
    "PepperSecret": "GetSecretValue",
}
WRITE = "ConditionCheckItem PutItem UpdateItem"
READ_AND_WRITE = READ | {
    "EventsTable": "BatchGetItem ConditionCheckItem GetItem PutItem Query UpdateItem",
    "TallyTable": "BatchGetItem ConditionCheckItem GetItem PutItem Query UpdateItem",
}

NO_GROUPS = {"all": "not CreateLogGroup"}
"""A function that logs after its group is deleted would make a group that blocks the next stack."""

MAY = {
    "CloudFoundryFunction": READ,
    "CloudTrailFunction": READ,
    "CedanaFunction": READ,
    "WaldurFunction": READ,
    "DwsFunction": READ,
    "CesFunction": READ_AND_WRITE,
    "EventsFunction": READ_AND_WRITE
    | {"KeysTable": "GetItem PutItem UpdateItem", "KeysTable/index/by_scope": "Query"},
    "CompactFunction": {
        "TallyTable": "BatchGetItem BatchWriteItem DeleteItem GetItem PutItem Query UpdateItem",
        "EventsTable/index/by_time": "Query",
        "all but TallyTable": "not GetRecords not GetShardIterator",
    },
    "IngestFunction": {
        "EventsTable": f"BatchGetItem {WRITE}",
        "TallyTable": WRITE,
        "DeadLetterQueue": "SendMessage",
        "IngestQueue": "ChangeMessageVisibility",
        "all but IngestQueue": "not DeleteMessage not ReceiveMessage",
    },
    "ImportFunction": {
        "EventsTable": f"BatchGetItem {WRITE}",
        "TallyTable": "ConditionCheckItem GetItem PutItem Query UpdateItem",
        "DeadLetterQueue": "SendMessage",
        "ImportQueue": "ChangeMessageVisibility",
        "all but ImportQueue": "not DeleteMessage not ReceiveMessage",
        "ImportBucket": "ListBucket",
        "ImportBucket/import/*": "GetObject GetObjectVersion",
        "ImportBucket/import-progress/*": "GetObject PutObject",
        "ImportBucket/import-results/*": "PutObject",
    },
}


@pytest.fixture(scope="module")
def resources() -> Resources:
    return translated()


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def named(value: Any) -> str:
    """Return the logical id that a reference leads to, with any suffix; `*` means everything."""
    if value == "*":
        return "all"
    text = value.get("Ref") or value.get("Fn::GetAtt") or value["Fn::Sub"]
    text = text[0] if isinstance(text, list) else text
    return text.replace("${", "").replace(".Arn}", "")


def condition(statement: dict[str, Any]) -> str:
    """Return the condition that a statement sets on the keys of items, or an empty text."""
    match statement.get("Condition"):
        case {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": like}}:
            return f" if LeadingKeys is like {like}"
        case None:
            return ""
        case other:
            raise AssertionError(other)


def granted(statements: list[dict[str, Any]]) -> dict[str, str]:
    """Return the actions by resource."""
    found: dict[str, set[str]] = defaultdict(set)
    for statement in statements:
        negation = {"Allow": "", "Deny": "not "}[statement["Effect"]]
        target = "NotResource" if "NotResource" in statement else "Resource"
        prefix = "all but " if target == "NotResource" else ""
        actions = {negation + name.partition(":")[2] for name in as_list(statement["Action"])}
        for resource in as_list(statement[target]):
            found[prefix + named(resource) + condition(statement)] |= actions
    return {resource: " ".join(sorted(actions)) for resource, actions in found.items()}


def statements_of(resources: Resources, role: dict[str, Any]) -> list[dict[str, Any]]:
    own = [policy["PolicyDocument"] for policy in role.get("Policies", ())]
    shared = [
        resources[arn["Ref"]]["Properties"]["PolicyDocument"]
        for arn in role["ManagedPolicyArns"]
        if "Ref" in arn
    ]
    return [each for document in own + shared for each in document["Statement"]]


def test_a_function_may_do_this_and_no_more(resources: Resources) -> None:
    may = {
        name: granted(statements_of(resources, resources[f"{name}Role"]["Properties"]))
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    assert may == {name: NO_GROUPS | rest for name, rest in MAY.items()}


def test_sam_adds_only_logs_traces_and_what_wakes_the_function(
    resources: Resources,
) -> None:
    beside = {
        name.removesuffix("FunctionRole"): sorted(
            arn["Fn::Sub"].rpartition("/")[2] if isinstance(arn, dict) else arn.rpartition("/")[2]
            for arn in resource["Properties"]["ManagedPolicyArns"]
            if "Ref" not in arn
        )
        for name, resource in resources.items()
        if name.endswith("FunctionRole")
    }
    usual = ["AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess"]
    assert beside.pop("Compact") == sorted([*usual, "AWSLambdaDynamoDBExecutionRole"])
    assert beside.pop("Ingest") == sorted([*usual, "AWSLambdaSQSQueueExecutionRole"])
    assert beside.pop("Import") == sorted([*usual, "AWSLambdaSQSQueueExecutionRole"])
    assert set(map(tuple, beside.values())) == {tuple(usual)}


def test_the_import_reads_the_bucket_of_a_trail_only_if_there_is_one(resources: Resources) -> None:
    policy = resources["TrailPolicy"]
    assert policy["Condition"] == resources["TrailRule"]["Condition"] == "HasTrailBucket"
    assert policy["Properties"]["Roles"] == [{"Ref": "ImportFunctionRole"}]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert statement["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:s3:::${TrailBucket}/*"}


def senders(policy: dict[str, Any]) -> dict[str, str]:
    """Return who may send, and under which condition."""
    return {
        statement["Principal"]["Service"]: json.dumps(statement["Condition"])
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == "sqs:SendMessage"
    }


BUS = '{"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["EventRule", "Arn"]}}}'
TOPIC = '{"ArnEquals": {"aws:SourceArn": {"Ref": "EventTopic"}}}'
ACCOUNT = '{"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}'


@pytest.mark.parametrize(
    ("queue", "allowed"),
    [
        ("IngestQueue", {"events.amazonaws.com": BUS, "sns.amazonaws.com": TOPIC}),
        ("ImportQueue", {"s3.amazonaws.com": ACCOUNT, "events.amazonaws.com": ACCOUNT}),
        ("DeadLetterQueue", {"events.amazonaws.com": BUS, "sns.amazonaws.com": TOPIC}),
    ],
)
def test_a_queue_accepts_only_from_these(
    resources: Resources, queue: str, allowed: dict[str, str]
) -> None:
    policy = resources[f"{queue}Policy"]["Properties"]
    assert policy["Queues"] == [{"Ref": queue}]
    assert senders(policy) == allowed


def test_queues_and_the_bucket_are_closed_to_plain_http(resources: Resources) -> None:
    kinds = ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy")
    policies = [
        resource["Properties"]["PolicyDocument"]["Statement"][-1]
        for resource in resources.values()
        if resource["Type"] in kinds
    ]
    assert [(each["Effect"], each["Principal"], each["Condition"]) for each in policies] == 4 * [
        ("Deny", "*", {"Bool": {"aws:SecureTransport": "false"}})
    ]
    closed = [named(part) for each in policies for part in as_list(each["Resource"])]
    buckets = ["ImportBucket", "ImportBucket/*"]
    assert sorted(closed) == sorted(["IngestQueue", "ImportQueue", "DeadLetterQueue", *buckets])
