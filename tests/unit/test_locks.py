"""The lock files: exact versions, each with the digests of the files that may be installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.ministack import LOCK as EMULATOR

from polylog_cli.local.dynamodb import NPM_LOCK
from tools import ROOT

LOCKS = (ROOT / "requirements.lock", EMULATOR, NPM_LOCK)
PINNED = r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==\S+( ; [^\\]+)?(\s+--hash=sha256:[0-9a-f]{64})+"


def requirements(lock: Path) -> list[str]:
    """Return the requirements of a lock file, each as one line."""
    return lock.read_text("utf-8").replace("\\\n", "").splitlines()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_each_version_is_exact_and_has_digests(lock: Path) -> None:
    assert [each for each in requirements(lock) if not re.fullmatch(PINNED, each)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_address_is_in_it(lock: Path) -> None:
    assert "://" not in lock.read_text("utf-8")


@pytest.mark.parametrize(
    "file", ["Makefile", "layers/polylog/Makefile", "tests/support/ministack.py"]
)
def test_what_installs_from_them_asks_for_digests(file: str) -> None:
    text = re.sub(r"\\\n", "", (ROOT / file).read_text("utf-8"))
    installs = [line for line in text.splitlines() if re.search(r"\.lock|\bLOCK\]", line)]
    installs = [
        line for line in installs if re.search(r"pip|\"sync\"", line) and "compile" not in line
    ]
    assert installs
    assert [line for line in installs if "--require-hashes" not in line] == []
