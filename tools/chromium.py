"""The browser that drives the console: Chromium of this machine, or one that is fetched from npm.

`python -m tools.chromium`, which `make chromium` runs, fetches it. It is for machines where no
package manager is at hand. The npm package carries the headless build
and the libraries and fonts that it needs, for Linux on x86-64, all compressed; a lock file pins it.
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
"""The folder of package.json, which names the package, and of its lock file."""

FOLDER: Final = ROOT / ".venv" / "chromium"
EXECUTABLE: Final = FOLDER / "chromium"

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
"""What the package of a distribution calls it."""

OPTIONS: Final = (
    "--no-sandbox",  # it does not work for root, and all that is loaded is our own
    "--disable-gpu",
    "--disable-background-networking",
)

MISSING: Final = (
    "there is no Chromium: install it (Debian: apt-get install chromium), "
    "name one in CHROMIUM, or run `make chromium`, which takes one from npm"
)

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


def find() -> Path | None:
    """Return the path of a Chromium; none if the machine has none."""
    named = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    places = [*(Path(name) for name in named if name), EXECUTABLE]
    return next((place for place in places if place.exists()), None)


@contextmanager
def running(*options: str) -> Iterator[Browser]:
    """Run the browser until the block ends; raises `MissingError`."""
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
