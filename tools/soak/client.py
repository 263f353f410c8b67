"""A client that sends its requests over one connection."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Final

TIMEOUT_SECONDS: Final = 40


class RefusedError(Exception):
    """The answer is an error, or there is none; the message names the request and the error."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a status of 200 to 299: its headers, by names in lower case, and its body."""

    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """Sends requests to a service, with a credential in a header."""

    def __init__(self, address: str, header: str, credential: str) -> None:
        self._headers = {header: credential, "Content-Type": "application/json"}
        self._connection = HTTPConnection(address, timeout=TIMEOUT_SECONDS)

    def get(self, path: str) -> Answer:
        """Return the answer to a GET; raises `RefusedError`."""
        return self._ask("GET", path, None)

    def post(self, path: str, document: object) -> Answer:
        """Return the answer to a POST of JSON; raises `RefusedError`."""
        return self._ask("POST", path, json.dumps(document).encode())

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None) -> Answer:
        try:
            self._connection.request(method, path, body, self._headers)
            response = self._connection.getresponse()
            content = response.read()
        except (HTTPException, OSError) as error:
            self._connection.close()
            raise RefusedError(f"{method} {path}: no answer ({error!r})") from error
        if not 200 <= response.status < 300:
            told = content[:200].decode(errors="replace").strip()
            raise RefusedError(f"{method} {path}: status {response.status} {told}")
        return Answer({name.lower(): value for name, value in response.getheaders()}, content)
