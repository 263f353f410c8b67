"""Stacks of the template: how to deploy them as the README says, and look into them."""

from __future__ import annotations

from pathlib import Path

from support.deployment import Account
from tools import ROOT


def deploy(account: Account, stack: str, built: Path, **parameters: str) -> None:
    """Deploy a build, with the settings of samconfig.toml."""
    account.run(
        *("sam", "deploy", "--stack-name", stack, "--template-file", str(built / "template.yaml")),
        *("--config-file", str(ROOT / "samconfig.toml"), "--no-confirm-changeset"),
        *("--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())),
    )


def outputs_of(account: Account, stack: str) -> dict[str, str]:
    """Return the outputs of a stack."""
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


LISTS: dict[str, tuple[str, str, str, str]] = {
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "api": ("apigatewayv2", "get_apis", "Items", "ApiId"),
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "bus": ("events", "list_event_buses", "EventBuses", "Name"),
    "dashboard": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "event source": ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    "function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "layer": ("lambda", "list_layers", "Layers", "LayerName"),
    "log group": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "queue": ("sqs", "list_queues", "QueueUrls", ""),
    "role": ("iam", "list_roles", "Roles", "RoleName"),
    "schedule": ("scheduler", "list_schedules", "Schedules", "Name"),
    "secret": ("secretsmanager", "list_secrets", "SecretList", "Name"),
    "stack": ("cloudformation", "describe_stacks", "Stacks", "StackName"),
    "subscription": ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    "table": ("dynamodb", "list_tables", "TableNames", ""),
    "topic": ("sns", "list_topics", "Topics", "TopicArn"),
}
"""How to list each kind of thing that a stack may make: service, call, member, and name in it."""

SAMS_OWN = "aws-sam-cli-managed-default"


def inventory(account: Account) -> set[tuple[str, str]]:
    """Return the kind and name of all that an account has, without what AWS and SAM keep in it.

    A secret that is waiting to be deleted is not listed.
    """
    found = {
        (kind, each[name] if name else each)
        for kind, (service, call, member, name) in LISTS.items()
        for each in getattr(account.client(service), call)().get(member, [])
    }
    policies = account.client("iam").list_policies(Scope="Local")["Policies"]
    found |= {("policy", each["PolicyName"]) for each in policies}
    return {(kind, name) for kind, name in found if not name.startswith((SAMS_OWN, "default"))}
