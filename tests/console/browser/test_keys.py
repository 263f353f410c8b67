"""Keys: you make one, copy it once, see it in the list, and revoke it for good."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Locator, expect
from support.screen import Screen


@pytest.fixture
def keeper(screen: Screen) -> Screen:
    """A tab that shows the keys."""
    screen.open("/?page=keys")
    expect(screen.page.get_by_role("table")).to_be_visible()
    return screen


def made(keeper: Screen) -> Locator:
    """Make a key, and return where it is shown."""
    form = keeper.page.get_by_role("form", name="Make a key")
    form.get_by_label("Only this project").fill("space-of-keys")
    form.get_by_role("button", name="Make a key").click()
    return keeper.page.get_by_role("region", name="The new key")


def token_of(keeper: Screen, secret: Locator) -> str:
    secret.get_by_role("button", name="Copy").first.click()
    expect(secret.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    return keeper.copied()


def status(keeper: Screen, token: str) -> int:
    url = f"{keeper.service.credentials.url}/v1/me"
    return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30).status_code


def row(keeper: Screen, token: str) -> Locator:
    """Return the row of a key in the list."""
    return keeper.page.get_by_role("row").filter(has_text=token.partition(".")[0])


def test_a_key_is_made_and_works(keeper: Screen) -> None:
    secret = made(keeper)
    keeper.keep("key-made")
    token = token_of(keeper, secret)
    assert status(keeper, token) == 200
    expect(row(keeper, token)).to_contain_text("project space-of-keys")
    expect(row(keeper, token).get_by_role("cell", name="valid", exact=True)).to_be_visible()


def test_a_secret_is_shown_once(keeper: Screen) -> None:
    secret = made(keeper)
    token = token_of(keeper, secret)
    keeper.button("I have copied it").click()
    expect(secret).to_have_count(0)
    keeper.page.reload()
    expect(row(keeper, token)).to_be_visible()
    assert token not in keeper.page.content()


def test_a_key_is_revoked_after_one_more_question(keeper: Screen) -> None:
    token = token_of(keeper, made(keeper))
    key = row(keeper, token)
    key.get_by_role("button", name="Revoke").click()
    expect(key.get_by_text("Revoke it for good?")).to_be_visible()
    assert status(keeper, token) == 200
    keeper.keep("key-revoking")
    key.get_by_role("button", name="Revoke").click()
    expect(key.get_by_role("cell", name="revoked", exact=True)).to_be_visible()
    assert status(keeper, token) == 401


def test_the_form_for_the_next_key_begins_as_before(keeper: Screen) -> None:
    made(keeper)
    form = keeper.page.get_by_role("form", name="Make a key")
    expect(form.get_by_label("It expires")).to_have_value("90")
    expect(form.get_by_label("Only this project")).to_have_value("")


def test_the_readers_own_key_is_marked(keeper: Screen) -> None:
    expect(row(keeper, keeper.service.credentials.token)).to_contain_text("(yours)")
