"""No answer: the service is away, busy or asked for too much, or the key has expired."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from support.screen import Event, MakeScreen, Screen
from support.service import Service, running_service

API = "**/v1/**"
BUSY = {
    "status": 503,
    "content_type": "application/problem+json",
    "body": '{"title": "Busy", "detail": "the database is busy; try again later", "status": 503}',
}

BROAD = {
    "status": 400,
    "content_type": "application/problem+json",
    "body": '{"type": "urn:polylog:problem:too-broad", "title": "Too broad", "status": 400}',
}


def busy(after: int) -> dict[str, Any]:
    return {**BUSY, "headers": {"Retry-After": str(after)}}


def test_a_key_that_expires_is_asked_for_again_without_losing_the_view(
    screen: Screen, events: list[Event]
) -> None:
    screen.page.goto(screen.service.credentials.url + "/?filter=type+%3D+app.crash&last=90d")
    ends = datetime.now(UTC) + timedelta(seconds=1.5)
    key = screen.make_key(permissions=["read"], expires_at=ends.isoformat())
    screen.sign_in(key["token"])
    expect(screen.button("Refresh")).to_be_visible()
    # Until then there is nothing to see.
    until = "end => new Promise(done => setTimeout(done, end - Date.now()))"
    screen.page.evaluate(until, ends.timestamp() * 1000)
    screen.button("Refresh").click()
    expect(screen.page.get_by_text("Your key has expired or was revoked")).to_be_visible()
    expect(screen.page.get_by_label("Key", exact=True)).to_be_focused()
    screen.keep("key-expired")
    screen.sign_in()
    screen.shows(sum(event["type"] == "app.crash" for event in events))
    assert "type+%3D+app.crash" in screen.page.url


def test_without_a_network_the_rows_stay_and_it_goes_on(explorer: Screen) -> None:
    explorer.page.route(API, lambda route: route.abort())
    explorer.button("Refresh").click()
    told = explorer.page.get_by_role("status").filter(has_text="The service does not answer")
    expect(told).to_contain_text("Check the connection. Next try in")
    expect(explorer.row(1)).to_be_visible()
    explorer.keep("offline")
    explorer.page.unroute(API)
    told.get_by_role("button", name="Try now").click()
    expect(told).to_have_count(0)
    explorer.shows(3000)


def test_a_service_that_is_busy_is_asked_again_when_it_says(screen: Screen) -> None:
    screen.page.route("**/v1/events?**", lambda route: route.fulfill(**busy(7)))
    screen.open()
    told = screen.page.get_by_role("status").filter(has_text="The service cannot answer now")
    expect(told).to_contain_text("The database is busy; try again later.")
    expect(told).to_contain_text(re.compile("Next try in [5-7] s"))
    expect(screen.total).to_have_text("No answer")
    expect(screen.page.get_by_text("Counting")).to_have_count(0)
    screen.keep("busy")
    screen.page.unroute("**/v1/events?**")
    told.get_by_role("button", name="Try now").click()
    screen.shows(3000)


def test_it_tries_again_by_itself(explorer: Screen) -> None:
    answers = iter([busy(1)])

    def answer(route: Route) -> None:
        told = next(answers, None)
        route.fulfill(**told) if told else route.continue_()

    explorer.page.route("**/v1/events?**", answer)
    explorer.button("Refresh").click()
    told = explorer.page.get_by_role("status").filter(has_text="The service cannot answer now")
    expect(told).to_be_visible()
    expect(told).to_have_count(0)
    explorer.shows(3000)


@pytest.fixture
def thrifty(sampled: Service, tmp_path: Path) -> Iterator[Service]:
    """A service over the same log that may read 100 units (1,000 events) for an answer."""
    running = sampled.home.read_running()
    assert running
    options = ("--dynamodb", running.dynamodb, "--parameter", "ReadBudgetUnits=100")
    with running_service(tmp_path / "data", *options) as service:
        yield service


def test_a_question_that_is_too_broad_shows_what_it_can(
    make_screen: MakeScreen, thrifty: Service
) -> None:
    screen = make_screen(thrifty)
    screen.open("/?filter=data.exit_status+%3E+1&last=90d")
    expect(screen.page.get_by_text("There are too many events to count at once")).to_be_visible()
    expect(screen.total).to_have_text(re.compile(r"^[\d,]+ or more events$"))
    expect(screen.row(1)).to_be_visible()
    expect(screen.page.get_by_text("The bars would need too much reading")).to_be_visible()
    screen.keep("too-broad")


def test_bars_that_need_too_much_reading_are_by_type(screen: Screen) -> None:
    """The sample is too small for a service that refuses only one of the two."""
    screen.page.route(
        "**/v1/events:histogram?*by=actor.name*", lambda route: route.fulfill(**BROAD)
    )
    screen.open("/?last=90d&stack=actor.name")
    screen.shows(3000)
    bars = screen.page.get_by_role("region", name="Events over time")
    told = "These bars are by type: bars by actor would need too much reading."
    expect(bars.get_by_role("status")).to_contain_text(told)
    expect(bars.get_by_role("listitem").first).to_have_text("audit.app.update")
    screen.keep("bars-by-type")


@pytest.mark.parametrize("answer", [BROAD, BUSY], ids=["too broad", "too slow"])
def test_types_and_origins_are_counted_where_other_values_cannot_be(
    screen: Screen, events: list[Event], answer: dict[str, Any]
) -> None:
    screen.page.route("**/v1/events:facets?*", lambda route: route.fulfill(**answer))
    screen.open("/?last=90d")
    [(kind, count)] = Counter(event["type"] for event in events).most_common(1)
    first = screen.facet("Type").get_by_role("listitem").first
    expect(first).to_contain_text(kind)
    expect(first).to_contain_text(f"{count:,}")
    expect(screen.facet("Origin").get_by_role("listitem")).not_to_have_count(0)
    expect(screen.facet("Actor")).to_have_count(0)
    expect(screen.values).to_contain_text("Only types and origins are counted")
    screen.keep("values-of-types")
