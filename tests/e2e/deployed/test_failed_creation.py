"""What is left after a stack's creation fails, so that one of the same name can follow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from support.deployment import Account
from support.gaps import leave_out_what_is_refused
from support.ministack import running_ministack
from support.stacks import deploy, outputs_of

from tools.builds import build_here

pytestmark = pytest.mark.long

STACK = "second-try"
TABLES = ["EventsTable", "KeysTable", "TallyTable"]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """Yield an account without any other stack."""
    with running_ministack(tmp_path_factory.mktemp("failing")) as account:
        yield account


@pytest.fixture(scope="module")
def built() -> Iterator[Path]:
    """Yield a copy of the whole build: nothing is left out."""
    kept = build_here()
    with TemporaryDirectory(dir=kept.parent) as copy:
        yield shutil.copytree(kept, Path(copy), dirs_exist_ok=True)


def left_of(account: Account) -> list[str]:
    """Return a stack's tables, secrets, buckets, log groups, roles and functions that exist."""
    buckets = account.client("s3").list_buckets()["Buckets"]
    secrets = account.client("secretsmanager").list_secrets()["SecretList"]
    groups = account.client("logs").describe_log_groups()["logGroups"]
    functions = account.client("lambda").list_functions()["Functions"]
    found = [
        *account.client("dynamodb").list_tables()["TableNames"],
        *(each["Name"] for each in (*buckets, *secrets)),
        *(each["logGroupName"] for each in groups),
        *(each["RoleName"] for each in account.client("iam").list_roles()["Roles"]),
        *(each["FunctionName"] for each in functions),
    ]
    return sorted(name for name in found if STACK in name)


def test_a_failed_creation_leaves_its_tables_and_is_in_nobodys_way(
    emulator: Account, built: Path
) -> None:
    """The emulator refuses some alarms, which are created after everything else."""
    with pytest.raises(AssertionError, match="ROLLBACK_COMPLETE"):
        deploy(emulator, STACK, built, DeletionProtection="true")
    assert [name.split("-")[2] for name in left_of(emulator)] == TABLES
    emulator.run(
        *("sam", "delete", "--stack-name", STACK, "--no-prompts"),
        *("--region", emulator.environment["AWS_DEFAULT_REGION"]),
    )
    leave_out_what_is_refused(built)
    deploy(emulator, STACK, built, DeletionProtection="true")
    assert outputs_of(emulator, STACK)["EventBusName"] == STACK
