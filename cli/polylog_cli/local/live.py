"""Sample events that happen while the service runs, so that there is something to look at."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event

import httpx

from polylog_cli.client.credentials import Credentials
from polylog_cli.local.gateway import Gateway
from polylog_cli.local.sample import live_events


@contextmanager
def living(gateway: Gateway, credentials: Credentials) -> Iterator[None]:
    """Send an event every few seconds, each at its own time, until the block ends."""
    ended = Event()
    with ThreadPoolExecutor(1) as pool:
        life = pool.submit(_live, gateway, credentials, ended)
        try:
            yield
        finally:
            ended.set()
            life.result()


def _live(gateway: Gateway, credentials: Credentials, ended: Event) -> None:
    headers = {"Authorization": f"Bearer {credentials.token}"}
    transport = httpx.WSGITransport(gateway)
    with httpx.Client(transport=transport, base_url=credentials.url, headers=headers) as client:
        for time, event in live_events(datetime.now(UTC)):
            if ended.wait((time - datetime.now(UTC)).total_seconds()):
                return
            # If the service refuses an event, perhaps because the disk is full, it is left out.
            with suppress(httpx.HTTPError):
                client.post("/v1/events?format=cloudfoundry", json=event)
