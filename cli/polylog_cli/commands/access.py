"""How a command reaches a log, and what it says when it cannot.

Most commands ask the service over HTTP: `connected` and `reading`. Those for operators go to the
tables: `opened`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import typer

from polylog.model.errors import Unavailable
from polylog_cli.client.credentials import Credentials
from polylog_cli.client.http import InvalidTokenError, InvalidURLError, ServiceError, open_client
from polylog_cli.client.log import Question, Reader
from polylog_cli.local.home import Home
from polylog_cli.output.console import failure
from polylog_cli.output.explanations import Explanations

if TYPE_CHECKING:
    from polylog_cli.local.log import Log


@dataclass(frozen=True, slots=True)
class Access:
    """The service and the key that you name; the data folder knows those that you do not."""

    data: Path
    url: str | None
    token: str | None

    def resolve(self) -> tuple[str, str]:
        """Return URL and token; raises `BadParameter`."""
        if self.url is not None and self.token is not None:
            return self.url, self.token
        if self.url is not None:
            hint = "needs a key of that service: give --token or POLYLOG_TOKEN"
            raise typer.BadParameter(hint, param_hint="--url")
        try:
            credentials = Credentials.read(Home(self.data).credentials)
        except (OSError, ValueError) as error:
            hint = f"no credentials in {self.data}: start `polylog run`, or give --url and --token"
            raise typer.BadParameter(hint) from error
        return credentials.url, credentials.token if self.token is None else self.token


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
        raise failure(str(error)) from error
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


@contextmanager
def opened(stack: str | None, data: Path) -> Iterator[Log]:
    """Open the tables of a stack, or else of a data folder; failures end with a message."""
    # These import boto3, which is slow, and which few commands need.
    from polylog_cli.local.log import NotRunningError, open_local
    from polylog_cli.stack.log import open_stack
    from polylog_cli.stack.outputs import StackError

    try:
        yield open_local(data) if stack is None else open_stack(stack)
    except (NotRunningError, StackError) as error:
        raise failure(str(error)) from error
    except Unavailable as error:
        raise failure(f"the tables cannot be used: {error.__cause__ or error}") from error
