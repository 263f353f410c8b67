"""The browser that tests use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser

from tools import chromium


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run the browser until the block ends. Without one the test is skipped; in CI it fails."""
    if chromium.find() is None:
        decide = pytest.fail if "CI" in os.environ else pytest.skip
        decide(chromium.MISSING)
    with chromium.running() as browser:
        yield browser
