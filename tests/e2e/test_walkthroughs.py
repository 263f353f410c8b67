"""The tutorial and the how-to pages: every command in them prints what they show.

Commands that need an account are marked, and do not run. Each page uses scopes of its own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support.examples import long
from support.service import Service
from support.transcripts import files, outputs, steps

from tools import ROOT

TUTORIAL = ROOT / "docs" / "tutorial.md"
HOW_TO = sorted((ROOT / "docs" / "how-to").glob("*.md"))
ADDRESS = "http://127.0.0.1:8080"


@pytest.fixture
def folder(service: Service, tmp_path: Path) -> Path:
    """Return a folder that looks like a clone in which the service runs."""
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    (tmp_path / ".polylog").symlink_to(service.home.path)
    for name in ("examples", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.mark.parametrize("guide", [TUTORIAL, *long(*HOW_TO)], ids=lambda guide: guide.stem)
def test_its_commands_print_what_it_shows(service: Service, folder: Path, guide: Path) -> None:
    page = guide.read_text("utf-8").replace(ADDRESS, service.credentials.url)
    for file, text in files(page).items():
        (folder / file).write_text(text, "utf-8")
    typed = steps(page)
    assert typed
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    printed = outputs(typed, folder, os.environ | {"PATH": path, "COLUMNS": "120"})
    differ = [
        (step.command, step.shown, output)
        for step, output in zip(typed, printed, strict=True)
        if not step.prints(output)
    ]
    assert differ == []
