"""Reading works with the oldest botocore that a Lambda runtime may bring, as the client needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from tools import ROOT

OLDEST = "1.38.36"
PACKAGES = (f"boto3=={OLDEST}", f"botocore=={OLDEST}")

SAYS_ITS_VERSION = """
import botocore, logging, sys
from polylog_cli.local.tables import connect
logging.basicConfig(stream=sys.stdout, format="%(message)s")
connect("http://127.0.0.1:9")
print(botocore.__version__)
"""


@pytest.fixture(scope="module")
def oldest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment whose Python finds that botocore before the installed one."""
    folder = tmp_path_factory.mktemp("oldest")
    python = ("--python", sys.executable)
    command = [find_uv_bin(), "pip", "install", *python, "--target", str(folder), *PACKAGES]
    subprocess.run([*command, "--no-deps", "--quiet"], check=True)
    return os.environ | {"PYTHONPATH": str(folder)}


def run(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_it_is_understood(oldest: dict[str, str]) -> None:
    """No warning says that botocore parses differently."""
    assert run(["-c", SAYS_ITS_VERSION], oldest).split() == [OLDEST]


def test_answers_are_the_same_as_its_own_parsers(oldest: dict[str, str], tmp_path: Path) -> None:
    tests = str(Path("tests", "store", "test_connection.py"))
    options = ["-q", "-k", "moto", "-p", "no:cacheprovider", "-W", "default"]
    said = run(["-m", "pytest", tests, *options], oldest)
    assert " passed" in said
