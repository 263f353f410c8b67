"""Sends requests to the service with the key, repeats them where that may help, reads refusals."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError
from rich.cells import cell_len

Parameters = Mapping[str, str | int | bool]

# A tail waits up to 20 seconds for events; Lambda ends a request after 30.
_TIMEOUT_SECONDS = 60

_PAUSES_SECONDS = (1, 2, 4, 8)
"""How long to wait before each repetition, while the service says that it is unavailable."""

_AGAIN = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
# A refused connection is not among them: if nothing listens, waiting rarely helps.
_SILENT = (httpx.ConnectError, httpx.ConnectTimeout)
_TRANSIENT = (httpx.ReadError, httpx.ReadTimeout, httpx.WriteError, httpx.RemoteProtocolError)

_SHOWN_CHARACTERS = 50
"""How much to show of a long text, for example on each side of a mistake in a filter."""


class InvalidURLError(Exception):
    """The URL of the service is malformed."""


class InvalidTokenError(Exception):
    """The token has characters that no header can carry."""


class ServiceError(Exception):
    """The service does not answer, or it refuses the request; the message says why."""


class NoAnswerError(ServiceError):
    """Nothing answers at the address of the service."""


class RefusedError(ServiceError):
    """The service refuses the request.

    `detail` is its explanation without the status. `drawing` points at the mistake in a filter.
    """

    def __init__(self, message: str, status: int, detail: str, drawing: str = "") -> None:
        super().__init__(message)
        self.status, self.detail, self.drawing = status, detail, drawing

    @property
    def is_lasting(self) -> bool:
        """Whether the service would refuse the same request again."""
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR and self.status not in _AGAIN


class Problem(BaseModel):
    """What the service says is wrong (RFC 9457); `column` counts the filter's characters from 1."""

    title: str = ""
    detail: str = ""
    column: int | None = None


def open_client(url: str, token: str) -> httpx.Client:
    """Return a client of the service; raises `InvalidURLError` or `InvalidTokenError`."""
    if not re.fullmatch(r"[!-~]+", token):
        raise InvalidTokenError("a token consists of visible ASCII characters")
    headers = {"Authorization": f"Bearer {token}"}
    # Loading certificates takes 50 ms or more. Without TLS and redirects, none is needed.
    verify = not url.startswith("http://")
    try:
        return httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, verify=verify)
    except httpx.InvalidURL as error:
        raise InvalidURLError(f"{url}: {error}") from error


def send(client: httpx.Client, method: str, path: str, **options: Any) -> httpx.Response:
    """Return the answer to a request; raises `ServiceError`.

    It repeats the request where that may help, so send only what may arrive twice.
    """
    for seconds in (*_PAUSES_SECONDS, None):
        try:
            response = client.request(method, path, **options)
        except _SILENT as error:
            raise NoAnswerError(f"nothing answers at {client.base_url} ({error})") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            if seconds is None or not isinstance(error, _TRANSIENT):
                raise ServiceError(f"the service at {client.base_url} failed ({error})") from error
        else:
            if response.status_code not in _AGAIN or seconds is None:
                break
        time.sleep(seconds)
    if not response.is_success:
        raise _refusal(response)
    return response


A = TypeVar("A", bound=BaseModel)


def understood(answer: type[A], content: bytes | str) -> A:
    """Return an answer as its model; raises `ServiceError` if it is not from Polylog."""
    try:
        return answer.model_validate_json(content)
    except ValidationError as error:
        shown = content[:_SHOWN_CHARACTERS]
        raise ServiceError(f"this is not a Polylog service: it answers {shown!r}") from error


def _refusal(response: httpx.Response) -> RefusedError:
    """Return what the service, or a gateway in front of it, says is wrong."""
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        problem = Problem()
    status = response.status_code
    reason = f"{status} {problem.title or response.reason_phrase}"
    if problem.detail:
        reason = f"{reason}: {problem.detail}"
    text = response.request.url.params.get("filter", "")
    drawing = "" if problem.column is None else pointed_at(text, problem.column)
    return RefusedError(f"the service refused: {reason}", status, problem.detail, drawing)


def pointed_at(text: str, column: int) -> str:
    """Return the part of a text around a column (from 1), with a caret under the column."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    start = max(0, column - 1 - _SHOWN_CHARACTERS)
    before, after = shown[start : column - 1], shown[column - 1 : column + _SHOWN_CHARACTERS]
    return f"  {before}{after}\n  {' ' * cell_len(before)}^"
