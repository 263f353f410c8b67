"""The wheel without a checkout: it serves the sample, and builds and deploys the stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from samcli.yamlhelper import yaml_parse
from support.deployment import Account
from support.gaps import is_refused
from support.page import require_page
from support.service import running_service

from polylog_cli.local.dynamodb import install
from polylog_cli.local.template import Template
from polylog_cli.stack import project
from tools import ROOT
from tools.builds import build

pytestmark = pytest.mark.long

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel and its requirements, and nothing of the checkout.

    It finds SAM only on the PATH.
    """

    bin: Path

    def run(self, *words: str, folder: Path, **environment: str) -> str:
        """Run one of its commands in a folder; return what it printed."""
        path = os.pathsep.join([os.environ["PATH"], str(BIN)])
        done = subprocess.run(
            (str(self.bin / words[0]), *words[1:]),
            cwd=folder,
            env={**os.environ, **environment, "PATH": path, "SAM_CLI_TELEMETRY": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Yield an environment with the wheel, and the DynamoDB Local that `make` downloaded."""
    folder = tmp_path_factory.mktemp("installed")
    uv, venv = (str(BIN / "uv"), "--quiet"), folder / "venv"
    subprocess.run([*uv, "build", "--wheel", "--out-dir", folder, ROOT], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*uv, "venv", "--python", sys.executable, venv], check=True)
    subprocess.run(
        [
            *(*uv, "pip", "install", "--python", venv / "bin" / "python"),
            *("--constraints", ROOT / "requirements.lock", wheel),
        ],
        check=True,
    )
    (venv / "share").mkdir(exist_ok=True)
    (venv / "share" / install().name).symlink_to(install())
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONPATH", raising=False)
        yield Installed(venv / "bin")


@pytest.fixture(scope="module")
def written(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the project that the wheel carries."""
    folder = tmp_path_factory.mktemp("written")
    installed.run("polylog-events", "deploy", "--to", ".", folder=folder)
    return folder


def contents(folder: Path, *names: str) -> dict[str, bytes]:
    """Return the bytes of all files in a folder, or of those at and below some names in it."""
    found = [
        file for name in names or (".",) for file in (folder / name, *(folder / name).rglob("*"))
    ]
    return {str(each.relative_to(folder)): each.read_bytes() for each in found if each.is_file()}


def sources(folder: Path) -> dict[str, bytes]:
    """Return the project's files in a folder, without the bytecode that running leaves there."""
    return compiled_out(contents(folder, *project.FILES, project.CODE))


def compiled_out(found: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files that are not bytecode."""
    return {name: content for name, content in found.items() if "__pycache__" not in name}


def test_it_is_imported_from_where_it_was_installed(installed: Installed, tmp_path: Path) -> None:
    code = "import polylog, polylog_cli; print(polylog.__file__, polylog_cli.__file__)"
    files = installed.run("python", "-c", code, folder=tmp_path).split()
    assert all(Path(file).is_relative_to(installed.bin.parent) for file in files)


def test_it_has_one_version(installed: Installed, tmp_path: Path) -> None:
    told = [installed.run(n, "--version", folder=tmp_path) for n in ("polylog", "polylog-events")]
    assert told[0] == told[1]


def test_it_brings_the_project_of_the_checkout(written: Path) -> None:
    assert contents(written) == sources(ROOT)


def test_it_brings_the_page(installed: Installed, tmp_path: Path) -> None:
    require_page()
    code = "from polylog import console; print(console.is_built())"
    assert installed.run("python", "-c", code, folder=tmp_path).strip() == "True"


def test_one_command_serves_the_sample(installed: Installed, tmp_path: Path) -> None:
    command = (str(installed.bin / "polylog-events"),)
    data = tmp_path / "data"
    with running_service(data, command=command, folder=tmp_path) as service:
        url, token = service.credentials.url, service.credentials.token
        answer = httpx.get(f"{url}/cf/v2/events", headers={"Authorization": f"Bearer {token}"})
        counted = installed.run("polylog", "count", "--data", str(data), folder=tmp_path)
    assert answer.json()["total_results"] == int(counted) == 3000


def test_it_builds_and_deploys_the_stack(
    installed: Installed, written: Path, emulator: Account
) -> None:
    """The build is that of the checkout, without the resources that the emulator refuses."""
    template = yaml_parse((written / "template.yaml").read_text("utf-8"))
    kept = {name: each for name, each in template["Resources"].items() if not is_refused(each)}
    template["Resources"] = kept
    (written / "template.yaml").write_text(json.dumps(template))
    settings = ("--stack", "installed", "--env", "dev", "--region", "eu-central-1")
    printed = installed.run(
        *("polylog-events", "deploy", *settings, "DeletionProtection=false"),
        folder=written,
        **emulator.environment,
    )
    assert "polylog-events keys create" in printed.splitlines()[-1]
    built, here = written / ".aws-sam" / "build", build()
    assert contents(built, "PolylogLayer").keys() == contents(here, "PolylogLayer").keys()
    functions = Template.read(here / "template.yaml").functions
    built_here = compiled_out(contents(functions[0].code_uri))
    assert built_here == compiled_out(contents(written / "functions"))
    key = installed.run(
        *("polylog", "keys", "create", "--scope", "demo", "--stack", "installed"),
        folder=written,
        **emulator.environment,
    )
    assert key.startswith("PL1")
