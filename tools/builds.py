"""Run `sam build`, and keep the result for as long as its inputs stay the same."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from tools import ROOT

INPUTS: Final = (
    *("requirements.lock", "template.yaml"),
    *("layers/polylog", "functions"),
)
"""The inputs of a build: files, and folders with everything below them."""

_KEPT: Final = ROOT / ".aws-sam" / "kept"
_BIN: Final = Path(sys.executable).parent
_KEPT_SECONDS: Final = 86_400


def build(**target: str) -> Path:
    """Return the folder that `sam build` makes for a target; without a target, for Lambda.

    `target` holds environment variables of the build, such as `LAYER_PYTHON="3.13"`. All callers
    share the folder. To change a file, copy the folder to one next to it: its template refers to
    the functions' code by a relative path. The folder is there whole or not at all. Callers that
    want the same build wait for each other.
    """
    _KEPT.mkdir(parents=True, exist_ok=True)
    directory = _KEPT / digest(ROOT, target)
    with (_KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            _forget_unused()
            _run_sam(target).rename(directory)
        os.utime(directory)
    return directory


def build_here() -> Path:
    """Return the folder that `sam build` makes for the Python that runs this."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return build(LAYER_PLATFORM="", LAYER_PYTHON=python)


def digest(root: Path, target: Mapping[str, str]) -> str:
    """Return the name of a build: it changes when a target or a file of the inputs changes."""
    found = hashlib.sha256(repr(sorted(target.items())).encode())
    for file in _inputs(root):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        found.update(f"{file.relative_to(root)} {content}\n".encode())
    return found.hexdigest()[:16]


def _inputs(root: Path) -> Iterator[Path]:
    for name in INPUTS:
        files = [root / name] if (root / name).is_file() else sorted((root / name).rglob("*"))
        yield from (each for each in files if each.is_file() and "__pycache__" not in each.parts)


def _run_sam(target: Mapping[str, str]) -> Path:
    directory = Path(mkdtemp(dir=_KEPT))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LAYER_")}
    settings = {
        "PATH": os.pathsep.join([str(_BIN), os.environ["PATH"]]),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "SAM_CLI_TELEMETRY": "0",
    }
    command = ["sam", "build", "--template-file", "template.yaml", "--build-dir", str(directory)]
    environment = {**inherited, **settings, **target}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return directory


def _forget_unused() -> None:
    """Remove the builds that nobody has asked for in the last 24 hours."""
    for directory in _KEPT.iterdir():
        if directory.is_dir() and directory.stat().st_mtime < time.time() - _KEPT_SECONDS:
            shutil.rmtree(directory)
