"""The page of the console, as it was built."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from polylog.console import PAGE, is_built


def contents(folder: Path = PAGE) -> Mapping[str, bytes]:
    """Return the files of a page by name, unpacked."""
    return {
        file.relative_to(folder).as_posix().removesuffix(".gz"): gzip.decompress(file.read_bytes())
        for file in sorted(folder.rglob("*.gz"))
    }


def require_page() -> None:
    """Skip a test where no page could be built; in CI there is always one."""
    if not is_built():
        decide = pytest.fail if "CI" in os.environ else pytest.skip
        decide("there is no page: `make console` builds it, and says what is missing")
