"""What the repository says about itself in several places agrees."""

from __future__ import annotations

import json
import re
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from tools import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md"))


def test_the_newest_version_of_the_changelog_is_this_one() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert (
        re.findall(r"^## ([\d.]+) - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)[0]
        == (PROJECT["version"])
    )


def test_commits_are_checked_as_make_checks() -> None:
    (targets,) = re.findall(r"^check: (.+?) ##", (ROOT / "Makefile").read_text("utf-8"), re.M)
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [hook["entry"] for hook in local["hooks"]] == [
        f"make {name}" for name in targets.split()
    ]
    assert {hook["language"] for hook in local["hooks"]} == {"system"}


def test_the_licence_is_the_whole_apache_license() -> None:
    text = (ROOT / "LICENSE").read_bytes()
    assert sha256(text).hexdigest() == (
        "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    )


@pytest.mark.parametrize("path", ["pyproject.toml", "layers/polylog/pyproject.toml"])
def test_packages_name_the_licence(path: str) -> None:
    project = tomllib.loads((ROOT / path).read_text("utf-8"))["project"]
    assert project["license"] == "Apache-2.0"


def test_the_console_names_the_licence() -> None:
    assert json.loads((ROOT / "console/package.json").read_text())["license"] == "Apache-2.0"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_templates_of_issues_say_when_to_use_them(template: Path) -> None:
    head = template.read_text("utf-8").split("---")[1]
    assert {"name", "about", "labels"} == set(yaml.safe_load(head))


def test_the_container_sets_up_what_make_sets_up() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"] == "make .venv/ready"
