"""The console's own tests, of its modules without a browser."""

from __future__ import annotations

from support.page import require_page

from tools.console import run_script


def test_they_pass() -> None:
    """What fails is in the error: `npm test` in `console/` runs them alone."""
    require_page()
    run_script("test")
