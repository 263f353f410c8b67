"""Audit logs of other systems: the command loads them, and answers questions about them."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from support.served import Log
from support.trails import FILES, FOLDER, trail

DELETED = "type : (delete OR destroy OR remove)"


def load(log: Log, name: str) -> str:
    """Load a file; return what the command says about it."""
    done = log.polylog("load", str(FOLDER / name))
    assert done.status == 0
    recognized, counted = done.err.splitlines()
    assert recognized == f"{FOLDER / name}: the format is {FILES[name]}"
    return counted


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


PAGES = [
    {
        "total_results": 200,
        "total_pages": 40,
        "prev_url": None,
        "next_url": None,
        "resources": [
            {
                "metadata": {"guid": f"{page}-{number}", "created_at": "2026-03-01T12:00:00Z"},
                "entity": {
                    "type": "audit.app.update",
                    "actor": "ada",
                    "actor_type": "user",
                    "actor_name": "ada@example.com",
                    "actee": "app",
                    "actee_type": "app",
                    "actee_name": "shop",
                    "timestamp": "2026-03-01T12:00:00Z",
                    "metadata": {"request": {"instances": number}},
                },
            }
            for number in range(5)
        ],
    }
    for page in range(40)
]

SHAPES = {
    "an array of pages": json.dumps(PAGES),
    "pages in lines": "\n".join(map(json.dumps, PAGES)),
    "pretty pages": "\n".join(json.dumps(page, indent=2) for page in PAGES),
    "an array of events": json.dumps([each for page in PAGES for each in page["resources"]]),
}


def test_a_dump_of_many_pages_is_loaded_in_every_shape(log: Log, tmp_path: Path) -> None:
    file, said = tmp_path / "dump.json", []
    for text in SHAPES.values():
        file.write_text(text)
        said.append(log.polylog("load", str(file)).err.splitlines()[-1])
    assert said == ["200 stored", *["200 duplicate"] * 3]
