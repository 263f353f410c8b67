"""Measures the console in Chromium, with `polylog run` as the service: `make bench-console`.

Times are taken by the page's own clock. They begin with what the reader does (a navigation, the
Enter key) and end with the frame that shows the rows. The floor of each is the time of the page's
requests for rows and their total, sent again one after another without a browser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from bench.stage.clients import Client
from bench.stage.measures import Measure, Runs
from bench.stage.served import Served, served
from bench.stage.tabs import Tab, Taken, empty_heap_mb, signed_in
from bench.stage.writers import writing
from tools import chromium

SECTION: Final = "The console in Chromium, 100,000 events"

MOST_KB: Final = 60
"""The most that the files of the first view may have, compressed."""

_EVENTS: Final = 100_000
_ROUNDS: Final = 11
_DISCARDED: Final = 2
_WRITTEN_A_SECOND: Final = 20
_ADDRESS: Final = "/?last=all"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type, and the number of its events."""

    name: str
    total: int


def measure(tail_seconds: int) -> list[Measure]:
    """Return what the console takes to show a log and to follow it."""
    with served(_EVENTS) as service, chromium.running() as browser:
        with signed_in(browser, service.credentials, _ADDRESS) as tab:
            lines = [*_steps(tab, _kinds(service)), _weight(tab)]
        with signed_in(browser, service.credentials, _ADDRESS) as tab:
            return [*lines, *_heaps(browser, service, tab, tail_seconds)]


def _kinds(service: Served) -> list[Kind]:
    """Return the types, the most frequent first."""
    place = service.credentials
    client = Client(urlsplit(place.url).netloc, place.token)
    answer = json.loads(client.get("/v1/events:groups?by=type"))
    return [Kind(each["value"], each["count"]) for each in answer["groups"]]


def _steps(tab: Tab, kinds: Sequence[Kind]) -> Iterator[Measure]:
    """Yield what a reader waits for, each step once a round."""
    rounds = [_round(tab, kinds[at], at) for at in range(_DISCARDED + _ROUNDS)][_DISCARDED:]
    for name in rounds[0]:
        runs = Runs.of([each[name].ms for each in rounds])
        floor = Runs.of([each[name].floor_ms for each in rounds])
        yield Measure(SECTION, name, runs.median, "ms", runs.spread, floor=floor.median)


def _round(tab: Tab, kind: Kind, number: int) -> dict[str, Taken]:
    """Load the page, filter and jump; each round asks for something that no round has asked for."""
    tab.open(_ADDRESS)
    cold, warm = tab.reload(is_cold=True), tab.reload(is_cold=False)
    return {
        "first rows, nothing in the browser's cache": cold,
        "first rows, the page in the browser's cache": warm,
        "jump to the middle": _jump(tab, _EVENTS // 2 + 101 * number),
        "filter by a type, with its total": _filter(tab, kind),
    }


def _filter(tab: Tab, kind: Kind) -> Taken:
    tab.page.get_by_role("search").get_by_role("textbox", name="Filter").click()
    tab.page.keyboard.press("ControlOrMeta+a")
    tab.page.keyboard.insert_text(f'type = "{kind.name}"')
    return tab.enter(0, kind.total, kind.name)


def _jump(tab: Tab, row: int) -> Taken:
    tab.page.keyboard.press("g")
    tab.page.locator("input[name=place]").fill(f"{row:,}")
    return tab.enter(row - 1, _EVENTS, f"{row:,}")


def _weight(tab: Tab) -> Measure:
    """Return the compressed size of all files that the browser loads for the first view."""
    tab.open(_ADDRESS)
    tab.reload(is_cold=True)
    name = "files of the first view, compressed"
    return Measure(SECTION, name, tab.files_kb(), "KB", limit=MOST_KB)


def _heaps(browser: Browser, service: Served, tab: Tab, seconds: int) -> Iterator[Measure]:
    """Yield the memory of scripts after the first view and after a long tail.

    The floor of the first view is the memory of an empty page.
    """
    floor = Runs.of([empty_heap_mb(browser) for _ in range(_ROUNDS)]).median
    start = Runs.of([_reloaded_heap_mb(tab) for _ in range(_ROUNDS)])
    yield Measure(SECTION, "heap of the first view", start.median, "MB", start.spread, floor=floor)
    tab.page.get_by_role("button", name="Tail").click()
    with writing(service.credentials, _WRITTEN_A_SECOND) as rate:
        tab.page.wait_for_timeout(seconds * 1000)
    followed = Runs.of([tab.heap_mb() for _ in range(_ROUNDS)])
    total = tab.page.get_by_role("region", name="Events over time").get_by_role("heading")
    detail = {"events_a_second": rate.events, "heading": total.inner_text()}
    name = f"heap after {seconds} s of tail"
    yield Measure(SECTION, name, followed.median, "MB", floor=start.median, detail=detail)


def _reloaded_heap_mb(tab: Tab) -> float:
    tab.open(_ADDRESS)
    return tab.heap_mb()
