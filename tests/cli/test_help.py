"""`polylog help`: topics, commands, and texts that are true."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from support.command import polylog
from support.terminal import typed
from typer.main import get_command

from polylog.language.parser import parse
from polylog.model.filter import EVERYTHING
from polylog_cli.commands.examples import EXAMPLES
from polylog_cli.commands.help import topics
from polylog_cli.commands.moments import parse_time
from polylog_cli.main import COMMANDS, app, imported

TOPICS = topics()
LINES = [(name, line) for name, lines in EXAMPLES.items() for line in lines]
TYPED = {name: [each["text"] for each in topic["examples"]] for name, topic in TOPICS.items()}


def test_it_lists_the_topics() -> None:
    done = polylog("help")
    assert (done.status, done.err) == (0, "")
    assert {f"polylog help {name}" for name in ("filters", "times", "COMMAND")} <= {
        " ".join(line.split()[:3]) for line in done.out.splitlines()
    }


@pytest.mark.parametrize("name", TOPICS)
def test_it_says_all_of_a_topic(name: str) -> None:
    done = polylog("help", name)
    said = " ".join(done.out.split())
    assert (done.status, done.err) == (0, "")
    assert all(note in said for note in TOPICS[name]["notes"])
    assert all(f"{each['text']} {each['means']}" in said for each in TOPICS[name]["examples"])


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_it_fits_the_terminal(columns: int) -> None:
    shown = typed("help", "filters", columns=columns)
    assert shown.status == 0
    assert max(map(len, shown.lines)) <= max(columns, max(map(len, TYPED["filters"])) + 2)


@pytest.mark.parametrize("words", [("query",), ("keys",), ("keys", "create"), ("help",)])
def test_it_shows_the_help_of_a_command(words: tuple[str, ...]) -> None:
    done = polylog("help", *words)
    assert done.status == 0
    assert done.out == polylog(*words, "--help").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("filter",), "there is no topic and no command 'filter': did you mean filters?"),
        (("qurey",), "there is no topic and no command 'qurey': did you mean query?"),
        (("xyz",), "there is no topic and no command 'xyz' (see polylog help --help)"),
        (("keys", "xyz"), "no such command 'xyz' (see polylog keys --help)"),
    ],
)
def test_it_refuses_what_there_is_not(words: tuple[str, ...], said: str) -> None:
    done = polylog("help", *words)
    assert (done.status, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_of_a_command_fits_its_line(name: str) -> None:
    """Where help is printed plainly, click cuts it off with dots."""
    assert imported(name).get_short_help_str(65).endswith(".")
    assert not imported(name).get_short_help_str(65).endswith("..")


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_ends_with_the_examples(name: str) -> None:
    shown = polylog(*name.split(), "--help").out.splitlines()
    lines = [line.strip() for line in shown if line.strip()]
    assert lines[-len(EXAMPLES[name]) - 1 :] == ["Examples:", *EXAMPLES[name]]


@pytest.mark.parametrize(("name", "line"), LINES, ids=lambda value: value or "polylog")
def test_its_examples_can_be_typed(name: str, line: str) -> None:
    assert line.startswith(f"polylog {name}")
    command: Any = get_command(app)
    words = shlex.split(line)[1:]
    while hasattr(command, "commands"):
        command = command.get_command(None, words.pop(0))
    given = command.make_context("polylog", words).params
    parse(given.get("text", ""))


@pytest.mark.parametrize("text", TYPED["filters"])
def test_its_filters_are_filters(text: str) -> None:
    assert parse(text) != EVERYTHING


@pytest.mark.parametrize("text", TYPED["times"])
def test_its_times_are_times(text: str) -> None:
    assert parse_time(text).endswith("Z")


@pytest.mark.parametrize("text", TYPED["times"][:3])
def test_its_first_times_are_good_in_filters(text: str) -> None:
    assert parse(f"time >= {text}") != EVERYTHING
