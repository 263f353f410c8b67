"""How events come in other than over HTTP, and who hears when they do not, by template.yaml."""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from polylog.api.auth import is_scope
from polylog.aws.http import GATEWAY_SECONDS
from polylog.aws.ingest import ENDING_SECONDS
from polylog.dynamo.deadlines import LAST_REQUEST_SECONDS
from tools import ROOT

FUNCTION_METRICS = ("Errors", "Throttles")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    return parsed


@pytest.fixture(scope="module")
def parts(document: dict[str, Any]) -> dict[str, Any]:
    resources = document["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in resources}


def of_type(document: dict[str, Any], wanted: str) -> list[str]:
    return [name for name, each in document["Resources"].items() if each["Type"] == wanted]


def trigger(parts: dict[str, Any], function: str) -> dict[str, Any]:
    (event,) = parts[function]["Events"].values()
    properties: dict[str, Any] = event["Properties"]
    return properties


def test_a_message_is_hidden_for_six_times_the_functions_timeout(
    parts: dict[str, Any],
) -> None:
    assert parts["IngestQueue"]["VisibilityTimeout"] == 6 * parts["IngestFunction"]["Timeout"]


def test_an_import_that_died_continues_soon_after_the_functions_timeout(
    parts: dict[str, Any],
) -> None:
    after = parts["ImportQueue"]["VisibilityTimeout"] - parts["ImportFunction"]["Timeout"]
    assert 0 <= after <= 60


@pytest.mark.parametrize(("queue", "times"), [("IngestQueue", 5), ("ImportQueue", 1000)])
def test_a_message_received_too_often_is_put_aside(
    parts: dict[str, Any], queue: str, times: int
) -> None:
    assert parts[queue]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]},
        "maxReceiveCount": times,
    }


def test_the_function_gives_up_a_message_before_its_queue_does(parts: dict[str, Any]) -> None:
    own = parts["IngestFunction"]["Environment"]["Variables"]["MAX_RECEIVES"]
    assert int(own) <= parts["IngestQueue"]["RedrivePolicy"]["maxReceiveCount"]


def test_ingestion_has_time_to_begin_with_something(parts: dict[str, Any]) -> None:
    assert parts["IngestFunction"]["Timeout"] >= 2 * ENDING_SECONDS


def test_functions_that_answer_have_the_time_of_the_gateway(document: dict[str, Any]) -> None:
    """Neither may end a function before it has made its last request to DynamoDB and answered."""
    timeout = document["Globals"]["Function"]["Timeout"]
    assert LAST_REQUEST_SECONDS < GATEWAY_SECONDS == timeout < 30


def test_dead_letters_outlive_the_messages_they_were(parts: dict[str, Any]) -> None:
    """SQS counts a letter's age from when the message was sent, not from when it was put aside."""
    days = {
        name: parts[name]["MessageRetentionPeriod"] / 86400
        for name in ("IngestQueue", "ImportQueue", "DeadLetterQueue")
    }
    assert days == {"IngestQueue": 4, "ImportQueue": 10, "DeadLetterQueue": 14}


@pytest.mark.parametrize("name", ["IngestFunction", "ImportFunction"])
def test_one_bad_message_does_not_bring_its_batch_back(parts: dict[str, Any], name: str) -> None:
    assert trigger(parts, name)["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_objects_are_imported_one_at_a_time(parts: dict[str, Any]) -> None:
    assert trigger(parts, "ImportFunction")["BatchSize"] == 1


def test_every_event_of_the_bus_is_delivered_and_none_is_lost(parts: dict[str, Any]) -> None:
    (target,) = parts["EventRule"]["Targets"]
    assert parts["EventRule"]["EventPattern"] == {"source": [{"prefix": ""}]}
    assert target["Arn"] == {"Fn::GetAtt": ["IngestQueue", "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}


def test_results_and_progress_start_no_import(parts: dict[str, Any]) -> None:
    (notice,) = parts["ImportBucket"]["NotificationConfiguration"]["QueueConfigurations"]
    assert notice["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "import/"}]


def test_the_bucket_may_send_to_the_queue_before_it_is_made(document: dict[str, Any]) -> None:
    """S3 sends a test message, and refuses to make the bucket when it cannot."""
    assert document["Resources"]["ImportBucket"]["DependsOn"] == "ImportQueuePolicy"


def test_dropped_objects_outlive_the_stack(document: dict[str, Any]) -> None:
    bucket = document["Resources"]["ImportBucket"]
    policies = (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"])
    assert policies == ("RetainExceptOnCreate", "Retain")


def test_nobody_else_reads_the_bucket(parts: dict[str, Any]) -> None:
    assert list(parts["ImportBucket"]["PublicAccessBlockConfiguration"].values()) == 4 * [True]


@pytest.mark.parametrize("metric", FUNCTION_METRICS)
def test_every_function_has_its_alarm(document: dict[str, Any], metric: str) -> None:
    queries = document["Resources"][f"{metric}Alarm"]["Properties"]["Metrics"]
    metrics = [each["MetricStat"]["Metric"] for each in queries if "MetricStat" in each]
    assert {each["MetricName"] for each in metrics} == {metric}
    watched = [each["Dimensions"][0]["Value"]["Ref"] for each in metrics]
    assert watched == of_type(document, "AWS::Serverless::Function")
    assert len(watched) <= 10, "CloudWatch takes no more in an alarm"


def test_alarms_are_sent_where_the_parameter_says(document: dict[str, Any]) -> None:
    alarms = [document["Resources"][name] for name in of_type(document, "AWS::CloudWatch::Alarm")]
    actions = [{"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AWS::NoValue"}]}]
    assert [alarm["Properties"]["AlarmActions"] for alarm in alarms] == len(alarms) * [actions]


def test_the_dashboard_is_json_and_names_only_what_exists(document: dict[str, Any]) -> None:
    body = document["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]
    places = {(widget["x"], widget["y"]) for widget in widgets}
    assert len(places) == len(widgets)
    names = {name.partition(".")[0] for name in re.findall(r"\$\{([^}]+)\}", body)}
    assert {name for name in names if "::" not in name} <= document["Resources"].keys()


def test_it_stays_within_cloudformations_limits(document: dict[str, Any]) -> None:
    assert len(document["Outputs"]) <= 200
    assert len(document["Parameters"]) <= 200
    assert (ROOT / "template.yaml").stat().st_size < 1_000_000


def test_outputs_refer_to_what_exists(document: dict[str, Any]) -> None:
    known = document["Resources"].keys() | document["Parameters"].keys()
    values = (output["Value"] for output in document["Outputs"].values())
    texts = (json.dumps(value) for value in values)
    named = chain.from_iterable(re.findall(r'"Ref": "(\w+)"|\$\{(\w+)\}', text) for text in texts)
    assert {one or other for one, other in named} <= known


@pytest.mark.parametrize("scope", ["default", "a" * 64, "a" * 65, "", "a b", "a/b", "é"])
def test_the_scope_of_messages_may_have_no_name_that_a_scope_may_not(
    document: dict[str, Any], scope: str
) -> None:
    pattern = document["Parameters"]["IngestScope"]["AllowedPattern"]
    assert (re.search(pattern, scope) is not None) == is_scope(scope)
