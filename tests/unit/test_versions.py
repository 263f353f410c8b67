"""Which version of a function answers: always the newest, after any change by a deployment."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse
from support.translation import Resources, translated

from polylog_cli.local.template import Template
from tools import ROOT

TEMPLATE = Template.read(ROOT / "template.yaml")
ANSWERING = [function.name for function in TEMPLATE.functions if function.routes]
PARAMETERS = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))["Parameters"]

MOST_CHARACTERS = 256
LONGEST = {
    "Layer": len("123456"),
    "TalliedFacets": len("organization,project,actor,target"),
    "FieldIndexes": len("organization,project,actor,target"),
    "ReadBudgetUnits": 12,
}


@pytest.fixture(scope="module")
def resources() -> Resources:
    return translated()


def of_type(resources: Resources, wanted: str) -> list[Any]:
    return [each["Properties"] for each in resources.values() if each["Type"] == wanted]


def descriptions(resources: Resources) -> dict[str, tuple[str, Any]]:
    """Return what describes the version of each function: a text, and what stands for its layer."""
    found = {
        each["FunctionName"]["Ref"]: each["Description"]["Fn::Sub"]
        for each in of_type(resources, "AWS::Lambda::Version")
    }
    return {name: (text, names["Layer"]) for name, (text, names) in found.items()}


def named(text: str) -> set[str]:
    """Return the names in a text."""
    return set(re.findall(r"\$\{(\w+)\}", text))


def test_functions_that_answer_http_have_versions(resources: Resources) -> None:
    assert sorted(descriptions(resources)) == sorted(ANSWERING)


def test_the_api_calls_the_newest_version_of_each(resources: Resources) -> None:
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api")
    called = set(re.findall(r"functions/\$\{(\w+)", json.dumps(api["Body"])))
    assert called == {f"{name}Aliaslive" for name in ANSWERING}


def test_the_api_may_call_no_other_version(resources: Resources) -> None:
    allowed = {
        each["FunctionName"]["Ref"] for each in of_type(resources, "AWS::Lambda::Permission")
    }
    assert allowed == {f"{name}Aliaslive" for name in ANSWERING}


@pytest.mark.parametrize("name", ANSWERING)
def test_everything_a_deployment_may_change_makes_another_version(
    resources: Resources, name: str
) -> None:
    """SAM compares names of parameters, not values. A changed description makes a new version.

    The description names nothing else: Lambda refuses a version of an unchanged function.
    """
    used = set(re.findall(r'"Ref": "(\w+)"', json.dumps(resources[name]["Properties"])))
    text, _ = descriptions(resources)[name]
    assert named(text) == (used & PARAMETERS.keys()) | {"Layer"}


def test_another_layer_changes_the_description(resources: Resources) -> None:
    """It contains the number of the layer's version, the eighth part of the ARN."""
    layers = [name for name in resources if name.startswith("PolylogLayer")]
    for _, layer in descriptions(resources).values():
        number, parts = layer["Fn::Select"]
        assert (number, parts["Fn::Split"]) == (7, [":", {"Ref": layers[0]}])
    other = translated(layer="s3://bucket/other")
    assert all(descriptions(other)[name] != descriptions(resources)[name] for name in ANSWERING)


def test_a_description_is_no_longer_than_lambda_allows(resources: Resources) -> None:
    for text, _ in descriptions(resources).values():
        lengths = [longest(name) for name in named(text)]
        assert sum(lengths) + len(lengths) <= MOST_CHARACTERS


def longest(name: str) -> int:
    if name in LONGEST:
        return LONGEST[name]
    parameter = PARAMETERS[name]
    return max(map(len, map(str, parameter.get("AllowedValues") or [parameter["MaxValue"]])))


def test_earlier_versions_are_deleted(resources: Resources) -> None:
    versions = [each for each in resources.values() if each["Type"] == "AWS::Lambda::Version"]
    kept = {
        each.get(name) for each in versions for name in ("DeletionPolicy", "UpdateReplacePolicy")
    }
    assert kept == {"Delete", None}


def test_snapshots_are_taken_when_they_are_asked_for(resources: Resources) -> None:
    told = [resources[name]["Properties"]["SnapStart"] for name in ANSWERING]
    assert told == [{"ApplyOn": {"Ref": "SnapStart"}}] * len(ANSWERING)
    assert PARAMETERS["SnapStart"]["Default"] == "None"
