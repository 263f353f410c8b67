"""What a guide tells people to type, and what it shows as the output.

In a block of ```` ```console ````, a line that begins with `$ ` is a command. The lines up to the
next one are its output, in which `…` stands for any text. A block of another language with a title
is a file of that name. A title that begins with `Needs ` says why a block cannot run here.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_BLOCK: Final = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
_MARK: Final = "--- the next command ---"


@dataclass(frozen=True)
class Step:
    """A command, and what it prints."""

    command: str
    shown: str

    def prints(self, output: str) -> bool:
        """Return whether the guide shows this output, apart from spaces at the ends of lines."""
        pattern = re.escape(_trimmed(self.shown)).replace("…", ".*")
        return re.fullmatch(pattern, _trimmed(output), re.DOTALL) is not None


def steps(page: str) -> list[Step]:
    """Return the commands of a page, in order."""
    return [step for block in _runnable(page, "console") for step in _steps(block["text"])]


def files(page: str) -> dict[str, str]:
    """Return the files that a page tells people to write, by name."""
    found = (each for each in _BLOCK.finditer(page) if each["language"] != "console")
    return {each["title"]: each["text"] for each in found if each["title"]}


def outputs(typed: list[Step], folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Run all commands in one shell; return what each prints, on stdout and stderr."""
    script = "\n".join(["exec 2>&1", *(f"echo '{_MARK}'\n{step.command}" for step in typed)])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout.split(f"{_MARK}\n")[1:]


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def _runnable(page: str, language: str) -> Iterator[re.Match[str]]:
    for found in _BLOCK.finditer(page):
        if found["language"] == language and not (found["title"] or "").startswith("Needs "):
            yield found


def _steps(block: str) -> Iterator[Step]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield Step(command, shown)
