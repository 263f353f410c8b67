"""DWS: pages by number, the newest first, with totals. Clients count pages themselves."""

from __future__ import annotations

from functools import partial
from typing import Final

from tools.soak.apis.family import (
    NEWEST,
    Family,
    Listing,
    Narrowing,
    Page,
    numbers_of,
    value_in,
)
from tools.soak.client import Answer
from tools.soak.observed import Wanted

_SIZE: Final = 500
_BY_NOTHING: Final = Narrowing(by_type=False, by_time=False)


def family(scope: str) -> Family:
    """Return the API of a project."""
    listing = Listing("list", partial(_first, scope), _read, NEWEST, _SIZE, _BY_NOTHING)
    return Family("dws", "X-Auth-Token", "", (listing,))


def _first(scope: str, wanted: Wanted, newest_first: bool, page: int) -> str:
    return f"/v2/{scope}/events?limit={_SIZE}&offset={page}"


def _read(path: str, answer: Answer) -> Page:
    said, page = answer.document, value_in(path, "offset")
    is_last = (page + 1) * _SIZE >= said["count"]
    following = None if is_last else path.replace(f"offset={page}", f"offset={page + 1}")
    numbers = numbers_of(event["event_id"] for event in said["events"])
    return Page(numbers, said["count"], following, page * _SIZE, _SIZE)
