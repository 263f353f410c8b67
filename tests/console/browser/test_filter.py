"""The filter: it completes what you type, points at mistakes, takes values, and is remembered."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Route, expect
from support.screen import Screen

CRASH = "type = app.crash"


def crashes(events: list[dict[str, Any]]) -> int:
    return sum(event["type"] == "app.crash" for event in events)


def test_a_slash_enters_it_and_escape_leaves_it(explorer: Screen) -> None:
    explorer.page.keyboard.press("/")
    expect(explorer.filter).to_be_focused()
    explorer.page.keyboard.press("Escape")
    explorer.page.keyboard.press("Escape")
    expect(explorer.filter).not_to_be_focused()


def test_enter_asks_what_was_written(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.page.keyboard.press("/")
    explorer.page.keyboard.type(CRASH)
    explorer.page.keyboard.press("Enter")
    explorer.shows(crashes(events))
    explorer.keep("filter")


def test_an_editor_that_comes_after_enter_suggests_nothing(explorer: Screen) -> None:
    """Its suggestions would cover the answer."""
    held: list[Route] = []
    explorer.page.route("**/filter-editor*", lambda route: held.append(route))
    with explorer.page.expect_request("**/filter-editor*"):
        explorer.filter.click()
    explorer.page.keyboard.press("Enter")
    for route in held:
        route.continue_()
    expect(explorer.editor).to_be_focused()
    explorer.page.wait_for_load_state("networkidle")
    expect(explorer.page.get_by_role("listbox")).to_have_count(0)
    explorer.page.keyboard.type("ty")
    expect(explorer.page.get_by_role("listbox")).to_be_visible()


def test_it_completes_fields_and_values_with_their_counts(
    explorer: Screen, events: list[dict[str, Any]]
) -> None:
    explorer.filter.click()
    expect(explorer.editor).to_be_focused()
    explorer.page.keyboard.type("ty")
    options = explorer.page.get_by_role("listbox").get_by_role("option")
    expect(options.filter(has_text=re.compile("^type"))).not_to_have_count(0)
    explorer.page.keyboard.type("pe = app.cr")
    value = options.filter(has_text="app.crash")
    expect(value).to_contain_text(f"{crashes(events):,}")
    explorer.keep("completion")
    value.click()
    explorer.page.keyboard.press("Enter")
    explorer.shows(crashes(events))


def test_a_mistake_is_reported_with_its_column(explorer: Screen) -> None:
    explorer.ask("type = app.crash AND ) x")
    told = explorer.page.get_by_role("search").get_by_role("alert")
    expect(told).to_have_text("Column 22: there must be a condition here, not ')'")
    explorer.keep("refused")


def test_a_filter_that_ends_too_early_is_reported_as_its_writer_sees_it(explorer: Screen) -> None:
    """The page appends the time; the log's error is about that, which the reader did not type."""
    explorer.ask("type =")
    told = "The filter ends too early: a value must follow"
    expect(explorer.page.get_by_role("search").get_by_role("alert")).to_have_text(told)
    expect(explorer.page.get_by_role("region", name="List")).to_contain_text(f"{told}.")


def test_a_mistake_covers_nothing(explorer: Screen) -> None:
    explorer.ask("type = app.crash AND ) x")
    told = explorer.page.get_by_role("search").get_by_role("alert")
    expect(told).to_be_visible()
    strip, heading = told.bounding_box(), explorer.total.bounding_box()
    assert strip
    assert heading
    assert strip["y"] + strip["height"] <= heading["y"]


def test_a_mistake_that_is_fixed_is_forgotten(
    explorer: Screen, events: list[dict[str, Any]]
) -> None:
    explorer.ask("type = (app.crash")
    expect(explorer.page.get_by_role("alert").first).to_be_visible()
    explorer.ask(CRASH)
    explorer.shows(crashes(events))
    expect(explorer.page.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)


def test_nothing_found_says_what_would_find_something(explorer: Screen) -> None:
    """A reader does not take an empty answer for an empty log."""
    explorer.ask(f"{CRASH} AND actor.name = nobody")
    expect(explorer.page.get_by_role("heading", name="No events match")).to_be_visible()
    explorer.shows(0)
    explorer.keep("nothing")
    explorer.button("actor.name = nobody").click()
    expect(explorer.list).to_be_visible()


