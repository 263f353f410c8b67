"""What starts DynamoDB Local on loopback: a class and its source, which must match."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.launcher import COMPILED, SUMS, compile_into, sums


@pytest.fixture
def javac() -> None:
    """Skip unless the compiler is that of Java 17: another one may write different bytes."""
    if shutil.which("javac") is None:
        pytest.skip("only a JDK has javac")
    version = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=True)
    if not version.stdout.startswith("javac 17."):
        pytest.skip(f"the class was compiled by javac 17, this is {version.stdout}")


def test_the_class_and_its_source_changed_together() -> None:
    assert SUMS.read_text() == sums(), "`make launcher` compiles the source and notes both"


@pytest.mark.engine
@pytest.mark.usefixtures("javac")
def test_the_source_compiles_to_the_class(tmp_path: Path) -> None:
    assert compile_into(tmp_path).read_bytes() == COMPILED.read_bytes()
