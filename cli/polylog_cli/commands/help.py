"""`polylog help`: explains filters and times, and shows the help of any command.

The texts on filters and times are those that the console shows for `?`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from difflib import get_close_matches
from importlib.resources import files
from textwrap import wrap
from typing import Annotated, Final, TypedDict

import typer
from typer.core import TyperGroup

from polylog_cli.output.console import printable, program

_WIDEST: Final = 100
_INDENT: Final = "  "

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TOPIC",
        show_default=False,
        help="`filters`, `times`, or a command; default: a list of the topics.",
    ),
]


class Example(TypedDict):
    """Something that you can type, and what it means."""

    text: str
    means: str


class Topic(TypedDict):
    """What the help says about one thing; `notes` are sentences, with code in backticks."""

    summary: str
    examples: list[Example]
    notes: list[str]


def topics() -> dict[str, Topic]:
    """Return the topics by their names."""
    # By its path: importing the package would take longer than the rest of this command.
    text = files("polylog").joinpath("console", "help.json").read_text("utf-8")
    known: dict[str, Topic] = json.loads(text)
    return known


def show_help(ctx: typer.Context, words: Words = None) -> None:
    """Explain filters and times, or show the help of a command."""
    known = topics()
    if not words:
        _print(_contents(known))
    elif words[0] in known:
        _print(_explained(known[words[0]]))
    else:
        _show_command(ctx, words, list(known))


def _show_command(ctx: typer.Context, words: list[str], known: list[str]) -> None:
    root = ctx.find_root()
    commands = root.command.list_commands(root) if isinstance(root.command, TyperGroup) else []
    if words[0] not in commands:
        meant = " or ".join(get_close_matches(words[0], [*known, *commands]))
        guess = f": did you mean {meant}?" if meant else ""
        ctx.fail(f"There is no topic and no command {words[0]!r}{guess}")
    root.command.main([*words, "--help"], root.info_name, standalone_mode=False)


def _contents(known: dict[str, Topic]) -> Iterator[str]:
    called = program()
    lines = {f"{called} help {name}": topic["summary"] for name, topic in known.items()}
    lines[f"{called} help COMMAND"] = f"What a command does, like {called} COMMAND --help."
    lines[f"{called} --help"] = "All commands."
    yield from _beside(lines)


def _explained(topic: Topic) -> Iterator[str]:
    yield from _filled(topic["summary"])
    yield ""
    yield from _beside({each["text"]: each["means"] for each in topic["examples"]})
    for note in topic["notes"]:
        yield ""
        yield from _filled(note)


def _beside(lines: dict[str, str]) -> Iterator[str]:
    """Yield each meaning to the right of its text, or below it where the terminal is narrow."""
    left = max(map(len, lines)) + 2 * len(_INDENT)
    is_narrow = _width() < left + 24
    margin = 2 * len(_INDENT) if is_narrow else left
    for text, means in lines.items():
        told = wrap(means, _width() - margin)
        if is_narrow:
            yield _INDENT + text
        else:
            yield f"{_INDENT}{text}".ljust(left) + told.pop(0)
        yield from (" " * margin + line for line in told)


def _filled(text: str) -> list[str]:
    return wrap(text, _width(), break_long_words=False, break_on_hyphens=False)


def _width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST)


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo(printable(line))
