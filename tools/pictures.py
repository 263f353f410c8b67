"""Take the pictures of the console, for the README and its guide: `make pictures`.

They show the current sample events of a service that runs in memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote

from playwright.sync_api import Browser, Locator, Page, expect

from polylog_cli.client.credentials import Credentials
from tools import ROOT, chromium, services
from tools.console import MissingError
from tools.palette import reduced

FOLDER: Final = ROOT / "docs" / "pictures"
ALL: Final = FOLDER / "console.png"
"""The picture of the first view, with bars and values."""

ONE: Final = FOLDER / "event.png"
"""The picture of one event, next to the list of the events that a filter finds."""

MOST_BYTES: Final = 150_000
"""The most that a picture may take, so that the README loads fast."""

_SIZE: Final = {"width": 1440, "height": 900}
_WAIT_MS: Final = 30_000
_WHO: Final = "target.name = storefront AND actor.name : tobin"


def take(browser: Browser, credentials: Credentials) -> None:
    """Take both pictures."""
    with _opened(browser, credentials, "/?last=30d") as page:
        _keep(page, ALL)
    with _opened(browser, credentials, f"/?last=30d&filter={quote(_WHO)}") as page:
        page.get_by_role("rowheader").first.click()
        expect(page.get_by_role("article", name="Event").get_by_role("tab").first).to_be_visible()
        _keep(page, ONE)


@contextmanager
def _opened(browser: Browser, credentials: Credentials, address: str) -> Iterator[Page]:
    """Open a tab, sign in, and wait until the list and the values are there."""
    # Playwright's type for `viewport` accepts only its own class.
    context = browser.new_context(
        viewport=_SIZE,  # type: ignore[arg-type]
        reduced_motion="reduce",
        color_scheme="light",
    )
    page = context.new_page()
    page.goto(credentials.url + address)
    page.get_by_label("Key", exact=True).fill(credentials.token)
    page.keyboard.press("Enter")
    _is_there(page.get_by_role("rowheader").first)
    _is_there(page.get_by_role("complementary", name="Values").get_by_role("listitem").first)
    yield page
    context.close()


def _is_there(part: Locator) -> None:
    expect(part).to_be_visible(timeout=_WAIT_MS)


def _keep(page: Page, path: Path) -> None:
    page.wait_for_load_state("networkidle")
    picture = page.screenshot()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(reduced(page, picture))


def main() -> int:
    """Take the pictures for the Makefile; return the exit status."""
    try:
        with (
            chromium.running() as browser,
            TemporaryDirectory() as folder,
            services.running(Path(folder), "--memory") as (_, credentials),
        ):
            take(browser, credentials)
    except MissingError as error:
        print(f"No pictures: {error}", file=sys.stderr)
        return 1
    for path in (ALL, ONE):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
