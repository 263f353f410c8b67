"""The guides name what exists: parameters, outputs, alarms, samples, commands, places."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse
from support.samples import FUNCTIONS
from typer.main import get_command

from polylog.aws.importer import Kind
from polylog.aws.messages import Message, read_message
from polylog.model.event import Event
from polylog_cli.main import app
from tools import ROOT

DEPLOYING = ROOT / "docs" / "deploying.md"
INGESTING = ROOT / "docs" / "ingesting.md"
APIS = ROOT / "docs" / "apis.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINKING = sorted({*PAGES, *ROOT.glob("*.md"), *ROOT.glob("examples/*.md")})

TYPED = re.compile(r"(?:bin/polylog|(?<!/)polylog-events) ([^)`\n]*)")
COMMANDS = sorted({line for page in PAGES for line in TYPED.findall(page.read_text("utf-8"))})

SENT = re.findall(
    r"^\$ (aws (?:sqs send-message|events|sns) .*)$", INGESTING.read_text("utf-8"), re.MULTILINE
)
KEYS = re.findall(
    r"^\$ aws s3 cp .*/(import/[^\"]+)\"$", INGESTING.read_text("utf-8"), re.MULTILINE
)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    return parsed


def rows(title: str, page: Path = DEPLOYING) -> list[list[str]]:
    """Return the cells of the table under a heading."""
    section = page.read_text("utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def names(title: str) -> list[str]:
    return [name for row in rows(title) for name in re.findall(r"`(\w+)`", row[0])]


def test_parameters_are_those_of_the_template(template: dict[str, Any]) -> None:
    shown = {row[0].strip("`"): row[1].strip("`") for row in rows("Parameters")}
    defaults = {name: str(each["Default"]) for name, each in template["Parameters"].items()}
    assert shown == {name: value or "none" for name, value in defaults.items()}


def test_outputs_are_those_of_the_template(template: dict[str, Any]) -> None:
    assert sorted(names("Outputs")) == sorted(template["Outputs"])


def test_alarms_are_those_of_the_template(template: dict[str, Any]) -> None:
    resources = template["Resources"].items()
    alarms = [name for name, each in resources if each["Type"] == "AWS::CloudWatch::Alarm"]
    assert names("Alarms") == alarms


def test_members_are_those_of_an_event() -> None:
    section = APIS.read_text("utf-8").partition("\n### Members of an event\n")[2]
    table = section.partition("\n### ")[0]
    cells = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    assert [name for cell in cells for name in re.findall(r"`(\w+)`", cell)] == [
        *Event.model_fields
    ]


def test_samples_are_those_that_are_there() -> None:
    shown = {
        sample: row[1].strip("`")
        for row in rows("Trying it", INGESTING)
        for sample in re.findall(r"`([\w-]+)`", row[0])
    }
    assert shown == FUNCTIONS


@pytest.mark.parametrize("line", SENT)
def test_messages_in_a_guide_are_events(line: str) -> None:
    typed = shlex.split(line)
    given = dict(pairwise(typed))
    if "--entries" in given:
        (entry,) = json.loads(given["--entries"])
        bridged = {"detail-type": entry["DetailType"], "source": entry["Source"]}
        bridged |= {"resources": entry["Resources"], "detail": json.loads(entry["Detail"])}
        body = json.dumps({"id": "e-1", "time": "2026-03-01T12:00:00Z", **bridged})
    else:
        body = given.get("--message-body") or given["--message"]
    attributes = json.loads(given.get("--message-attributes", "{}"))
    texts = {name: value["StringValue"] for name, value in attributes.items()}
    scope, events = read_message(Message("m-1", 0, body, texts), "default")
    assert scope == texts.get("scope", "default")
    assert events
    assert all(isinstance(event, Event) for event in events)


@pytest.mark.parametrize("key", KEYS)
def test_objects_in_a_guide_have_complete_keys(key: str) -> None:
    assert Kind.of(key).scope == "demo"


@pytest.mark.parametrize("page", LINKING, ids=lambda page: f"{page.relative_to(ROOT)}")
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        file, _, place = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not place or place in places(target), link


def places(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_have_the_options_that_guides_use(line: str) -> None:
    command: Any = get_command(app)
    words = list(takewhile(lambda word: word != "--", shlex.split(line)))
    while hasattr(command, "commands"):
        command = command.get_command(None, words.pop(0))
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    assert {word for word in words if re.match(r"--\w", word)} <= known | {"--help"}


MEASURED = {
    "| native, 100 | {} |  | {} |": ("7.71 ms", "6.52 ms"),
    "| last page of 100, with total | {} |  | {} |": ("6.73 ms", "6.40 ms"),
    "| total of everything | {} |": ("1.74 ms",),
    "| 1.7 (2) | 1.7 (2) |  | 1, 1 | 1, 1 | {} |": ("18.76",),
    "| HTTP, 95 events in each request | {} events/s |  | {} events/s |": ("949", "1,077"),
    "| HTTP, one event in each request | {} events/s |  | {} events/s |": ("136", "330"),
    "| a word of one message in 5,000, 1,000,000 events | {} |": ("176 ms",),
    "|  | 1,000,000 | 200 | 174, 176 | {}, 36 | 542, 497 | 256, 246 | {}, 11.1 |": ("31", "20.7"),
    "| **together** |  | **{}** |\n\n### A platform": ("32.15",),
    "| **together** |  | **{}** |\n\n### An idle": ("902.16",),
    "| **together** |  | **{}** |\n<!-- end: examples": ("6.65",),
}
"""The sources of the README's numbers: when these change, it must change too."""


@pytest.mark.parametrize("row", MEASURED)
def test_numbers_of_the_readme_are_those_of_the_guides(row: str) -> None:
    readme, *guides = (page.read_text("utf-8") for page in PAGES)
    assert row.format(*MEASURED[row]) in "\n".join(guides)
    assert all(number in readme for number in MEASURED[row])


def test_bare_make_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (targets,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    made = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True)
    listed = [line.split(maxsplit=2) for line in made.stdout.splitlines() if "  " in line]
    assert {name: bool(text) for _, name, text in listed} == dict.fromkeys(targets.split(), True)
