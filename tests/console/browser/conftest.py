"""One browser, and one service with the sample events, which the tests only read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, expect
from support.chromium import running_chromium
from support.page import require_page
from support.screen import MakeScreen, Screen, opened
from support.service import Service, running_service

expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    require_page()
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def sampled(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the sample events. It needs the browser first: without one it never starts."""
    with running_service(tmp_path_factory.mktemp("console") / "data") as service:
        yield service


@pytest.fixture(scope="session")
def events(sampled: Service) -> list[dict[str, Any]]:
    """All sample events, the newest first, as the API lists them, with no filter and no window."""
    place = sampled.credentials
    headers = {"Authorization": f"Bearer {place.token}"}
    found: list[dict[str, Any]] = []
    query = {"page_size": "1000", "order_by": "time desc"}
    with httpx.Client(base_url=place.url, headers=headers, timeout=60) as client:
        while True:
            answer = client.get("/v1/events", params=query).raise_for_status().json()
            found += answer["events"]
            if not answer.get("next_page_token"):
                return found
            query["page_token"] = answer["next_page_token"]


@pytest.fixture
def make_screen(browser: Browser, sampled: Service) -> Iterator[MakeScreen]:
    """Return a function that opens a tab. At the end, nothing may have gone wrong in any tab."""
    with ExitStack() as stack:
        screens: list[Screen] = []

        def make(service: Service = sampled, **options: Any) -> Screen:
            screens.append(stack.enter_context(opened(browser, service, **options)))
            return screens[-1]

        yield make
        assert [fault for screen in screens for fault in screen.faults] == []


@pytest.fixture
def screen(make_screen: MakeScreen) -> Screen:
    """A tab that has not signed in."""
    return make_screen()


@pytest.fixture
def own_scope(make_screen: MakeScreen, sampled: Service) -> Screen:
    """A tab with a key for a scope of its own, in which nothing has happened yet."""
    screen = make_screen()
    scope = ("--scope", f"own-{uuid4()}")
    made = sampled.polylog("keys", "create", *scope, "--permissions", "read,write", "--json")
    screen.key = json.loads(made.out)["token"]
    return screen


@pytest.fixture
def explorer(screen: Screen) -> Screen:
    """A tab that shows all sample events."""
    screen.open()
    expect(screen.total).to_contain_text("events")
    return screen
