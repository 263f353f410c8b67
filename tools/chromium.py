"""Fetch a Chromium from npm: `python -m tools.chromium`, which `make chromium` runs.

It is for machines where no package manager is at hand. The npm package carries the headless build
and the libraries and fonts that it needs, for Linux on x86-64, all compressed; a lock file pins it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from tools import ROOT
from tools.console import MissingError, fetch_packages, run_module

PACKAGES: Final = ROOT / "console" / "chromium"
"""The folder of package.json, which names the package, and of its lock file."""

FOLDER: Final = ROOT / ".venv" / "chromium"
EXECUTABLE: Final = FOLDER / "chromium"

_UNPACK: Final = """
const { default: chromium } = await import("@sparticuz/chromium");
await chromium.executablePath();
"""

# The package's own file names folders of Lambda.
_FONTS: Final = f"""<?xml version="1.0"?>
<fontconfig>
  <dir>{FOLDER / "fonts"}</dir>
  <cachedir>{FOLDER / "fonts-cache"}</cachedir>
</fontconfig>
"""


def environment() -> dict[str, str]:
    """Return the variables with which the Chromium of this folder finds what it needs."""
    return {
        "FONTCONFIG_PATH": str(FOLDER / "fonts"),
        "LD_LIBRARY_PATH": str(FOLDER / "al2023" / "lib"),
    }


def fetch() -> Path:
    """Return the path of the Chromium; the first call fetches it. Raises `MissingError`."""
    if EXECUTABLE.exists():
        return EXECUTABLE
    new = FOLDER.with_name("chromium.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    fetch_packages(PACKAGES)
    # It unpacks into the folder for temporary files, its libraries only where Lambda runs it.
    places = {"TMPDIR": str(new), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
    run_module(PACKAGES, _UNPACK, places)
    (new / "fonts" / "fonts.conf").write_text(_FONTS)
    shutil.rmtree(PACKAGES / "node_modules")
    new.rename(FOLDER)
    return EXECUTABLE


def main() -> int:
    """Fetch it for the Makefile; return the status to exit with."""
    try:
        print(f"Chromium is {fetch()}")
    except MissingError as error:
        print(f"Chromium cannot be fetched. {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
