"""The site that `make docs` builds from the guides."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import ROOT

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does, in another folder."""
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    done = subprocess.run(
        [*build, "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


def test_it_has_every_guide_and_begins_with_the_readme(site: Path) -> None:
    docs = ROOT / "docs"
    guides = {f"{page.relative_to(docs).with_suffix('.html')}" for page in docs.rglob("*.md")}
    built = {f"{page.relative_to(site)}" for page in site.rglob("*.html")}
    assert guides | {"index.html", "404.html"} == built


def test_its_pages_load_nothing_from_elsewhere(site: Path) -> None:
    loads = re.compile(
        r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//|<link[^>]+href="(?:https?:)?//'
    )
    found = [page.name for page in site.rglob("*.html") if loads.search(page.read_text("utf-8"))]
    assert found == []


def test_its_styles_load_nothing_from_elsewhere(site: Path) -> None:
    loads = re.compile(r"url\(['\"]?(?:https?:)?//|@import")
    found = [style.name for style in site.rglob("*.css") if loads.search(style.read_text("utf-8"))]
    assert found == []
