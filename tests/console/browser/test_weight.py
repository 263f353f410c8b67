"""What a browser fetches for the first view."""

from __future__ import annotations

from playwright.sync_api import expect
from support.screen import Screen

MOST_BYTES = 60_000
"""Compressed."""

FILES = """() => performance.getEntriesByType("navigation")
  .concat(performance.getEntriesByType("resource"))
  .map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize])
  .filter(([path]) => !path.startsWith("/v1/"))"""


def test_the_files_up_to_the_first_rows_are_small(explorer: Screen) -> None:
    expect(explorer.row(1)).to_contain_text(":")
    files: dict[str, int] = dict(explorer.page.evaluate(FILES))
    assert min(files.values()) > 0
    assert sum(files.values()) < MOST_BYTES, files


def test_the_filter_editor_is_fetched_only_when_you_enter_it(explorer: Screen) -> None:
    expect(explorer.row(1)).to_contain_text(":")
    before = {path for path, _ in explorer.page.evaluate(FILES)}
    with explorer.page.expect_response(lambda response: "filter-editor" in response.url):
        explorer.filter.click()
    assert [path for path in before if "filter-editor" in path] == []
