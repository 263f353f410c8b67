"""What leaves the page: an export of exactly what it shows, and the question for other programs."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from support.screen import Event, Screen

FORMULAS = ("=1+1", '=HYPERLINK("http://example.com","a")', "+1+1", "-1+1", "@SUM(A1)")
MESSAGES = (*FORMULAS, 'a "quote", a comma', "two\nlines", "-5")


def lines(file: Path) -> list[list[str]]:
    with file.open(newline="") as text:
        return list(csv.reader(text))


def test_csv_has_the_columns_and_the_rows_that_are_shown(
    explorer: Screen, events: list[Event]
) -> None:
    explorer.ask("type = app.crash")
    crashes = [event for event in events if event["type"] == "app.crash"]
    explorer.shows(len(crashes))
    shown = explorer.page.get_by_role("columnheader").all_inner_texts()
    assert [name.strip() for name in shown] == ["#", "Time", "Type", "Actor", "Target"]
    head, *rows = lines(explorer.export("CSV"))
    assert head == ["time", "type", "actor", "target"]
    assert rows == [
        [event["time"], event["type"], event["actor"]["name"], event["target"]["name"]]
        for event in crashes
    ]


def test_csv_follows_the_order_and_the_columns_of_the_list(
    screen: Screen, events: list[Event]
) -> None:
    screen.open("/?last=90d&order=asc&columns=id,data.exit_status&filter=type+%3D+app.crash")
    screen.count()
    rows = lines(screen.export("CSV"))[1:]
    crashes = [event for event in events[::-1] if event["type"] == "app.crash"]
    assert rows == [[event["id"], str(event["data"]["exit_status"])] for event in crashes]


def test_no_cell_of_csv_is_a_formula(own_scope: Screen) -> None:
    own_scope.send(*({"type": "door.open", "message": message} for message in MESSAGES))
    own_scope.open("/?last=1h&order=asc&columns=message", own_scope.key)
    own_scope.shows(len(MESSAGES))
    cells = [cell for [cell] in lines(own_scope.export("CSV"))[1:]]
    assert sorted(cells) == sorted([*(f"'{each}" for each in FORMULAS), *MESSAGES[len(FORMULAS) :]])


ANSWERS = {
    "Cloud Foundry v2": lambda answer: {each["metadata"]["guid"] for each in answer["resources"]},
    "Cloud Foundry v3": lambda answer: {each["guid"] for each in answer["resources"]},
    "AWS CloudTrail": lambda answer: {each["EventId"] for each in answer["Events"]},
}


def way(screen: Screen, title: str) -> Locator:
    """Return where the page writes the question for an API."""
    dialog = screen.page.get_by_role("dialog", name="Share this question")
    heading = screen.page.get_by_role("heading", name=title, exact=True)
    return dialog.locator("section").filter(has=heading)


def run(screen: Screen, command: str) -> Any:
    """Run a command like somebody who has pasted it into a shell."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {"PATH": path, "TOKEN": screen.service.credentials.token, "HOME": "/"}
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return json.loads(done.stdout)


@pytest.mark.parametrize("title", ANSWERS)
def test_a_command_that_was_copied_finds_the_same_events(
    explorer: Screen, events: list[Event], title: str
) -> None:
    kind = "audit.app.delete-request"
    explorer.ask(f"type = {kind}")
    expected = {event["id"] for event in events if event["type"] == kind}
    explorer.shows(len(expected))
    explorer.page.get_by_role("banner").get_by_role("button", name="Share").click()
    expect(way(explorer, title).get_by_text("Asking the log")).to_have_count(0)
    way(explorer, title).get_by_role("button", name="Copy").click()
    expect(way(explorer, title).get_by_text("Copied").first).to_be_visible()
    assert ANSWERS[title](run(explorer, explorer.copied())) == expected
