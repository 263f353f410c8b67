"""Count the crashes of a day by application: `python examples/crashes.py 2026-11-28`.

The day is in UTC. POLYLOG_URL and POLYLOG_TOKEN name the service and a key that may read. One
request gives the whole answer: the log groups and counts, and this program only prints.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import date, timedelta
from typing import TypedDict
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class Group(TypedDict):
    """A value, and the number of events that have it."""

    value: str
    count: int


def main() -> None:
    """Print a line for each application, the one with the most crashes first."""
    for group in crashes(date.fromisoformat(sys.argv[1])):
        print(f"{group['count']:6} {group['value']}")


def crashes(day: date) -> list[Group]:
    """Return the number of crashes of each application on a day."""
    until = day + timedelta(days=1)
    return groups(f'type = "app.crash" AND time >= {day} AND time < {until}', by="target.name")


def groups(filter: str, by: str) -> list[Group]:
    """Return the events that pass a filter, counted by a field; the largest group first."""
    query = urlencode({"filter": filter, "by": by})
    headers = {"Authorization": f"Bearer {os.environ['POLYLOG_TOKEN']}"}
    request = Request(f"{os.environ['POLYLOG_URL']}/v1/events:groups?{query}", headers=headers)
    with urlopen(request, timeout=60) as response:
        found: list[Group] = json.load(response)["groups"]
    return sorted(found, key=lambda group: -group["count"])


if __name__ == "__main__":
    main()
