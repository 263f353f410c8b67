"""By keyboard only: from the key to an event and back, with the focus always in sight."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from support.screen import Screen

from polylog_cli.commands.help import topics


def press(screen: Screen, *keys: str) -> None:
    for key in keys:
        screen.page.keyboard.press(key)


def test_all_of_it_works_without_a_mouse(screen: Screen, events: list[dict[str, Any]]) -> None:
    screen.page.goto(f"{screen.service.credentials.url}/?last=90d")
    expect(screen.page.get_by_label("Key", exact=True)).to_be_focused()
    screen.page.keyboard.insert_text(screen.service.credentials.token)
    press(screen, "Enter")
    screen.shows(len(events))
    press(screen, "/")
    screen.page.keyboard.insert_text("type = app.crash")
    press(screen, "Enter", "Escape")
    crashes = sum(event["type"] == "app.crash" for event in events)
    screen.shows(crashes)
    press(screen, "j", "j", "j", "k", "Enter")
    expect(screen.place).to_have_text(f"Event 2 of {crashes:,}")
    press(screen, "j")
    expect(screen.place).to_have_text(f"Event 3 of {crashes:,}")
    press(screen, "Escape")
    expect(screen.event).to_have_count(0)


def test_keys_walk_through_the_list(explorer: Screen) -> None:
    explorer.list.focus()
    press(explorer, "End")
    expect(explorer.row(3000)).to_have_attribute("aria-selected", "true")
    expect(explorer.row(3000)).to_be_in_viewport()
    press(explorer, "ArrowUp")
    expect(explorer.row(2999)).to_have_attribute("aria-selected", "true")
    press(explorer, "Home", "ArrowDown")
    expect(explorer.row(2)).to_have_attribute("aria-selected", "true")
    expect(explorer.row(2)).to_be_in_viewport()


def test_the_help_names_the_keys(explorer: Screen) -> None:
    press(explorer, "?")
    dialog = explorer.page.get_by_role("dialog", name="Help")
    expect(dialog).to_be_visible()
    explorer.keep("help")
    press(explorer, "Escape")
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("name", ["filters", "times"])
def test_the_help_says_what_the_command_says(explorer: Screen, name: str) -> None:
    press(explorer, "?")
    dialog = explorer.page.get_by_role("dialog", name="Help")
    topic = topics()[name]
    said = [each["means"] for each in topic["examples"]]
    said += [note.replace("`", "") for note in topic["notes"]]
    for text in said:
        expect(dialog).to_contain_text(text)


def test_keys_are_text_while_somebody_writes(explorer: Screen) -> None:
    press(explorer, "/")
    explorer.page.keyboard.type("gjkt?r", delay=20)
    expect(explorer.filter).to_have_text(re.compile(r"gjkt\?r"))
    expect(explorer.page.get_by_role("dialog")).to_have_count(0)
    assert "tail" not in explorer.page.url


def test_text_typed_at_once_is_all_there(explorer: Screen) -> None:
    """The editor replaces the plain field while somebody types."""
    press(explorer, "/")
    explorer.page.keyboard.type("type = app.crash AND project_id:*")
    expect(explorer.filter).to_have_text("type = app.crash AND project_id:*")


def test_a_dialog_keeps_the_focus_and_gives_it_back(explorer: Screen) -> None:
    go = explorer.button("Go to")
    go.focus()
    press(explorer, "Enter")
    dialog = explorer.page.get_by_role("dialog", name="Go to")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    press(explorer, "Escape")
    expect(go).to_be_focused()


def test_every_stop_of_the_focus_is_seen(explorer: Screen) -> None:
    """Each of 40 stops by Tab has a size and an outline; text fields show the focus otherwise."""
    look = """() => {
      let at = document.activeElement;
      while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      const style = getComputedStyle(at), box = at.getBoundingClientRect();
      return [at.outerHTML.slice(0, 100), style.outlineStyle, style.outlineWidth, box.width];
    }"""
    unseen = []
    for _ in range(40):
        press(explorer, "Tab")
        text, outline, width, size = explorer.page.evaluate(look)
        is_page = text.startswith(("<body", "<input", "<div contenteditable", "<div spellcheck"))
        if not is_page and (outline == "none" or width == "0px" or size == 0):
            unseen.append(text)
    assert unseen == []
