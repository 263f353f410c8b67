"""Two stacks of one build in the same account, and what is left after you delete them.

These tests run last, because they delete the stacks that the others ask.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
from support.deployment import Account, Deployment, many_events, new_type
from support.published import CLIENTS
from support.stacks import LISTS, inventory, resources_of

from tools import ROOT

pytestmark = pytest.mark.long

FEW = 3
STAYS = ("EventsTable", "TallyTable", "KeysTable", "PepperSecret", "ImportBucket")
"""The resources that the template's deletion policies keep."""


@pytest.fixture(scope="module")
def stacks(emulated: Deployment, neighbour: Deployment) -> tuple[Deployment, Deployment]:
    return emulated, neighbour


@pytest.fixture(scope="module")
def types(stacks: tuple[Deployment, Deployment]) -> tuple[str, str]:
    """Return a type for each stack, which has some events of it."""
    types = new_type("first"), new_type("second")
    for stack, type in zip(stacks, types, strict=True):
        stack.post(many_events(type, FEW))
    return types


class TestStacksBesideEachOther:
    @pytest.mark.parametrize("family", CLIENTS)
    def test_show_events_of_their_own(
        self, stacks: tuple[Deployment, Deployment], types: tuple[str, str], family: str
    ) -> None:
        found = [[len(CLIENTS[family](each.at(), type)) for type in types] for each in stacks]
        assert found == [[FEW, 0], [0, FEW]]

    def test_take_keys_of_their_own(self, stacks: tuple[Deployment, Deployment]) -> None:
        first, second = stacks
        headers = {"Authorization": f"Bearer {first.token}"}
        assert second.http.get("/v1/me", headers=headers).status_code == 401


class TestStacksThatAreDeleted:
    def test_leave_what_the_template_keeps_and_then_nothing(
        self, emulator: Account, stacks: tuple[Deployment, Deployment]
    ) -> None:
        assert {kind for kind, _ in inventory(emulator)} == {*LISTS, "policy"}
        kept = {name for each in stacks for name in kept_by(each)}
        for each in stacks:
            region = ("--region", emulator.environment["AWS_DEFAULT_REGION"])
            emulator.run("sam", "delete", "--stack-name", each.stack, "--no-prompts", *region)
        left = {name for kind, name in inventory(emulator) if kind != "log group"}
        assert left == kept  # A function that still ran may have made its log group again.
        for each in stacks:
            for command in commands_of_removal(each):
                emulator.run(*command)
        assert inventory(emulator) == set()


def kept_by(stack: Deployment) -> Iterator[str]:
    """Yield the names of the resources that stay when a stack is deleted."""
    resources = resources_of(stack.account, stack.stack)
    return (resources[name][1] for name in STAYS)


def commands_of_removal(stack: Deployment) -> Iterator[list[str]]:
    """Yield the guide's commands that remove what a stack left, with the names filled in."""
    guide = (ROOT / "docs" / "deploying.md").read_text()
    section = guide.partition("## Taking it down\n")[2].partition("\n## ")[0]
    commands = re.findall(r"^\$ (.*)$", section.partition("sam delete")[2], re.MULTILINE)
    noted = {
        "TABLE": [stack.outputs[f"{name}TableName"] for name in ("Events", "Tally", "Keys")],
        "ARN": [stack.outputs["PepperSecretArn"]],
        "BUCKET": [stack.outputs["ImportBucketName"]],
        "GROUP": log_groups_of(stack),
    }
    for command in commands:
        [placeholder] = re.findall(rf"\b({'|'.join(noted)})\b", command)
        for name in noted[placeholder]:
            said = command.replace(placeholder, name).replace(".venv/bin/", "")
            yield shlex.split(said)


def log_groups_of(stack: Deployment) -> list[str]:
    asked = {"logGroupNamePrefix": f"/aws/lambda/{stack.stack}-"}
    found = stack.client("logs").describe_log_groups(**asked)["logGroups"]
    return [each["logGroupName"] for each in found]
