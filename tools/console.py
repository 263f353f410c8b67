"""Build the console's page: `python -m tools.console`, which `make console` runs.

It needs only Python, so that `sam build` can run it anywhere. It uses the machine's Node.js if that
is new enough, and otherwise installs one from PyPI into `.venv/node`, pinned by digests. Everything
else comes from npm, also pinned by digests, in `console/package-lock.json`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from tools import ROOT

SOURCES: Final = ROOT / "console"
BUILT: Final = SOURCES / "dist"
"""The folder that Vite writes."""

PAGE: Final = ROOT / "layers/polylog/polylog/console/page"
"""The folder with the same files, compressed, where the service finds them."""

_NODE: Final = ROOT / ".venv" / "node"
_NODE_LOCK: Final = ROOT / "cli/polylog_cli/local/npm.lock"
OLDEST_NODE: Final = (20, 19)
"""The oldest version that Vite runs on; `engines` in package.json says the same."""

_CLEAN_INSTALL: Final = (
    *("ci", "--prefer-offline", "--loglevel=error"),
    *("--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
)
"""With its own settings, npm would try for minutes if there is no network."""

_MOST_LINES: Final = 4
"""How many lines of a failed command's output to show: npm goes on to explain all its options."""


class MissingError(Exception):
    """Something that a build needs is missing and cannot be fetched; the message says what."""


class BuildError(Exception):
    """The sources do not compile; the message is the compiler's output."""


def build() -> None:
    """Build the page; raises `MissingError` or `BuildError`."""
    if not is_installed(SOURCES):
        _install()
    for script in ("types", "build"):
        run_script(script)
    pack(BUILT, PAGE)


def run_script(name: str) -> None:
    """Run a script of package.json; raises `MissingError` or `BuildError`."""
    done = _npm("run", "--silent", name)
    if done.returncode:
        raise BuildError(f"{done.stdout}{done.stderr}")


def is_installed(sources: Path) -> bool:
    """Return whether all packages of the lock file are installed.

    npm lists what it has installed in a file of the same form as the lock file. Optional packages
    for other kinds of machine are missing there, and that is right.
    """
    listed = sources / "node_modules" / ".package-lock.json"
    if not listed.exists():
        return False
    installed = json.loads(listed.read_bytes())["packages"]
    locked = json.loads((sources / "package-lock.json").read_bytes())["packages"]
    return all(
        installed[name]["integrity"] == package["integrity"]
        if name in installed
        else package.get("optional", False)
        for name, package in locked.items()
        if name
    )


def _install() -> None:
    if (SOURCES / "node_modules").is_symlink():  # npm would empty the folder that it points to.
        raise MissingError("console/node_modules is a link to a folder without the right packages")
    print("Fetching the console's build tools from npm (110 MB, once)", flush=True)
    fetch_packages(SOURCES)


def fetch_packages(folder: Path) -> None:
    """Install the packages that the lock file of a folder names; raises `MissingError`."""
    _require(_npm(*_CLEAN_INSTALL, folder=folder), "npm cannot fetch the packages")


def run_module(folder: Path, module: str, environment: Mapping[str, str]) -> None:
    """Run the text of a module in Node.js, with a folder's packages; raises `MissingError`."""
    environment = {**os.environ, "PATH": _path_to_node(), **environment}
    node = shutil.which("node", path=environment["PATH"]) or "node"
    command = (node, "--input-type=module", "--eval", module)
    _require(_run(*command, environment=environment, folder=folder), "Node.js fails")


def pack(built: Path, page: Path) -> None:
    """Compress the files of a folder into another one, and replace what is there.

    The same files become the same bytes, so they have the same entity tags on every machine.
    """
    new = built.parent / "packed"
    shutil.rmtree(new, ignore_errors=True)
    for file in sorted(each for each in built.rglob("*") if each.is_file()):
        packed = new / f"{file.relative_to(built)}.gz"
        packed.parent.mkdir(parents=True, exist_ok=True)
        packed.write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    shutil.rmtree(page, ignore_errors=True)
    page.parent.mkdir(parents=True, exist_ok=True)
    new.rename(page)


@cache
def _path_to_node() -> str:
    """Return a search path that has Node.js and its npm; raises `MissingError`."""
    path = os.environ["PATH"]
    return path if _is_node_here() else os.pathsep.join((str(_node_from_pypi()), path))


def _is_node_here() -> bool:
    """Return whether the machine has npm and a Node.js that is new enough."""
    if not shutil.which("npm") or not shutil.which("node"):
        return False
    version = re.match(r"v(\d+)\.(\d+)\.", _run("node", "--version").stdout)
    return version is not None and tuple(map(int, version.groups())) >= OLDEST_NODE


def _node_from_pypi() -> Path:
    """Return the folder of a Node.js from PyPI; the first call installs it into `.venv`."""
    wanted = "Node.js {}.{} or newer is not installed, and".format(*OLDEST_NODE)
    uv = shutil.which("uv", path=os.pathsep.join((str(ROOT / ".venv/bin"), os.environ["PATH"])))
    if uv is None:
        raise MissingError(f"{wanted} there is no uv to get it from PyPI: run `make .venv/ready`")
    if not (_NODE / "bin" / "npm").exists():
        print("Fetching Node.js from PyPI (60 MB, once)", flush=True)
        shutil.rmtree(_NODE, ignore_errors=True)
        made = _run(uv, "--quiet", "venv", "--python", sys.executable, str(_NODE))
        _require(made, f"{wanted} uv fails")
    sync = ("pip", "sync", "--require-hashes", "--python", str(_NODE), str(_NODE_LOCK))
    _require(_run(uv, "--quiet", *sync), f"{wanted} it cannot be fetched from PyPI")
    return _NODE / "bin"


def _npm(*words: str, folder: Path = SOURCES) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": _path_to_node()}
    npm = shutil.which("npm", path=environment["PATH"]) or "npm"
    return _run(npm, *words, environment=environment, folder=folder)


def _run(
    *command: str, environment: Mapping[str, str] | None = None, folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _require(done: subprocess.CompletedProcess[str], problem: str) -> None:
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        told = [line for line in lines if line.strip() != "npm error"]
        raise MissingError("\n".join([f"{problem}:", *told[:_MOST_LINES]]))


def main(words: Sequence[str]) -> int:
    """Build the page for the Makefile; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.console", description=build.__doc__)
    parser.add_argument("--optional", action="store_true", help="go on if something is missing")
    options = parser.parse_args(words)
    print("Building the console", flush=True)
    try:
        build()
    except MissingError as error:
        print(f"Cannot build the console. {error}", file=sys.stderr)
        if options.optional:
            print("Going on without a newer page. `make console` tries again.", file=sys.stderr)
        return 0 if options.optional else 1
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
