"""Which build is used: one that was made from exactly the present sources."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools import ROOT
from tools.builds import INPUTS, digest

CHANGED = (
    *("requirements.lock", "template.yaml", "functions/ces.py", "layers/polylog/Makefile"),
    *("layers/polylog/pyproject.toml", "layers/polylog/polylog/model/event.py"),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a copy of everything that goes into a build."""
    for name in INPUTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_same_sources_are_the_same_build(root: Path) -> None:
    assert digest(root, {}) == digest(ROOT, {})


@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_source_is_another_build(root: Path, name: str) -> None:
    before = digest(root, {})
    (root / name).write_bytes((root / name).read_bytes() + b"\n")
    assert digest(root, {}) != before


def test_a_new_and_a_renamed_source_are_other_builds(root: Path) -> None:
    source = root / "layers/polylog/polylog/new.py"
    found = [digest(root, {})]
    source.write_text("")
    found.append(digest(root, {}))
    source.rename(source.with_name("newer.py"))
    found.append(digest(root, {}))
    assert len(set(found)) == 3


def test_another_target_is_another_build() -> None:
    assert digest(ROOT, {"LAYER_PYTHON": "3.11"}) != digest(ROOT, {"LAYER_PYTHON": "3.12"})


def test_bytecode_makes_no_difference(root: Path) -> None:
    before = digest(root, {})
    cache = root / "functions" / "__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "new.pyc").write_bytes(b"")
    assert digest(root, {}) == before
