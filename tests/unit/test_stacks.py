"""A stack next to others: the names of its resources, and what a failed creation leaves behind."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse
from support.translation import Resources, translated

from tools import ROOT

PARAMETERS = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Parameters"]

OF_OTHERS = {"MetricName"}
"""Properties that name something other than the resource."""

SCHEDULE = {"Type": "AWS::Scheduler::Schedule", "Properties": {"Name": "CompactFunctionDaily"}}

LOGGED = {
    "error.responseType",
    "httpMethod",
    "identity.sourceIp",
    "integration.error",
    "integration.integrationStatus",
    "integration.latency",
    "requestId",
    "requestTime",
    "responseLatency",
    "responseLength",
    "routeKey",
    "status",
}
"""All are in AWS's list of variables for access logs of HTTP APIs; callers write none freely."""


@pytest.fixture(scope="module")
def resources() -> Resources:
    return translated()


def shared_names(resources: Resources) -> dict[str, dict[str, Any]]:
    """Return the resources whose names another stack would use too, with those names.

    A name within another resource, such as an alias of a function, comes with a reference to it.
    """
    found = {}
    for logical_id, resource in resources.items():
        names = {
            name: value
            for name, value in resource.get("Properties", {}).items()
            if name.endswith(("Name", "Id")) and name not in OF_OTHERS
        }
        if names and not any(map(is_of_the_stack, names.values())):
            found[logical_id] = names
    return found


def is_of_the_stack(value: object) -> bool:
    """Return whether a value contains the stack's name, or that of a resource."""
    text = json.dumps(value)
    referred = re.findall(r'"Ref": "([\w:]+)"|"Fn::GetAtt": \["(\w+)"|\$\{([\w:]+)', text)
    names = {name for groups in referred for name in groups if name}
    return bool(names - PARAMETERS.keys() - {"AWS::Region", "AWS::Partition"})


def of_type(resources: Resources, wanted: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in resources.values() if each["Type"] == wanted]


def kept(resources: Resources, policy: str) -> list[str]:
    return sorted(name for name, each in resources.items() if each.get("DeletionPolicy") == policy)


def test_no_resource_has_the_name_of_one_in_another_stack(resources: Resources) -> None:
    assert shared_names(resources) == {}


def test_a_name_that_another_stack_would_use_is_noticed() -> None:
    """SAM names a schedule after its logical id, where it is free to name it."""
    assert shared_names({"Daily": SCHEDULE}) == {"Daily": {"Name": "CompactFunctionDaily"}}


def test_a_failed_creation_deletes_the_bucket_and_the_secret(resources: Resources) -> None:
    assert kept(resources, "RetainExceptOnCreate") == ["ImportBucket", "PepperSecret"]


def test_a_failed_creation_leaves_the_tables_since_they_may_be_protected(
    resources: Resources,
) -> None:
    assert kept(resources, "Retain") == ["EventsTable", "KeysTable", "TallyTable"]


def test_resources_that_are_kept_are_also_kept_when_replaced(resources: Resources) -> None:
    kept_then = {
        name for name, each in resources.items() if each.get("UpdateReplacePolicy") == "Retain"
    }
    assert kept_then == {*kept(resources, "Retain"), *kept(resources, "RetainExceptOnCreate")}


def test_no_function_makes_a_log_group_after_its_own_was_deleted(resources: Resources) -> None:
    """Roles refer to the policy, so they are deleted before it."""
    roles = [
        resources[each["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]
        for each in resources.values()
        if each["Type"] == "AWS::Lambda::Function"
    ]
    assert all({"Ref": "LogPolicy"} in role["ManagedPolicyArns"] for role in roles)
    (statement,) = resources["LogPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "logs:CreateLogGroup")


def test_the_api_accepts_a_limited_number_of_requests(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage")
    names = ("ThrottlingRateLimit", "ThrottlingBurstLimit")
    assert stage["DefaultRouteSettings"] == {name: {"Ref": name} for name in names}
    assert [PARAMETERS[name]["Default"] for name in names] == [50, 100]


def test_a_warning_about_a_route_does_not_end_a_deployment(resources: Resources) -> None:
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api")
    assert not api.get("FailOnWarnings")


def test_none_of_the_accounts_concurrency_is_reserved_by_default(resources: Resources) -> None:
    reserved = {
        name: each["Properties"]["ReservedConcurrentExecutions"]
        for name, each in resources.items()
        if "ReservedConcurrentExecutions" in each.get("Properties", {})
    }
    some = {"Ref": "ReservedIngestConcurrency"}
    none = {"Ref": "AWS::NoValue"}
    assert reserved == {"IngestFunction": {"Fn::If": ["ReservesForIngest", some, none]}}
    assert PARAMETERS["ReservedIngestConcurrency"]["Default"] == 0


def test_the_api_logs_requests_as_lines_of_json(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage")
    line = stage["AccessLogSettings"]["Format"]
    assert "\n" not in line
    assert len(line) <= 1024
    assert {value.removeprefix("$context.") for value in json.loads(line).values()} == LOGGED


def test_the_api_logs_into_a_group_of_the_stack(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage")
    assert stage["AccessLogSettings"]["DestinationArn"] == {"Fn::GetAtt": ["ApiLogs", "Arn"]}
    assert resources["ApiLogs"]["Properties"] == {
        "LogGroupName": {"Fn::Sub": "/aws/vendedlogs/${AWS::StackName}-api"},
        "RetentionInDays": {"Ref": "LogRetentionDays"},
    }


def test_the_gateway_accepts_the_values_of_stage_variables() -> None:
    """`CreateStage` allows up to 2,048 of these characters. `*` is not one of them: it is `any`."""
    origin = "https://a-b.example.com:8443"
    assert re.fullmatch(r"[A-Za-z0-9-._~:/?#&=,]+", f"{origin},{origin}")
    assert PARAMETERS["CorsOrigins"]["MaxLength"] <= 2048
