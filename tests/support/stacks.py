"""Stacks of the template: deployed as the README says, and looked into."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from polylog.aws.http import Handler, Payload
from polylog_cli.local.gateway import Gateway
from polylog_cli.local.template import Template
from support.deployment import Account
from tools import ROOT


def deploy(account: Account, stack: str, built: Path, **parameters: str) -> None:
    """Deploy what was built, with the settings of samconfig.toml."""
    account.run(
        *("sam", "deploy", "--stack-name", stack, "--template-file", str(built / "template.yaml")),
        *("--config-file", str(ROOT / "samconfig.toml"), "--no-confirm-changeset"),
        *("--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())),
    )


def outputs_of(account: Account, stack: str) -> dict[str, str]:
    """Return what a stack says of itself."""
    stacks = account.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stacks[0]["Outputs"]}


def resources_of(account: Account, stack: str) -> dict[str, tuple[str, str]]:
    """Return the type and the physical id of every resource, by its name in the template."""
    client = account.client("cloudformation")
    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
        for page in pages
        for each in page["StackResourceSummaries"]
    }


def functions_of(account: Account, stack: str) -> dict[str, str]:
    """Return the names of a stack's functions, by those in the template."""
    resources = resources_of(account, stack).items()
    return {name: id for name, (type, id) in resources if type == "AWS::Lambda::Function"}


def gateway_of(account: Account, functions: Mapping[str, str]) -> Gateway:
    """Return a gateway with the template's routes, and the deployed functions behind them."""
    client = account.client("lambda")

    def handler(name: str) -> Handler:
        def invoke(event: Payload, context: object) -> Payload:
            answer = client.invoke(FunctionName=functions[name], Payload=json.dumps(event))
            payload: Payload = json.load(answer["Payload"])
            assert "FunctionError" not in answer, payload
            return payload

        return invoke

    template = Template.read(ROOT / "template.yaml")
    return Gateway(
        {
            route: handler(function.name)
            for function in template.functions
            for route in function.routes
        }
    )
