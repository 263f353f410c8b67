"""`polylog deploy`: what it asks of SAM, and where; the stack is moto's."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from support.command import polylog

from polylog_cli.local.tables import ENVIRONMENT
from polylog_cli.stack import project

URL = "https://abc.execute-api.eu-central-1.amazonaws.com"


@dataclass(frozen=True)
class Machine:
    """A machine whose `sam` notes what it is asked, and ends with a given status."""

    bin: Path
    folder: Path

    def install(self, status: int = 0) -> None:
        noted = f"printf '%s\\n' \"$(pwd) $*\" >> {self.folder}/asked"
        self._write("sam", f"#!/bin/sh\n{noted}\nexit {status}\n")

    def install_make(self) -> None:
        self._write("make", "#!/bin/sh\n")

    def _write(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    @property
    def asked(self) -> list[str]:
        """What SAM was asked: each line begins with the folder that it was asked in."""
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a machine where nothing is installed, in a new folder on it."""
    machine = Machine(tmp_path / "bin", tmp_path / "work")
    machine.bin.mkdir()
    machine.folder.mkdir()
    monkeypatch.chdir(machine.folder)
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.setattr(sys, "executable", str(machine.bin / "python"))
    return machine


@pytest.fixture
def machine(bare: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Yield a machine with SAM, and with the stacks `polylog` and `polylog-prod` on AWS."""
    bare.install()
    bare.install_make()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        stack = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {"Url": {"Value": URL}},
        }
        client = boto3.client("cloudformation")
        for name in ("polylog", "polylog-prod"):
            client.create_stack(StackName=name, TemplateBody=json.dumps(stack))
        stack["Outputs"]["IndexShards"] = {"Value": "4"}
        client.create_stack(StackName="wide", TemplateBody=json.dumps(stack))
        yield bare


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away the AWS credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


class TestDeploy:
    def test_builds_and_deploys_what_is_installed(self, machine: Machine) -> None:
        assert polylog("deploy").status == 0
        folder = machine.folder / ".polylog" / "project"
        assert project.is_project(folder)
        assert machine.asked == [
            f"{folder} build --config-env default",
            f"{folder} deploy --config-env default --stack-name polylog"
            " --no-fail-on-empty-changeset",
        ]

    def test_deploys_a_project_where_it_is(self, machine: Machine) -> None:
        project.write(machine.folder)
        assert polylog("deploy").status == 0
        assert [line.split()[0] for line in machine.asked] == [str(machine.folder)] * 2
        assert not (machine.folder / ".polylog").exists()

    def test_hands_on_what_was_given(self, machine: Machine) -> None:
        given = ("--stack", "other", "--region", "eu-west-1", "RetentionDays=30", "FieldIndexes=")
        assert polylog("deploy", *given, "--", "--tags", "team=a").status == 0
        build, deploy = (line.partition(" ")[2] for line in machine.asked)
        assert build == "build --config-env default --region eu-west-1"
        assert deploy == (
            "deploy --config-env default --region eu-west-1 --stack-name other"
            " --no-fail-on-empty-changeset --tags team=a"
            ' --parameter-overrides RetentionDays=30 FieldIndexes=""'
        )

    def test_takes_the_stack_of_an_environment(self, machine: Machine) -> None:
        done = polylog("deploy", "--env", "prod")
        assert "--config-env prod --stack-name polylog-prod" in machine.asked[1]
        assert "--stack polylog-prod" in done.out

    def test_tells_the_address_and_how_to_make_a_key(self, machine: Machine) -> None:
        done = polylog("deploy")
        assert done.out.splitlines() == [
            f"Url: {URL}",
            "polylog keys create --scope demo --permissions read,write,admin --stack polylog",
        ]

    def test_tells_how_to_make_a_key_in_its_region(self, machine: Machine) -> None:
        done = polylog("deploy", "--region", "eu-west-1")
        assert done.status == 0
        assert done.out.startswith("AWS_DEFAULT_REGION=eu-west-1 polylog keys create")

    def test_ends_as_sam_does(self, machine: Machine) -> None:
        machine.install(status=3)
        done = polylog("deploy")
        assert (done.status, done.out) == (3, "")
        assert len(machine.asked) == 1

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("RetentonDays=1",), "has no parameter RetentonDays"),
            (("RetentionDays=soon",), "RetentionDays must be a whole number"),
            (("RetentionDays",), "give it as NAME=VALUE"),
            (("RetentionDays=1", "RetentionDays=2"), "RetentionDays is given twice"),
            (("WrittenShards=2",), "at most IndexShards, which is 1, not 2"),
            (("WrittenShards=5", "IndexShards=4"), "at most IndexShards, which is 4, not 5"),
            (("WrittenShards=5", "--stack", "wide"), "at most IndexShards, which is 4, not 5"),
        ],
    )
    def test_asks_nothing_when_a_parameter_is_wrong(
        self, machine: Machine, words: tuple[str, ...], said: str
    ) -> None:
        done = polylog("deploy", *words)
        assert (done.status, machine.asked) == (2, [])
        assert said in done.err

    @pytest.mark.parametrize(
        "words",
        [("WrittenShards=4", "IndexShards=4"), ("WrittenShards=4", "--stack", "wide")],
    )
    def test_takes_as_many_written_shards_as_are_read(
        self, machine: Machine, words: tuple[str, ...]
    ) -> None:
        assert polylog("deploy", *words).status == 0

    def test_says_before_it_builds_that_there_is_no_region(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        done = polylog("deploy")
        assert (done.status, machine.asked) == (1, [])
        assert "no AWS region is set; give --region" in done.err

    def test_says_before_it_builds_that_there_are_no_credentials(
        self, machine: Machine, nobody: None
    ) -> None:
        done = polylog("deploy")
        assert (done.status, machine.asked) == (1, [])
        assert "there are no AWS credentials" in done.err

    def test_says_before_it_builds_that_there_is_no_such_profile(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_PROFILE", "moon")
        done = polylog("deploy")
        assert (done.status, machine.asked) == (1, [])
        assert "moon" in done.err

    def test_leaves_a_profile_to_sam(self, machine: Machine, nobody: None) -> None:
        polylog("deploy", "--", "--profile", "work")
        assert len(machine.asked) == 2

    def test_says_which_environments_there_are(self, machine: Machine) -> None:
        done = polylog("deploy", "--env", "moon")
        assert (done.status, machine.asked) == (1, [])
        assert "no environment 'moon'; it has default, dev, staging, prod" in done.err

    def test_needs_no_sam_to_refuse_a_parameter(self, bare: Machine) -> None:
        done = polylog("deploy", "RetentionDays=soon")
        assert done.status == 2
        assert "RetentionDays must be a whole number" in done.err

    def test_says_how_to_get_sam(self, bare: Machine) -> None:
        done = polylog("deploy")
        assert done.status == 1
        assert "uvx --from 'polylog-events[deploy]' polylog-events deploy" in done.err

    def test_says_that_there_is_no_make(self, bare: Machine) -> None:
        bare.install()
        done = polylog("deploy")
        assert (done.status, bare.asked) == (1, [])
        assert "builds the layer with make" in done.err


class TestDeployTo:
    def test_writes_a_project_and_says_how_to_go_on(self, bare: Machine) -> None:
        done = polylog("deploy", "--to", "my log")
        assert (done.status, done.out) == (0, "cd 'my log' && polylog deploy\n")
        assert project.is_project(bare.folder / "my log")

    def test_takes_no_parameter(self, bare: Machine) -> None:
        done = polylog("deploy", "--to", "log", "RetentionDays=1")
        assert (done.status, [*bare.folder.iterdir()]) == (2, [])
        assert "RetentionDays=1: --to deploys nothing" in done.err

    def test_leaves_what_is_there(self, bare: Machine) -> None:
        (bare.folder / "there").write_text("")
        done = polylog("deploy", "--to", ".")
        assert done.status == 1
        assert "is not empty; give a new folder" in done.err
        assert [each.name for each in bare.folder.iterdir()] == ["there"]
