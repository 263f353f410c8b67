"""The `polylog` command, run in this process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from unittest.mock import patch

from typer.testing import CliRunner

from polylog_cli.main import app


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its status."""

    status: int
    out: str
    err: str


def polylog(*arguments: str, **environment: str) -> Outcome:
    """Run the command. It may end with any status, but must not raise anything else."""
    with patch.object(sys, "argv", ["polylog", *arguments]):
        wide = {"COLUMNS": "300", **environment}
        done = CliRunner().invoke(app, arguments, env=wide, prog_name="polylog")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return Outcome(done.exit_code, done.stdout, done.stderr)
