"""The built page: what its first view weighs, and that it is complete and loads nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import PurePath

import pytest
from support.page import contents, require_page

from polylog.console import PAGE
from polylog.console.files import MEDIA_TYPES

MOST_BYTES = 60_000
"""The most that the first view may take, compressed."""

BASE = "/console/"
ASSET = re.compile(rf"[\w.-]+-[\w-]{{8}}(?:{'|'.join(map(re.escape, MEDIA_TYPES))})(?![\w.])")
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*["']\./([^"']+)["']""")
"""What a module needs before it runs; `import()` fetches the rest later."""


class Tags(HTMLParser):
    """The elements of a document: their names and attributes, and the text in each."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        tag = self.elements[-1][0] if self.elements else ""
        self.texts[tag] = self.texts.get(tag, "") + data.strip()

    def addresses(self) -> list[str]:
        return [
            attributes[name]
            for _, attributes in self.elements
            for name in ("src", "href")
            if name in attributes
        ]


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    require_page()
    return contents()


@pytest.fixture(scope="module")
def index(files: Mapping[str, bytes]) -> Tags:
    return Tags(files["index.html"].decode())


def with_imports(name: str, files: Mapping[str, bytes]) -> Iterator[str]:
    yield name
    if name.endswith(".js"):
        for imported in IMPORTED.findall(files[name].decode()):
            yield from with_imports(f"assets/{imported}", files)


def first_view(index: Tags, files: Mapping[str, bytes]) -> set[str]:
    """Return what a browser fetches before it shows anything."""
    named = [address.removeprefix(BASE) for address in index.addresses()]
    return {"index.html"} | {each for name in named for each in with_imports(name, files)}


def test_the_first_view_is_small(index: Tags, files: Mapping[str, bytes]) -> None:
    sizes = {name: (PAGE / f"{name}.gz").stat().st_size for name in first_view(index, files)}
    assert sum(sizes.values()) < MOST_BYTES, sizes


def test_the_document_has_no_script_and_no_style_of_its_own(index: Tags) -> None:
    assert index.texts.get("script", "") == index.texts.get("style", "") == ""
    given = {name for _, attributes in index.elements for name in attributes}
    assert {name for name in given if name == "style" or name.startswith("on")} == set()
    assert "style" not in {tag for tag, _ in index.elements}


def test_the_document_names_no_other_host(index: Tags) -> None:
    assert [each for each in index.addresses() if not each.startswith(BASE)] == []


def test_every_file_that_another_names_exists(files: Mapping[str, bytes]) -> None:
    texts = [content.decode() for name, content in files.items() if not name.endswith(".woff2")]
    named = {f"assets/{name}" for text in texts for name in ASSET.findall(text)}
    assert named
    assert named - set(files) == set()


def test_a_file_is_named_after_its_content(files: Mapping[str, bytes]) -> None:
    """Browsers keep it forever, so different content needs a different name."""
    assets = set(files) - {"index.html"}
    assert [name for name in assets if not ASSET.fullmatch(name.removeprefix("assets/"))] == []


def test_every_file_has_a_type_that_can_be_served(files: Mapping[str, bytes]) -> None:
    assert {PurePath(name).suffix for name in files} <= set(MEDIA_TYPES)
