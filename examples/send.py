"""Store events in a log, with only Python's standard library.

It stores an event for each type that you name: `python examples/send.py door.open door.shut`.
POLYLOG_URL and POLYLOG_TOKEN name the service and a key that may write.

The program gives every event an id and a time. So a request that is sent again stores nothing
twice, and the program can try again when it does not know what happened to a request.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Final, NotRequired, TypedDict
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from uuid import uuid4

BUSY: Final = (429, 503)
PAUSES: Final = (1, 2, 4, 8)
"""Seconds to wait before each further try."""


class Result(TypedDict):
    """What happened to one event; `error` says why it was not stored."""

    status: str
    error: NotRequired[str]


def main() -> int:
    """Send an event of each type; return 1 if one was not stored."""
    now = datetime.now(UTC).isoformat()
    events = [{"id": str(uuid4()), "time": now, "type": type} for type in sys.argv[1:]]
    results = send(events)
    for event, result in zip(events, results, strict=True):
        reason = f": {result['error']}" if "error" in result else ""
        print(f"{result['status']} {event['type']} as {event['id']}{reason}")
    return int(any(result["status"] not in ("stored", "duplicate") for result in results))


def send(events: list[dict[str, str]]) -> list[Result]:
    """Send events, at most 1,000; return what happened to each, in order.

    Raises `URLError` if the service refuses the request, or cannot be reached in five tries.
    """
    for pause in PAUSES:
        try:
            return post(events)
        except HTTPError as error:
            if error.code not in BUSY:
                raise
        except URLError:
            pass
        time.sleep(pause)
    return post(events)


def post(events: list[dict[str, str]]) -> list[Result]:
    """Send one request; raises `URLError` if the service refuses it or cannot be reached."""
    headers = {
        "Authorization": f"Bearer {os.environ['POLYLOG_TOKEN']}",
        "Content-Type": "application/json",
    }
    url = f"{os.environ['POLYLOG_URL']}/v1/events"
    body = json.dumps(events).encode()
    with urlopen(Request(url, body, headers, method="POST"), timeout=30) as response:
        results: list[Result] = json.load(response)["results"]
    return results


if __name__ == "__main__":
    sys.exit(main())
