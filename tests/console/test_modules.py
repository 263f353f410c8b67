"""The console's own tests of its modules, without a browser."""

from __future__ import annotations

from support.page import require_page

from tools.console import run_script


def test_they_pass() -> None:
    """The error shows what fails. Run them alone with `npm test` in `console/`."""
    require_page()
    run_script("test")
