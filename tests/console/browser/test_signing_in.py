"""The key: asked for, kept only for the tab, and asked for again when it no longer works."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect
from support.screen import MakeScreen, Screen


def revoke(screen: Screen, key: dict[str, str]) -> None:
    place = screen.service.credentials
    headers = {"Authorization": f"Bearer {place.token}"}
    httpx.delete(f"{place.url}/v1/keys/{key['key_id']}", headers=headers).raise_for_status()


def test_a_key_shows_the_events(screen: Screen) -> None:
    screen.page.goto(screen.service.credentials.url)
    screen.keep("sign-in")
    screen.sign_in()
    expect(screen.list).to_be_visible()


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("", "Enter a key."),
        ("PL0000000000000000000.no-such-key", "The service does not know this key"),
        ("schlüssel ✓", "This is not a key."),
    ],
)
def test_a_wrong_key_is_refused_in_words(screen: Screen, key: str, answer: str) -> None:
    screen.page.goto(screen.service.credentials.url)
    screen.page.get_by_label("Key", exact=True).fill(key)
    screen.button("Sign in").click()
    expect(screen.page.get_by_role("alert")).to_contain_text(answer)


def test_a_key_that_may_not_read_is_refused(screen: Screen) -> None:
    screen.open(key=screen.make_key(permissions=["write"])["token"])
    expect(screen.page.get_by_role("alert")).to_have_text("This key may not read events.")


def test_the_key_stays_after_a_reload(explorer: Screen) -> None:
    explorer.page.reload()
    expect(explorer.list).to_be_visible()


def test_another_tab_asks_for_a_key(explorer: Screen) -> None:
    other = explorer.page.context.new_page()
    other.goto(explorer.page.url)
    expect(other.get_by_role("heading", name="Polylog")).to_be_visible()
    expect(other.get_by_label("Key", exact=True)).to_be_visible()


def test_signing_out_forgets_the_key(explorer: Screen) -> None:
    explorer.command("Sign out")
    expect(explorer.page.get_by_label("Key", exact=True)).to_be_visible()
    explorer.page.reload()
    expect(explorer.page.get_by_label("Key", exact=True)).to_be_visible()


def test_the_key_stays_nowhere_that_others_can_find_it(explorer: Screen) -> None:
    """It is not in the address, not in the history, and not in anything that outlives the tab."""
    kept = explorer.page.evaluate("JSON.stringify([{ ...localStorage }, document.cookie])")
    token = explorer.service.credentials.token
    assert token not in explorer.page.url + kept + explorer.page.content()


def test_a_key_that_was_revoked_is_asked_for_again_without_losing_the_view(screen: Screen) -> None:
    key = screen.make_key(permissions=["read"])
    screen.open("/?filter=type+%3D+app.crash&last=90d", key["token"])
    total = screen.count()
    revoke(screen, key)
    screen.button("Refresh").click()
    expect(screen.page.get_by_text("Your key has expired or was revoked")).to_be_visible()
    screen.keep("expired")
    screen.sign_in()
    screen.shows(total)
    assert "type+%3D+app.crash" in screen.page.url


def test_a_key_without_admin_sees_no_keys(screen: Screen) -> None:
    screen.open(key=screen.make_key(permissions=["read"])["token"])
    screen.button("Menu").click()
    expect(screen.button("Sign out")).to_be_visible()
    expect(screen.button("Keys")).to_have_count(0)


def test_a_confined_key_sees_only_its_project(make_screen: MakeScreen, events: list[dict]) -> None:
    screen = make_screen()
    project = next(event["project_id"] for event in events if "project_id" in event)
    key = screen.make_key(permissions=["read"], project_id=project)
    screen.open(key=key["token"])
    screen.shows(sum(event.get("project_id") == project for event in events))
