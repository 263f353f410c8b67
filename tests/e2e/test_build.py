"""What `sam build` makes, loaded as Lambda loads it: nothing else can be imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import boto3
import pytest

from polylog_cli.template import Function, Template

PROJECT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
FUNCTIONS = [function.name for function in Template.read(PROJECT / "template.yaml").functions]
AARCH64 = 0xB7

OF_THE_RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")

LOAD = """
import importlib, json, sys
sys.path[:0] = sys.argv[3:]
handler = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps({"callable": callable(handler), "files": files}))
"""


def build(directory: Path, **target: str) -> Path:
    """Run `sam build` for this target, Lambda's own unless told otherwise; return what it made."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LAYER_")}
    settings = {
        "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "SAM_CLI_TELEMETRY": "0",
    }
    command = ["sam", "build", "--template-file", "template.yaml", "--build-dir", str(directory)]
    subprocess.run(command, cwd=PROJECT, env=inherited | settings | target, check=True)
    return directory


@pytest.fixture(scope="module")
def for_lambda(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = build(tmp_path_factory.mktemp("lambda") / "build")
    return built / "PolylogLayer" / "python"


@pytest.fixture(scope="module")
def for_this_machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    directory = tmp_path_factory.mktemp("machine") / "build"
    return build(directory, LAYER_PLATFORM="", LAYER_PYTHON=python)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what Lambda's Python brings along, and nothing else of site-packages."""
    directory = tmp_path_factory.mktemp("runtime")
    installed = Path(boto3.__file__).parents[1]
    for name in OF_THE_RUNTIME:
        (directory / name).symlink_to(installed / name)
    return directory


def load(function: Function, *folders: Path) -> Any:
    """Import the handler in a bare interpreter that sees only these folders."""
    command = [sys.executable, "-I", "-S", "-B", "-c", LOAD, function.module, function.attribute]
    environment = function.environment | {"AWS_DEFAULT_REGION": "eu-central-1"}
    answer = subprocess.run(
        [*command, *map(str, (function.code_uri, *folders))],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(answer.stdout)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_loads_from_what_was_built(
    name: str, for_this_machine: Path, runtime: Path
) -> None:
    layer = for_this_machine / "PolylogLayer" / "python"
    functions = Template.read(for_this_machine / "template.yaml").functions
    function = next(function for function in functions if function.name == name)
    loaded = load(function, layer, runtime)
    assert loaded["callable"]
    assert Path(loaded["files"]["polylog"]).is_relative_to(layer)
    assert Path(loaded["files"]["aws_lambda_powertools"]).is_relative_to(layer)


def test_compiled_code_in_the_layer_is_for_arm64(for_lambda: Path) -> None:
    compiled = [file.relative_to(for_lambda) for file in for_lambda.rglob("*.so")]
    name = "_pydantic_core.cpython-313-aarch64-linux-gnu.so"
    assert compiled == [Path("pydantic_core", name)]
    header = (for_lambda / compiled[0]).read_bytes()[:20]
    assert int.from_bytes(header[18:20], "little") == AARCH64


def test_the_layer_holds_the_locked_versions(for_lambda: Path) -> None:
    lines = (PROJECT / "requirements.lock").read_text("utf-8").splitlines()
    locked = {line.split(" ")[0] for line in lines}
    built = {
        f"{one.metadata['Name'].lower().replace('_', '-')}=={one.version}"
        for one in distributions(path=[str(for_lambda)])
    }
    assert {name.split("==")[0] for name in built} >= {"pydantic", "aws-lambda-powertools"}
    assert built <= locked


def test_the_layer_leaves_boto3_to_the_runtime(for_lambda: Path) -> None:
    assert not (for_lambda / "boto3").exists()


def test_the_layer_holds_no_bytecode(for_lambda: Path) -> None:
    assert list(for_lambda.rglob("__pycache__")) == []
