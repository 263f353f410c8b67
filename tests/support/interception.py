"""Handlers that see what clients do. A handler that is never called fails its test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient

Handler = Callable[..., Any]
Intercept = Callable[[DynamoDBClient, str, Handler], None]


@contextmanager
def interceptions() -> Iterator[Intercept]:
    """Yield a function that attaches a handler to a client's event, before all other handlers.

    When the block ends, every handler must have been called.
    """
    taken: list[tuple[DynamoDBClient, str, Handler]] = []
    seen: list[str] = []

    def intercept(client: DynamoDBClient, event: str, handler: Handler) -> None:
        def called(**arguments: object) -> object:
            seen.append(event)
            return handler(**arguments)

        client.meta.events.register_first(event, called)
        taken.append((client, event, called))

    yield intercept
    for client, event, called in taken:
        client.meta.events.unregister(event, called)
    assert {event for _, event, _ in taken} - {*seen} == set(), "never called"
