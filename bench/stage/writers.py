"""A writer in its own process: `python -m bench.stage.writers ADDRESS EVENTS_A_SECOND`.

Standard input has a token. The writer posts batches at this rate, or as fast as it can, until
standard input ends. Then it prints how many events a second were stored.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import Event as Flag
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

from polylog.model import times
from polylog.model.times import format_rfc3339
from polylog_cli.client.credentials import Credentials
from tools import ROOT
from tools.events import Maker

WRITTEN_A_SECOND: Final = 650
"""The rate at which a log is written while it is asked, if the machine can."""

_BATCH: Final = 95
_SEED: Final = 815
_EVENT_BYTES: Final = 500
_WARM_SECONDS: Final = 10
"""How long to write to the log before measuring anything."""


@dataclass(slots=True)
class Rate:
    """The number of events a second that were stored; set when the writing has ended."""

    events: float = 0


@contextmanager
def writing(credentials: Credentials, a_second: float) -> Iterator[Rate]:
    """Write to a served log until the block ends."""
    address, rate = urlsplit(credentials.url).netloc, Rate()
    command = (sys.executable, "-m", "bench.stage.writers", address, str(a_second))
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        process.stdin.write(f"{credentials.token}\n")
        process.stdin.flush()
        time.sleep(_WARM_SECONDS)
        try:
            yield rate
        finally:
            rate.events = float(process.communicate()[0])


def _write(address: str, token: str, a_second: float, ended: Flag) -> float:
    """Return how many events a second were stored until the flag was set."""
    connection, maker = HTTPConnection(address, timeout=60), Maker(_SEED, _EVENT_BYTES)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    began, stored = time.monotonic(), 0
    while not ended.wait(max(0.0, began + stored / a_second - time.monotonic())):
        batch = [_document(maker) for _ in range(_BATCH)]
        connection.request("POST", "/v1/events", json.dumps(batch), headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        stored += _BATCH
    return stored / (time.monotonic() - began)


def _document(maker: Maker) -> dict[str, object]:
    event = maker.at(times.now())
    members = event.model_dump(exclude={"seq"}, exclude_defaults=True)
    return members | {"time": format_rfc3339(event.time)}


def main() -> None:
    """Write until standard input ends, and print the rate."""
    address, a_second = sys.argv[1:]
    token, ended = sys.stdin.readline().strip(), Flag()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    Thread(target=wait, daemon=True).start()
    print(_write(address, token, float(a_second), ended))


if __name__ == "__main__":
    main()
