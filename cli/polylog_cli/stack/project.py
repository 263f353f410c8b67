"""The SAM project of the stack: its template, functions and layer, as files to build from.

In a checkout, the project is the checkout. A wheel carries it inside this package, without the
layer's code: that is the installed package `polylog`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import polylog
import polylog_cli

FILES: Final = (
    *("template.yaml", "samconfig.toml", "requirements.lock", "functions"),
    *("layers/polylog/Makefile", "layers/polylog/pyproject.toml"),
)
"""What a project has besides the layer's code: files, and a folder."""

CODE: Final = "layers/polylog/polylog"
"""Where a project has the layer's code."""

_BYTECODE: Final = shutil.ignore_patterns("__pycache__")


class ProjectError(Exception):
    """A project cannot be written there; the message says why."""


def installed() -> Path:
    """Return the folder that this installation takes the project's files from."""
    package = Path(polylog_cli.__file__).parent
    carried = package / "project"
    return carried if carried.is_dir() else package.parents[1]


def is_project(folder: Path) -> bool:
    """Whether a folder holds this project, and not just the template of another application."""
    return all((folder / name).exists() for name in FILES)


def template() -> Path:
    """Return the template of the project in this folder, or else of this installation."""
    here = Path()
    return (here if is_project(here) else installed()) / "template.yaml"


def write(folder: Path) -> None:
    """Write the project into a new or empty folder; raises `ProjectError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ProjectError(f"{folder} is not empty")
        _copy(folder)
    except OSError as error:
        raise ProjectError(f"{folder} cannot be written: {error}") from error


def renew(folder: Path) -> None:
    """Replace everything in a folder by the project; raises `ProjectError`."""
    shutil.rmtree(folder, ignore_errors=True)
    write(folder)


def _copy(folder: Path) -> None:
    for name in FILES:
        source, target = installed() / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=_BYTECODE)
        else:
            shutil.copyfile(source, target)
    shutil.copytree(Path(polylog.__file__).parent, folder / CODE, ignore=_BYTECODE)
