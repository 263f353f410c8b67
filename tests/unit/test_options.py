"""How the values of the command's options are read."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from polylog_cli.options import parse_parameters


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
