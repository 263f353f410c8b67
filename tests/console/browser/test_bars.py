"""The bars: their counts are exact, and a time chosen on them is a question to the whole log."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from support.screen import MakeScreen, Screen, numbers


def bounds(screen: Screen) -> tuple[str, str]:
    """Return the window in the address."""
    found = re.search(r"since=([^&]+)&until=([^&]+)", screen.page.url)
    assert found, screen.page.url
    first, last = (text.replace("%3A", ":") for text in found.groups())
    return first, last


def inside(events: list[dict[str, Any]], window: tuple[str, str]) -> int:
    return sum(window[0] <= event["time"] < window[1] for event in events)


def test_the_keyboard_zooms_to_a_bar(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.bars.focus()
    for key in ("End", "End", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
        explorer.page.keyboard.press(key)
    told = numbers((explorer.bars.get_attribute("aria-valuetext") or "").rsplit(": ")[-1])
    explorer.page.keyboard.press("Enter")
    expect(explorer.page).to_have_url(re.compile("since="))
    explorer.shows(told[0])
    assert inside(events, bounds(explorer)) == told[0]


def test_a_brush_zooms_to_what_it_covers(explorer: Screen, events: list[dict[str, Any]]) -> None:
    """Not only over the loaded rows: 100 of them would be the newest day or two."""
    box = explorer.bars.bounding_box()
    assert box
    mouse, height = explorer.page.mouse, box["y"] + 40
    mouse.move(box["x"] + box["width"] * 0.7, height)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.8, height, steps=4)
    explorer.keep("brush")
    mouse.up()
    expect(explorer.page).to_have_url(re.compile("since="))
    total = inside(events, bounds(explorer))
    assert total > 100
    explorer.shows(total)


def test_a_bar_under_the_pointer_shows_its_parts(explorer: Screen) -> None:
    box = explorer.bars.bounding_box()
    assert box
    explorer.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 40)
    tip = explorer.bars.get_by_text(re.compile(r"^[\d,]+ events?$"))
    expect(tip).to_be_visible()
    told = numbers(explorer.bars.get_attribute("aria-valuetext") or "")[-1]
    expect(tip).to_have_text(re.compile(rf"^{told:,} event"))
    explorer.keep("tip")


def test_parts_are_those_of_the_chosen_field(explorer: Screen) -> None:
    bars = explorer.page.get_by_role("region", name="Events over time")
    bars.get_by_role("combobox").select_option("actor")
    expect(bars.get_by_role("listitem").filter(has_text="ci-bot@example.com")).to_be_visible()
    expect(bars.get_by_role("listitem").filter(has_text="others")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1000, 1440, 2560])
def test_every_colour_has_a_name(make_screen: MakeScreen, width: int) -> None:
    screen = make_screen(size=(width, 900))
    screen.open()
    screen.shows(3000)
    bars = screen.page.get_by_role("region", name="Events over time")
    names = bars.get_by_role("listitem")
    expect(names).to_have_count(7)
    expect(names.last).to_have_text("others")
    screen.keep(f"legend-{width}")
    for name in names.all():
        box = name.bounding_box()
        assert box
        # The middle of the name shows the name itself: nothing covers it or cuts it off.
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        assert name.evaluate(
            "(name, [x, y]) => name.contains(document.elementFromPoint(x, y))", [x, y]
        )


def test_the_list_does_not_jump_with_the_names_of_the_colours(explorer: Screen) -> None:
    """A reader with the pointer on a row still has it there when the next answer comes."""
    before = explorer.list.bounding_box()
    explorer.ask("type = app.crash")
    bars = explorer.page.get_by_role("region", name="Events over time")
    expect(bars.get_by_role("listitem")).to_have_text(["app.crash"])
    assert explorer.list.bounding_box() == before


def test_a_named_time_can_be_chosen(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.button("Last 90 days").click()
    explorer.button("All time").click()
    explorer.shows(len(events))
    assert "last=all" in explorer.page.url


def test_all_time_includes_future_events(own_scope: Screen) -> None:
    own_scope.send({"type": "door.open"}, {"type": "door.open", "time": "2031-01-01T00:00:00.25Z"})
    own_scope.open("/?last=1h", own_scope.key)
    own_scope.shows(1)
    own_scope.button("Last hour").click()
    own_scope.button("All time").click()
    own_scope.shows(2)
    expect(own_scope.row(1)).to_contain_text("2031-01-01 00:00:00.250")
    # Until the bars of all times are there, keys would choose some of the last hour's.
    expect(own_scope.bars).to_have_attribute("aria-valuetext", re.compile("2031"))
    own_scope.keep("to-come")
    own_scope.bars.focus()
    for key in ("Home", "Home", "Shift+End"):
        own_scope.page.keyboard.press(key)
    expect(own_scope.bars).to_have_attribute("aria-valuetext", re.compile(": 2$"))


def test_two_times_can_be_typed(explorer: Screen, events: list[dict[str, Any]]) -> None:
    first, last = events[2000]["time"], events[1000]["time"]
    explorer.button("Last 90 days").click()
    explorer.page.get_by_label("From (included)").fill(first[:19].replace("T", " "))
    explorer.page.get_by_label("To (excluded)").fill(last[:19].replace("T", " "))
    explorer.keep("time")
    explorer.button("Show this time").click()
    expect(explorer.page).to_have_url(re.compile("since="))
    explorer.shows(inside(events, (first, last)))


def test_a_time_that_cannot_be_read_says_how_to_write_it(explorer: Screen) -> None:
    explorer.button("Last 90 days").click()
    explorer.page.get_by_label("From (included)").fill("soon")
    explorer.button("Show this time").click()
    said = "Write the first time like 2026-11-20 14:30, yesterday or 12h."
    expect(explorer.page.get_by_text(said)).to_be_visible()
