"""`polylog dlq`: lists the messages that could not be stored, and sends them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic_core import to_json

from polylog.model import times
from polylog_cli.commands.examples import examples
from polylog_cli.output.console import MARKUP, failure
from polylog_cli.output.pager import print_whole
from polylog_cli.output.printer import write

if TYPE_CHECKING:
    from polylog_cli.stack.dead_letters import DeadLetter, DeadLetterQueue

_SHOWN_CHARACTERS = 60
_MILLISECOND = times.SECOND // 1000

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=MARKUP,
    help="List messages that could not be stored, and send them again.",
)

Stack = Annotated[str, typer.Option(metavar="NAME", help="The deployed stack, like polylog.")]


@app.command("list", epilog=examples("dlq list"))
def list_letters(
    stack: Stack,
    limit: Annotated[int, typer.Option(min=1, help="List up to this many messages.")] = 100,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object a line, with whole bodies.")
    ] = False,
) -> None:
    """List the messages that could not be stored, and why.

    They stay in the dead-letter queue of the stack.
    """
    with _opened(stack) as queue:
        letters = queue.peek(limit)
    if as_json:
        for letter in letters:
            write(to_json(_document(letter)) + b"\n")
        return
    print_whole(("message id", "sent", "scope", "reason", "body"), map(_row, letters))


@app.command(epilog=examples("dlq redrive"))
def redrive(
    stack: Stack,
    message_ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MESSAGE_ID", help="Ids, as `dlq list` shows them; default: all messages."
        ),
    ] = None,
) -> None:
    """Send messages again to the queue that they came from.

    A message that fails again becomes a dead letter again.
    Nothing is stored twice: an event without an id keeps the id that its
    message gave it.
    """
    wanted = frozenset(message_ids or ())
    with _opened(stack) as queue:
        sent = queue.redrive(wanted)
    print(f"{len(sent)} sent again")
    if missing := wanted - set(sent):
        raise failure(f"no such message: {', '.join(sorted(missing))}")


@contextmanager
def _opened(stack: str) -> Iterator[DeadLetterQueue]:
    from polylog_cli.stack.dead_letters import DeadLetterQueue  # It imports boto3, which is slow.
    from polylog_cli.stack.outputs import StackError

    try:
        yield DeadLetterQueue(stack)
    except StackError as error:
        raise failure(str(error)) from error


def _document(letter: DeadLetter) -> dict[str, object]:
    return {
        "id": letter.id,
        "sent": _time(letter),
        **letter.attributes,
        "reason": letter.reason,
        "body": letter.body,
    }


def _row(letter: DeadLetter) -> tuple[str, ...]:
    scope = letter.attributes.get("scope", "")
    body = (
        letter.body
        if len(letter.body) <= _SHOWN_CHARACTERS
        else f"{letter.body[:_SHOWN_CHARACTERS]}…"
    )
    return (letter.id, _time(letter), scope, letter.reason, body)


def _time(letter: DeadLetter) -> str:
    return times.format_rfc3339(letter.sent_at_ms * _MILLISECOND)
