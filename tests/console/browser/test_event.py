"""One event: open next to the list, with its place, its own link, and questions it leads to."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import expect
from support.screen import MakeScreen, Screen


def test_a_row_opens(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.row(7).get_by_role("gridcell").nth(2).click()
    expect(explorer.place).to_have_text("Event 7 of 3,000")
    expect(explorer.event.get_by_role("heading")).to_have_text(events[6]["type"])
    explorer.keep("event")


def test_the_next_and_the_previous_are_one_step_away(explorer: Screen) -> None:
    explorer.row(7).click()
    expect(explorer.place).to_have_text("Event 7 of 3,000")
    explorer.button("Next event (j)").click()
    expect(explorer.place).to_have_text("Event 8 of 3,000")
    explorer.button("Previous event (k)").click()
    explorer.button("Previous event (k)").click()
    expect(explorer.place).to_have_text("Event 6 of 3,000")


def test_its_json_is_what_the_log_holds(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.row(3).click()
    expect(explorer.place).to_have_text("Event 3 of 3,000")
    explorer.event.get_by_role("tab", name="JSON").click()
    explorer.keep("json")
    assert json.loads(explorer.event.get_by_role("tabpanel").inner_text()) == events[2]
    explorer.button("Copy JSON").click()
    expect(explorer.event.get_by_text("Copied").first).to_be_visible()
    assert json.loads(explorer.copied()) == events[2]


def test_its_link_opens_it_elsewhere(
    explorer: Screen, make_screen: MakeScreen, events: list[dict[str, Any]]
) -> None:
    """A colleague sees the same event, at its place among all."""
    explorer.ask("type = app.crash")
    explorer.page.keyboard.press("Escape")
    crashes = [event for event in events if event["type"] == "app.crash"]
    explorer.shows(len(crashes))
    explorer.page.keyboard.press("g")
    explorer.page.keyboard.type("500")
    explorer.page.keyboard.press("Enter")
    explorer.row(500).click()
    expect(explorer.place).to_have_text(f"Event 500 of {len(crashes):,}")
    explorer.button("Copy a link to this event").click()
    link = explorer.copied()
    assert explorer.service.credentials.token not in link
    colleague = make_screen()
    colleague.open(link.removeprefix(colleague.service.credentials.url))
    expect(colleague.place).to_have_text(f"Event 500 of {len(crashes):,}")
    expect(colleague.row(500)).to_be_in_viewport()
    assert crashes[499]["id"] in colleague.event.inner_text()


def test_a_value_can_be_asked_for_and_left_out(
    explorer: Screen, events: list[dict[str, Any]]
) -> None:
    crashes = [event for event in events if event["type"] == "app.crash"]
    name = crashes[0]["target"]["name"]
    same = sum(crash["target"]["name"] == name for crash in crashes)
    explorer.ask("type = app.crash")
    explorer.shows(len(crashes))
    explorer.row(1).click()
    explorer.event.get_by_text(name, exact=True).first.hover()
    explorer.event.get_by_role("button", name=f"Only target.name {name}").click()
    explorer.shows(same)
    explorer.event.get_by_text(name, exact=True).first.hover()
    explorer.event.get_by_role("button", name=f"Not target.name {name}").click()
    explorer.shows(len(crashes) - same)


def test_it_leads_to_all_that_its_actor_did(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.row(1).click()
    explorer.button("Everything by this actor").click()
    actor = events[0]["actor"]["id"]
    explorer.shows(sum(event["actor"]["id"] == actor for event in events))


def test_it_leads_to_all_that_happened_to_its_target(
    explorer: Screen, events: list[dict[str, Any]]
) -> None:
    explorer.row(1).click()
    explorer.button("Everything on this target").click()
    target = events[0]["target"]["id"]
    explorer.shows(sum(event["target"]["id"] == target for event in events))


def test_it_leads_to_what_happened_around_it(explorer: Screen) -> None:
    explorer.row(20).click()
    explorer.button("Everything around this time").click()
    expect(explorer.page).to_have_url(re.compile("since=.*until="))
    expect(explorer.place).to_be_visible()


def test_escape_closes_it(explorer: Screen) -> None:
    explorer.row(1).click()
    expect(explorer.event).to_be_visible()
    explorer.page.keyboard.press("Escape")
    expect(explorer.event).to_have_count(0)
    assert "event=" not in explorer.page.url


def test_a_link_to_a_missing_event_says_so(screen: Screen) -> None:
    screen.open("/?event=no-such-event")
    expect(screen.event.get_by_role("alert")).to_be_visible()
    screen.keep("no-event")
