"""How the command reads its options, and what it imports for that."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
import typer

from polylog_cli.commands.options import parse_parameters


def test_parameters_are_names_and_values() -> None:
    given = ["RetentionDays=30", "TalliedFacets=organization,project", "Empty=", "A=b=c"]
    assert parse_parameters(given, "NAME=VALUE") == {
        "RetentionDays": "30",
        "TalliedFacets": "organization,project",
        "Empty": "",
        "A": "b=c",
    }


def test_a_parameter_without_a_value_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="RetentionDays"):
        parse_parameters(["RetentionDays"], "NAME=VALUE")


OPERATORS = {"boto3", "waitress", "moto", "yaml"}
STORED = {"polylog.model.event", "polylog.language.parser", "polylog.dialects"}
FILES = {"polylog.intake.documents", "polylog_cli.client.files", "polylog_cli.client.items"}
DRAWN = {"typer.rich_utils"}


@pytest.mark.parametrize(
    ("words", "spared"),
    [
        (["--version"], OPERATORS | STORED | FILES | DRAWN | {"httpx", "pydantic"}),
        (["count"], OPERATORS | STORED | FILES | DRAWN),
        (["query", "--json"], OPERATORS | STORED | FILES | DRAWN),
        (["load", "-"], OPERATORS),
        (["keys", "list", "--scope", "demo"], {"waitress", "moto", "httpx"} | FILES),
        (["--help"], {"boto3", "waitress", "moto"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_imports_only_what_it_needs(words: Sequence[str], spared: set[str]) -> None:
    """A start may take 0.3 s, and most of that is importing."""
    end = f"print({spared} & set(sys.modules))"
    code = f"import sys, atexit; from polylog_cli.main import app; atexit.register(lambda: {end})"
    line = [sys.executable, "-c", f"{code}; app({words})"]
    place = {"POLYLOG_URL": "http://127.0.0.1:1", "POLYLOG_TOKEN": "t"}
    done = subprocess.run(
        line, capture_output=True, text=True, input="", env=os.environ | place, check=False
    )
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
