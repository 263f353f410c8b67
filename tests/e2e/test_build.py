"""What `sam build` makes, loaded as Lambda loads it, with nothing else to import."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distributions
from importlib.util import cache_from_source
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from support.page import contents, require_page

from polylog.dialects import DIALECTS, package_of
from polylog_cli.local.tables import ENVIRONMENT
from polylog_cli.local.template import Function, Template
from tools import ROOT

TEMPLATE = Template.read(ROOT / "template.yaml")
FUNCTIONS = [function.name for function in TEMPLATE.functions]
ANSWERING = [function.name for function in TEMPLATE.functions if function.routes]
UNUSED = {
    *("asyncio", "boto3", "multiprocessing", "s3transfer"),
    *("aws_lambda_powertools.event_handler", "aws_lambda_powertools.utilities.batch"),
    *("aws_lambda_powertools.utilities.data_classes", "aws_lambda_powertools.utilities.parser"),
    *("pydantic.deprecated", "pydantic.mypy", "pydantic.networks", "pydantic.v1"),
}
"""Heavy modules that were loaded once by mistake, or easily would be."""

BATCHING = {
    *("asyncio", "aws_lambda_powertools.utilities.batch"),
    "aws_lambda_powertools.utilities.data_classes",
}
"""The modules that Powertools' batch processor needs."""

USED = {"ImportFunction": BATCHING, "IngestFunction": BATCHING}
MOST_MODULES = {"EventsFunction": 206, "ImportFunction": 245, "IngestFunction": 254}
MOST_MODULES_USUALLY = 202

DIALECTS_OF = {
    "CedanaFunction": {"cedana"},
    "CesFunction": {"ces"},
    "CloudFoundryFunction": {"cloudfoundry", "cloudfoundry_v3"},
    "CloudTrailFunction": {"cloudtrail"},
    "DwsFunction": {"dws"},
    "EventsFunction": {"native"},
    "IngestFunction": {"native"},
    "WaldurFunction": {"waldur"},
}
"""Messages carry events in the native form by default."""

AARCH64 = 0xB7
UNCHECKED_HASH = (1).to_bytes(4, "little")

LOAD = """
import gc, importlib, json, os, random, secrets, sys, time, uuid
frozen = []
def watched(module, name):
    real = getattr(module, name)
    def call(*arguments):
        caller = sys._getframe(1).f_globals["__name__"]
        if caller.startswith("polylog"):
            frozen.append(f"{caller} calls {name}")
        return real(*arguments)
    setattr(module, name, call)
def is_shared(value):
    maker = getattr(value, "__self__", value)
    return isinstance(maker, random.Random) and not isinstance(maker, random.SystemRandom)
CALLS = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "tempfile.mkstemp")
for name in ("time", "time_ns", "monotonic", "perf_counter"):
    watched(time, name)
watched(os, "urandom")
watched(uuid, "uuid4")
watched(secrets, "randbits")
watched(secrets, "token_hex")
sys.addaudithook(lambda event, _: frozen.append(event) if event in CALLS else None)
sys.path[:0] = sys.argv[3:]
handler = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
collector = {"is_enabled": gc.isenabled(), "has_frozen": gc.get_freeze_count() > 0}
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
for name, module in list(sys.modules.items()):
    if name.startswith("polylog") and (
        random in vars(module).values() or any(map(is_shared, vars(module).values()))
    ):
        frozen.append(f"{name} uses random")
found = {"callable": callable(handler), "collector": collector, "files": files}
print(json.dumps(found | {"frozen": frozen}))
"""


@pytest.fixture(scope="module")
def layer(for_lambda: Path) -> Path:
    return for_lambda / "PolylogLayer" / "python"


