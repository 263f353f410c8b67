"""The examples in docstrings: each prints what it shows."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from tools import ROOT

ROOTS = [ROOT / "layers" / "polylog", ROOT / "cli", ROOT]
FOLDERS = ["layers/polylog/polylog", "cli/polylog_cli", "tools", "bench"]
MODULES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if ">>>" in path.read_text("utf-8")
)


def name_of(path: Path) -> str:
    root = next(root for root in ROOTS if path.is_relative_to(root))
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


@pytest.mark.parametrize("name", [name_of(path) for path in MODULES])
def test_examples_print_what_they_show(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert not result.failed


def test_there_are_examples() -> None:
    assert "polylog.model.times" in map(name_of, MODULES)
