"""The `polylog` command: the table of what you can type."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from itertools import takewhile
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from polylog_cli.commands.examples import examples
from polylog_cli.output.console import MARKUP, complain, program

if TYPE_CHECKING:
    from typer._click import Command, Context

COMMANDS: Final = {
    "run": "run:run",
    "deploy": "deploy:deploy",
    "load": "load:load_files",
    "query": "read:query",
    "tail": "read:tail",
    "export": "export:export",
    "count": "read:count",
    "groups": "read:groups",
    "histogram": "read:histogram",
    "verify": "tally:verify",
    "compact": "tally:compact",
    "reindex": "tally:reindex",
    "restamp": "tally:restamp",
    "keys": "keys:app",
    "dlq": "dlq:app",
    "help": "help:show_help",
}
"""Where each command is: a module of `commands`, and a function or an app in it."""


_LIKE_OUTPUT: Final = re.compile(r"-(origin|organization_id)\b")
"""The filters that `export` would read as `-o` and the name of a file."""


_IN_QUOTES: Final = """Put the whole filter in quotes, as in: 'type = "app.crash"'"""
_OPTIONS_FIRST: Final = "Options go before --"


class FilterCommand(TyperCommand):
    """A command that may take a filter, and says how to write one on the command line."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read what was typed after the name of the command."""
        if not any(each.metavar == "FILTER" for each in self.params):
            return super().parse_args(ctx, args)
        words = [*takewhile(lambda word: word != "--", args)]
        for word in filter(_LIKE_OUTPUT.match, words):
            ctx.fail(_advice(ctx, word))
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            option = getattr(error, "option_name", "")
            typed = [word for word in words if word.startswith(option) and option[1:2] != "-"]
            if type(error).__name__ == "NoSuchOption" and typed:  # Typer has no public name for it.
                error.message = f"{error.message}. {_advice(ctx, typed[0])}"
            elif option == "--by":
                error.message = (
                    f"{error.message}. To count by a field: {program()} groups --by FIELD"
                )
            elif error.message.startswith("Got unexpected extra argument"):
                is_late = self._has_option(args[len(words) :])
                error.message = f"{error.message}. {_OPTIONS_FIRST if is_late else _IN_QUOTES}"
            raise

    def _has_option(self, words: list[str]) -> bool:
        """Return whether one of these words is an option of this command."""
        options = {name for each in self.params for name in (*each.opts, *each.secondary_opts)}
        return any(word.startswith("-") and word.partition("=")[0] in options for word in words)


def _advice(ctx: Context, word: str) -> str:
    typed = f"{ctx.command_path} -- {quote(word)}"
    return f"Put a filter that begins with - last, after --, as in: {typed}"


class Commands(TyperGroup):
    """The group of all commands: it imports a command when you type it.

    On a terminal, typer draws a box around a mistake. Elsewhere a mistake is one line.
    """

    def list_commands(self, ctx: Context) -> list[str]:
        """Return the names of the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Return the command of this name, or None."""
        return imported(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """Return the command that the first argument names, and the other arguments."""
        if args[0] not in COMMANDS:
            meant = " or ".join(get_close_matches(args[0], COMMANDS))
            guess = f": did you mean {meant}?" if meant else ""
            ctx.fail(f"There is no command {args[0]!r}{guess}")
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: object,
    ) -> object:
        """Run what was typed; end the program unless `standalone_mode` is false."""
        name = program() if prog_name is None else prog_name
        if standalone_mode and not sys.stderr.isatty():
            self._run_quietly(args, name)
        return super().main(args, name, complete_var, standalone_mode, windows_expand_args, **extra)

    def _run_quietly(self, args: Sequence[str] | None, name: str) -> NoReturn:
        """Run what was typed, and print a mistake in one line."""
        try:
            status = super().main(args, name, standalone_mode=False)
        except typer.TyperException as error:
            _tell(error)
            status = error.exit_code
        except typer.Abort:  # Standard input has ended too early.
            complain("aborted")
            status = 1
        sys.exit(status)


def _tell(error: typer.TyperException) -> None:
    # Typer has no public name for it. Its message is the help, unless that is printed already.
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.format_message(), err=True, nl=bool(error.message))
        return
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if context is not None else ""
    said = error.format_message().rstrip(".")
    complain(f"{said[:1].lower()}{said[1:]}{hint}")


@cache
def imported(name: str) -> Command:
    """Import the command of this name, and return it."""
    module, _, attribute = COMMANDS[name].partition(":")
    found = getattr(import_module(f"polylog_cli.commands.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False, rich_markup_mode=MARKUP)
        found.command(name, cls=FilterCommand, epilog=examples(name))(function)
    made = get_command(found)
    made.name = name
    return made


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"polylog {version('polylog-events')}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
]

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=MARKUP,
    epilog=examples(""),
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def polylog(version: Version = False) -> None:
    """An audit log for your platform: load events, then find and count them.

    Start a service with `run`, or reach one with --url and --token.
    `polylog help filters` explains how to ask.
    """
