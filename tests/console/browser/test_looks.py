"""How every state looks to people: wide and narrow, light and dark, and by axe-core's rules."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from support.screen import PHONE, WIDE, MakeScreen, Screen

HUGE = (2560, 1440)


def list_of_events(screen: Screen) -> None:
    screen.open()
    screen.shows(3000)


def an_event(screen: Screen) -> None:
    list_of_events(screen)
    screen.row(3).click()
    expect(screen.place).to_be_visible()


def nothing_found(screen: Screen) -> None:
    screen.open("/?filter=type+%3D+no.such&last=90d")
    expect(screen.page.get_by_text("No event at any time matches")).to_be_visible()


def a_mistake(screen: Screen) -> None:
    screen.open("/?filter=type+%3D&last=90d")
    expect(screen.page.get_by_role("heading", name="The filter cannot be read")).to_be_visible()


def keys(screen: Screen) -> None:
    screen.open("/?page=keys")
    expect(screen.page.get_by_role("table")).to_be_visible()


def the_form_to_sign_in(screen: Screen) -> None:
    screen.page.goto(screen.service.credentials.url)
    expect(screen.page.get_by_label("Key", exact=True)).to_be_visible()


def dialog(name: str) -> Callable[[Screen], None]:
    def show(screen: Screen) -> None:
        list_of_events(screen)
        screen.button("Menu").click()
        screen.page.get_by_role("button", name=name).last.click()
        box = screen.page.get_by_role("dialog")
        expect(box).to_be_visible()
        expect(box.get_by_text(re.compile("Loading|Asking"))).to_have_count(0)

    return show


STATES = {
    "sign-in": the_form_to_sign_in,
    "list": list_of_events,
    "event": an_event,
    "nothing": nothing_found,
    "mistake": a_mistake,
    "keys": keys,
    "share": dialog("Share this question"),
    "export": dialog("Export"),
    "cost": dialog("How the answer was found"),
    "help": dialog("Help"),
}
WAYS = {
    "light": {"size": WIDE, "scheme": "light"},
    "dark": {"size": WIDE, "scheme": "dark"},
    "phone": {"size": PHONE, "scheme": "light"},
}


@pytest.mark.parametrize(
    "way", ["light", *(pytest.param(way, marks=pytest.mark.long) for way in ("dark", "phone"))]
)
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(make_screen: MakeScreen, state: str, way: str) -> None:
    screen = make_screen(**WAYS[way])
    STATES[state](screen)
    screen.keep(f"{state}-{way}")
    assert screen.violations() == []


@pytest.mark.parametrize("state", ["list", "event", "share"])
def test_a_phone_scrolls_in_one_direction(make_screen: MakeScreen, state: str) -> None:
    screen = make_screen(size=PHONE)
    STATES[state](screen)
    width = screen.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0]


def test_a_phone_shows_values_and_events_over_the_list(make_screen: MakeScreen) -> None:
    screen = make_screen(size=PHONE)
    list_of_events(screen)
    screen.button("Values").click()
    sheet = screen.page.get_by_role("dialog", name="Values")
    expect(sheet.get_by_role("region", name="Type")).to_be_visible()
    screen.keep("values-phone")
    sheet.get_by_role("button", name="Close").click()
    screen.row(2).click()
    expect(screen.place).to_have_text("Event 2 of 3,000")
    screen.event.get_by_role("button", name="Close").click()
    expect(screen.row(2)).to_be_in_viewport()


def test_a_huge_screen_is_used(make_screen: MakeScreen) -> None:
    screen = make_screen(size=HUGE)
    an_event(screen)
    screen.keep("huge")
    expect(screen.row(40)).to_be_in_viewport()


def test_the_colours_can_be_switched_and_stay(explorer: Screen) -> None:
    explorer.button("Menu").click()
    switch = explorer.page.get_by_role("button", name=re.compile("^Colours: "))
    switch.click()
    while "dark" not in switch.inner_text():
        switch.click()
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = explorer.page.evaluate(paper)
    explorer.page.reload()
    expect(explorer.list).to_be_visible()
    assert explorer.page.evaluate(paper) == dark
    assert sum(map(int, re.findall(r"\d+", dark)[:3])) < 200
