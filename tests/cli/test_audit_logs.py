"""Audit logs of other systems, loaded by the command, and what can be asked of them."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from support.served import Log
from support.trails import FILES, FOLDER, trail

DELETED = "type : (delete OR destroy OR remove)"


def load(log: Log, name: str) -> str:
    """Load a file; return what the command says of it."""
    done = log.polylog("load", str(FOLDER / name), "--format", FILES[name])
    assert done.status == 0
    return done.err.strip()


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_stored_once(log: Log, name: str) -> None:
    number = len(trail(name))
    assert load(log, name) == f"{number} stored"
    assert load(log, name) == f"{number} duplicate"


def test_lines_and_lists_of_kubernetes_are_the_same_events(log: Log) -> None:
    load(log, "kubernetes.ndjson")
    assert load(log, "kubernetes_webhook.json") == "6 duplicate"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "cloudfoundry-v3.json",
            [
                ["ada@example.com", "audit.app.delete-request", "shop"],
                ["system", "blob.remove_orphan", ""],
            ],
        ),
        (
            "kubernetes.ndjson",
            [["ada@example.com", "delete pods", "web-1"]] * 2,
        ),
        (
            "github.json",
            [
                ["octocat", "team.destroy", "octo-org/engineering"],
                ["hubot[bot]", "repo.destroy", "octo-org/legacy"],
            ],
        ),
        ("cloudtrail.json", [["mateo", "DeleteObject", "März.csv"]]),
        ("github.ndjson", [["octocat", "org.remove_member", "hubot"]]),
        ("okta.json", [["Ada Lovelace", "group.user_membership.remove", "Bob Example"]]),
    ],
)
def test_it_tells_who_deleted_what(log: Log, name: str, expected: list[list[str]]) -> None:
    load(log, name)
    week = ("--since", "2026-02-27", "--until", "2026-03-06", "--order", "asc")
    table = log.polylog("query", DELETED, *week, "--csv").out
    rows = csv.DictReader(StringIO(table))
    assert [[row["actor.name"], row["type"], row["target.name"]] for row in rows] == expected
