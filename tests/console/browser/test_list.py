"""The list: every row of the answer has its place, and the scroll bar shows it truly."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from support.screen import MakeScreen, Screen


def name(event: dict[str, Any]) -> str:
    """Return how the list shows the time of an event."""
    return event["time"].replace("T", " ").removesuffix("Z").partition(".")[0]


def stands(screen: Screen, events: list[dict[str, Any]], number: int) -> None:
    """Check that a row is in view, and that it shows the event with that number."""
    row = screen.row(number)
    expect(row).to_contain_text(events[number - 1]["type"])
    expect(row).to_contain_text(name(events[number - 1]))
    expect(row).to_be_in_viewport()


def scroll_to(screen: Screen, share: float) -> None:
    """Drag the scroll bar to a share of its length."""
    screen.list.evaluate(
        "(list, share) => { list.scrollTop = share * (list.scrollHeight - list.clientHeight); }",
        share,
    )


def test_it_begins_with_the_newest(explorer: Screen, events: list[dict[str, Any]]) -> None:
    stands(explorer, events, 1)
    stands(explorer, events, 2)
    explorer.keep("first-view")


def test_its_end_is_the_oldest_event(explorer: Screen, events: list[dict[str, Any]]) -> None:
    """Scrolling does not stop before it."""
    scroll_to(explorer, 1)
    stands(explorer, events, len(events))
    explorer.keep("end")


def test_its_middle_is_half_way(explorer: Screen, events: list[dict[str, Any]]) -> None:
    scroll_to(explorer, 0.5)
    stands(explorer, events, len(events) // 2)
    expect(explorer.page).to_have_url(re.compile("row="))


def test_no_row_is_missing_and_none_is_there_twice(
    explorer: Screen, events: list[dict[str, Any]]
) -> None:
    """From the first row to the 300th, page by page: further than one request brings."""
    explorer.list.focus()
    read: dict[int, str] = {}
    while len(read) < 300:
        expect(explorer.rows.filter(has_not_text=re.compile(r"\d\d:\d\d"))).to_have_count(0)
        for row in explorer.rows.all_inner_texts():
            number, _, rest = row.partition("\n")
            read[int(number.replace(",", ""))] = rest
        explorer.page.keyboard.press("PageDown")
    for number, text in read.items():
        assert name(events[number - 1]) in text
    assert set(range(1, 301)) <= set(read)


def test_the_wheel_scrolls(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.list.hover()
    explorer.page.mouse.wheel(0, 6000)
    stands(explorer, events, 6000 // 28 + 5)


def test_it_goes_to_a_row(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.page.keyboard.press("g")
    explorer.keep("jump")
    explorer.page.keyboard.type("1,234")
    explorer.page.keyboard.press("Enter")
    stands(explorer, events, 1234)
    expect(explorer.page.get_by_role("dialog")).to_have_count(0)


def test_it_goes_to_a_time(explorer: Screen, events: list[dict[str, Any]]) -> None:
    at = events[700]["time"]
    first = next(row for row, event in enumerate(events, 1) if event["time"] <= at)
    explorer.page.keyboard.press("g")
    explorer.page.get_by_label(re.compile("^Row from 1 to 3,000")).fill(at)
    explorer.page.keyboard.press("Enter")
    stands(explorer, events, first)


@pytest.mark.parametrize("place", ["sometime", "0"])
def test_it_says_which_places_exist(explorer: Screen, place: str) -> None:
    explorer.button("Go to").click()
    explorer.page.get_by_label(re.compile("^Row from 1 to 3,000")).fill(place)
    explorer.page.keyboard.press("Enter")
    expect(explorer.page.get_by_text("Write a row like 48,213")).to_be_visible()


def test_it_can_be_reversed(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.page.get_by_role("columnheader", name="Time").get_by_role("button").click()
    stands(explorer, events[::-1], 1)
    expect(explorer.page).to_have_url(re.compile("order=asc"))


def test_a_place_is_the_same_after_a_reload(explorer: Screen, events: list[dict[str, Any]]) -> None:
    scroll_to(explorer, 0.25)
    expect(explorer.page).to_have_url(re.compile("row="))
    row = int(re.findall(r"row=(\d+)", explorer.page.url)[0])
    explorer.page.reload()
    stands(explorer, events, row + 2)


def test_columns_that_no_event_fills_leave_their_space_to_others(explorer: Screen) -> None:
    expect(explorer.page.get_by_role("columnheader")).to_have_text(
        ["#", "Time", "Type", "Actor", "Target"]
    )
    cut = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).length"
    assert explorer.rows.locator(".cell-text").evaluate_all(cut) == 0


def test_a_chosen_column_stays_although_it_is_empty(explorer: Screen) -> None:
    expect(explorer.page.get_by_role("columnheader", name="Severity")).to_have_count(0)
    explorer.button("Columns").click()
    explorer.page.get_by_role("checkbox", name="Severity").check()
    expect(explorer.page.get_by_role("columnheader", name="Severity")).to_be_visible()
    explorer.page.reload()
    expect(explorer.page.get_by_role("columnheader", name="Severity")).to_be_visible()


def test_a_choice_of_columns_is_kept(explorer: Screen) -> None:
    explorer.button("Columns").click()
    explorer.page.get_by_role("checkbox", name="Actor", exact=True).uncheck()
    explorer.page.get_by_label("Another field").fill("data.exit_status")
    explorer.keep("columns")
    explorer.button("Add").click()
    explorer.page.reload()
    expect(explorer.page.get_by_role("columnheader", name="data.exit_status")).to_be_visible()
    expect(explorer.page.get_by_role("columnheader", name="Actor")).to_have_count(0)


def test_a_width_is_kept(explorer: Screen) -> None:
    edge = explorer.page.get_by_role("separator", name="Width of Type")
    edge.focus()
    for _ in range(3):
        explorer.page.keyboard.press("ArrowRight")
    width = edge.get_attribute("aria-valuenow")
    explorer.page.reload()
    expect(explorer.page.get_by_role("separator", name="Width of Type")).to_have_attribute(
        "aria-valuenow", width or ""
    )


def test_the_window_does_not_drift_while_paging(
    make_screen: MakeScreen, events: list[dict[str, Any]]
) -> None:
    """`Last 90 days` is resolved once; all later pages use the same window."""
    screen = make_screen()
    asked: list[str] = []
    screen.page.on(
        "request",
        lambda request: asked.extend(re.findall(r"/v1/events\?.*(time\+%3C\+[^&+]*)", request.url)),
    )
    screen.open()
    screen.shows(len(events))
    for share in (0.3, 0.6, 0.9):
        scroll_to(screen, share)
        stands(screen, events, round(share * len(events)))
    assert len(asked) >= 4
    assert len(set(asked)) == 1
