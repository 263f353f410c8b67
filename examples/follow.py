"""Print events as they arrive, in the order of arrival, each exactly once.

It starts with the next event: `python examples/follow.py`. With a number, it starts after the event
that has this `seq`: `python examples/follow.py 3000`. POLYLOG_URL and POLYLOG_TOKEN name the
service and a key that may read.

Keep the last number that it prints. If you start the program with it, it goes on from there.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import TypedDict
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class Event(TypedDict):
    """The members that this program prints; an event has more."""

    seq: int
    time: str
    type: str


class Arrivals(TypedDict):
    """Events, and the number up to which the order of arrival is complete."""

    events: list[Event]
    complete: int


def main() -> None:
    """Print a line for each event, until you stop it."""
    for event in arrivals(sys.argv[1] if len(sys.argv) > 1 else "latest"):
        print(event["seq"], event["time"], event["type"], flush=True)


def arrivals(after: str) -> Iterator[Event]:
    """Yield the events after a `seq`, or after the `latest` event; it never ends."""
    while True:
        answer = ask(after)
        yield from answer["events"]
        after = str(answer["complete"])


def ask(after: str) -> Arrivals:
    """Ask for the events that follow; if there are none, the service waits up to 20 seconds."""
    query = urlencode({"after": after, "page_size": 1000, "wait": 20})
    headers = {"Authorization": f"Bearer {os.environ['POLYLOG_TOKEN']}"}
    request = Request(f"{os.environ['POLYLOG_URL']}/v1/events:tail?{query}", headers=headers)
    with urlopen(request, timeout=60) as response:
        answer: Arrivals = json.load(response)
    return answer


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
