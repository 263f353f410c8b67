"""The browser that tests use: Chromium of this machine, or the one that `make chromium` fetches."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright

from tools import chromium

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
"""What the package of a distribution calls it."""

OPTIONS: Final = (
    "--no-sandbox",  # it does not work for root, and all that is loaded is our own
    "--disable-gpu",
    "--disable-background-networking",
)

MISSING: Final = (
    "there is no Chromium: install it (Debian: apt-get install chromium), "
    "name one in CHROMIUM, or run `make chromium`, which takes one from npm"
)


def find() -> Path | None:
    """Return the path of a Chromium; none if the machine has none."""
    named = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    places = [*(Path(name) for name in named if name), chromium.EXECUTABLE]
    return next((place for place in places if place.exists()), None)


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run the browser until the block ends; without one the test is skipped, in CI it fails."""
    path = find()
    if path is None:
        decide = pytest.fail if "CI" in os.environ else pytest.skip
        decide(MISSING)
    with sync_playwright() as playwright:
        environment = chromium.environment() if path == chromium.EXECUTABLE else {}
        browser = playwright.chromium.launch(
            executable_path=path, args=OPTIONS, env={**os.environ, **environment}
        )
        yield browser
        browser.close()
