"""A hundred thousand events: every place is one request away, and every number is exact."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from support.logs import LARGE, Logs
from support.screen import MakeScreen, Screen
from support.service import Service, running_service

from polylog.model.event import Event
from polylog.model.times import format_rfc3339

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def large(
    browser: Browser, logs: Logs, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    scope, data = logs.load(LARGE), tmp_path_factory.mktemp("large") / "data"
    place = ("--dynamodb", logs.client.meta.endpoint_url, "--scope", scope)
    with running_service(data, *place, "--no-sample") as service:
        yield service


@pytest.fixture(scope="module")
def log(logs: Logs, large: Service) -> list[Event]:
    """The events, the newest first; those with the same time in the order of arrival."""
    return sorted(logs.events[LARGE], key=lambda event: event.time)[::-1]


@pytest.fixture
def reader(make_screen: MakeScreen, large: Service) -> Screen:
    screen = make_screen(large)
    screen.open("/?last=all")
    screen.shows(LARGE)
    return screen


def stands(screen: Screen, log: list[Event], number: int) -> None:
    row = screen.row(number)
    event = log[number - 1]
    expect(row).to_contain_text(event.type)
    expect(row).to_contain_text(format_rfc3339(event.time)[:19].replace("T", " "))
    expect(row).to_be_in_viewport()


@pytest.mark.parametrize("share", [0, 0.25, 0.5, 0.999, 1])
def test_every_place_is_there(reader: Screen, log: list[Event], share: float) -> None:
    reader.list.evaluate(
        "(list, share) => { list.scrollTop = share * (list.scrollHeight - list.clientHeight); }",
        share,
    )
    stands(reader, log, min(max(1, round(share * LARGE)), LARGE))
    reader.keep(f"large-{share}")


def test_the_end_key_leads_to_the_last_row(reader: Screen, log: list[Event]) -> None:
    reader.list.focus()
    reader.page.keyboard.press("End")
    stands(reader, log, LARGE)
    reader.page.keyboard.press("PageUp")
    reader.page.keyboard.press("Home")
    stands(reader, log, 1)


def test_one_event_has_its_place(reader: Screen, make_screen: MakeScreen, large: Service) -> None:
    reader.page.keyboard.press("g")
    reader.page.get_by_label(re.compile("^Row from 1 to 100,000")).fill("48,213")
    reader.page.keyboard.press("Enter")
    reader.row(48_213).click()
    expect(reader.place).to_have_text("Event 48,213 of 100,000")
    reader.keep("large-event")
    colleague = make_screen(large)
    colleague.open(reader.page.url.removeprefix(large.credentials.url))
    expect(colleague.place).to_have_text("Event 48,213 of 100,000")


def test_the_facets_count_all_events(reader: Screen, log: list[Event]) -> None:
    [(kind, count)] = Counter(event.type for event in log).most_common(1)
    expect(reader.facet("Type").get_by_role("listitem").first).to_contain_text(kind)
    expect(reader.facet("Type").get_by_role("listitem").first).to_contain_text(f"{count:,}")
    reader.facet("Type").get_by_role("button", name=re.compile(f"^{kind}")).click()
    reader.shows(count)


def test_a_month_has_as_many_events_as_its_bar_says(reader: Screen, log: list[Event]) -> None:
    reader.bars.focus()
    reader.page.keyboard.press("Home")
    reader.page.keyboard.press("Home")
    told = (reader.bars.get_attribute("aria-valuetext") or "").rsplit(": ")[-1]
    reader.page.keyboard.press("Enter")
    expect(reader.total).to_contain_text(f"{told} event")
