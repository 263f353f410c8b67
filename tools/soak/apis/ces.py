"""Cloud Eye: groups by type, and the events of one type, the newest first, with totals.

Each page names the users of all events of its type. That is much to read, so only the rare type is
walked.
"""

from __future__ import annotations

from functools import partial
from typing import Final
from urllib.parse import urlencode

from tools.soak.apis.family import (
    NEWEST,
    Count,
    Counted,
    Family,
    Listing,
    Narrowing,
    Page,
    numbers_of,
    summed,
    value_in,
)
from tools.soak.client import Answer
from tools.soak.events import RARE, TYPES, origin_of
from tools.soak.observed import Wanted

_SIZE: Final = 100
_EVENT_TYPE: Final = {"system": "EVENT.SYS", "custom": "EVENT.CUSTOM"}[origin_of(RARE)]


def family(scope: str) -> Family:
    """Return the API of a project."""
    first = partial(_first, f"/V1.0/{scope}/event/{TYPES[RARE]}")
    rare = Narrowing(by_type=False, by_time=False, always=RARE)
    return Family(
        "ces",
        "X-Auth-Token",
        "",
        (Listing("details", first, _read, NEWEST, _SIZE, rare),),
        (Count("groups", partial(_groups_path, f"/V1.0/{scope}/events"), _groups),),
    )


def _times(wanted: Wanted) -> list[tuple[str, int]]:
    return [
        *([] if wanted.since is None else [("from", wanted.since // 1000)]),
        *([] if wanted.until is None else [("to", wanted.until // 1000 - 1)]),
    ]


def _first(path: str, wanted: Wanted, newest_first: bool, page: int) -> str:
    query = [("event_type", _EVENT_TYPE), ("start", page * _SIZE), ("limit", _SIZE)]
    return f"{path}?{urlencode([*query, *_times(wanted)])}"


def _read(path: str, answer: Answer) -> Page:
    said, start = answer.document, value_in(path, "start")
    total, following = said["meta_data"]["total"], start + _SIZE
    next = path.replace(f"start={start}", f"start={following}") if following < total else None
    numbers = numbers_of(event["event_id"] for event in said["event_info"])
    return Page(numbers, total, next, start, _SIZE)


def _groups_path(path: str, wanted: Wanted) -> str:
    name = [] if wanted.type is None else [("event_name", TYPES[wanted.type])]
    return f"{path}?{urlencode([*_times(wanted), *name])}"


def _groups(answer: Answer) -> Counted:
    return summed([(row["event_name"], row["event_count"]) for row in answer.document["events"]])
