"""Where links of the guides lead on the site."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import ROOT
from tools.site import README, linked

GUIDE = ROOT / "docs" / "cost.md"
SOURCE = "https://git.example.com/polylog/"


@pytest.mark.parametrize(
    ("page", "link", "expected"),
    [
        (README, "[a](docs/cost.md#prices)", "[a](cost.md#prices)"),
        (README, "![a](docs/openapi/ces.json)", "![a](openapi/ces.json)"),
        (GUIDE, "[a](../README.md#keys)", "[a](index.md#keys)"),
        (GUIDE, "[a](scale.md)", "[a](scale.md)"),
        (GUIDE, "[a](#prices)", "[a](#prices)"),
        (GUIDE, "[a](https://example.com/x)", "[a](https://example.com/x)"),
        (GUIDE, "[a](../bench/prices.py)", "a"),
        (README, "[docs](docs/openapi)", "docs"),
        (README, '<img src="docs/pictures/a.png">', '<img src="pictures/a.png">'),
    ],
)
def test_a_link_leads_to_its_place_on_the_site(page: Path, link: str, expected: str) -> None:
    assert linked(link, page) == expected


def test_source_code_is_linked_where_the_repository_has_an_address() -> None:
    expected = f"[a]({SOURCE}blob/main/bench/prices.py)"
    assert linked("[a](../bench/prices.py)", GUIDE, SOURCE) == expected
