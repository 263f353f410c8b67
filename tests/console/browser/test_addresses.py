"""The address holds everything that makes the view; back and forward go through the views."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect
from support.screen import MakeScreen, Screen


def crashes(events: list[dict[str, Any]]) -> int:
    return sum(event["type"] == "app.crash" for event in events)


def test_back_and_forward_go_through_the_questions(
    explorer: Screen, events: list[dict[str, Any]]
) -> None:
    explorer.ask("type = app.crash")
    explorer.shows(crashes(events))
    explorer.ask("type = no.such")
    explorer.shows(0)
    explorer.page.go_back()
    explorer.shows(crashes(events))
    expect(explorer.filter).to_have_text("type = app.crash")
    explorer.page.go_back()
    explorer.shows(len(events))
    explorer.page.go_forward()
    explorer.shows(crashes(events))


def test_back_closes_an_event_and_forward_opens_it(explorer: Screen) -> None:
    explorer.row(4).click()
    expect(explorer.place).to_have_text("Event 4 of 3,000")
    explorer.page.go_back()
    expect(explorer.event).to_have_count(0)
    explorer.page.go_forward()
    expect(explorer.place).to_have_text("Event 4 of 3,000")


def test_a_link_shows_the_same_view_in_another_tab(
    make_screen: MakeScreen, events: list[dict[str, Any]]
) -> None:
    """It asks for the key first, and loses nothing of the view by that."""
    screen = make_screen()
    screen.open(
        "/?filter=type+%3D+app.crash&last=90d&order=asc&stack=actor.name&columns=type,seq&rows=wide"
    )
    screen.shows(crashes(events))
    oldest = [event for event in events if event["type"] == "app.crash"][-1]
    expect(screen.row(1)).to_contain_text(f"{oldest['seq']}")
    expect(screen.page.get_by_role("columnheader")).to_have_count(3)
    expect(screen.page.get_by_role("combobox")).to_have_value("actor.name")
    expect(screen.button("Tall rows")).to_have_attribute("aria-pressed", "true")


def test_a_view_is_the_same_after_a_reload(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.ask("type = app.crash")
    explorer.shows(crashes(events))
    explorer.row(5).click()
    expect(explorer.place).to_be_visible()
    explorer.page.reload()
    explorer.shows(crashes(events))
    expect(explorer.place).to_have_text(f"Event 5 of {crashes(events):,}")


def test_the_link_to_share_keeps_the_window(
    explorer: Screen, make_screen: MakeScreen, events: list[dict[str, Any]]
) -> None:
    explorer.ask("type = app.crash")
    explorer.shows(crashes(events))
    explorer.page.get_by_role("banner").get_by_role("button", name="Share").click()
    dialog = explorer.page.get_by_role("dialog", name="Share this question")
    expect(dialog.get_by_text("Asking the log")).to_have_count(0)
    explorer.keep("share")
    link = dialog.get_by_label("Link to this view").inner_text().strip()
    assert re.search("since=.*until=", link)
    colleague = make_screen()
    colleague.open(link.removeprefix(colleague.service.credentials.url))
    colleague.shows(crashes(events))


def test_the_title_of_the_tab_names_the_question(explorer: Screen) -> None:
    explorer.ask("type = app.crash")
    expect(explorer.page).to_have_title("type = app.crash · Polylog")


def test_an_address_that_makes_no_sense_shows_the_usual_view(screen: Screen) -> None:
    screen.open("/?last=sometimes&row=-4&order=up&stack=%00&columns=,,&zone=moon")
    expect(screen.button("Last 7 days")).to_be_visible()
    expect(screen.list).to_be_visible()
