"""What ministack lacks, and how a stack of the template works on it all the same.

The template is deployed as it is, without what ministack would refuse. What it misunderstands is
set again through other calls. Nothing is allowed or set here that the template does not allow or
set.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from support.deployment import Account
from support.gateway import make_routes
from support.stacks import outputs_of, resources_of


def is_refused(resource: dict[str, Any]) -> bool:
    """Return whether it is an alarm that computes with metrics."""
    return resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]


def leave_out_what_is_refused(built: Path) -> tuple[str, ...]:
    """Take out of a built template the alarms that compute with metrics; return their names.

    Nothing depends on them, and `sam validate` checks what they say.
    """
    file = built / "template.yaml"
    template = yaml.safe_load(file.read_text())
    names = tuple(name for name, each in template["Resources"].items() if is_refused(each))
    for name in names:
        del template["Resources"][name]
    file.write_text(json.dumps(template))  # which is YAML as well
    return names


def make_up_for_gaps(account: Account, stack: str) -> None:
    """Repair a stack that ministack deployed."""
    _let_functions_read_the_pepper(account, stack)
    _limit_concurrency_by_numbers(account, stack)
    make_routes(account, stack)  # CloudFormation here leaves out the `Body` of an HTTP API.


def _let_functions_read_the_pepper(account: Account, stack: str) -> None:
    """Allow it by the secret's ARN, since the template's policy matches nothing here."""
    iam, secrets = account.client("iam"), account.client("secretsmanager")
    secret = secrets.describe_secret(SecretId=outputs_of(account, stack)["PepperSecretArn"])
    statement = {
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": secret["ARN"],
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for role in _physical(account, stack, "AWS::IAM::Role"):
        iam.put_role_policy(RoleName=role, PolicyName="Pepper", PolicyDocument=document)


def _limit_concurrency_by_numbers(account: Account, stack: str) -> None:
    client = account.client("lambda")
    for mapping in _physical(account, stack, "AWS::Lambda::EventSourceMapping"):
        scaling = client.get_event_source_mapping(UUID=mapping).get("ScalingConfig")
        if scaling:
            limit = {"MaximumConcurrency": int(scaling["MaximumConcurrency"])}
            client.update_event_source_mapping(UUID=mapping, ScalingConfig=limit)


def _physical(account: Account, stack: str, wanted: str) -> Iterator[str]:
    """Yield the physical ids of a stack's resources of a type."""
    for type, id in resources_of(account, stack).values():
        if type == wanted:
            yield id
