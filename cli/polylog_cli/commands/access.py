"""How a command asks a service, and what it says when it cannot."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import httpx
import typer

from polylog_cli.client.credentials import Credentials
from polylog_cli.client.http import (
    InvalidTokenError,
    InvalidURLError,
    NoAnswerError,
    RefusedError,
    ServiceError,
    open_client,
)
from polylog_cli.client.log import Question, Reader
from polylog_cli.local.home import Home, data_option, run_command
from polylog_cli.output.console import command, failure, notice
from polylog_cli.output.explanations import Explanations

Needed = Literal["read", "write"]
"""The permission that a command needs of its key."""

_LACKS: Final = "the key lacks the permission"
"""How the message of the service begins if the key lacks a permission."""


@dataclass(frozen=True, slots=True)
class Access:
    """Which service to ask, and with which key.

    What you do not name comes from the credentials in the data folder.
    """

    data: Path
    url: str | None
    token: str | None
    needs: Needed = "read"

    def resolve(self) -> tuple[str, str]:
        """Return URL and token; if one is missing, the command ends with a message."""
        if self.url is not None and self.token is not None:
            return self.url, self.token
        if self.url is not None:
            raise failure(
                f"there is no key for {self.url}",
                "give one with --token or POLYLOG_TOKEN",
                f"make one with `{self._making_a_key}`",
            )
        if self._known is None:
            raise failure(
                f"no address and no key: there are no credentials in {self.data}",
                f"start a service with `{run_command(self.data)}`",
                "if one runs already, name its data folder with --data",
                "to use another service, give --url and --token, or POLYLOG_URL and POLYLOG_TOKEN",
            )
        return self._known.url, self._known.token if self.token is None else self.token

    def advice(self, error: ServiceError) -> Sequence[str]:
        """Return what to do about an error, in sentences."""
        match error:
            case NoAnswerError() if self._is_local:
                return (f"start it with `{run_command(self.data)}`",)
            case NoAnswerError():
                return ("check the address: --url, POLYLOG_URL or the data folder gives it",)
            case RefusedError(status=HTTPStatus.UNAUTHORIZED):
                return (f"make a key with `{self._making_a_key}`",)
            case RefusedError(detail=said) if said.startswith(_LACKS):
                return (f"make a key that has it with `{self._making_a_key}`",)
            case _:
                return ()

    @property
    def _known(self) -> Credentials | None:
        """The credentials in the data folder, unless they are of another service."""
        try:
            known = Credentials.read(Home(self.data).credentials)
        except (OSError, ValueError):
            return None
        return known if self.url in (None, known.url) else None

    @property
    def _is_local(self) -> bool:
        url = self.url or (self._known.url if self._known else "")
        try:
            return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
        except ValueError:
            return False

    @property
    def _making_a_key(self) -> str:
        """The command that makes a key with the needed permission."""
        scope = self._known.scope if self._known else "SCOPE"
        place = data_option(self.data) if self._is_local else ("--stack", "STACK")
        return command("keys", "create", "--scope", scope, "--permissions", self.needs, *place)


@contextmanager
def connected(access: Access) -> Iterator[httpx.Client]:
    """Open a client of the service; if it fails, the command ends with a message."""
    url, token = access.resolve()
    try:
        with open_client(url, token) as client:
            yield client
    except InvalidTokenError as error:
        raise typer.BadParameter(str(error), param_hint="--token") from error
    except InvalidURLError as error:
        raise typer.BadParameter(str(error), param_hint="--url") from error
    except ServiceError as error:
        drawing = error.drawing if isinstance(error, RefusedError) else ""
        said = (str(error), *getattr(error, "__notes__", ()), *access.advice(error))
        raise failure(*said, drawing=drawing) from error
    except BrokenPipeError:
        raise  # The reader of the output has stopped, as `head` does; typer ends quietly.
    except OSError as error:
        raise failure(f"the output cannot be written: {error.strerror}") from error


@contextmanager
def reading(access: Access, question: Question) -> Iterator[Reader]:
    """Open the log for a question; at the end, print the explanations that it asked for."""
    explanations = Explanations()
    with connected(access) as client:
        try:
            yield Reader(client, question, explanations.add)
        finally:
            explanations.print()


def tell_nothing(log: Reader) -> None:
    """Say on standard error that there are no such events, and the likeliest reason.

    If no reason is known and a person reads it, say how to find out more.
    """
    # It imports the language, which is slow.
    from polylog_cli.client.absence import field_asked, likely_reason, range_asked

    reason = likely_reason(log)
    notice(f"0 events: {reason}" if reason else "0 events")
    if reason is None and sys.stderr.isatty() and sys.stdout.isatty():
        field = field_asked(log.question)
        listing = command("groups", "--by", field)
        notice(f"Looked at {range_asked(log.question)}. `{listing}` lists the values of {field}.")
