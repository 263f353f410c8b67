"""The service as a client meets it: its address, its key, and what it refuses."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import httpx
import typer
from pydantic import BaseModel, ValidationError
from rich.cells import cell_len

from polylog_cli.client.credentials import Credentials
from polylog_cli.commands.options import failure
from polylog_cli.local import home as homes

Parameters = Mapping[str, str | int | bool]

# A tail is waited for 20 seconds at most; Lambda ends after 30.
_TIMEOUT_SECONDS = 60

# Seconds to wait when the service says that it is unavailable, before each further try.
_PAUSES = (1, 2, 4, 8)

_AGAIN = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
# Where nothing listens at all, waiting rarely helps.
_TRANSIENT = (httpx.ReadError, httpx.ReadTimeout, httpx.WriteError, httpx.RemoteProtocolError)

# Characters that are shown of what is too long: on either side of a mistake in a filter, say.
_SHOWN = 50


class ServiceError(Exception):
    """The service does not answer, or refuses; the message says why."""


class Problem(BaseModel):
    """What the service says is wrong (RFC 9457); `column` counts characters of the filter."""

    title: str = ""
    detail: str = ""
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """Where the service is, and with which key: as given, else as the data folder says."""

    data: Path
    url: str | None
    token: str | None

    def resolve(self) -> tuple[str, str]:
        """Return address and token; raises `BadParameter`."""
        if self.url is not None and self.token is not None:
            return self.url, self.token
        if self.url is not None:
            hint = "needs a key of that service, with --token or POLYLOG_TOKEN"
            raise typer.BadParameter(hint, param_hint="--url")
        try:
            credentials = Credentials.read(homes.Home(self.data).credentials)
        except (OSError, ValueError) as error:
            hint = f"no credentials in {self.data}: start `polylog run`, or give --url and --token"
            raise typer.BadParameter(hint) from error
        return credentials.url, credentials.token if self.token is None else self.token


@contextmanager
def connected(access: Access) -> Iterator[httpx.Client]:
    """Open a client of the service; what the service refuses ends the command with a message."""
    url, token = access.resolve()
    if not re.fullmatch(r"[!-~]+", token):
        hint = "a token has visible ASCII characters only"
        raise typer.BadParameter(hint, param_hint="--token")
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS) as client:
            yield client
    except httpx.InvalidURL as error:
        raise typer.BadParameter(f"{url}: {error}", param_hint="--url") from error
    except ServiceError as error:
        raise failure(str(error)) from error
    except BrokenPipeError:
        raise  # Whoever reads the output has enough: typer ends quietly.
    except OSError as error:
        raise failure(f"the output cannot be written: {error.strerror}") from error


def send(client: httpx.Client, method: str, path: str, **options: Any) -> httpx.Response:
    """Return the answer to a request, tried again where that may help; raises `ServiceError`.

    Nothing is asked that may not be asked twice.
    """
    for seconds in (*_PAUSES, None):
        try:
            response = client.request(method, path, **options)
        except (httpx.HTTPError, UnicodeError) as error:
            if seconds is None or not isinstance(error, _TRANSIENT):
                raise ServiceError(f"the service at {client.base_url} failed ({error})") from error
        else:
            if response.status_code not in _AGAIN or seconds is None:
                break
        time.sleep(seconds)
    if not response.is_success:
        raise ServiceError(f"the service refused: {_said(response)}")
    return response


A = TypeVar("A", bound=BaseModel)


def understood(answer: type[A], content: bytes | str) -> A:
    """Return what an answer says; raises `ServiceError` where it is none of Polylog."""
    try:
        return answer.model_validate_json(content)
    except ValidationError as error:
        raise ServiceError(f"no Polylog answers so: {content[:_SHOWN]!r}") from error


def _said(response: httpx.Response) -> str:
    """Return what the service, or whatever else answers there, says is wrong."""
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        problem = Problem()
    title = problem.title or response.reason_phrase
    said = f"{response.status_code} {title}"
    if problem.detail:
        said = f"{said}: {problem.detail}"
    text = response.request.url.params.get("filter", "")
    if problem.column is not None:
        said = f"{said}\n{pointed_at(text, problem.column)}"
    return said


def pointed_at(text: str, column: int) -> str:
    """Return a text, or the part of it around a column (from 1), with a caret under the column."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    start = max(0, column - 1 - _SHOWN)
    before, after = shown[start : column - 1], shown[column - 1 : column + _SHOWN]
    return f"  {before}{after}\n  {' ' * cell_len(before)}^"
