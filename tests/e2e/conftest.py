"""What `sam build` makes, once for all tests: for Lambda, and for this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from lambda_runtime import VERSION, make_runtime

BIN = Path(sys.executable).parent


def build(directory: Path, **target: str) -> Path:
    """Run `sam build` for this target, Lambda's own unless told otherwise; return what it made."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LAYER_")}
    settings = {
        "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "SAM_CLI_TELEMETRY": "0",
    }
    command = ["sam", "build", "--template-file", "template.yaml", "--build-dir", str(directory)]
    subprocess.run(command, cwd=ROOT, env=inherited | settings | target, check=True)
    return directory


@pytest.fixture(scope="session")
def for_lambda(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("lambda") / "build")


@pytest.fixture(scope="session")
def for_this_machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("machine") / "build"
    return build(directory, LAYER_PLATFORM="", LAYER_PYTHON=VERSION)


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what Lambda's Python brings along."""
    return make_runtime(tmp_path_factory.mktemp("runtime"))
