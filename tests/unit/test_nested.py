"""A stack that includes the template as a nested one: the example of docs/deploying.md."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from polylog_cli.local.template import check_parameters
from polylog_cli.stack import project
from tools import ROOT

NESTED = ROOT / "tests" / "samples" / "nested.yaml"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def parent() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse(NESTED.read_text("utf-8"))
    return parsed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the parent's template, and Polylog's project where it expects that."""
    project.write(tmp_path / "polylog")
    return Path(shutil.copy(NESTED, tmp_path / "template.yaml")).parent


def test_its_parameters_are_the_templates(parent: dict[str, Any]) -> None:
    given = parent["Resources"]["EventLog"]["Properties"]["Parameters"]
    check_parameters(ROOT / "template.yaml", {name: str(value) for name, value in given.items()})


def test_its_outputs_are_the_templates(parent: dict[str, Any]) -> None:
    template = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    _, _, output = parent["Outputs"]["EventLogUrl"]["Value"]["Fn::GetAtt"][1].partition("Outputs.")
    assert output in template["Outputs"]


def test_the_documentation_shows_it() -> None:
    text = NESTED.read_text("utf-8")
    shown = text[text.index("  EventLog:") : text.index("\nOutputs")]
    assert shown in (ROOT / "docs" / "deploying.md").read_text("utf-8")


def test_its_layer_is_built_from_polylogs_folder(folder: Path) -> None:
    """SAM runs make in the parent's folder, by the path of Polylog's Makefile."""
    makefile = folder / "polylog" / "layers" / "polylog" / "Makefile"
    made = ("make", "--dry-run", "--file", str(makefile), "build-PolylogLayer", "ARTIFACTS_DIR=b")
    lines = subprocess.run(made, cwd=folder, capture_output=True, text=True, check=True).stdout
    named = [f"{folder}/polylog/{name}" for name in ("requirements.lock", project.CODE)]
    assert all(name in lines for name in named)


@pytest.mark.long
def test_sam_finds_nothing_wrong_with_it(folder: Path) -> None:
    settings = {**os.environ, "AWS_DEFAULT_REGION": "eu-central-1", "SAM_CLI_TELEMETRY": "0"}
    asked = (str(BIN / "sam"), "validate", "--lint")
    done = subprocess.run(asked, cwd=folder, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
