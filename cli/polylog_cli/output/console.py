"""Standard error: where progress, summaries and failures go. Results go to standard output.

If `NO_COLOR` is set (https://no-color.org), nothing prints an escape sequence: there are no bars.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final, Literal

import typer
from rich.console import Console

_UVX_FOLDER: Final = "archive-v0"
"""The folder in uv's cache with what `uvx` runs; it is on PATH only while that runs."""


def has_escapes() -> bool:
    """Whether escape sequences may be printed on a terminal."""
    return not os.environ.get("NO_COLOR")


MARKUP: Final[Literal["rich"] | None] = "rich" if has_escapes() else None
"""How typer prints help and mistakes: with `rich`, or plainly."""


def open_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Return a console on standard output or error."""
    return Console(stderr=stderr, width=width, force_terminal=None if has_escapes() else False)


console = open_console(stderr=True)


def printable(text: str) -> str:
    """Return a text without characters that move the cursor of a terminal: they become blanks."""
    return "".join(each if each.isprintable() else " " for each in text)


def printable_lines(text: str) -> str:
    """Return a text of several lines, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))


def notice(message: str, style: str | None = None) -> None:
    """Print lines as they are, without characters that would move the cursor of a terminal."""
    safe = printable_lines(message)
    console.print(safe, style=style, markup=False, highlight=False, soft_wrap=True)


def failure(*sentences: str, drawing: str = "") -> typer.Exit:
    """Print why the command cannot go on; return the exception that ends it with status 1.

    On a terminal, each sentence has its line, and the drawing follows the first one. Elsewhere all
    sentences are one line, as in a log, without the drawing.
    """
    if not sys.stderr.isatty():
        complain("; ".join(sentences))
        return typer.Exit(1)
    first, *others = sentences
    lines = [drawing] if drawing else []
    lines += [f"{each[:1].upper()}{each[1:]}." for each in others]
    notice("\n".join([f"polylog: {first}", *lines]), "red")
    return typer.Exit(1)


def complain(message: str) -> None:
    """Print what is wrong in one line."""
    line = re.sub(r"\s*\n\s*", " ", message)
    notice(f"polylog: {line}", "red")


def program() -> str:
    """Return what the program was called by, so that you can type it again."""
    return " ".join(_called())


def command(*words: str) -> str:
    """Return a command line of this program, as you would type it."""
    return shlex.join([*_called(), *words])


def _called() -> tuple[str, ...]:
    called = sys.argv[0]
    name = Path(called).name
    if _UVX_FOLDER in Path(called).parts:
        return ("uvx", name)
    # The shell finds it along PATH, and hands over the whole path.
    return (name if shutil.which(name) == called else called,)
