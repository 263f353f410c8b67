"""The README's pictures of the console are small, and the README shows them."""

from __future__ import annotations

import re
from pathlib import Path
from struct import unpack

import pytest

from tools import ROOT
from tools.pictures import ALL, FOLDER, MOST_BYTES, ONE

README = (ROOT / "README.md").read_text("utf-8")
SHOWN = {ROOT / path: text for text, path in re.findall(r"!\[(.*)\]\((.*\.png)\)", README)}


@pytest.mark.parametrize("picture", [ALL, ONE], ids=lambda path: path.name)
def test_a_picture_is_small(picture: Path) -> None:
    assert picture.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("picture", [ALL, ONE], ids=lambda path: path.name)
def test_a_picture_is_as_wide_as_a_screen(picture: Path) -> None:
    assert unpack(">II", picture.read_bytes()[16:24]) == (1440, 900)


def test_the_readme_shows_each_picture_and_says_what_is_in_it() -> None:
    assert set(SHOWN) == set(FOLDER.iterdir())
    assert all(SHOWN.values())
