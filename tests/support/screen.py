"""The console in a browser, addressed as its reader sees it: by roles, names and texts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Download, Locator, Page, Response, expect

from support.service import Service
from tools import ROOT

AXE: Final = ROOT / "console/node_modules/axe-core/axe.min.js"
WIDE: Final = (1440, 900)
PHONE: Final = (360, 740)

Event = dict[str, Any]

_STATUS: Final = "Failed to load resource"
"""How the browser itself reports each unsuccessful answer of the API."""

# The page hears of violations of its policy; the browser's console shows them as errors too.
_HEAR: Final = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
});
delete window.showSaveFilePicker;
"""

_NUMBER: Final = re.compile(r"[\d,]+")


def numbers(text: str) -> list[int]:
    """Return the numbers in a text: `Event 7 of 3,000` has two."""
    return [int(found.replace(",", "")) for found in _NUMBER.findall(text) if found.strip(",")]


@dataclass
class Screen:
    """One tab of a browser, and everything that went wrong in it."""

    page: Page
    service: Service
    key: str = ""
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen for errors, for requests to other origins, and for missing files."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("response", self._look)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _STATUS not in message.text:
            self.faults.append(f"{message.type}: {message.text}")

    def _look(self, response: Response) -> None:
        url = self.service.credentials.url
        if not response.url.startswith((f"{url}/", "blob:", "data:")):
            self.faults.append(f"another origin: {response.url}")
        if response.status >= 400 and not response.url.startswith(f"{url}/v1/"):
            self.faults.append(f"{response.status}: {response.url}")

    # The page and its parts.

    @property
    def total(self) -> Locator:
        """The heading with the exact total."""
        return self.page.get_by_role("region", name="Events over time").get_by_role("heading")

    @property
    def bars(self) -> Locator:
        return self.page.get_by_role("slider", name="Bars")

    @property
    def filter(self) -> Locator:
        return self.page.get_by_role("search").get_by_role("textbox", name="Filter")

    @property
    def editor(self) -> Locator:
        """The editor of the filter, once the reader has entered it."""
        return self.page.locator(".filter-editor .cm-content")

    @property
    def list(self) -> Locator:
        return self.page.get_by_role("grid", name="Events")

    @property
    def rows(self) -> Locator:
        """The rows that exist: those in view, and a few around them."""
        return self.list.get_by_role("row").filter(has=self.page.get_by_role("rowheader"))

    @property
    def event(self) -> Locator:
        return self.page.get_by_role("article", name="Event")

    @property
    def place(self) -> Locator:
        """The position of the open event among all."""
        return self.event.get_by_text(re.compile(r"^Event [\d,]+ of [\d,]+$"))

    @property
    def values(self) -> Locator:
        """The panel of the facets."""
        return self.page.get_by_role("complementary", name="Values")

    def facet(self, title: str) -> Locator:
        return self.values.get_by_role("region", name=title, exact=True)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=isinstance(name, str))

    def row(self, number: int) -> Locator:
        """The row with a number, counted from 1."""
        header = self.page.get_by_role("rowheader", name=f"{number:,}", exact=True)
        return self.list.get_by_role("row").filter(has=header)

    # What a reader does.

    def sign_in(self, key: str | None = None) -> None:
        self.page.get_by_label("Key", exact=True).fill(key or self.service.credentials.token)
        self.page.keyboard.press("Enter")

    def open(self, address: str = "/?last=90d", key: str | None = None) -> None:
        """Follow a link, and sign in."""
        self.page.goto(self.service.credentials.url + address)
        self.sign_in(key)

    def ask(self, text: str) -> None:
        self.filter.click()
        # The editor takes the place of the input; a click on the way from one to the other is lost.
        expect(self.editor).to_be_focused()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Enter")

    def command(self, name: str) -> None:
        """Choose something from the menu."""
        self.button("Menu").click()
        self.button(name).click()

    # What happens meanwhile.

    def make_key(self, **wanted: object) -> dict[str, str]:
        place = self.service.credentials
        headers = {"Authorization": f"Bearer {place.token}"}
        answer = httpx.post(f"{place.url}/v1/keys", json=wanted, headers=headers, timeout=60)
        made: dict[str, str] = answer.raise_for_status().json()
        return made

    def send(self, *events: Event) -> None:
        """Send events with the key of this tab."""
        headers = {"Authorization": f"Bearer {self.key}"}
        url = f"{self.service.credentials.url}/v1/events"
        httpx.post(url, json=events, headers=headers, timeout=60).raise_for_status()

    # What a reader learns.

    def shows(self, total: int) -> None:
        """Check the total, once everything is answered."""
        expect(self.total).to_have_text(f"{total:,} event{'' if total == 1 else 's'}")

    def count(self) -> int:
        """Return the total, once it is there."""
        expect(self.total).to_have_text(re.compile(r"\d"))
        expect(self.list).to_have_attribute("aria-busy", "false")
        return numbers(self.total.inner_text())[0]

    def times(self) -> list[str]:
        """Return the times of the rows that exist, from the top."""
        return [line for text in self.rows.all_inner_texts() for line in _TIME.findall(text)]

    def export(self, form: str) -> Path:
        """Export what is shown, and return the file."""
        self.page.get_by_role("banner").get_by_role("button", name="Export").click()
        dialog = self.page.get_by_role("dialog", name="Export")
        dialog.get_by_role("radio", name=form).check()
        with self.page.expect_download() as download:
            dialog.get_by_role("button", name="Export", exact=True).click()
        done: Download = download.value
        expect(dialog.get_by_text("exactly the total")).to_be_visible()
        dialog.get_by_role("button", name="Close").click()
        return done.path()

    def copied(self) -> str:
        """Return what is in the clipboard."""
        text: str = self.page.evaluate("navigator.clipboard.readText()")
        return text

    def violations(self) -> list[str]:
        """Return what axe-core finds wrong for people who cannot see well or do not use a mouse."""
        # Numbers that are being counted again are dimmed until then.
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        # `evaluate` adds no script element to the page: the page's policy allows none.
        self.page.evaluate(AXE.read_text())
        found: list[dict[str, Any]] = self.page.evaluate(
            "axe.run({ preload: false }).then(({ violations }) => violations)"
        )
        return [
            f"{each['id']}: {node['target']} {node['failureSummary']}"
            for each in found
            for node in each["nodes"]
        ]

    def keep(self, name: str) -> None:
        """Keep a screenshot, in the folder that `SCREENSHOTS` names."""
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png")


_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")

MakeScreen = Callable[..., Screen]


@contextmanager
def opened(
    browser: Browser,
    service: Service,
    size: tuple[int, int] = WIDE,
    scheme: str = "light",
) -> Iterator[Screen]:
    """Open a tab that shares nothing with others."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.add_init_script(_HEAR)
    yield Screen(context.new_page(), service)
    context.close()