def test_earlier_filters_are_offered_again(explorer: Screen) -> None:
    explorer.ask("storefront")
    expect(explorer.list).to_have_attribute("aria-busy", "false")
    explorer.ask("")
    explorer.page.keyboard.press("Escape")
    explorer.page.keyboard.press("/")
    past = explorer.page.get_by_role("option").filter(has_text="storefront")
    expect(past.first).to_be_visible()


def test_a_value_can_be_asked_for_and_left_out_from_the_facets(
    explorer: Screen, events: list[dict[str, Any]]
) -> None:
    kinds = explorer.facet("Type")
    kinds.get_by_role("button", name=re.compile(r"^app\.crash")).click()
    explorer.shows(crashes(events))
    expect(kinds.get_by_role("button", pressed=True)).to_contain_text("app.crash")
    kinds.get_by_role("button", name=re.compile(r"^app\.crash")).click()
    explorer.shows(len(events))
    kinds.get_by_role("button", name="Not app.crash").click()
    explorer.shows(len(events) - crashes(events))


def test_another_value_of_the_same_field_is_added_by_keys_alone(
    explorer: Screen, events: list[dict[str, Any]]
) -> None:
    kinds = explorer.facet("Type")
    kinds.get_by_role("button", name=re.compile(r"^app\.crash")).click()
    explorer.shows(crashes(events))
    kinds.get_by_role("button", name="or another type…").focus()
    explorer.page.keyboard.press("Enter")
    expect(kinds.get_by_role("listitem").filter(has_text="audit.app.create")).to_be_visible()
    explorer.keep("or")
    other = sum(event["type"] == "audit.app.create" for event in events)
    value = kinds.get_by_role("button", name=re.compile(r"^audit\.app\.create"))
    expect(value).to_contain_text(f"{other:,}")
    value.press("Enter")
    explorer.shows(crashes(events) + other)
    expect(explorer.filter).to_have_value('type = ("app.crash" OR "audit.app.create")')
    expect(kinds.get_by_role("button", pressed=True)).to_have_count(2)


def test_a_click_with_ctrl_adds_a_value(explorer: Screen, events: list[dict[str, Any]]) -> None:
    explorer.ask("type = (app.crash OR audit.app.create)")
    kinds = explorer.facet("Type")
    create = kinds.get_by_role("button", name=re.compile(r"^audit\.app\.create"))
    expect(create).to_have_attribute("aria-pressed", "true")
    create.click(modifiers=["ControlOrMeta"])
    explorer.shows(crashes(events))


def test_a_value_can_be_asked_for_and_left_out_from_a_row(
    explorer: Screen, events: list[dict[str, Any]]
) -> None:
    newest = events[0]["type"]
    same = sum(event["type"] == newest for event in events)
    cell = explorer.row(1).get_by_role("gridcell", name=newest)
    cell.hover()
    cell.get_by_role("button", name=f"Only type {newest}").click()
    explorer.shows(same)
    cell.hover()
    cell.get_by_role("button", name=f"Not type {newest}").click()
    explorer.shows(len(events) - same)


def test_what_matched_is_marked(explorer: Screen) -> None:
    explorer.ask('type = "audit.app.*"')
    expect(explorer.list.get_by_role("mark").first).to_have_text("audit.app.")


def test_a_word_is_marked_wherever_it_matched(explorer: Screen) -> None:
    explorer.ask("STOREFRONT")
    expect(explorer.list).to_have_attribute("aria-busy", "false")
    for row in explorer.rows.all()[:5]:
        expect(row.get_by_role("mark").first).to_have_text("storefront")
    explorer.row(2).click()
    expect(explorer.event.get_by_role("mark").first).to_have_text("storefront")
    explorer.keep("marked")


def test_an_example_in_the_help_can_be_asked(
    explorer: Screen, events: list[dict[str, Any]]
) -> None:
    explorer.page.keyboard.press("?")
    explorer.page.get_by_role("dialog", name="Help").get_by_role(
        "button", name='type = "audit.app.create"'
    ).click()
    explorer.shows(sum(event["type"] == "audit.app.create" for event in events))
