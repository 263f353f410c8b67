"""A log as the command sees it: behind a gateway, in this process and on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

import httpx
from werkzeug.serving import WSGIRequestHandler, make_server

from polylog_cli.client.log import Question, Reader
from polylog_cli.output.explanations import Explanations
from support.command import Outcome, polylog

Application = Callable[[Any, Any], Any]


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class Interrupted:
    """The gateway, with something that happens before it answers a request."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.before: Callable[[str], None] = lambda path: None

    def __call__(self, environ: Any, start: Any) -> Any:
        self.before(environ["PATH_INFO"])
        return self.application(environ, start)


@dataclass(frozen=True)
class Log:
    """A scope, and what you can do with it."""

    url: str
    token: str
    service: Interrupted

    def put(self, *events: dict[str, Any]) -> None:
        """Store events; they arrive in this order."""
        client = self._client(self.service.application)
        answer = client.post("/v1/events", params={"format": "native"}, json=events)
        assert {result["status"] for result in answer.json()["results"]} == {"stored"}

    def reader(self, text: str = "") -> Reader:
        return Reader(self._client(self.service), Question(text), Explanations().add)

    def polylog(self, *arguments: str) -> Outcome:
        """Run the command in this process."""
        return polylog_at(self.url, self.token, *arguments)

    def _client(self, application: Application) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        transport = httpx.WSGITransport(application)
        return httpx.Client(transport=transport, base_url=self.url, headers=headers)


def polylog_at(url: str, token: str, *arguments: str) -> Outcome:
    """Run the command against a service."""
    return polylog(*arguments, POLYLOG_URL=url, POLYLOG_TOKEN=token)


@contextmanager
def serving(application: Application) -> Iterator[str]:
    """Serve an application on loopback until the block ends; yield its address."""
    server = make_server("127.0.0.1", 0, application, request_handler=_Silent)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def event(id: str, time: str = "2026-03-01T12:00:00Z", **members: Any) -> dict[str, Any]:
    return {"id": id, "time": time, "type": "door.open", **members}


def ids(pages: Sequence[Sequence[dict[str, Any]]]) -> list[str]:
    return [each["id"] for page in pages for each in page]
