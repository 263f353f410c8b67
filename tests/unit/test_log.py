"""`polylog keys --stack`: keys for a deployed stack, found by its outputs; over moto."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.command import polylog
from typer.testing import CliRunner

from polylog.api.auth import Credential, Restriction, authenticate
from polylog.dynamo.keys import DynamoKeyStore
from polylog.dynamo.peppers import peppers_from_secret
from polylog.dynamo.retention import Retention
from polylog.model import times
from polylog.model.errors import InvalidCredential
from polylog.model.times import SYSTEM_CLOCK
from polylog_cli.commands.tables import opened
from polylog_cli.local.tables import ENVIRONMENT
from polylog_cli.main import app

URL = "https://log.example.com"


@pytest.fixture
def keys(moto: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> DynamoKeyStore:
    """Return the keys of a stack named `log`."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    secrets = boto3.client("secretsmanager")
    secret = secrets.create_secret(Name="pepper", SecretString='{"1": "p", "10": "q"}')
    outputs = {
        "Url": URL,
        "KeysTableName": "KeysTable",
        "EventsTableName": "EventsTable",
        "TallyTableName": "TallyTable",
        "IndexShards": "1",
        "RetentionDays": "30",
        "TalliedFacets": ":project,actor",
        "PepperSecretArn": secret["ARN"],
    }
    stack = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="log", TemplateBody=json.dumps(stack))
    return DynamoKeyStore(
        moto, "KeysTable", lambda: peppers_from_secret(secret["ARN"]), SYSTEM_CLOCK
    )


def test_a_key_of_a_stack_opens_its_log(keys: DynamoKeyStore) -> None:
    arguments = ["keys", "create", "--scope", "ops", "--stack", "log", "--json"]
    made = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert made["url"] == URL
    credential = Credential.parse(made["token"])
    principal = authenticate(credential, keys, times.now(), fresh=True)
    assert (principal.scope, principal.permissions) == ("ops", {"read"})


def test_a_key_is_made_with_the_newest_pepper(keys: DynamoKeyStore) -> None:
    result = CliRunner().invoke(app, ["keys", "create", "--scope", "ops", "--stack", "log"])
    assert result.stdout.startswith("PL10")


def test_a_key_of_a_stack_can_be_revoked(keys: DynamoKeyStore) -> None:
    token = CliRunner().invoke(app, ["keys", "create", "--scope", "ops", "--stack", "log"]).stdout
    credential = Credential.parse(token.strip())
    revoked = CliRunner().invoke(app, ["keys", "revoke", credential.key_id, "--stack", "log"])
    said = f"{credential.key_id} is revoked; clients that use it may go on reading for a minute\n"
    assert revoked.stdout == said
    with pytest.raises(InvalidCredential):
        authenticate(credential, keys, times.now(), fresh=True)


def test_a_scope_without_keys_is_told_apart(keys: DynamoKeyStore) -> None:
    keys.create("demo", frozenset({"read"}), Restriction(), None)
    none = CliRunner().invoke(app, ["keys", "list", "--scope", "dmeo", "--stack", "log"])
    some = CliRunner().invoke(app, ["keys", "list", "--scope", "demo", "--stack", "log"])
    assert (none.exit_code, none.stderr) == (0, "there are no keys in scope dmeo\n")
    assert none.stdout.split() == some.stdout.splitlines()[0].split()
    assert some.stderr == ""


def test_without_a_service_it_says_how_to_name_one(tmp_path: Path) -> None:
    done = polylog("keys", "create", "--scope", "ops", "--data", str(tmp_path))
    assert (done.status, done.out) == (1, "")
    assert f"start `polylog run --data {tmp_path}`, " in done.err
    assert "name the data folder of a running service with --data, or name a stack" in done.err


def test_the_ids_of_a_key_are_shown_on_one_line(keys: DynamoKeyStore) -> None:
    """Makers of keys over HTTP name the project, and the operator's terminal must not obey it."""
    keys.create("ops", frozenset({"read"}), Restriction(project_id="a\x1b[31m[b]\r\nc"), None)
    listed = CliRunner().invoke(app, ["keys", "list", "--scope", "ops", "--stack", "log"])
    assert "a [31m[b]  c" in listed.stdout
    words = ["keys", "create", "--scope", "ops", "--stack", "log", "--project", "d\x9b\ne"]
    assert (
        "in scope ops, project d  e, and never expires\n" in CliRunner().invoke(app, words).stderr
    )


def test_the_tally_of_a_stack_is_kept_as_its_outputs_say(keys: DynamoKeyStore) -> None:
    with opened("log", Path("none")) as log:
        assert log.facets == {"project", "actor"}
        assert log.retention == Retention(30)


def test_a_stack_of_another_application_is_refused(keys: DynamoKeyStore) -> None:
    stack = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    boto3.client("cloudformation").create_stack(StackName="shop", TemplateBody=json.dumps(stack))
    result = CliRunner().invoke(app, ["keys", "list", "--scope", "ops", "--stack", "shop"])
    assert result.exit_code == 1
    assert "the stack shop is not a Polylog" in " ".join(result.stderr.split())


def test_an_unknown_stack_is_named(keys: DynamoKeyStore) -> None:
    result = CliRunner().invoke(app, ["keys", "list", "--scope", "ops", "--stack", "nope"])
    assert result.exit_code == 1
    assert "nope" in result.stderr
