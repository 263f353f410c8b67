"""What the command prints on standard error, and which name it gives for itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from polylog_cli.client.credentials import Credentials
from polylog_cli.client.http import NoAnswerError, RefusedError, ServiceError
from polylog_cli.commands.access import Access, Needed
from polylog_cli.local.home import Home
from polylog_cli.output.console import command, failure

LOCAL, REMOTE = "http://127.0.0.1:8080", "https://log.example.com"
SILENT = NoAnswerError("nothing answers")


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    """Return a program in a folder that is not on the path yet."""
    tool = tmp_path / "bin" / "polylog"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    return tool


@pytest.fixture(autouse=True)
def called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [".venv/bin/polylog", "count"])


def test_it_names_itself_as_it_was_called() -> None:
    assert command("keys", "create") == ".venv/bin/polylog keys create"


def test_it_names_uvx_where_that_has_installed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tmp_path / "uv" / "archive-v0" / "a1b2" / "bin" / "polylog-events"
    monkeypatch.setattr(sys, "argv", [str(called), "run"])
    assert command("keys", "create") == "uvx polylog-events keys create"


def test_it_gives_its_plain_name_where_the_shell_finds_it(
    tool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(tool)])
    assert command("run") == f"{tool} run"
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    assert command("run") == "polylog run"


def test_words_are_quoted_for_a_shell() -> None:
    assert command("run", "--data", "a b") == ".venv/bin/polylog run --data 'a b'"


def test_a_failure_is_one_line_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert failure("it failed:\n  twice", "try again", drawing="  ^").exit_code == 1
    assert capsys.readouterr().err == "polylog: it failed: twice; try again\n"


def known(data: Path, url: str) -> Path:
    """Write the credentials of a service into a folder."""
    Credentials(url, "ops", "k", "k.s", "k", "s").write(Home(data).credentials)
    return data


def test_the_advice_for_this_machine_is_to_start_a_service(tmp_path: Path) -> None:
    run = ".venv/bin/polylog run"
    assert Access(Path(".polylog"), LOCAL, "t").advice(SILENT) == (f"start it with `{run}`",)
    (advice,) = Access(known(tmp_path, LOCAL), None, None).advice(SILENT)
    assert advice == f"start it with `{run} --data {tmp_path}`"


def test_the_advice_for_an_address_elsewhere_is_to_check_it(tmp_path: Path) -> None:
    expected = ("check the address: --url, POLYLOG_URL or the data folder gives it",)
    assert Access(tmp_path, REMOTE, "t").advice(SILENT) == expected
    assert Access(known(tmp_path, REMOTE), None, None).advice(SILENT) == expected
    assert Access(tmp_path, "http://[::", "t").advice(SILENT) == expected


@pytest.mark.parametrize("needs", ["read", "write"])
def test_the_advice_for_a_key_without_the_right_is_another_key(
    tmp_path: Path, needs: Needed
) -> None:
    access = Access(known(tmp_path, LOCAL), None, "t", needs)
    lacks = f"the key lacks the permission {needs}"
    (advice,) = access.advice(RefusedError("no", 403, lacks))
    made = f"keys create --scope ops --permissions {needs} --data {tmp_path}"
    assert advice == f"make a key that has it with `.venv/bin/polylog {made}`"


def test_a_refusal_that_says_why_needs_no_advice(tmp_path: Path) -> None:
    access = Access(tmp_path, LOCAL, "t")
    others = (RefusedError("no", 403, "explain tells too much"), RefusedError("no", 400, ""))
    assert [access.advice(each) for each in (*others, ServiceError("odd"))] == [()] * 3


def test_the_advice_for_a_deployed_log_is_a_key_of_its_stack(tmp_path: Path) -> None:
    for data in (tmp_path, known(tmp_path, LOCAL)):
        (advice,) = Access(data, REMOTE, "t").advice(RefusedError("no", 401, ""))
        made = "keys create --scope SCOPE --permissions read --stack STACK"
        assert advice == f"make a key with `.venv/bin/polylog {made}`"
