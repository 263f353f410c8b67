"""How the values of the command's options are read."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from polylog.model import times
from polylog_cli.commands.options import parse_parameters, parse_time


def test_parameters_are_names_and_values() -> None:
    given = ["RetentionDays=30", "TalliedFacets=organization,project", "Empty=", "A=b=c"]
    assert parse_parameters(given) == {
        "RetentionDays": "30",
        "TalliedFacets": "organization,project",
        "Empty": "",
        "A": "b=c",
    }


def test_a_parameter_without_a_value_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="RetentionDays"):
        parse_parameters(["RetentionDays"])


def test_no_command_imports_what_another_needs() -> None:
    code = "import sys, polylog_cli.main; print({'boto3', 'waitress', 'moto'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-01", "2026-11-01T00:00:00Z"),
        ("2026-11-01T01:00:00.5+01:00", "2026-11-01T00:00:00.500000Z"),
        ("2026-11-01t01:00:00.5z", "2026-11-01T01:00:00.500000Z"),
        ("90s", "2026-02-28T23:58:30Z"),
        ("45m", "2026-02-28T23:15:00Z"),
        ("12h", "2026-02-28T12:00:00Z"),
        ("30d", "2026-01-30T00:00:00Z"),
        ("2w", "2026-02-15T00:00:00Z"),
    ],
)
def test_times_are_given_or_ago(text: str, time: str) -> None:
    assert parse_time(text, now=times.parse_iso8601("2026-03-01")) == time


@pytest.mark.parametrize(
    "text", ["", "1", "0d", "-1d", "1y", "2026-02-30", "999999999w", "\u0661d"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_time(text)
