"""The outputs of a deployed stack: they name its tables, its queues and its parameters."""

from __future__ import annotations

from collections.abc import Set

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError


class StackError(Exception):
    """AWS does not give access to the stack, or it is not Polylog's; the message says which."""


def read_outputs(stack: str, names: Set[str], region: str | None = None) -> dict[str, str]:
    """Return the outputs of a stack; raises `StackError` if it lacks one of these names.

    The region is that of your AWS settings, unless one is given.
    """
    try:
        client = boto3.client("cloudformation", region_name=region)
        stacks = client.describe_stacks(StackName=stack)["Stacks"]
    except NoRegionError as error:
        raise StackError("no AWS region is set: set AWS_DEFAULT_REGION") from error
    except (BotoCoreError, ClientError) as error:
        raise StackError(f"the stack {stack} cannot be read: {error}") from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", [])}
    if missing := names - outputs.keys():
        raise StackError(
            f"the stack {stack} is not a Polylog: it lacks the outputs {', '.join(sorted(missing))}"
        )
    return outputs
