"""How the console is built: with which Node.js, and what it says when something is missing."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools import ROOT
from tools.console import OLDEST_NODE, SOURCES, is_installed, pack

LOCKED = {
    "": {"name": "console"},
    "node_modules/a": {"version": "1.0.0", "integrity": "sha512-a"},
    "node_modules/b": {"version": "1.0.0", "integrity": "sha512-b", "optional": True},
}
NEW = "echo v22.1.0"
COMPILES = "mkdir -p dist/assets; echo '<title>' > dist/index.html; echo 1 > dist/assets/a.js"


@dataclass(frozen=True)
class Checkout:
    """A checkout with only what builds the console, on a machine with nothing else."""

    root: Path

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    def has(self, command: str, script: str) -> None:
        """Put a command on the machine."""
        file = self.bin / command
        file.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
        file.chmod(0o755)

    def install(self, packages: dict[str, dict[str, object]]) -> None:
        """Leave behind what npm leaves when it has installed packages."""
        folder = self.root / "console" / "node_modules"
        folder.mkdir(exist_ok=True)
        (folder / ".package-lock.json").write_text(json.dumps({"packages": packages}))

    def build(self, *options: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-m", "tools.console", *options)
        environment = {"PATH": str(self.bin), "HOME": os.environ.get("HOME", "/")}
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )

    def page(self) -> dict[str, bytes]:
        folder = self.root / "layers/polylog/polylog/console/page"
        files = [file for file in folder.rglob("*") if file.is_file()]
        return {f"{file.relative_to(folder)}": gzip.decompress(file.read_bytes()) for file in files}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    for name in ("bin", "console", "tools"):
        (tmp_path / name).mkdir()
    for name in ("tools/__init__.py", "tools/console.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "console/package-lock.json").write_text(json.dumps({"packages": LOCKED}))
    return Checkout(tmp_path)


class TestBuild:
    def test_is_packed_for_the_service(self, checkout: Checkout) -> None:
        checkout.has("node", NEW)
        checkout.has("npm", COMPILES)
        checkout.install(LOCKED)
        done = checkout.build()
        assert (done.returncode, done.stdout) == (0, "Building the console\n")
        assert checkout.page() == {"index.html.gz": b"<title>\n", "assets/a.js.gz": b"1\n"}

    def test_installs_the_locked_packages_first(self, checkout: Checkout) -> None:
        checkout.has("node", NEW)
        checkout.has("npm", f'echo "$1" >> asked; {COMPILES}')
        assert checkout.build().returncode == 0
        assert (checkout.root / "console/asked").read_text().split() == ["ci", "run", "run"]

    @pytest.mark.parametrize("version", ["v20.18.9", "v18.20.0", "20.19.0", "nonsense"])
    def test_uses_no_old_node(self, checkout: Checkout, version: str) -> None:
        checkout.has("node", f"echo {version}")
        checkout.has("npm", COMPILES)
        assert "Node.js 20.19 or newer is not installed" in checkout.build().stderr

    @pytest.mark.parametrize("version", ["v20.19.0", "v20.100.1", "v22.0.0"])
    def test_uses_a_new_node(self, checkout: Checkout, version: str) -> None:
        checkout.has("node", f"echo {version}")
        checkout.has("npm", COMPILES)
        assert checkout.build().returncode == 0

    def test_uses_node_from_pypi_where_the_machine_has_none(self, checkout: Checkout) -> None:
        """uv installs the locked packages, with npm and Node.js, into the virtual environment."""
        checkout.has("made", COMPILES)
        checkout.has(
            "uv",
            'for last; do :; done\necho "$*" >> asked\n'
            f'[ "$2" = venv ] && mkdir -p "$last/bin" && cp {checkout.bin}/made "$last/bin/npm"\n'
            "exit 0",
        )
        assert checkout.build().returncode == 0
        assert "index.html.gz" in checkout.page()
        sync = (checkout.root / "asked").read_text().splitlines()[-1]
        assert "pip sync --require-hashes" in sync
        assert sync.endswith("cli/polylog_cli/local/npm.lock")


class TestWhatIsMissing:
    @pytest.fixture(params=["node", "network"])
    def lacking(self, request: pytest.FixtureRequest, checkout: Checkout) -> tuple[Checkout, str]:
        """Return a machine that lacks something, and the message then."""
        if request.param == "node":
            return checkout, "there is no uv to get it from PyPI: run `make .venv/ready`"
        checkout.has("node", NEW)
        checkout.has("npm", "echo ENOTFOUND >&2; exit 1")
        return checkout, "npm cannot fetch the packages:\nENOTFOUND"

    def test_is_named(self, lacking: tuple[Checkout, str]) -> None:
        done = lacking[0].build()
        assert done.returncode == 1
        assert lacking[1] in done.stderr
        assert "Traceback" not in done.stderr

    def test_does_not_stop_a_build_that_needs_no_page(self, lacking: tuple[Checkout, str]) -> None:
        done = lacking[0].build("--optional")
        assert done.returncode == 0
        assert lacking[1] in done.stderr
        assert "Going on without a newer page" in done.stderr


def test_a_folder_with_foreign_files_is_never_emptied(checkout: Checkout, tmp_path: Path) -> None:
    checkout.has("node", NEW)
    checkout.has("npm", COMPILES)
    shared = tmp_path / "shared"
    shared.mkdir()
    (checkout.root / "console/node_modules").symlink_to(shared)
    assert "is a link" in checkout.build().stderr


@pytest.mark.parametrize("options", [(), ("--optional",)])
def test_a_source_that_does_not_compile_is_an_error(
    checkout: Checkout, options: tuple[str, ...]
) -> None:
    checkout.has("node", NEW)
    checkout.has("npm", "echo 'src/app.tsx(1,1): error'; exit 2")
    checkout.install(LOCKED)
    done = checkout.build(*options)
    assert (done.returncode, done.stderr.strip()) == (1, "src/app.tsx(1,1): error")


class TestInstalled:
    def test_are_the_locked_packages(self, checkout: Checkout) -> None:
        checkout.install(LOCKED)
        assert is_installed(checkout.root / "console")

    def test_may_lack_those_for_other_machines(self, checkout: Checkout) -> None:
        checkout.install({"node_modules/a": LOCKED["node_modules/a"]})
        assert is_installed(checkout.root / "console")

    @pytest.mark.parametrize(
        "packages",
        [
            {"node_modules/b": LOCKED["node_modules/b"]},
            LOCKED | {"node_modules/a": {"integrity": "sha512-older"}},
            LOCKED | {"node_modules/b": {"integrity": "sha512-older"}},
        ],
    )
    def test_are_no_others(
        self, checkout: Checkout, packages: dict[str, dict[str, object]]
    ) -> None:
        checkout.install(packages)
        assert not is_installed(checkout.root / "console")

    def test_are_none_at_first(self, checkout: Checkout) -> None:
        assert not is_installed(checkout.root / "console")


class TestPacking:
    def test_replaces_the_last_page(self, tmp_path: Path) -> None:
        built, page = tmp_path / "dist", tmp_path / "page"
        for name in ("old.js", "new.js"):
            shutil.rmtree(built, ignore_errors=True)
            (built / "assets").mkdir(parents=True)
            (built / "assets" / name).write_text(name)
            pack(built, page)
        assert [file.name for file in page.rglob("*.gz")] == ["new.js.gz"]

    def test_gives_the_same_bytes_at_any_time(self, tmp_path: Path) -> None:
        built = tmp_path / "dist"
        built.mkdir()
        (built / "index.html").write_text("<title>")
        packed = []
        for second in (1_000_000_000, 2_000_000_000):
            os.utime(built / "index.html", (second, second))
            pack(built, tmp_path / "page")
            packed.append((tmp_path / "page/index.html.gz").read_bytes())
        assert packed[0] == packed[1]


def test_the_oldest_node_is_the_one_that_the_package_names() -> None:
    engines = json.loads((SOURCES / "package.json").read_text())["engines"]
    assert engines == {"node": ">={}.{}".format(*OLDEST_NODE)}


def test_no_committed_file_names_a_registry() -> None:
    """npm uses the registry that the machine is set to."""
    locked = json.loads((SOURCES / "package-lock.json").read_text())["packages"].values()
    assert [package for package in locked if "resolved" in package] == []
    assert [package for package in locked if "integrity" not in package][1:] == []


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("console", "-m tools.console "),
        ("run", "-m tools.console --optional"),
        ("test", "-m tools.console --optional"),
    ],
)
def test_make_builds_it_when_a_source_has_changed(target: str, command: str) -> None:
    asked = ("make", "--dry-run", "--what-if=console/index.html", target)
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    built = [line for line in done.stdout.splitlines() if "tools.console" in line]
    assert len(built) == 1
    assert built[0].endswith(command)


def test_the_layer_is_built_with_it() -> None:
    """`sam build` runs this."""
    asked = ("make", "--dry-run", "--always-make", "ARTIFACTS_DIR=built")
    layer = ("--file=layers/polylog/Makefile", "build-PolylogLayer", "LAYER_COMPILER=")
    done = subprocess.run([*asked, *layer], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.index("-m tools.console --optional") < done.stdout.index("cp -R")
