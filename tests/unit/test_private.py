"""What only its owner can use, under any umask and after any earlier version."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_IMODE

import pytest

from polylog_cli.client.credentials import Credentials
from polylog_cli.client.private import write_private
from polylog_cli.local.home import Home, Running

RUNNING = Running("http://127.0.0.1:1", "http://127.0.0.1:2", 1, (), 0)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def old(tmp_path: Path) -> Home:
    """Return a home as earlier versions left it."""
    home = Home(tmp_path / "data").make()
    fill(home)
    home.tables.mkdir()
    for name in (
        "lock",
        "dynamodb.log",
        "shared-local-instance.db",
        "shared-local-instance.db-wal",
    ):
        (home.tables / name).touch()
    for path in (home.path, *home.path.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    return home


def fill(home: Home) -> None:
    """Write every file of a home except the tables."""
    Credentials("http://x", "s", "k", "k.s", "k", "s").write(home.credentials)
    home.write_running(RUNNING)
    home.begin_sample()


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


def modes(home: Home) -> dict[str, int]:
    """Return the modes of a home and of everything in it."""
    paths = (home.path, *home.path.rglob("*"))
    return {str(path.relative_to(home.path)): mode(path) for path in paths}


@pytest.mark.usefixtures("umask")
def test_a_new_home_belongs_only_to_its_owner(tmp_path: Path) -> None:
    home = Home(tmp_path / "in" / "data").make()
    fill(home)
    assert modes(home) == {
        ".": 0o700,
        "credentials.json": 0o600,
        "pepper.json": 0o600,
        "running.json": 0o600,
        "sample-loading": 0o600,
    }


@pytest.mark.usefixtures("umask")
def test_a_home_that_others_can_use_is_closed(old: Home) -> None:
    old.make()
    assert modes(old) == {
        ".": 0o700,
        "credentials.json": 0o600,
        "pepper.json": 0o600,
        "running.json": 0o600,
        "sample-loading": 0o600,
        "dynamodb": 0o700,
        "dynamodb/lock": 0o600,
        "dynamodb/dynamodb.log": 0o600,
        "dynamodb/shared-local-instance.db": 0o600,
        "dynamodb/shared-local-instance.db-wal": 0o600,
    }


def test_closing_a_home_is_reported_once(old: Home, capsys: pytest.CaptureFixture[str]) -> None:
    old.make().make()
    said = f"Other users of this machine could open files of {old.path}; now only you can\n"
    assert capsys.readouterr().err == said


def test_a_folder_with_other_files_keeps_its_mode(
    old: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be the user's home folder, or /tmp."""
    other = old.path / "notes.txt"
    other.touch(0o644)
    old.make()
    assert (mode(old.path), mode(other), mode(old.pepper)) == (0o777, 0o644, 0o600)
    assert capsys.readouterr().err == (
        f"Other users of this machine can open the folder {old.path}, which holds other files too,"
        " but only you can open Polylog's files in it\n"
    )


def test_tables_next_to_other_files_are_closed(old: Home) -> None:
    (old.path / "notes.txt").touch()
    old.make()
    assert mode(old.tables) == 0o700
    assert {mode(file) for file in old.tables.iterdir()} == {0o600}


def test_writing_a_file_closes_it_to_others(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch(0o666)
    write_private(file, "secret")
    assert (mode(file), file.read_text()) == (0o600, "secret")
