"""The linter of the guides' English."""

from __future__ import annotations

from pathlib import Path

import pytest
from proselint import checks
from proselint.registry import CheckRegistry

from tools.prose import faults, phrase_faults, phrases, said_in


@pytest.fixture(scope="module", autouse=True)
def _registered() -> None:
    CheckRegistry().register_many(checks.__register__)


def found(text: str) -> list[int]:
    """Return the lines with faults."""
    return [line for line, _ in faults(text, {"so many": "the number"})]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("There are so many.", [1]),
        ("One.\n\nTwo, and So\nmany.", [3]),
        ("The the log.", [1]),
        ("not so manyfold", []),
        ("`so many`", []),
        ("```\nso many\n```\nso many", [4]),
        ("[log](so-many.md#so-many)", []),
        ("<!-- begin: ways -->\nso many\n<!-- end: ways -->\n", []),
        ("# Polylog\n\nPolylog is a log.", []),
        ('"straight quotes"', []),
    ],
)
def test_it_finds_phrases_in_prose(text: str, lines: list[int]) -> None:
    assert found(text) == lines


@pytest.mark.parametrize(
    ("name", "source", "lines"),
    [
        ("a.py", '"""There are\n\nso many of them."""\n', [3]),
        ("a.py", "so, many = 1, 2  # not so many\n", [1]),
        ("a.py", "# There are so\n# many of them.\n", [1]),
        ("a.py", "raise Fault(f'{count} are so many')\n", [1]),
        ("a.py", "raise Fault('so_many')\nso = many = 1\n", []),
        ("a.ts", "one();\n/** There are so\n * many. */\n", [2]),
        ("a.yaml", "Description: not so many\n", [1]),
    ],
)
def test_it_finds_what_a_source_says(name: str, source: str, lines: list[int]) -> None:
    said = said_in(Path(name), source)
    assert [line for line, _ in phrase_faults(said, {"so many": "the number"})] == lines


def test_it_says_what_to_write_instead() -> None:
    (fault,) = faults("There are so many.", {"so many": "the number"})
    assert fault == (1, "'so many': write the number")


def test_the_style_has_phrases_with_what_to_write_instead() -> None:
    assert phrases()["whoever"] == "anyone who, or name the person"
