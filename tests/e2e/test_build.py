"""What `sam build` makes, loaded as Lambda loads it: nothing else can be imported."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from polylog_cli.template import Function, Template

FUNCTIONS = [function.name for function in Template.read(ROOT / "template.yaml").functions]
AARCH64 = 0xB7

LOAD = """
import importlib, json, sys
sys.path[:0] = sys.argv[3:]
handler = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps({"callable": callable(handler), "files": files}))
"""


@pytest.fixture(scope="module")
def layer(for_lambda: Path) -> Path:
    return for_lambda / "PolylogLayer" / "python"


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


def test_compiled_code_in_the_layer_is_for_arm64(layer: Path) -> None:
    compiled = [file.relative_to(layer) for file in layer.rglob("*.so")]
    name = "_pydantic_core.cpython-313-aarch64-linux-gnu.so"
    assert compiled == [Path("pydantic_core", name)]
    header = (layer / compiled[0]).read_bytes()[:20]
    assert int.from_bytes(header[18:20], "little") == AARCH64


def test_the_layer_holds_the_locked_versions(layer: Path) -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    locked = {line.split(" ")[0] for line in lines}
    built = {
        f"{one.metadata['Name'].lower().replace('_', '-')}=={one.version}"
        for one in distributions(path=[str(layer)])
    }
    assert {name.split("==")[0] for name in built} >= {"pydantic", "aws-lambda-powertools"}
    assert built <= locked


def test_the_layer_leaves_boto3_to_the_runtime(layer: Path) -> None:
    assert not (layer / "boto3").exists()


def test_the_layer_holds_no_bytecode(layer: Path) -> None:
    assert list(layer.rglob("__pycache__")) == []
