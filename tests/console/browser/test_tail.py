"""New events: the page follows them without moving what you read, and a pause loses none."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect
from support.screen import Screen


@pytest.fixture
def follower(own_scope: Screen) -> Screen:
    """A tab that follows a scope of its own, in which nothing has happened yet."""
    screen = own_scope
    screen.open("/?last=1h", screen.key)
    expect(screen.page.get_by_role("heading", name="This log is empty")).to_be_visible()
    screen.keep("empty")
    screen.button("Tail").click()
    expect(screen.page.get_by_text("Following new events")).to_be_visible()
    return screen


def send(screen: Screen, number: int, **members: Any) -> None:
    """Send this many events that happen now."""
    batch = [{"type": "door.open", "message": f"door {at}", **members} for at in range(number)]
    screen.send(*batch)


def test_events_appear_as_they_arrive(follower: Screen) -> None:
    send(follower, 3)
    expect(follower.total).to_contain_text("3 events")
    expect(follower.rows).to_have_count(3)
    send(follower, 2)
    expect(follower.total).to_contain_text("5 events")


def test_the_rows_you_read_do_not_move(follower: Screen) -> None:
    send(follower, 200)
    expect(follower.total).to_contain_text("200 events")
    follower.list.focus()
    for _ in range(3):
        follower.page.keyboard.press("PageDown")
    row = follower.rows.and_(follower.page.get_by_role("row", selected=True))
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("door")
    text, before = re.findall(r"door \d+", row.inner_text())[0], row.bounding_box()
    send(follower, 37)
    expect(follower.button(re.compile("37 new"))).to_be_visible()
    follower.keep("tail-new")
    expect(row).to_contain_text(text)
    assert row.bounding_box() == before
    follower.button(re.compile("37 new")).click()
    expect(follower.row(1)).to_be_in_viewport()
    expect(follower.button(re.compile("37 new"))).to_have_count(0)


def rendered_rows(screen: Screen) -> int:
    """Return how many objects that describe rows the page keeps in memory."""
    devtools = screen.page.context.new_cdp_session(screen.page)
    plain = devtools.send("Runtime.evaluate", {"expression": "Object.prototype"})["result"]
    found = devtools.send("Runtime.queryObjects", {"prototypeObjectId": plain["objectId"]})
    count = (
        "function () { return this.filter(({ props }) => props?.isSelected !== undefined).length; }"
    )
    told = devtools.send(
        "Runtime.callFunctionOn",
        {"objectId": found["objects"]["objectId"], "functionDeclaration": count},
    )
    devtools.detach()
    return int(told["result"]["value"])


def test_rows_that_were_replaced_are_freed(own_scope: Screen) -> None:
    """Otherwise, a list that follows the log for hours keeps all events that it ever showed."""
    send(own_scope, 50)
    own_scope.open("/?last=1h", own_scope.key)
    own_scope.shows(50)
    own_scope.button("Tail").click()
    for number in range(100, 800, 50):
        send(own_scope, 50, actor={"id": "ada", "name": f"user {number % 3}"})
        expect(own_scope.total).to_contain_text(f"{number} events")
    # Preact has two objects for a row: how it was rendered, and its component.
    assert 0 < rendered_rows(own_scope) <= 3 * own_scope.rows.count()


def test_a_pause_loses_nothing(follower: Screen) -> None:
    send(follower, 5)
    expect(follower.total).to_contain_text("5 events")
    follower.button("Pause").click()
    send(follower, 20)
    send(follower, 3)
    resume = follower.button(re.compile("^Show 23 new"))
    expect(resume).to_be_visible()
    expect(follower.total).to_contain_text("5 events")
    follower.keep("tail-paused")
    resume.click()
    expect(follower.total).to_contain_text("28 events")
    follower.button("Refresh").click()
    expect(follower.total).to_have_text(re.compile(r"^28 events$"))


def test_only_events_that_pass_the_filter_are_followed(follower: Screen) -> None:
    follower.ask("type = door.close")
    expect(follower.page.get_by_text("Following new events")).to_be_visible()
    send(follower, 4)
    send(follower, 2, type="door.close")
    expect(follower.total).to_contain_text("2 events")


def test_an_event_with_an_earlier_time_is_counted_too(follower: Screen) -> None:
    send(follower, 1)
    expect(follower.total).to_contain_text("1 event")
    oldest = httpx.get(
        f"{follower.service.credentials.url}/v1/events",
        headers={"Authorization": f"Bearer {follower.key}"},
    ).json()["events"][0]["time"]
    send(follower, 2, time=oldest[:17] + "00Z")
    expect(follower.total).to_contain_text("3 events")


def test_bars_and_values_count_new_events(follower: Screen) -> None:
    send(follower, 3)
    send(follower, 2, type="door.close")
    expect(follower.total).to_contain_text("5 events")
    expect(follower.facet("Type").get_by_role("listitem").first).to_contain_text("door.open")
    expect(follower.facet("Type").get_by_role("listitem").nth(1)).to_contain_text("door.close")
    follower.bars.focus()
    for key in ("Home", "Home", "Shift+End"):
        follower.page.keyboard.press(key)
    expect(follower.bars).to_have_attribute("aria-valuetext", re.compile(": 5$"))
    follower.keep("tail")


def test_rows_stay_readable_while_others_come_into_the_window(follower: Screen) -> None:
    """You cannot read a row that turns grey for a moment."""
    send(follower, 30)
    expect(follower.total).to_contain_text("30 events")
    follower.page.evaluate(
        """() => {
          window.grey = 0;
          const list = document.querySelector(".list-rows");
          const count = () => { window.grey += list.querySelectorAll(".waiting").length; };
          const changes = { subtree: true, childList: true, attributes: true };
          new MutationObserver(count).observe(list, changes);
        }"""
    )
    send(follower, 5)
    expect(follower.total).to_contain_text("35 events")
    expect(follower.rows.first).to_contain_text("door 4")
    assert follower.page.evaluate("window.grey") == 0
