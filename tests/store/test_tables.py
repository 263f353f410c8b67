"""Tables on this machine are those of the template, and each index of theirs is a real one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import dynamo_store, settle

from polylog.dynamo.tally.levels import HEAD_ROW
from polylog.model.event import Entity, Event
from polylog.model.filter import Compare, Op
from polylog.model.store import Explanation
from polylog_cli.local.dynamodb import dynamodb_local
from polylog_cli.local.tables import (
    TABLES,
    OutdatedTablesError,
    connect,
    create_tables,
    refuse_outdated_rows,
)
from polylog_cli.local.template import Template
from tools import ROOT


def _indexes(folder: Path) -> set[str]:
    (file,) = folder.glob("*.db")
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        return {name for (name,) in database.execute("SELECT name FROM sqlite_master")}


@pytest.mark.engine
def test_no_index_is_read_from_end_to_end(template: Template, tmp_path: Path) -> None:
    """DynamoDB Local reads all events for an index that it did not back with one of SQLite's."""
    with dynamodb_local(tmp_path) as url:
        create_tables(connect(url), template)
    wanted = {
        f"{table}*{index['IndexName']}"
        for table, arguments in template.tables.items()
        for index in arguments.get("GlobalSecondaryIndexes", ())
    }
    assert wanted <= _indexes(tmp_path)


def _template(indexes: str) -> Template:
    return Template.read(ROOT / "template.yaml", {"FieldIndexes": indexes})


@pytest.mark.engine
def test_an_index_that_is_added_later_is_filled() -> None:
    """Items keep the attributes that key it, whichever indexes exist."""
    with dynamodb_local(None) as url:
        client = connect(url)
        create_tables(client, _template(""))
        events = [Event(id=name, time=0, type="t", actor=Entity(id=name)) for name in "abc"]
        dynamo_store(client, indexes=()).put("scope", events)
        settle(client, "scope")
        create_tables(client, _template("actor,project"))
        explanation, store = Explanation(), dynamo_store(client, indexes=("actor", "project"))
        with store.explaining(explanation):
            assert store.count("scope", Compare("actor.id", Op.EQ, "b")) == 1
        assert explanation.index == "by_actor"


@pytest.mark.parametrize("indexes", ["", "actor"])
def test_an_index_that_is_no_longer_wanted_does_no_harm(moto: DynamoDBClient, indexes: str) -> None:
    create_tables(moto, _template(indexes))
    assert len(moto.describe_table(TableName=TABLES.events)["Table"]["GlobalSecondaryIndexes"]) == 6


def test_rows_of_another_version_are_refused(moto: DynamoDBClient) -> None:
    store = dynamo_store(moto)
    store.put("a", [Event(id="e", time=0, type="t")])
    refuse_outdated_rows(moto)
    settle(moto, "a")
    refuse_outdated_rows(moto)
    moto.update_item(
        TableName=TABLES.tally,
        Key={"scope": {"S": "a"}, "row": {"S": HEAD_ROW}},
        UpdateExpression="REMOVE settled",
    )
    with pytest.raises(OutdatedTablesError, match="another version of Polylog"):
        refuse_outdated_rows(moto)
