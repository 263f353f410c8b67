"""All numbers agree: the total, the bars, the facets, the export, and a count made separately."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import starmap
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from support.screen import Screen, numbers, opened
from support.service import Service

Event = dict[str, Any]
Matches = Callable[[Event], bool]

CRASH, CREATE, BOT = "app.crash", "audit.app.create", "bot"
PEOPLE = ("ilse@example.com", "bram@example.com")


def of(event: Event, path: str) -> Any:
    """Return what a filter compares: a text, or an empty one for what an event lacks."""
    found: Any = event
    for step in path.split("."):
        found = found.get(step, "") if isinstance(found, dict) else ""
    return found


def number(event: Event, path: str) -> float:
    found = of(event, path)
    return float("-inf") if found == "" else found


def mentions(event: Event, word: str) -> bool:
    names = ("message", "actor.id", "actor.name", "target.id", "target.name")
    return any(word in of(event, name).lower() for name in names)


FILTERS: dict[str, Matches] = {
    "": lambda e: True,
    f"type = {CRASH}": lambda e: e["type"] == CRASH,
    'type = "audit.*.delete*"': lambda e: bool(re.match(r"audit\..*\.delete", e["type"])),
    f"type = ({CRASH} OR {CREATE})": lambda e: e["type"] in (CRASH, CREATE),
    f"NOT type = {CRASH}": lambda e: e["type"] != CRASH,
    'actor.name = "ci-bot@example.com"': lambda e: of(e, "actor.name") == "ci-bot@example.com",
    "NOT actor.name : BOT": lambda e: BOT not in of(e, "actor.name"),
    "target.name = storefront": lambda e: of(e, "target.name") == "storefront",
    "storefront": lambda e: mentions(e, "storefront"),
    'project_id = ""': lambda e: not of(e, "project_id"),
    "project_id:*": lambda e: bool(of(e, "project_id")),
    "actor.type = user AND target.type = space": lambda e: (
        of(e, "actor.type") == "user" and of(e, "target.type") == "space"
    ),
    "data.exit_status > 1": lambda e: number(e, "data.exit_status") > 1,
    'data.exit_description : "OUT of"': lambda e: "out of" in of(e, "data.exit_description"),
    f"type = {CRASH} AND target.name = storefront": lambda e: (
        e["type"] == CRASH and of(e, "target.name") == "storefront"
    ),
    f"type = {CRASH} OR actor.name : bot": lambda e: (
        e["type"] == CRASH or BOT in of(e, "actor.name")
    ),
    'severity = "" AND NOT type = "audit.app.*"': lambda e: not e["type"].startswith("audit.app."),
    f"actor.name = ({' OR '.join(map(json.dumps, PEOPLE))})": lambda e: (
        of(e, "actor.name") in PEOPLE
    ),
    "data.request.instances >= 4": lambda e: number(e, "data.request.instances") >= 4,
    'target.name = "lookout-*"': lambda e: of(e, "target.name").startswith("lookout-"),
}

FACETS = {
    "Type": "type",
    "Severity": "severity",
    "Status": "status",
    "Origin": "origin",
    "Source": "source",
    "Actor": "actor.name",
    "Target": "target.name",
    "Project": "project_id",
    "Organization": "organization_id",
}
MOST_SHOWN = 300


@pytest.fixture(scope="module")
def reader(browser: Browser, sampled: Service) -> Iterator[Screen]:
    """A tab that shows all events; each test asks it a different question."""
    with opened(browser, sampled) as screen:
        screen.open()
        yield screen
        assert screen.faults == []


def in_all_bars(reader: Screen, total: int) -> None:
    """Check the sum of all bars."""
    reader.bars.focus()
    for key in ("Home", "Home", "Shift+End"):
        reader.page.keyboard.press(key)
    expect(reader.bars).to_have_attribute("aria-valuetext", re.compile(f": {total:,}$"))
    reader.page.keyboard.press("Escape")


def in_facet(reader: Screen, title: str, number: int) -> Counter[str]:
    """Return the values of a facet with their counts, once it shows this many."""
    facet = reader.facet(title)
    expect(facet.get_by_role("listitem")).not_to_have_count(0)
    more = facet.get_by_role("button", name=re.compile("[0-9] more$"))
    while more.count():
        more.click()
    expect(facet.get_by_role("listitem")).to_have_count(number)
    lines = facet.get_by_role("listitem").all_inner_texts()
    return Counter({line.rsplit("\n", 1)[0].strip(): numbers(line)[-1] for line in lines})


def in_all_facets(reader: Screen, events: list[Event]) -> None:
    """Check all values of all facets, including facets with no value and with very many."""
    expect(reader.values.locator("[aria-busy=true]")).to_have_count(0)
    for title, field in FACETS.items():
        expected = counted(events, field)
        if set(expected) == {"(none)"}:
            named = re.compile(rf"No event has an? .*\b{title.lower()}\b")
            expect(reader.values).to_contain_text(named)
        elif len(expected) > MOST_SHOWN:
            expect(reader.facet(title).get_by_role("heading")).to_contain_text(f"{len(expected):,}")
        else:
            assert (title, in_facet(reader, title, len(expected))) == (title, expected)
    for fewer in reader.values.get_by_role("button", name="Fewer").all()[::-1]:
        fewer.click()


def counted(events: list[Event], field: str) -> Counter[str]:
    return Counter(of(event, field) or "(none)" for event in events)


def quickly(number: int, text: str) -> Any:
    """Every fifth filter is asked in every run, the others only in a long one."""
    return pytest.param(text, marks=[pytest.mark.long] if number % 5 else [])


@pytest.mark.parametrize("text", [*starmap(quickly, enumerate(FILTERS))])
def test_they_agree(reader: Screen, events: list[Event], text: str) -> None:
    expected = [event for event in events if FILTERS[text](event)]
    reader.ask(text)
    reader.shows(len(expected))
    in_all_bars(reader, len(expected))
    expect(reader.list).to_have_attribute("aria-rowcount", str(len(expected) + 1))
    exported = reader.export("NDJSON").read_text().splitlines()
    assert [json.loads(line)["id"] for line in exported] == [event["id"] for event in expected]
    in_all_facets(reader, expected)


@pytest.mark.parametrize("total", [1, 2])
def test_a_total_of_one_or_two_says_what_it_counts(
    reader: Screen, events: list[Event], total: int
) -> None:
    reader.ask(" OR ".join(f'id = "{event["id"]}"' for event in events[:total]))
    reader.shows(total)


def test_each_bar_says_its_own_count(explorer: Screen, events: list[Event]) -> None:
    """The bars on the screen have the counts of the days in the log."""
    days = Counter(event["time"][:10] for event in events)
    explorer.bars.focus()
    told: Counter[str] = Counter()
    explorer.page.keyboard.press("Home")
    explorer.page.keyboard.press("Home")
    for _ in range(int(explorer.bars.get_attribute("aria-valuemax") or 0) + 1):
        start, count = (explorer.bars.get_attribute("aria-valuetext") or "").rsplit(": ", 1)
        told[start[:10]] += numbers(count)[0]
        explorer.page.keyboard.press("ArrowRight")
    assert +told == days


def test_unfolded_values_follow_the_next_question(explorer: Screen, events: list[Event]) -> None:
    """Counts of the last question next to those of this one would mean nothing."""
    in_facet(explorer, "Actor", len(counted(events, "actor.name")))
    explorer.ask(f"type = {CRASH}")
    explorer.shows(sum(FILTERS[f"type = {CRASH}"](event) for event in events))
    expect(explorer.values.locator("[aria-busy=true]")).to_have_count(0)
    crashed = [event for event in events if event["type"] == CRASH]
    expected = counted(crashed, "actor.name")
    assert in_facet(explorer, "Actor", len(expected)) == expected
