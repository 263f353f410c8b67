"""Compile the launcher, which starts DynamoDB Local on loopback: `python -m tools.launcher`.

This needs `javac`. The Java that runs the launcher has no compiler, so the compiled class is kept
next to its source. `SHA256SUMS` has the digests of both, so neither can change without the other.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Final

from polylog_cli.local.dynamodb import LAUNCHER, install

SOURCE: Final = LAUNCHER / "Loopback.java"
COMPILED: Final = LAUNCHER / "Loopback.class"
SUMS: Final = LAUNCHER / "SHA256SUMS"
_RELEASE: Final = "17"
"""The version of Java that DynamoDB Local needs."""


def compile_into(folder: Path) -> Path:
    """Compile the launcher into a folder; return the path of the class."""
    jars = f"{install() / 'DynamoDBLocal.jar'}:{install() / 'DynamoDBLocal_lib' / '*'}"
    options = ("--release", _RELEASE, "-g:none", "-proc:none", "-Xlint:-path")
    command = ("javac", *options, "-cp", jars, "-d", str(folder), str(SOURCE))
    subprocess.run(command, check=True)
    return folder / COMPILED.name


def sums() -> str:
    """Return the digests of the source and the class, in the form of `sha256sum`."""
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in (SOURCE, COMPILED)
    )


if __name__ == "__main__":
    compile_into(LAUNCHER)
    SUMS.write_text(sums())