def load(function: Function, *folders: Path) -> Any:
    """Import the handler in a bare interpreter that sees only these folders."""
    command = [sys.executable, "-I", "-S", "-B", "-c", LOAD, function.module, function.attribute]
    environment = function.environment | ENVIRONMENT | {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"}
    answer = subprocess.run(
        [*command, *map(str, (function.code_uri, *folders))],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(answer.stdout)


def is_of_a_dialect(name: str) -> bool:
    return any(f"{name}.".startswith(f"{package_of(dialect)}.") for dialect in DIALECTS)


@pytest.fixture(scope="module", params=FUNCTIONS)
def loaded(request: pytest.FixtureRequest, for_this_machine: Path, runtime: Path) -> Any:
    """What a function of the build loads until it is ready."""
    functions = Template.read(for_this_machine / "template.yaml").functions
    function = next(function for function in functions if function.name == request.param)
    layer = for_this_machine / "PolylogLayer" / "python"
    return {"name": request.param, "layer": layer, **load(function, layer, runtime)}


def test_a_function_loads_from_what_was_built(loaded: Any) -> None:
    assert loaded["callable"]
    assert Path(loaded["files"]["polylog"]).is_relative_to(loaded["layer"])
    assert Path(loaded["files"]["aws_lambda_powertools"]).is_relative_to(loaded["layer"])


def test_garbage_collection_is_on_when_a_function_is_ready(loaded: Any) -> None:
    assert loaded["collector"] == {"is_enabled": True, "has_frozen": True}


def test_a_snapshot_holds_nothing_that_should_differ(loaded: Any) -> None:
    """No connection, time, random number or generator of them; secrets are fetched when needed."""
    assert loaded["frozen"] == [] or loaded["name"] not in ANSWERING


def test_a_function_loads_nothing_that_it_does_not_use(loaded: Any) -> None:
    """`python -m bench cold` shows what loading takes."""
    parts = {
        prefix for name in loaded["files"] for prefix in accumulate(name.split("."), "{}.{}".format)
    }
    assert parts & UNUSED == USED.get(loaded["name"], set())


def test_a_function_loads_no_dialect_of_another_function(loaded: Any) -> None:
    dialects = {name.split(".")[2] for name in loaded["files"] if is_of_a_dialect(name)}
    assert dialects <= DIALECTS_OF.get(loaded["name"], set())


def test_a_function_loads_few_modules_of_the_layer(loaded: Any) -> None:
    """How many of Python's and botocore's it loads depends on their versions."""
    files = [Path(file) for file in loaded["files"].values() if file]
    number = sum(file.is_relative_to(loaded["layer"]) for file in files)
    assert number <= MOST_MODULES.get(loaded["name"], MOST_MODULES_USUALLY)


def test_compiled_code_in_the_layer_is_for_arm64(layer: Path) -> None:
    compiled = [file.relative_to(layer) for file in layer.rglob("*.so")]
    name = "_pydantic_core.cpython-313-aarch64-linux-gnu.so"
    assert compiled == [Path("pydantic_core", name)]
    header = (layer / compiled[0]).read_bytes()[:20]
    assert int.from_bytes(header[18:20], "little") == AARCH64


def test_the_layer_holds_the_locked_versions(layer: Path) -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    locked = {line.split(" ")[0] for line in lines if not line.startswith(" ")}
    built = {
        f"{one.metadata['Name'].lower().replace('_', '-')}=={one.version}"
        for one in distributions(path=[str(layer)])
    }
    assert {name.split("==")[0] for name in built} >= {"pydantic", "aws-lambda-powertools"}
    assert built <= locked


def test_the_layer_leaves_boto3_to_the_runtime(layer: Path) -> None:
    assert not (layer / "boto3").exists()


@pytest.fixture(scope="module", params=["for_lambda", "for_this_machine"])
def any_layer(request: pytest.FixtureRequest) -> Path:
    built: Path = request.getfixturevalue(request.param)
    return built / "PolylogLayer" / "python"


def test_the_layer_has_the_page(any_layer: Path) -> None:
    require_page()
    assert contents(any_layer / "polylog/console/page") == contents()


def test_the_layer_is_small(any_layer: Path) -> None:
    sizes = [file.stat().st_size for file in any_layer.rglob("*") if file.is_file()]
    assert sum(sizes) < 15_300_000


def test_all_code_for_this_machine_is_compiled(for_this_machine: Path) -> None:
    """Lambda cannot write to the layer: it would compile the rest again at every start."""
    layer = for_this_machine / "PolylogLayer" / "python"
    sources = list(layer.rglob("*.py"))
    assert sources
    assert [file for file in sources if not Path(cache_from_source(file)).exists()] == []


def test_bytecode_is_of_lambdas_python(layer: Path) -> None:
    """There is none if the machine that builds does not have that version."""
    assert {file.name.partition(".")[2] for file in layer.rglob("*.pyc")} <= {"cpython-313.pyc"}


def test_bytecode_is_not_compared_with_times_in_an_archive(any_layer: Path) -> None:
    flags = {file.read_bytes()[4:8] for file in any_layer.rglob("*.pyc")}
    assert flags <= {UNCHECKED_HASH}


def test_a_build_without_lambdas_python_says_how_to_get_it() -> None:
    asked = ("make", "--dry-run", "--file", "layers/polylog/Makefile", "build-PolylogLayer")
    done = subprocess.run(
        [*asked, "ARTIFACTS_DIR=built", "LAYER_PYTHON=3.13", "LAYER_COMPILER="],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "uv python install 3.13" in done.stdout
    assert "compileall" not in done.stdout
