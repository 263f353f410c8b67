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
    return [line for line, _ in faults(text, {"log on": "sign in"})]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("There you log on.", [1]),
        ("One.\n\nTwo, and Log\non.", [3]),
        ("The the log.", [1]),
        ("a log once", []),
        ("`log on`", []),
        ("```\nlog on\n```\nlog on", [4]),
        ("[log](log-on.md#log-on)", []),
        ("<!-- begin: ways -->\nlog on\n<!-- end: ways -->\n", []),
        ("# Polylog\n\nPolylog is a log.", []),
        ('"straight quotes"', []),
    ],
)
def test_it_finds_phrases_in_prose(text: str, lines: list[int]) -> None:
    assert found(text) == lines


@pytest.mark.parametrize(
    ("name", "source", "lines"),
    [
        ("a.py", '"""There you\n\nlog on to them."""\n', [3]),
        ("a.py", "log, on = 1, 2  # do log on\n", [1]),
        ("a.py", "# There you log\n# on to them.\n", [1]),
        ("a.py", "raise Fault(f'{count} times you log on')\n", [1]),
        ("a.py", "raise Fault('log_on')\nlog = on = 1\n", []),
        ("a.ts", "one();\n/** There you log\n * on. */\n", [2]),
        ("a.yaml", "Description: not log on\n", [1]),
    ],
)
def test_it_finds_what_a_source_says(name: str, source: str, lines: list[int]) -> None:
    said = said_in(Path(name), source)
    assert [line for line, _ in phrase_faults(said, {"log on": "sign in"})] == lines


def test_it_says_what_to_write_instead() -> None:
    (fault,) = faults("There you log on.", {"log on": "sign in"})
    assert fault == (1, "'log on': write sign in")


def test_the_style_has_phrases_with_what_to_write_instead() -> None:
    assert phrases()["whoever"] == "anyone who, or name the person"
