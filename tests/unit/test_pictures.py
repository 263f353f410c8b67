"""The pictures of the console are small; the README and the console's guide show them."""

from __future__ import annotations

import re
from pathlib import Path
from struct import unpack

import pytest

from tools import ROOT
from tools.pictures import ALL, FOLDER, MOST_BYTES, ONE

PAGES = (ROOT / "README.md", ROOT / "docs" / "console.md")
SHOWN = {
    page.parent / path: text
    for page in PAGES
    for text, path in re.findall(r"!\[(.*)\]\((.*\.png)\)", page.read_text("utf-8"))
}


@pytest.mark.parametrize("picture", [ALL, ONE], ids=lambda path: path.name)
def test_a_picture_is_small(picture: Path) -> None:
    assert picture.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("picture", [ALL, ONE], ids=lambda path: path.name)
def test_a_picture_is_as_wide_as_a_screen(picture: Path) -> None:
    assert unpack(">II", picture.read_bytes()[16:24]) == (1440, 900)


def test_a_page_shows_each_picture_and_says_what_is_in_it() -> None:
    assert set(SHOWN) == set(FOLDER.iterdir())
    assert all(SHOWN.values())
