"""A tab of Chromium with the console. Its clock measures how long a reader waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Page, Request

from bench.stage.clients import Client
from polylog_cli.client.credentials import Credentials

_ROWS: Final = "/v1/events"
"""The path of the requests that rows and their total wait for; bars and values do not count."""

_SIZE: Final = {"width": 1440, "height": 900}

# A change found in one frame is painted with that frame. The next frame begins after that.
_WATCH: Final = """
(isThere, began) => new Promise((done, fail) => {
  const look = () => requestAnimationFrame(
    isThere() ? () => done(performance.now() - began()) : look);
  look();
  setTimeout(() => fail(new Error(document.body.innerText)), 30_000);
})
"""
_OPENED: Final = f"""() => ({_WATCH})(
  () => document.querySelector("#row-0:not(.waiting)"), () => 0)"""
_ENTER: Final = f"""([row, total, text]) => {{
  let began;
  addEventListener("keydown", (event) => {{
    if (event.key === "Enter") began = performance.now();
  }}, {{ capture: true }});
  globalThis.answered = ({_WATCH})(() => began !== undefined
    && document.querySelector(".histogram-total").textContent.trim() === total
    && document.querySelector("[role=grid]").ariaBusy === "false"
    && document.querySelector(`#row-${{row}}:not(.waiting)`)?.textContent.includes(text),
    () => began);
}}"""
_BYTES: Final = """() => [
  ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource"),
].filter(({ name }) => !new URL(name).pathname.startsWith("/v1"))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""


@dataclass(frozen=True, slots=True)
class Taken:
    """The milliseconds of one step in the browser, and of its requests for rows alone."""

    ms: float
    floor_ms: float


class Tab:
    """A tab where a reader has signed in. It notes the requests for rows that the page sends."""

    def __init__(self, page: Page, credentials: Credentials) -> None:
        self.page = page
        self._url = credentials.url
        self._client = Client(urlsplit(credentials.url).netloc, credentials.token)
        self._devtools = page.context.new_cdp_session(page)
        self._asked: list[str] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        place = urlsplit(request.url)
        if place.path == _ROWS:
            self._asked.append(f"{place.path}?{place.query}")

    def open(self, address: str) -> None:
        """Open a view, and wait until the page sends no more requests."""
        self.page.goto(self._url + address)
        self.page.evaluate(_OPENED)
        self._rest()

    def reload(self, *, is_cold: bool) -> Taken:
        """Load the page; with `is_cold`, without the files in the browser's cache."""
        if is_cold:
            self._devtools.send("Network.clearBrowserCache")
        return self._take(self._reload)

    def _reload(self) -> float:
        self.page.reload(wait_until="commit")
        return _number(self.page.evaluate(_OPENED))

    def enter(self, row: int, total: int, text: str) -> Taken:
        """Press Enter, and wait until the total is right and a row contains `text`."""
        self.page.evaluate(_ENTER, [row, f"{total:,} events", text])
        return self._take(self._enter)

    def _enter(self) -> float:
        self.page.keyboard.press("Enter")
        return _number(self.page.evaluate("globalThis.answered"))

    def heap_mb(self) -> float:
        """Return the memory that scripts keep."""
        return _heap_mb(self._devtools)

    def files_kb(self) -> float:
        """Return the compressed size of all files that the browser fetched, without API answers."""
        return _number(self.page.evaluate(_BYTES)) / 1000

    def _take(self, step: Callable[[], float]) -> Taken:
        self._asked.clear()
        ms = step()
        self._rest()
        began = time.perf_counter()
        for path in self._asked:
            self._client.get(path)
        return Taken(ms, (time.perf_counter() - began) * 1000)

    def _rest(self) -> None:
        self.page.wait_for_load_state("networkidle")


@contextmanager
def signed_in(browser: Browser, credentials: Credentials, address: str) -> Iterator[Tab]:
    """Open a view in a new tab that shares nothing with other tabs, until the block ends."""
    # Playwright's type for `viewport` accepts only its own class.
    context = browser.new_context(viewport=_SIZE)  # type: ignore[arg-type]
    tab = Tab(context.new_page(), credentials)
    tab.page.goto(credentials.url + address)
    tab.page.get_by_label("Key", exact=True).fill(credentials.token)
    tab.page.keyboard.press("Enter")
    tab.page.evaluate(_OPENED)
    yield tab
    context.close()


def empty_heap_mb(browser: Browser) -> float:
    """Return the memory that an empty page keeps."""
    context = browser.new_context()
    page = context.new_page()
    page.goto("data:text/html,<title>Empty</title>")
    size = _heap_mb(context.new_cdp_session(page))
    context.close()
    return size


def _heap_mb(devtools: CDPSession) -> float:
    """Return the memory that scripts keep, after a garbage collection."""
    devtools.send("Performance.enable")
    devtools.send("HeapProfiler.collectGarbage")
    told = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in told if each["name"] == "JSHeapUsedSize")) / 1e6


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)
