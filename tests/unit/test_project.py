"""The files that are deployed: in a checkout, in a wheel, and in a folder made from one."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samcli.cli.types import CfnParameterOverridesType

from polylog.console import PAGE
from polylog_cli.stack import project
from polylog_cli.stack.sam import override
from tools import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def tracked(*names: str) -> set[str]:
    """Return the repository's files in these folders."""
    listed = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *names)
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in done.stdout.splitlines() if (ROOT / name).exists()}


def requirements(name: str) -> list[str]:
    """Return the dependencies that a project file lists."""
    listed: list[str] = tomllib.loads((ROOT / name).read_text("utf-8"))["project"]["dependencies"]
    return listed


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def page() -> set[str]:
    """Return the files of the console's page, if it was built."""
    return {str(file.relative_to(ROOT)) for file in PAGE.rglob("*.gz")}


class TestProject:
    def test_is_written_as_the_checkout_has_it(self, tmp_path: Path) -> None:
        project.write(tmp_path / "new" / "folder")
        written = tmp_path / "new" / "folder"
        assert files(written) == tracked(*project.FILES, project.CODE) | page()
        assert all(
            (written / name).read_bytes() == (ROOT / name).read_bytes() for name in files(written)
        )

    def test_is_recognized_where_it_was_written(self, tmp_path: Path) -> None:
        project.write(tmp_path)
        assert project.is_project(tmp_path)
        assert project.is_project(ROOT)

    def test_is_not_taken_for_another_application(self, tmp_path: Path) -> None:
        (tmp_path / "template.yaml").write_text("Resources: {}")
        assert not project.is_project(tmp_path)

    def test_is_not_written_into_a_folder_with_other_files(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("")
        with pytest.raises(project.ProjectError, match="is not empty"):
            project.write(tmp_path)
        assert files(tmp_path) == {"mine"}

    def test_is_not_written_over_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("")
        with pytest.raises(project.ProjectError, match="cannot be written"):
            project.write(tmp_path / "mine")

    def test_is_replaced_without_its_old_files(self, tmp_path: Path) -> None:
        project.write(tmp_path)
        (tmp_path / "functions" / "old.py").write_text("")
        project.renew(tmp_path)
        assert files(tmp_path) == tracked(*project.FILES, project.CODE) | page()

    def test_of_this_folder_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(ROOT)
        assert project.template() == Path("template.yaml")

    def test_that_is_installed_is_used_elsewhere(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert project.template() == ROOT / "template.yaml"


class TestWheel:
    def test_carries_the_project(self) -> None:
        included = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
        assert included == {name: f"polylog_cli/project/{name}" for name in project.FILES}

    def test_requires_what_the_layer_does(self) -> None:
        layer = requirements("layers/polylog/pyproject.toml")
        assert requirements("pyproject.toml")[: len(layer)] == layer

    def test_has_a_command_of_its_own_name(self) -> None:
        scripts = PYPROJECT["project"]["scripts"]
        assert scripts["polylog"] == scripts[PYPROJECT["project"]["name"]]

    def test_is_never_called_by_the_name_of_another_project(self) -> None:
        """On PyPI, the name `polylog` belongs to another project."""
        programs = r"(?:uvx|pipx? (?:run|install)|uv (?:add|tool run|tool install))"
        wrong = re.compile(f"{programs} '?polylog(?!-events)")
        texts = {name: (ROOT / name).read_bytes() for name in tracked(".")}
        assert [name for name, text in texts.items() if wrong.search(text.decode("latin-1"))] == []


PRINTABLE = st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"))


@given(st.text(PRINTABLE.filter(lambda character: character != "\\")))
@example("")
@example("target,actor")
@example('a "b"')
def test_sam_reads_a_parameter_as_it_was_given(value: str) -> None:
    read = CfnParameterOverridesType().convert([override("Name", value)], None, None)
    assert read == {"Name": value}
